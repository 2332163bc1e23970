// Loads of the device from host memory: the wire at the size of a request, or the requests that may be outstanding.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "analysis/calibration/parts.h"

namespace farfault::analysis::calibration {
namespace {

constexpr double kShortestTrip = 1e-9;
constexpr double kLongestTrip = 1e-3;
constexpr double kMostControl = 0.5;
constexpr double kMostOverhead = 4096;

struct Link {
  double raw;
  double tags;
};

struct Remote {
  double round_trip;
  double control;
  double overhead;
};

/// Requests of one access, which may be split by a boundary.
std::vector<std::uint64_t> requests_of(const Measurement& m) {
  return m.pieces.empty() ? std::vector<std::uint64_t>{m.size} : m.pieces;
}

struct Rates {
  double wire;
  double tags;
};

Rates rates_of(const Measurement& m, const Link& link, const Remote& remote) {
  double bytes = 0;
  double on_wire = 0;
  const std::vector<std::uint64_t> requests = requests_of(m);
  for (const std::uint64_t request : requests) {
    bytes += static_cast<double>(request);
    on_wire += static_cast<double>(request) + remote.overhead;
  }
  const auto count = static_cast<double>(requests.size());
  return {link.raw * (1 - remote.control) * bytes / on_wire, link.tags * bytes / (count * remote.round_trip)};
}

double rate_of(const Measurement& m, const Link& link, const Remote& remote) {
  const Rates rates = rates_of(m, link, remote);
  return std::min(rates.wire, rates.tags);
}

/// What is fitted at a time: round trip and control share always, the overhead where there are sizes for it.
class RemoteFit {
 public:
  RemoteFit(const Measurements& measured, const Link& link, Remote start, const Task& task)
      : measured_(measured), link_(link), start_(start), task_(&task) {}

  void run(bool trip_is_known, bool with_overhead) {
    const std::string prefix = "links." + task_->base.link;
    std::vector<Bounds> bounds = {{std::max(kShortestTrip, task_->at_least(prefix + ".round_trip")), kLongestTrip},
                                  {task_->at_least(prefix + ".control_share"), kMostControl},
                                  {task_->at_least(prefix + ".packet_overhead"), kMostOverhead}};
    if (trip_is_known) bounds[0] = {start_.round_trip, start_.round_trip};
    if (!with_overhead) bounds[2] = {start_.overhead, start_.overhead};
    const auto errors = [this](const std::vector<double>& p) {
      std::vector<double> out;
      const Remote remote{p[0], p[1], p[2]};
      for (const Measurement* m : measured_) {
        out.push_back((rate_of(*m, link_, remote) / m->value - 1) * std::sqrt(m->weight));
      }
      return out;
    };
    // The bend between the two bounds makes local minima: one start for each point that tags might bind.
    std::vector<double> trips = {start_.round_trip};
    for (const Measurement* m : measured_) {
      const auto requests = static_cast<double>(requests_of(*m).size());
      double bytes = 0;
      for (const std::uint64_t request : requests_of(*m)) bytes += static_cast<double>(request);
      trips.push_back(link_.tags * bytes / (requests * m->value));
    }
    best_ = Fit();
    best_.squares = std::numeric_limits<double>::max();
    for (const double trip : trips) {
      const std::vector<double> from = {std::clamp(trip, bounds[0].low, bounds[0].high),
                                        std::clamp(start_.control, bounds[1].low, bounds[1].high),
                                        std::clamp(start_.overhead, bounds[2].low, bounds[2].high)};
      const Fit fit = minimise(errors, from, bounds);
      // The platform's own round trip stands unless another is better, not only as good.
      if (fit.squares < best_.squares * 0.999 - 1e-12) best_ = fit;
    }
  }

  const Fit& best() const { return best_; }
  Remote remote() const { return {best_.value[0], best_.value[1], best_.value[2]}; }

  std::size_t bound_by_tags() const {
    return static_cast<std::size_t>(std::count_if(measured_.begin(), measured_.end(), [this](const Measurement* m) {
      const Rates rates = rates_of(*m, link_, remote());
      return rates.tags < rates.wire;
    }));
  }

  double worst() const {
    double out = 0;
    for (const Measurement* m : measured_) out = std::max(out, std::abs(rate_of(*m, link_, remote()) / m->value - 1));
    return out;
  }

