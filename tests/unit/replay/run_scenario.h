/// Runs whole scenarios in child processes, so that one that crashes is one test's, and brings their figures back.
#pragma once

#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "sim/replay/simulation.h"
#include "tests/unit/engine/in_child.h"

namespace farfault::testing {

using Figures = std::map<std::string, double>;

/// Figures by name; with the option check on, so that every identity is asserted all along, and with a timeline unless
/// not `watched`.
/// `extend` may add generators to the catalogue.
inline Figures run_scenario(const std::string& json, const std::vector<std::string>& sets = {},
                            const std::function<void(Catalogue&)>& extend = {}, bool watched = true) {
  const std::string text = engine::testing::output_of_child([&] {
    Catalogue catalogue = make_catalogue();
    if (extend) extend(catalogue);
    const RunSpec spec = load_scenario_text(json, "test", ".", sets, ConfigPaths{"configs"}, catalogue);
    SimulationOptions options;
    options.check = true;
    Timeline timeline;
    if (watched) options.timeline = &timeline;
    const RunResult result = simulate(spec, catalogue, options);
    std::ostringstream out;
    out.precision(17);
    for (const auto& [name, figure] : result.statistics.figures()) out << name << ' ' << figure.as_double() << '\n';
    for (const auto& [name, distribution] : result.statistics.distributions()) {
      out << name << ".count " << distribution.histogram.count() << '\n';
      out << name << ".min " << distribution.histogram.min() << '\n';
      out << name << ".max " << distribution.histogram.max() << '\n';
    }
    return out.str();
  });
  Figures figures;
  std::istringstream in(text);
  std::string name;
  double value = 0;
  while (in >> name >> value) figures[name] = value;
  return figures;
}

/// What went wrong with a run that must fail.
inline std::string failure_of(const std::string& json, const std::vector<std::string>& sets = {}) {
  return engine::testing::output_of_child([&]() -> std::string {
    try {
      const Catalogue catalogue = make_catalogue();
      const RunSpec spec = load_scenario_text(json, "test", ".", sets, ConfigPaths{"configs"}, catalogue);
      simulate(spec, catalogue, {});
    } catch (const Error& error) {
      return std::to_string(static_cast<int>(error.code())) + " " + error.what();
    }
    return "no failure";
  });
}

}  // namespace farfault::testing
