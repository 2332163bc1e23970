/// Named results of a run. Every figure that farfault prints comes from here: name, value, unit, description.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/core/histogram.h"
#include "sim/core/units.h"

namespace farfault {

enum class Unit : std::uint8_t { kCount, kBytes, kTime, kBandwidth, kRatio };

/// "count", "bytes", "ps", "bytes/s", "ratio": as results.json names them.
std::string_view unit_name(Unit unit);

/// One figure. Counts, bytes and times (picoseconds) are exact integers; bandwidths and ratios are doubles.
struct Statistic {
  Unit unit = Unit::kCount;
  std::variant<std::int64_t, double> value = std::int64_t{0};
  std::string description;

  double as_double() const;
};

/// A histogram of times in picoseconds, or of plain numbers.
struct Distribution {
  Unit unit = Unit::kTime;
  Histogram histogram;
  std::string description;
};

/// What is told of a distribution; all but `count` mean nothing where that is 0.
struct Percentiles {
  std::uint64_t count = 0;
  double mean = 0;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::uint64_t p50 = 0;
  std::uint64_t p90 = 0;
  std::uint64_t p99 = 0;
  std::uint64_t p999 = 0;
};

Percentiles percentiles(const Histogram& histogram);

using Figures = std::map<std::string, Statistic, std::less<>>;

/// NAME.count, .mean, .min, .max, .p50, .p90, .p99 and .p99.9; of a distribution without values the count alone.
void add_percentiles(Figures& figures, const std::string& name, Unit unit, const Percentiles& percentiles,
                     const std::string& description);

/// The figures of one run, in the order of their names. Names are dotted and stable: "faults.device.raised".
class Statistics {
 public:
  /// Each sets the figure; REQUIRES: the name is new.
  void count(std::string name, std::uint64_t value, std::string description);
  void bytes(std::string name, Bytes value, std::string description);
  void time(std::string name, SimTime value, std::string description);
  void bandwidth(std::string name, Bandwidth value, std::string description);
  void ratio(std::string name, double value, std::string description);
  void distribution(std::string name, Unit unit, Histogram histogram, std::string description);

  bool contains(std::string_view name) const;
  /// REQUIRES: contains(name).
  const Statistic& at(std::string_view name) const;
  /// The exact integer of a count, byte or time figure. REQUIRES: contains(name), and not a double.
  std::int64_t integer(std::string_view name) const;

  const Figures& figures() const { return figures_; }
  const std::map<std::string, Distribution, std::less<>>& distributions() const { return distributions_; }

 private:
  void add(std::string name, Statistic statistic);
  Figures figures_;
  std::map<std::string, Distribution, std::less<>> distributions_;
};

/// The figures, and those of each distribution.
Figures all_figures(const Statistics& statistics);

}  // namespace farfault
