/// What generators have in common: a pattern of accesses to one range of private memory, made a Source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sim/core/parameters.h"
#include "sim/core/units.h"
#include "traces/reader.h"

namespace farfault::traces {

/// Where the range of every generator begins: above the first 4 GiB, a multiple of 2 MiB.
inline constexpr std::uint64_t kGeneratorBase = 0x100000000;
/// What a process can map on x86-64.
inline constexpr Bytes kMaxFootprint{std::uint64_t{1} << 47U};
inline constexpr Bytes kMaxAccessSize = Bytes::kib(4);

/// Yields the accesses of one run of a generator, in order.
class Pattern {
 public:
  virtual ~Pattern() = default;
  /// Writes the next accesses, at most `room`, and returns how many. Fewer than `room` only at the end.
  virtual std::size_t fill(Access* out, std::size_t room) = 0;
};

/// A Source whose readers map `footprint` bytes and then follow a fresh pattern. `description` names it in results.
std::unique_ptr<Source> make_pattern_source(std::string description, Bytes footprint,
                                            std::function<std::unique_ptr<Pattern>()> start);

/// "zipf(accesses=1000, exponent=0.9, seed=1)".
std::string describe(const std::string& name, const Parameters& parameters);
std::string describe(const std::string& name, const Parameters& parameters, std::uint64_t seed);

/// Says which accesses of a sequence are writes: after n accesses, n * fraction of them, rounded to nearest.
class WriteSpread {
 public:
  /// REQUIRES: 0 <= fraction <= 1.
  explicit WriteSpread(double fraction)
      : step_(fraction < 1 ? static_cast<std::uint64_t>(fraction * 0x1p64) : 0), all_(fraction < 1 ? 0 : 1) {}
  /// Op::kWrite or Op::kRead, as a number.
  std::uint32_t next() {
    sum_ += step_;
    return static_cast<std::uint32_t>(sum_ < step_) | all_;
  }

 private:
  std::uint64_t step_;
  std::uint32_t all_;
  std::uint64_t sum_ = std::uint64_t{1} << 63U;  ///< a half, so that the count is rounded, not cut off
};
static_assert(static_cast<std::uint32_t>(Op::kRead) == 0 && static_cast<std::uint32_t>(Op::kWrite) == 1);

// Parameters that several generators take, and their checked values.

ParameterInfo footprint_parameter();
ParameterInfo access_size_parameter();
ParameterInfo accesses_parameter();
ParameterInfo write_fraction_parameter();

/// Each throws InputError, naming the generator, where the value is not legal.
Bytes footprint_of(const Parameters& parameters, const std::string& generator);
Bytes access_size_of(const Parameters& parameters, const std::string& generator);
std::uint64_t positive_count_of(const Parameters& parameters, const std::string& generator, const std::string& name);
double ratio_of(const Parameters& parameters, const std::string& generator, const std::string& name, double maximum);

/// Throws the InputError of parameters that are not legal: "generator nw: size 17 is not a multiple of 16; give one".
[[noreturn]] void refuse(const std::string& generator, const std::string& problem, std::string remedy);

}  // namespace farfault::traces
