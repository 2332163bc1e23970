/// A sweep as plain data: what is varied, and every point that follows. Knows no file and no process.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace farfault::sweep {

/// The scenario under all points, before what they vary.
struct Base {
  std::string text;    ///< JSON of the scenario
  std::string name;    ///< stands in messages for the file
  std::string folder;  ///< absolute; where its relative paths start
};

/// A parameter that is varied.
struct Axis {
  std::string path;   ///< as --set writes it: "policy.eviction.kind"
  std::string title;  ///< for people
};

/// One scenario of a sweep, loaded and checked.
struct Point {
  std::size_t position = 0;       ///< in the sweep's order, from 0
  std::string key;                ///< hash of all that its results rest on but the program: equal keys, equal results
  std::vector<std::string> axes;  ///< JSON texts, one an axis; empty where the point has no value
  std::vector<std::string> sets;  ///< over the base, as --set writes them
  std::string config_hash;        ///< of its resolved config
  std::string trace;              ///< path of the trace that it replays; empty for a generator
  std::string trace_hash;         ///< of that file; empty for a generator
};

struct Plan {
  std::string name;
  std::string description;
  std::string text;  ///< the sweep's config, as it was read
  Base base;
  std::vector<Axis> axes;
  std::vector<std::string> figures;  ///< patterns (* and ?) of those to keep of each point; empty: all
  std::vector<Point> points;         ///< by position
};

/// All that the points of a plan have in common.
inline Plan without_points(const Plan& plan) {
  return {plan.name, plan.description, plan.text, plan.base, plan.axes, plan.figures, {}};
}

}  // namespace farfault::sweep
