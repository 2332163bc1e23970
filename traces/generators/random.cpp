#include "traces/generators/random.h"

#include <algorithm>

#include "traces/generators/pattern.h"
#include "traces/generators/random_numbers.h"

namespace farfault::traces {
namespace random_program {

constexpr const char* kName = "random";

class Random final : public Pattern {
 public:
  Random(Bytes footprint, Bytes access_size, std::uint64_t accesses, double write_fraction, std::uint64_t seed)
      : size_(static_cast<std::uint32_t>(access_size.count())),
        full_places_(footprint / access_size),
        tail_(static_cast<std::uint32_t>(footprint.count() % access_size.count())),
        left_(accesses),
        writes_(write_fraction),
        numbers_(seed) {}

  std::size_t fill(Access* out, std::size_t room) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, room));
    left_ -= count;
    const std::uint64_t places = full_places_ + (tail_ != 0 ? 1 : 0);
    WriteSpread writes = writes_;
    Xoshiro256 numbers = numbers_;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t place = numbers.below(places);
      const std::uint32_t size = place == full_places_ ? tail_ : size_;
      out[i] = {kGeneratorBase + place * size_, size << 2U | writes.next(), 0, 0};
    }
    writes_ = writes;
    numbers_ = numbers;
    return count;
  }

 private:
  std::uint32_t size_;
  std::uint64_t full_places_;
  std::uint32_t tail_;  ///< bytes of the last place, if it is shorter; or 0
  std::uint64_t left_;
  WriteSpread writes_;
  Xoshiro256 numbers_;
};

}  // namespace random_program

GeneratorInfo random_generator() {
  using namespace random_program;  // NOLINT(google-build-using-namespace): what is above
  GeneratorInfo info;
  info.name = kName;
  info.summary = "accesses uniformly random places of the footprint, aligned to the size of an access";
  info.parameters = {footprint_parameter(), accesses_parameter(), access_size_parameter(), write_fraction_parameter()};
  info.make = [](const Parameters& parameters, std::uint64_t seed) {
    const Bytes footprint = footprint_of(parameters, kName);
    const Bytes access_size = access_size_of(parameters, kName);
    const std::uint64_t accesses = positive_count_of(parameters, kName, "accesses");
    const double write_fraction = ratio_of(parameters, kName, "write_fraction", 1);
    return make_pattern_source(describe(kName, parameters, seed), footprint, [=] {
      return std::make_unique<Random>(footprint, access_size, accesses, write_fraction, seed);
    });
  };
  return info;
}

}  // namespace farfault::traces
