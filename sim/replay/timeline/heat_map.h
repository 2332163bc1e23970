/// What happens where in the address space, by time: a table of bounded size.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
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
    explicit Row(const TimeAxis& axis)
        : counts{SumSeries(axis), SumSeries(axis), SumSeries(axis), SumSeries(axis)}, resident(axis) {}
    std::array<SumSeries, kCounts> counts;
    LevelSeries resident;
  };

  void make_hold(SimTime date);
  Row& row_at(std::uint64_t address);
  void change_resident(BlockNumber block, const PageMask& pages, double by, SimTime now);
  /// Two neighbouring rows become one.
  void coarsen();
  std::vector<std::uint64_t> keys() const;
  std::size_t columns() const;

  TimeAxis axis_;
  unsigned row_shift_ = 16;
  std::unordered_map<std::uint64_t, std::unique_ptr<Row>> rows_;  // by address >> row_shift_; iterated in no order
  std::uint64_t last_key_ = ~std::uint64_t{0};
  Row* last_ = nullptr;
  SimTime end_;
};

}  // namespace farfault::timeline
