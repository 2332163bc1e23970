/// The fault curve of a trace: how often a memory with LRU replacement of 4 KiB pages misses, by its size. Exact, or
/// from a sample of the pages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/filters/page_sample.h"
#include "traces/reader.h"

namespace farfault::traces {

/// Estimates where the sample is not of everything: what its pages do, by as many more as all pages are. (SHARDS takes
/// the rate for that. But how many pages a sample happens to have matters more than anything else for its misses, and
/// all pages are soon counted.)
class LruCurve {
 public:
  /// `by_distance`: touches of the sample at each reuse distance; `first`: those of pages not touched before. `touches`
  /// and `pages`: of the whole trace. REQUIRES: first <= pages, and 0 only if pages is.
  LruCurve(std::vector<std::uint64_t> by_distance, std::uint64_t first, std::uint64_t touches, std::uint64_t pages);

  /// Touches of pages, of the whole trace. An access that overlaps two pages touches both.
  std::uint64_t touches() const { return touches_; }
  /// Distinct pages of the whole trace.
  std::uint64_t pages() const { return pages_; }
  /// Pages of the sample.
  std::uint64_t sampled_pages() const { return first_; }
  /// Touches that miss in a memory of so many pages, first ones among them. At most touches().
  double faults(double capacity) const;
  /// faults() by touches(); 0 where there are none.
  double miss_ratio(double capacity) const;

 private:
  std::vector<std::uint64_t> at_least_;  ///< touches of the sample at a distance of the index or more, or first ones
  std::uint64_t first_;
  std::uint64_t touches_;
  std::uint64_t pages_;
};

struct CurveOptions {
  double rate = 1;                        ///< share of the pages that are looked at; 1: all, and the curve is exact
  std::uint64_t seed = 1;                 ///< which pages
  std::uint64_t page_limit = 33'554'432;  ///< pages of the sample
  std::uint64_t block_limit = 4'194'304;  ///< 2 MiB blocks that accesses may touch: 8 TiB
};

/// Reads `reader` to its end. Memory: below 110 bytes a page of the sample, and below 300 a 2 MiB block. Throws
/// InputError, naming `trace`, where there are more pages or blocks than the limits, or none of the sample.
LruCurve measure_lru_curve(Reader& reader, const std::string& trace, const CurveOptions& options = {});

}  // namespace farfault::traces
