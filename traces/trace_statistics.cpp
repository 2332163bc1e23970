#include "traces/trace_statistics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "traces/footprint_counter.h"
#include "traces/in_order.h"

namespace farfault::traces {
namespace {

/// The mappings, with what is accessed in them and how much is mapped.
class Mappings {
 public:
  using Totals = std::array<std::uint64_t, kBackingCount>;

  void apply(const Event& event, TraceStatistics& out) {
    switch (event.kind) {
      case EventKind::kMmap:
        ++out.by_backing[static_cast<std::size_t>(event.backing)].mappings;
        return change(event, event.address, end_of(event.address, event.length), out);
      case EventKind::kMunmap:
        return change(event, event.address, end_of(event.address, event.length), out);
      case EventKind::kBrk:
        out.by_backing[static_cast<std::size_t>(Backing::kHeap)].mappings = 1;
        // A heap that shrinks frees what is behind its new end.
        heap_end_ = std::max(heap_end_, end_of(event.address, event.length));
        return change(event, event.address, heap_end_, out);
      case EventKind::kMremap:
        // What lies between the two ranges does not change.
        return change(event, std::min(event.address, event.value),
                      std::max(end_of(event.address, event.length), end_of(event.value, event.value2)), out);
      case EventKind::kMprotect:
        cached_length_ = 0;
        return map_.apply(event);
      default:
        return;
    }
  }

  /// Valid until the next change.
  BackingStatistics& at(std::uint64_t address, TraceStatistics& out) {
    if (address - cached_start_ >= cached_length_) [[unlikely]] {
      const auto& ranges = map_.ranges();
      const auto after = ranges.upper_bound(address);
      std::uint64_t start = 0;
      std::uint64_t end = after == ranges.end() ? kMaxAddress : after->first;
      cached_ = &out.unmapped;
      if (after != ranges.begin()) {
        const Vma& vma = std::prev(after)->second;
        start = vma.start + vma.length;
        if (address < start) {
          cached_ = &out.by_backing[static_cast<std::size_t>(vma.backing)];
          end = start;
          start = vma.start;
        }
      }
      cached_start_ = start;
      cached_length_ = end - start;
    }
    return *cached_;
  }
  bool full() const { return map_.full(); }

 private:
  /// Applies an event that changes nothing outside [start, end).
  void change(const Event& event, std::uint64_t start, std::uint64_t end, TraceStatistics& out) {
    const Totals before = mapped_in(start, end);
    map_.apply(event);
    cached_length_ = 0;
    const Totals after = mapped_in(start, end);
    for (std::size_t i = 0; i < kBackingCount; ++i) {
      mapped_[i] += after[i] - before[i];
      out.by_backing[i].mapped = std::max(out.by_backing[i].mapped, Bytes(mapped_[i]));
    }
  }
  Totals mapped_in(std::uint64_t start, std::uint64_t end) const {
    Totals out{};
    const auto& ranges = map_.ranges();
    auto at = ranges.upper_bound(start);
    if (at != ranges.begin()) --at;
    for (; at != ranges.end() && at->first < end; ++at) {
      const Vma& vma = at->second;
      const std::uint64_t from = std::max(vma.start, start);
      const std::uint64_t to = std::min(vma.start + vma.length, end);
      if (from < to) out[static_cast<std::size_t>(vma.backing)] += to - from;
    }
    return out;
  }

  VmaMap map_;
  Totals mapped_{};
  std::uint64_t heap_end_ = 0;
  std::uint64_t cached_start_ = 0;
  std::uint64_t cached_length_ = 0;  ///< 0: nothing is cached
  BackingStatistics* cached_ = nullptr;
};

class Measurement {
 public:
  Measurement(const std::string& trace, const StatisticsOptions& options)
      : footprint_(Diagnostic{trace, 0, "",
                              "accesses touch more than " + std::to_string(options.block_limit) + " blocks of 2 MiB",
                              "measure a part of it: farfault trace cut"},
                   options.block_limit),
        reuse_(options.reuse_page_limit),
        with_reuse_(options.reuse) {}

  void add(const Access& access) {
    BackingStatistics& backing = mappings_.at(access.address, out_);
    ++backing.accesses;
    backing.pages += footprint_.add(access);
    if (access.agent >= out_.accesses_by_agent.size()) [[unlikely]] {
      out_.accesses_by_agent.resize(access.agent + std::size_t{1});
    }
    ++out_.accesses_by_agent[access.agent];
    if (!with_reuse_ || access.size() == 0) return;
    const std::uint64_t last = (access.address + access.size() - 1) >> kPageShift;
    for (std::uint64_t page = access.address >> kPageShift; page <= last; ++page) reuse_.touch(page);
  }
  void add(const Event& event) {
    ++out_.events[static_cast<std::size_t>(event.kind)];
    if (event.kind == EventKind::kTimestamp) out_.last_time = event.value;
    footprint_.add(event);
    mappings_.apply(event, out_);
  }

  TraceStatistics finish() {
    out_.footprint = footprint_.scan();
    out_.atomics = footprint_.of(Op::kAtomic);
    out_.mappings_complete = !mappings_.full();
    if (with_reuse_) out_.reuse = reuse_.counts();
    return std::move(out_);
  }

 private:
  TraceStatistics out_;
  FootprintCounter footprint_;
  ReuseDistances reuse_;
  bool with_reuse_;
  Mappings mappings_;
};

}  // namespace

TraceStatistics measure(Reader& reader, const std::string& trace, const StatisticsOptions& options) {
  Measurement measurement(trace, options);
  AccessBlock block;
  while (reader.next(block)) {
    visit_in_order(block, [&measurement](const auto& record) { measurement.add(record); });
  }
  return measurement.finish();
}

}  // namespace farfault::traces
