/// Counters of a trace: values over time that are kept in bins and written at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/core/units.h"
#include "sim/replay/timeline/series.h"
#include "sim/replay/timeline/slice_track.h"
#include "sim/replay/timeline/time_axis.h"

namespace farfault::timeline {

/// All within [from, until]; what lies outside is cut off, but levels start with what they were before.
class TraceCounters {
 public:
  static constexpr std::size_t kBins = 2048;

  TraceCounters(SimTime from, SimTime until) : axis_(kBins), from_(from), until_(until) {}

  /// A counter; its parts are told by name when they are first used.
  std::size_t add(ProcessName process, std::string name);
  /// `amount` within [start, end); shown as amount a picosecond times `scale`.
  void amount(std::size_t counter, std::string_view part, double scale, std::uint64_t amount, SimTime start,
              SimTime end);
  /// From `now` on it is `level`; shown as its mean over a bin, times `scale`. Dates do not fall.
  void level(std::size_t counter, std::string_view part, double scale, double level, SimTime now);

  /// Writes at most `most` events, in wider bins if these are more. REQUIRES: not called before.
  void write(TrackNames& names, std::uint64_t most);

 private:
  struct Part {
    std::string name;
    double scale;
    std::variant<SumSeries, LevelSeries> series;
    double level = 0;
  };
  struct Counter {
    ProcessName process;
    std::string name;
    std::vector<Part> parts;
  };

  template <class Series>
  Part& part_of(std::size_t counter, std::string_view name, double scale);
  /// The date since `from`, in the window; the bins are wide enough for it.
  SimTime place(SimTime date);
  void widen();
  std::vector<double> values_of(const Part& part) const;
  SimTime length_of(std::size_t bin) const;
  std::vector<std::string> events_of(const Counter& counter, std::uint32_t pid) const;
  std::size_t count() const;

  TimeAxis axis_;
  SimTime from_;
  SimTime until_;
  SimTime end_;  ///< since `from`: the last date that anything was told of
  std::vector<Counter> counters_;
};

}  // namespace farfault::timeline
