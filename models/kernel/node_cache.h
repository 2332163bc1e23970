/// What it costs to read a line of a kernel structure: a small model of caches, since nobody has measured the trees.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "models/kernel/kernel_spec.h"
#include "sim/core/units.h"

namespace farfault {

/// A line costs the latency of the smallest cache whose capacity exceeds what has passed through the caches since the
/// line was last read (its reuse distance in bytes), or of memory. Traffic other than lines read here is told of by
/// pass(), so that a tree that is rarely used is cold. An assumption, and said to be one wherever it is printed.
class NodeCache {
 public:
  static constexpr Bytes kLine{64};
  enum class Level : std::uint8_t { kL1, kL2, kL3, kMemory };
  static constexpr std::size_t kLevels = 4;

  explicit NodeCache(const CacheSpec& spec);

  /// Reads one line. Lines are numbered: use new_region() to get numbers that nobody else uses.
  SimTime read(std::uint64_t line);
  /// Other memory traffic of the CPUs.
  void pass(Bytes traffic) { passed_ += traffic; }

  /// The first of 2^40 line numbers for one structure.
  std::uint64_t new_region();

  /// Lines read from a level so far.
  std::uint64_t reads(Level level) const { return reads_[static_cast<std::size_t>(level)]; }

 private:
  CacheSpec spec_;
  std::unordered_map<std::uint64_t, Bytes> last_;  ///< by line: passed_ when it was read; never iterated
  Bytes passed_;
  std::array<std::uint64_t, kLevels> reads_{};
  std::uint64_t regions_ = 0;
};

}  // namespace farfault
