#include "analysis/report/facts.h"

#include <cmath>

#include "analysis/report/charts/causes.h"

namespace farfault::report {

std::optional<double> find_figure(const Figures& figures, std::string_view name) {
  const auto it = figures.find(name);
  if (it == figures.end()) return std::nullopt;
  const double value = it->second.as_double();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

double figure(const Figures& figures, std::string_view name) {
  return find_figure(figures, name).value_or(0);
}

double sum_of_times(const Figures& figures, std::string_view prefix, std::string_view suffix) {
  double sum = 0;
  for (auto it = figures.lower_bound(prefix); it != figures.end() && it->first.starts_with(prefix); ++it) {
    if (it->second.unit == Unit::kTime && it->first.ends_with(suffix)) sum += it->second.as_double();
  }
  return sum;
}

std::vector<LinkDirection> link_directions(const Figures& figures) {
  static constexpr std::string_view kPrefix = "bytes.link.";
  std::vector<LinkDirection> out;
  for (auto it = figures.lower_bound(kPrefix); it != figures.end() && it->first.starts_with(kPrefix); ++it) {
    const std::size_t dot = it->first.rfind('.');
    const std::string direction = it->first.substr(dot + 1);
    if ((direction != "to_device" && direction != "to_host") || dot <= kPrefix.size()) continue;
    if (it->second.as_double() <= 0) continue;
    LinkDirection link{it->first.substr(kPrefix.size(), dot - kPrefix.size()), direction, {}, {}};
    const std::string name = link.link + '.' + direction;
    link.average = find_figure(figures, "bandwidth.link." + name);
    const double share = figure(figures, "utilisation.link." + name);
    if (link.average && *link.average > 0 && share > 0) link.peak = *link.average / share;
    out.push_back(std::move(link));
  }
  return out;
}

std::string direction_of(const std::string& direction) {
  return direction == "to_device" ? "to the device" : "to the host";
}

LanesTime lanes_time(const Figures& figures, const std::string& kind, std::string label) {
  LanesTime out{std::move(label), figure(figures, "lanes." + kind), {}};
  for (const Part& part : lane_times()) out.time[part.field] = figure(figures, "time." + kind + '.' + part.field);
  return out;
}

std::optional<double> capacity_of_one_device(const Figures& figures) {
  static constexpr std::string_view kSuffix = ".fragmentation";
  std::size_t devices = 0;
  for (auto it = figures.lower_bound("memory."); it != figures.end() && it->first.starts_with("memory."); ++it) {
    if (it->first.ends_with(kSuffix)) ++devices;
  }
  return devices == 1 ? find_figure(figures, "memory.device.capacity") : std::nullopt;
}

}  // namespace farfault::report
