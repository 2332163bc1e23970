#include "traces/generators/patterns/strided.h"

#include <algorithm>

#include "sim/core/quantity.h"
#include "traces/generators/pattern.h"

namespace farfault::traces {
namespace strided_program {

constexpr const char* kName = "strided";

class Strided final : public Pattern {
 public:
  Strided(Bytes footprint, Bytes stride, Bytes access_size, std::uint64_t passes, double write_fraction)
      : footprint_(footprint.count()),
        stride_(stride.count()),
        size_(access_size.count()),
        passes_left_(passes),
        writes_(write_fraction) {}

  std::size_t fill(Access* out, std::size_t room) override {
    std::size_t n = 0;
    while (n < room && passes_left_ != 0) {
      const std::uint64_t size = std::min(size_, footprint_ - offset_);
      out[n++] = {kGeneratorBase + offset_, static_cast<std::uint32_t>(size << 2U | writes_.next()), 0, 0};
      if (stride_ < footprint_ - offset_) {
        offset_ += stride_;
      } else {
        offset_ = 0;
        --passes_left_;
      }
    }
    return n;
  }

 private:
  std::uint64_t footprint_;
  std::uint64_t stride_;
  std::uint64_t size_;
  std::uint64_t passes_left_;
  WriteSpread writes_;
  std::uint64_t offset_ = 0;
};

}  // namespace strided_program

GeneratorInfo strided_generator() {
  using namespace strided_program;  // NOLINT(google-build-using-namespace): what is above
  ParameterInfo stride;
  stride.name = "stride";
  stride.fallback = kPageSize;
  stride.description = "bytes from the begin of an access to the begin of the next";
  stride.source = "assumption: one access a page";
  stride.minimum = 1;
  stride.maximum = static_cast<double>(kMaxFootprint.count());

  ParameterInfo passes;
  passes.name = "passes";
  passes.fallback = std::uint64_t{1};
  passes.description = "times that the footprint is gone through, from its begin each time";
  passes.source = "assumption";
  passes.minimum = 1;

  GeneratorInfo info;
  info.name = kName;
  info.summary = "goes through the footprint in steps of a fixed stride, once or several times";
  info.parameters = {footprint_parameter(), stride, access_size_parameter(), passes, write_fraction_parameter()};
  info.make = [](const Parameters& parameters, std::uint64_t) {
    const Bytes footprint = footprint_of(parameters, kName);
    const Bytes access_size = access_size_of(parameters, kName);
    const Bytes step = parameters.get<Bytes>("stride");
    const std::uint64_t count = positive_count_of(parameters, kName, "passes");
    const double write_fraction = ratio_of(parameters, kName, "write_fraction", 1);
    if (step == Bytes(0)) refuse(kName, "stride is 0: the footprint would never end", "give at least 1 B");
    return make_pattern_source(describe(kName, parameters), footprint, [=] {
      return std::make_unique<Strided>(footprint, step, access_size, count, write_fraction);
    });
  };
  return info;
}

}  // namespace farfault::traces
