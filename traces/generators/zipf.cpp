#include "traces/generators/zipf.h"

#include <algorithm>
#include <optional>

#include "traces/generators/pattern.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace zipf_program {

constexpr const char* kName = "zipf";
/// At 10, all but a thousandth of the accesses go to the first page; doubles carry the law far beyond.
constexpr double kMaxExponent = 10;

struct ZipfSettings {
  std::uint64_t footprint = 0;
  std::uint64_t access_size = 0;
  std::uint64_t accesses = 0;
  double exponent = 0;
  double write_fraction = 0;
  bool scramble = false;
  std::uint64_t seed = 0;

  std::uint64_t pages() const { return (footprint + kPageSize.count() - 1) >> kPageShift; }
};

class Zipf final : public Pattern {
 public:
  explicit Zipf(const ZipfSettings& settings)
      : settings_(settings),
        left_(settings.accesses),
        sampler_(settings.pages(), settings.exponent),
        writes_(settings.write_fraction),
        numbers_(settings.seed) {
    // A key apart from the state that numbers_ takes from the same seed.
    if (settings.scramble) scramble_.emplace(settings.pages(), SplitMix64::mix(~settings.seed));
  }

  std::size_t fill(Access* out, std::size_t room) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, room));
    left_ -= count;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t page = sampler_.next(numbers_) - 1;
      if (scramble_) page = (*scramble_)(page);
      const std::uint64_t offset = offset_in(page);
      const std::uint64_t size = std::min(settings_.access_size, settings_.footprint - offset);
      out[i] = {kGeneratorBase + offset, static_cast<std::uint32_t>(size) << 2U | writes_.next(), 0, 0};
    }
    return count;
  }

 private:
  /// A uniformly random place in the page, aligned to the size of an access.
  std::uint64_t offset_in(std::uint64_t page) {
    const std::uint64_t begin = page << kPageShift;
    const std::uint64_t bytes = std::min(kPageSize.count(), settings_.footprint - begin);
    const std::uint64_t places = (bytes + settings_.access_size - 1) / settings_.access_size;
    return begin + numbers_.below(places) * settings_.access_size;
  }

  ZipfSettings settings_;
  std::uint64_t left_;
  ZipfSampler sampler_;
  std::optional<Permutation> scramble_;
  WriteSpread writes_;
  Xoshiro256 numbers_;
};

}  // namespace zipf_program

GeneratorInfo zipf_generator() {
  using namespace zipf_program;  // NOLINT(google-build-using-namespace): what is above
  ParameterInfo exponent;
  exponent.name = "exponent";
  exponent.fallback = 0.9;
  exponent.description = "the page of rank k is accessed in proportion to k^-exponent; 0 is uniform";
  exponent.source = "assumption; web caches 0.64 to 0.83 (Breslau et al. 1999), YCSB 0.99";
  exponent.minimum = 0;
  exponent.maximum = kMaxExponent;

  ParameterInfo scramble;
  scramble.name = "scramble";
  scramble.fallback = false;
  scramble.description = "scatter the popular pages over the footprint; otherwise the page of rank 1 is the first page";
  scramble.source = "YCSB's scrambled zipfian";

  GeneratorInfo info;
  info.name = kName;
  info.summary = "accesses 4 KiB pages by Zipf's law, and uniformly random places inside them";
  info.parameters = {footprint_parameter(),     accesses_parameter(), access_size_parameter(), exponent, scramble,
                     write_fraction_parameter()};
  info.make = [](const Parameters& parameters, std::uint64_t seed) {
    ZipfSettings settings;
    const Bytes footprint = footprint_of(parameters, kName);
    settings.footprint = footprint.count();
    settings.access_size = access_size_of(parameters, kName).count();
    settings.accesses = positive_count_of(parameters, kName, "accesses");
    settings.exponent = ratio_of(parameters, kName, "exponent", kMaxExponent);
    settings.write_fraction = ratio_of(parameters, kName, "write_fraction", 1);
    settings.scramble = parameters.get<bool>("scramble");
    settings.seed = seed;
    return make_pattern_source(describe(kName, parameters, seed), footprint,
                               [settings] { return std::make_unique<Zipf>(settings); });
  };
  return info;
}

}  // namespace farfault::traces
