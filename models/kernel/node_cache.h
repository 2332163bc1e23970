/// What it costs to read a line of a kernel structure: a small model of caches, since nobody has measured the trees.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "models/kernel/kernel_spec.h"
#include "sim/core/units.h"

namespace farfault {

/// A line costs the latency of the smallest cache that still holds it, or of memory. A cache of C bytes holds a line
/// until C bytes of other lines have been brought in since the line was last read: least recently used, fully
/// associative, inclusive. Reads that a cache serves bring nothing into it. Traffic other than lines read here is told
/// of by pass() and goes through all caches, so that a tree that is rarely used is cold. An assumption, and said to be
/// one wherever it is printed.
class NodeCache {
 public:
  static constexpr Bytes kLine{64};
  enum class Level : std::uint8_t { kL1, kL2, kL3, kMemory };
  static constexpr std::size_t kLevels = 4;

  explicit NodeCache(const CacheSpec& spec);

  /// Reads one line. Lines are numbered: use new_region() to get numbers that nobody else uses.
  SimTime read(std::uint64_t line);
  /// Other memory traffic of the CPUs.
  void pass(Bytes traffic) {
    for (Bytes& filled : filled_) filled += traffic;
  }

  /// The first of 2^40 line numbers for one structure. What is remembered is a few words for each line ever read, so a
  /// structure that makes and frees nodes uses the lines of freed ones again.
  std::uint64_t new_region();

  /// Lines read from a level so far.
  std::uint64_t reads(Level level) const { return reads_[static_cast<std::size_t>(level)]; }

 private:
  static constexpr std::size_t kCaches = 3;
  using Fills = std::array<Bytes, kCaches>;

  std::array<Bytes, kCaches> capacity_;
  std::array<SimTime, kLevels> latency_;
  Fills filled_{};                                 ///< bytes brought into each cache so far
  std::unordered_map<std::uint64_t, Fills> last_;  ///< by line: filled_ after it was read; never iterated
  std::array<std::uint64_t, kLevels> reads_{};
  std::uint64_t regions_ = 0;
};

}  // namespace farfault
