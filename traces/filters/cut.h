/// A part of a trace: from here to there, of these agents, of these addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "traces/filters/filter.h"
#include "traces/vma_map.h"

namespace farfault::traces {

/// From the first on, and not up to the second.
struct Interval {
  static constexpr std::uint64_t kOpen = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t from = 0;
  std::uint64_t to = kOpen;  ///< kOpen: without end

  bool operator==(const Interval&) const = default;
  bool contains(std::uint64_t value) const { return value >= from && (value < to || to == kOpen); }
  bool begun(std::uint64_t value) const { return value >= from; }
  bool over(std::uint64_t value) const { return to != kOpen && value >= to; }
};

struct CutOptions {
  Interval accesses = {};   ///< by number; an event has the number of the access that it comes before
  Interval time = {};       ///< by the last kTimestamp event before, 0 before the first; in TraceMeta::time_unit
  std::string agents = {};  ///< a pattern of names, as matches() takes it; empty: all
  Interval addresses = {};  ///< accesses that overlap these
};

/// What is kept: the accesses for which all four hold. Of events, those that change mappings and kTimestamp; of the
/// others, those of the agents that are kept, and where such an event has a range of memory (a copy, a prefetch,
/// advice, pins), only if that overlaps the addresses.
///
/// What comes first: the mappings that are there at the cut's beginning, the time, and the launches of the kernels that
/// run then. Pins, advice and records of events from before are lost.
///
/// Instructions before an access that is left out for its address are those before the agent's next access. The table
/// of agents stays as it is.
class Cut final : public Filter {
 public:
  Cut(std::unique_ptr<Reader> input, CutOptions options);

 private:
  void on_access(const Access& access, AccessBlock& out) override;
  void on_event(const Event& event, AccessBlock& out) override;
  bool on_more(AccessBlock& out) override;
  bool on_end(AccessBlock& out) override;

  bool over() const { return options_.accesses.over(number_) || options_.time.over(time_); }
  void check_agents() const;
  void follow(const Event& event);
  void begin_if_due();
  bool keeps_agent(std::uint16_t agent);
  bool keeps(const Event& event);

  CutOptions options_;
  std::uint64_t number_ = 0;  ///< of the next access
  std::uint64_t time_ = 0;
  bool has_time_ = false;
  bool begun_ = false;
  VmaMap mappings_;                                   ///< until the cut begins
  std::unordered_map<std::uint16_t, Event> kernels_;  ///< launches without an end, by stream; until the cut begins
  std::vector<Event> first_;                          ///< what comes first ...
  std::size_t next_first_ = 0;                        ///< ... from here on still has to
  enum class Kept : std::uint8_t { kUnknown, kYes, kNo };
  std::vector<Kept> kept_;  ///< by agent
  PendingInstructions pending_;
};

/// Whether the name is as the pattern says: * stands for any characters, ? for one, all else for itself.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace farfault::traces