 private:
  Measurements measured_;
  Link link_;
  Remote start_;
  const Task* task_;
  Fit best_;
};

/// The time of one load, less the memory behind the link, which the models add by themselves.
Parameter round_trip_of(const Measurements& latencies, const Task& task, Part& part) {
  Parameter out = fit_constant(latencies, "links." + task.base.link + ".round_trip", Unit::kSeconds);
  const double memory = task.base.value("host.memory.latency");
  if (memory < out.value) {
    out.value = rounded(out.value - memory);
    if (out.interval) out.interval = {out.interval->first - memory, out.interval->second - memory};
    part.notes.emplace_back("round_trip is the measured latency less host.memory.latency, which the models add");
  }
  for (const Measurement* m : latencies) part.points.push_back({m, out.value + (memory < m->value ? memory : 0)});
  return out;
}

}  // namespace

Part fit_remote(const Measurements& rates, const Measurements& latencies, const Task& task) {
  Part part;
  part.name = "remote loads";
  part.model =
      "the smaller of raw x (1 - control_share) x request / (request + packet_overhead) and "
      "read_tags x request / round_trip";
  const std::string prefix = "links." + task.base.link;
  std::optional<Parameter> trip;
  if (!latencies.empty()) trip = round_trip_of(latencies, task, part);
  if (rates.empty()) {
    part.model = "round_trip + host.memory.latency";
    part.parameters = {*trip};
    return part;
  }
  if (!task.base.raw_rate) {
    part.notes.push_back("remote loads by size are not used: the link \"" + task.base.link +
                         "\" has one bandwidth for everything, which copies tell");
    if (trip) part.parameters = {*trip};
    return part;
  }
  const Link link{*task.base.raw_rate, std::max(task.base.value(prefix + ".read_tags"), 1.0)};
  Remote start{task.base.value(prefix + ".round_trip"), task.base.value(prefix + ".control_share"),
               task.base.value(prefix + ".packet_overhead")};
  if (trip) start.round_trip = trip->value;
  RemoteFit fit(rates, link, start, task);
  fit.run(trip.has_value(), false);
  const std::size_t by_wire = rates.size() - fit.bound_by_tags();
  bool with_overhead = false;
  if (by_wire >= 3 && sizes_of(rates) >= 3 && fit.worst() > 0.02) {
    RemoteFit more = fit;
    more.run(trip.has_value(), true);
    with_overhead = more.worst() < fit.worst() / 2;
    if (with_overhead) fit = more;
  }
  const std::size_t by_tags = fit.bound_by_tags();
  const auto add = [&](std::size_t i, const char* name, Unit unit, bool told, const std::string& why) {
    const std::string path = prefix + '.' + name;
    if (told) {
      part.parameters.push_back(parameter_of(fit.best(), i, path, unit, rates.size()));
    } else {
      part.parameters.push_back(kept(task.base, path, unit));
      part.notes.push_back(path + " is kept: " + why);
    }
  };
  if (trip) {
    part.parameters.push_back(*trip);
  } else {
    add(0, "round_trip", Unit::kSeconds, by_tags > 0, "read_tags bind no point; smaller requests may show it");
  }
  add(1, "control_share", Unit::kShare, by_tags < rates.size(), "the wire binds no point");
  add(2, "packet_overhead", Unit::kBytes, with_overhead, "control_share fits as well without it");
  part.parameters.push_back(kept(task.base, prefix + ".read_tags", Unit::kShare));
  part.notes.push_back(std::to_string(by_tags) + " of " + std::to_string(rates.size()) +
                       " points are bound by tags; read_tags is kept, since only tags / round_trip can be told");
  Remote written = fit.remote();
  if (part.parameters[0].standing != Parameter::Standing::kKept || trip) written.round_trip = part.parameters[0].value;
  if (part.parameters[1].standing != Parameter::Standing::kKept) written.control = part.parameters[1].value;
  if (with_overhead) {
    part.parameters[2].value = std::round(part.parameters[2].value);
    written.overhead = part.parameters[2].value;
  }
  if (by_tags == 0 && !trip) {
    const double most = fit.best().value[0];
    if (most < start.round_trip) {
      task.warnings.push_back("remote loads: the rates need a round trip of " + std::to_string(most * 1e6) +
                              " us or less, the platform has more; measure it with remote_latency");
    }
  }
  for (const Measurement* m : rates) part.points.push_back({m, rate_of(*m, link, written)});
  return part;
}

}  // namespace farfault::analysis::calibration
