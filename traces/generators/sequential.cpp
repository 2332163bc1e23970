#include "traces/generators/sequential.h"

#include <algorithm>

#include "traces/generators/pattern.h"

namespace farfault::traces {
namespace sequential_program {

constexpr const char* kName = "sequential";

class Sequential final : public Pattern {
 public:
  Sequential(Bytes footprint, Bytes access_size, std::uint64_t passes, double write_fraction)
      : size_(static_cast<std::uint32_t>(access_size.count())),
        full_accesses_(footprint / access_size),
        tail_(static_cast<std::uint32_t>(footprint.count() % access_size.count())),
        passes_left_(passes),
        writes_(write_fraction) {}

  std::size_t fill(Access* out, std::size_t room) override {
    Access* const begin = out;
    Access* const end = out + room;
    while (out != end && passes_left_ != 0) {
      const std::uint64_t run = std::min<std::uint64_t>(full_accesses_ - done_, static_cast<std::uint64_t>(end - out));
      std::uint64_t address = kGeneratorBase + done_ * size_;
      WriteSpread writes = writes_;
      for (std::uint64_t i = 0; i < run; ++i, address += size_) *out++ = {address, size_ << 2U | writes.next(), 0, 0};
      writes_ = writes;
      done_ += run;
      if (done_ != full_accesses_) break;
      if (tail_ != 0) {
        if (out == end) break;
        *out++ = {address, tail_ << 2U | writes_.next(), 0, 0};
      }
      done_ = 0;
      --passes_left_;
    }
    return static_cast<std::size_t>(out - begin);
  }

 private:
  std::uint32_t size_;
  std::uint64_t full_accesses_;  ///< in a pass
  std::uint32_t tail_;           ///< bytes of the pass's last access, if it is shorter; or 0
  std::uint64_t passes_left_;
  WriteSpread writes_;
  std::uint64_t done_ = 0;  ///< full accesses of this pass
};

}  // namespace sequential_program

GeneratorInfo sequential_generator() {
  using namespace sequential_program;  // NOLINT(google-build-using-namespace): what is above
  ParameterInfo passes;
  passes.name = "passes";
  passes.fallback = std::uint64_t{1};
  passes.description = "times that the footprint is gone through";
  passes.source = "assumption";
  passes.minimum = 1;

  GeneratorInfo info;
  info.name = kName;
  info.summary = "goes through the footprint from front to back, once or several times";
  info.parameters = {footprint_parameter(), access_size_parameter(), passes, write_fraction_parameter()};
  info.make = [](const Parameters& parameters, std::uint64_t) {
    const Bytes footprint = footprint_of(parameters, kName);
    const Bytes access_size = access_size_of(parameters, kName);
    const std::uint64_t count = positive_count_of(parameters, kName, "passes");
    const double write_fraction = ratio_of(parameters, kName, "write_fraction", 1);
    // The seed is not in the description: it changes nothing.
    return make_pattern_source(describe(kName, parameters), footprint, [=] {
      return std::make_unique<Sequential>(footprint, access_size, count, write_fraction);
    });
  };
  return info;
}

}  // namespace farfault::traces
