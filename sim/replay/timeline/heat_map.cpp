#include "sim/replay/timeline/heat_map.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "sim/replay/timeline/json_text.h"

namespace farfault::timeline {
namespace {

struct Layer {
  const char* name;
  const char* description;
};
constexpr std::array<Layer, HeatMap::kCounts> kLayers = {
    {{"accesses.device", "accesses of devices, estimated from one in 127"},
     {"accesses.host", "accesses of host threads, estimated from one in 127"},
     {"faults.device", "pages of which the driver read that they had faulted, in each batch once"},
     {"faults.host", "accesses of host threads to pages in device memory, which came back"}}};

std::string hex(std::uint64_t address) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "\"0x%" PRIx64 "\"", address);
  return text.data();
}

}  // namespace

void HeatMap::widen(SimTime date) {
  while (!axis_.holds(date)) {
    axis_.double_width();
    for (const auto& [key, row] : rows_) {
      for (SumSeries& series : row->counts) series.fold();
      row->resident.fold();
    }
  }
}

HeatMap::Row& HeatMap::find_row(std::uint64_t address) {
  const std::uint64_t key = address >> row_shift_;
  std::unique_ptr<Row>& row = rows_[key];
  if (!row) {
    row = std::make_unique<Row>();
    if (rows_.size() > kRows) {
      while (rows_.size() > kRows) coarsen();
      return row_at(address);
    }
  }
  known_[key % known_.size()] = {key, row.get()};
  return *row;
}

void HeatMap::coarsen() {
  ++row_shift_;
  forget_known();
  tsl::robin_map<std::uint64_t, std::unique_ptr<Row>> fewer;
  // In the order of addresses, or sums of doubles would depend on the order of the hash table.
  std::vector<std::uint64_t> order;
  order.reserve(rows_.size());
  for (const auto& [key, row] : rows_) order.push_back(key);
  std::sort(order.begin(), order.end());
  for (const std::uint64_t key : order) {
    std::unique_ptr<Row>& to = fewer[key >> 1U];
    std::unique_ptr<Row>& from = rows_[key];
    if (!to) {
      to = std::move(from);
      continue;
    }
    for (std::size_t i = 0; i < kCounts; ++i) to->counts[i].merge(from->counts[i]);
    to->resident.merge(axis_, from->resident);
  }
  rows_ = std::move(fewer);
}

void HeatMap::count(Count what, VirtualAddress address, std::uint64_t times, SimTime now) {
  make_hold(now);
  row_at(address.value()).counts[static_cast<std::size_t>(what)].add(axis_, times, now, now);
}

template <class Act>
void HeatMap::for_each_row(BlockNumber block, const PageMask& pages, Act&& act) {
  if (row_bytes() >= kBlockSize) {
    // Of one row as a whole: no page needs looking at.
    if (const unsigned count = pages.count(); count != 0) act(row_at(block.value() << kBlockShift), count);
    return;
  }
  for (unsigned page = pages.next(0); page < kPagesPerBlock;) {
    const std::uint64_t address = (block.value() * kPagesPerBlock + page) << kPageShift;
    // Pages to the end of the row, at the size that rows have by now: to add one may make them larger.
    const std::uint64_t row_pages = row_bytes() / kPageSize;
    const auto end = static_cast<unsigned>(std::min<std::uint64_t>(
        kPagesPerBlock, row_pages >= kPagesPerBlock ? kPagesPerBlock : (page / row_pages + 1) * row_pages));
    act(row_at(address), pages.count(page, end));
    page = pages.next(end);
  }
}

void HeatMap::count_pages(Count what, BlockNumber block, const PageMask& pages, SimTime now) {
  make_hold(now);
  for_each_row(block, pages, [&](Row& row, unsigned count) {
    row.counts[static_cast<std::size_t>(what)].add(axis_, count, now, now);
  });
}

void HeatMap::resident(BlockNumber block, const PageMask& added, const PageMask& removed, SimTime now) {
  make_hold(now);
  for_each_row(block, added, [&](Row& row, unsigned count) { row.resident.change(axis_, count, now); });
  for_each_row(block, removed,
               [&](Row& row, unsigned count) { row.resident.change(axis_, -static_cast<double>(count), now); });
}

void HeatMap::end(SimTime now) {
  make_hold(now);
  for (const auto& [key, row] : rows_) row->resident.change(axis_, 0, end_);
}

std::vector<std::uint64_t> HeatMap::keys() const {
  std::vector<std::uint64_t> out;
  out.reserve(rows_.size());
  for (const auto& [key, row] : rows_) out.push_back(key);
  std::sort(out.begin(), out.end());
  return out;
}

std::string HeatMap::json() const {
  if (rows_.empty()) return "null";
  const std::vector<std::uint64_t> order = keys();
  std::string addresses;
  for (const std::uint64_t key : order) addresses += (addresses.empty() ? "" : ",") + hex(key << row_shift_);
  const std::size_t width = axis_.bins_until(end_);
  std::string layers;
  const auto add_layer = [&](const Layer& layer, const char* unit, const char* kind, auto values_of) {
    std::string rows;
    bool any = false;
    for (const std::uint64_t key : order) {
      auto values = values_of(*rows_.at(key));
      values.resize(width);
      any = any || std::any_of(values.begin(), values.end(), [](auto value) { return value != 0; });
      rows += (rows.empty() ? "" : ",") + runs_of(values);
    }
    if (!any) return;
    layers += (layers.empty() ? "\n      \"" : ",\n      \"") + std::string(layer.name) + "\": {\"unit\":\"" + unit +
              "\",\"kind\":\"" + kind + "\",\"description\":\"" + layer.description + "\",\"runs\":[" + rows + "]}";
  };
  for (std::size_t i = 0; i < kCounts; ++i) {
    add_layer(kLayers[i], "count", "sum", [i](const Row& row) { return row.counts[i].values(); });
  }
  add_layer({"resident.device", "pages in device memory, averaged over the bin"}, "count", "mean",
            [this](const Row& row) { return row.resident.means(axis_); });
  std::string out = "{\n    \"bin_width_ps\": ";
  append(out, static_cast<std::uint64_t>(axis_.width().picoseconds()));
  out += ",\n    \"bins\": ";
  append(out, static_cast<std::uint64_t>(width));
  out += ",\n    \"row_bytes\": ";
  append(out, row_bytes().count());
  out += ",\n    \"rows\": [" + addresses + "],\n    \"layers\": {" + layers + "\n    }\n  }";
  return out;
}

}  // namespace farfault::timeline
