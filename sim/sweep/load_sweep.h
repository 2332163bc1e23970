/// From a sweep's config to its plan: what is varied, and every point, loaded and checked.
///
/// {"name": ..., "base": "scenario.json", "axes": {"PATH": [VALUES]}, ...}; docs/sweeps.md has all of it. Every
/// function that reads throws InputError with all that is wrong at once, as sim/config/load.h does, and writes no file.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/load.h"
#include "sim/sweep/plan.h"

namespace farfault::sweep {

struct PlanOptions {
  std::optional<Base> base;  ///< in place of the one that the sweep names
  unsigned threads = 0;      ///< that load points; 0: as many as there are processors
  /// Called now and then on the caller's thread: points that were loaded, of how many. May be empty.
  std::function<void(std::size_t done, std::size_t of)> on_progress;
  const std::atomic<bool>* interrupted = nullptr;  ///< once true, Interrupted is thrown. May be null
};

/// The plan of a file, of standard input ("-"), or of a sweep that ships, by name. `sets` are the user's, over every
/// point; one for what an axis varies is an error.
Plan load_sweep(const std::string& given, const std::vector<std::string>& sets, const ConfigPaths& paths,
                const Catalogue& catalogue, const PlanOptions& options = {});

/// The same for text in memory. `name` stands in messages for the file; `folder` is where a relative base is looked
/// for.
Plan load_sweep_text(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                     const std::vector<std::string>& sets, const ConfigPaths& paths, const Catalogue& catalogue,
                     const PlanOptions& options = {});

/// The scenario of a point.
RunSpec load_point(const Base& base, const Point& point, const ConfigPaths& paths, const Catalogue& catalogue);

/// load_point() for many points: what they share is read once, as long as the base stays the same. Borrows the
/// catalogue. Not thread-safe; copies share what was read.
std::function<RunSpec(const Base& base, const Point& point)> point_loader(const ConfigPaths& paths,
                                                                          const Catalogue& catalogue);

/// What points tell of an axis, as JSON, each text once, in the order of the points.
std::vector<std::string> axis_texts(const Plan& plan, std::size_t axis);

/// What a point tells of an axis, for people: a text without its quotes, all else as JSON. `json` may be empty.
std::string value_text(const std::string& json);

/// "policy=lru, memory.device_capacity=1 GiB": a point for people, without the axes that it leaves out. Printable.
std::string point_text(const std::vector<Axis>& axes, const Point& point);

}  // namespace farfault::sweep
