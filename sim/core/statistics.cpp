#include "sim/core/statistics.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "sim/core/error.h"

namespace farfault {
namespace {

/// A figure above 2^63 - 1 is a counter that went below zero; it must not be printed as if it were a result.
std::int64_t checked(const std::string& name, std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    throw RunError("statistic " + name + " is " + std::to_string(value) +
                   ", beyond 2^63 - 1: a counter wrapped around");
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::string_view unit_name(Unit unit) {
  switch (unit) {
    case Unit::kCount:
      return "count";
    case Unit::kBytes:
      return "bytes";
    case Unit::kTime:
      return "ps";
    case Unit::kBandwidth:
      return "bytes/s";
    case Unit::kRatio:
      return "ratio";
  }
  throw std::logic_error("no such unit");
}

double Statistic::as_double() const {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

void Statistics::count(std::string name, std::uint64_t value, std::string description) {
  const std::int64_t figure = checked(name, value);
  add(std::move(name), {Unit::kCount, figure, std::move(description)});
}

void Statistics::bytes(std::string name, Bytes value, std::string description) {
  const std::int64_t figure = checked(name, value.count());
  add(std::move(name), {Unit::kBytes, figure, std::move(description)});
}

void Statistics::time(std::string name, SimTime value, std::string description) {
  add(std::move(name), {Unit::kTime, value.picoseconds(), std::move(description)});
}

void Statistics::bandwidth(std::string name, Bandwidth value, std::string description) {
  add(std::move(name), {Unit::kBandwidth, value.bytes_per_second(), std::move(description)});
}

void Statistics::ratio(std::string name, double value, std::string description) {
  add(std::move(name), {Unit::kRatio, value, std::move(description)});
}

void Statistics::distribution(std::string name, Unit unit, Histogram histogram, std::string description) {
  if (figures_.contains(name) || distributions_.contains(name)) throw std::logic_error("statistic set twice: " + name);
  distributions_.emplace(std::move(name), Distribution{unit, std::move(histogram), std::move(description)});
}

bool Statistics::contains(std::string_view name) const { return figures_.contains(name); }

const Statistic& Statistics::at(std::string_view name) const {
  const auto it = figures_.find(name);
  if (it == figures_.end()) throw std::logic_error("no statistic " + std::string(name));
  return it->second;
}

std::int64_t Statistics::integer(std::string_view name) const {
  const auto* value = std::get_if<std::int64_t>(&at(name).value);
  if (value == nullptr) throw std::logic_error("statistic " + std::string(name) + " is not an integer");
  return *value;
}

void Statistics::add(std::string name, Statistic statistic) {
  // Figures and distributions share one name space: results.json lists both.
  if (figures_.contains(name) || distributions_.contains(name)) throw std::logic_error("statistic set twice: " + name);
  figures_.emplace(std::move(name), std::move(statistic));
}

Percentiles percentiles(const Histogram& histogram) {
  return {histogram.count(),       histogram.mean(),        histogram.min(),          histogram.max(),
          histogram.quantile(0.5), histogram.quantile(0.9), histogram.quantile(0.99), histogram.quantile(0.999)};
}

void add_percentiles(Figures& figures, const std::string& name, Unit unit, const Percentiles& percentiles,
                     const std::string& description) {
  const auto integer = [](Unit of, std::uint64_t value, const std::string& what) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return Statistic{of, static_cast<std::int64_t>(std::min(value, kMost)), what};
  };
  figures.emplace(name + ".count", integer(Unit::kCount, percentiles.count, description + ": number"));
  if (percentiles.count == 0) return;
  figures.emplace(name + ".mean", Statistic{unit, percentiles.mean, description + ": mean"});
  figures.emplace(name + ".min", integer(unit, percentiles.min, description + ": least"));
  figures.emplace(name + ".max", integer(unit, percentiles.max, description + ": most"));
  for (const auto& [label, value] : {std::pair("p50", percentiles.p50),
                                     {"p90", percentiles.p90},
                                     {"p99", percentiles.p99},
                                     {"p99.9", percentiles.p999}}) {
    figures.emplace(name + '.' + label, integer(unit, value, description + ": percentile"));
  }
}

Figures all_figures(const Statistics& statistics) {
  Figures out = statistics.figures();
  for (const auto& [name, distribution] : statistics.distributions()) {
    add_percentiles(out, name, distribution.unit, percentiles(distribution.histogram), distribution.description);
  }
  return out;
}

}  // namespace farfault
