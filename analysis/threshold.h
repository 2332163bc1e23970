/// Limits on figures that make a comparison fail: 'time.total > 1.05x'.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/compare.h"
#include "sim/core/statistics.h"

namespace farfault::analysis {

enum class Order : std::uint8_t { kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

/// FIGURE ORDER LIMIT, with blanks as one likes. ORDER is < <= > or >=. LIMIT is
///
///   1.05x           so many times the first column's value
///   +5% or -5%      the first column's value and so much more, or less
///   3 ms, 16 GiB,   the value itself, with a unit where the figure has one;
///   25 GB/s, 1000,  5 % is 0.05, for a figure that is a ratio
///   5 %
struct Threshold {
  std::string text;  ///< as it was written
  std::string figure;
  Order order = Order::kGreater;
  bool relative = false;     ///< to the first column
  double limit = 0;          ///< a factor if relative; else in the base unit
  std::optional<Unit> unit;  ///< of an absolute limit; nothing for a number without one
};

/// Throws Error with exit code 2 that shows the text and, below it, where it goes wrong.
Threshold parse_threshold(std::string_view text);

struct Verdict {
  enum class Kind : std::uint8_t { kHolds, kBeyond, kMissing };
  Kind kind = Kind::kHolds;
  std::size_t column = 0;
  std::string words;  ///< "memremap_xarray: time.total is 25.5 ms, 1.02x; beyond 'time.total > 1.01x'"
};

/// One verdict for each column after the first, without those that failed as a whole. A figure that a column or, for a
/// relative limit, the first column lacks is missing, which is no pass. Throws Error with exit code 2 where no column
/// has the figure, or the limit's unit is not the figure's.
std::vector<Verdict> judge(const Threshold& threshold, const Comparison& comparison);

}  // namespace farfault::analysis
