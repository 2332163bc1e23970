/// What happens where in the address space, by time: a table of bounded size.
#pragma once

#include <tsl/robin_map.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/page_mask.h"
#include "sim/core/units.h"
#include "sim/replay/timeline/series.h"
#include "sim/replay/timeline/time_axis.h"

namespace farfault::timeline {

/// Rows are ranges of addresses of one size, of those alone in which something happened. When there are too many, two
/// neighbours become one. Columns are bins of time.
class HeatMap {
 public:
  static constexpr std::size_t kRows = 256;     ///< at most
  static constexpr std::size_t kColumns = 256;  ///< at most

  enum class Count : std::uint8_t { kDeviceAccesses, kHostAccesses, kDeviceFaults, kHostFaults };
  static constexpr std::size_t kCounts = 4;

  HeatMap() : axis_(kColumns) {}

  void count(Count what, VirtualAddress address, std::uint64_t times, SimTime now);
  /// Once for each of the pages.
  void count_pages(Count what, BlockNumber block, const PageMask& pages, SimTime now);
  /// Pages of a block that come to a device's memory, or leave it.
  void resident(BlockNumber block, const PageMask& added, const PageMask& removed, SimTime now);
  /// Levels last until here. REQUIRES: called last.
  void end(SimTime now);

  std::size_t rows() const { return rows_.size(); }
  Bytes row_bytes() const { return Bytes(std::uint64_t{1} << row_shift_); }

  /// As a member of timeline.json; null without rows.
  std::string json() const;

 private:
  struct Row {
    std::array<SumSeries, kCounts> counts;
    LevelSeries resident;
  };

  void make_hold(SimTime date) {
    if (!axis_.holds(date)) widen(date);
    end_ = std::max(end_, date);
  }
  void widen(SimTime date);
  Row& row_at(std::uint64_t address) {
    const std::uint64_t key = address >> row_shift_;
    const Known& known = known_[key % known_.size()];
    return known.key == key ? *known.row : find_row(address);
  }
  Row& find_row(std::uint64_t address);
  void forget_known() { known_.fill(Known()); }
  /// Calls act(row, pages in it).
  template <class Act>
  void for_each_row(BlockNumber block, const PageMask& pages, Act&& act);
  /// Two neighbouring rows become one.
  void coarsen();
  std::vector<std::uint64_t> keys() const;

  TimeAxis axis_;
  unsigned row_shift_ = 16;
  tsl::robin_map<std::uint64_t, std::unique_ptr<Row>> rows_;  // by address >> row_shift_; iterated in no order
  /// Rows that were looked up, by the end of their key: most neighbours do not share one.
  struct Known {
    std::uint64_t key = ~std::uint64_t{0};
    Row* row = nullptr;
  };
  std::array<Known, kRows> known_;
  SimTime end_;
};

}  // namespace farfault::timeline
