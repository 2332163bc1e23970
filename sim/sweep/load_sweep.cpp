#include "sim/sweep/load_sweep.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "sim/config/json_reader.h"
#include "sim/config/overrides.h"
#include "sim/core/text.h"
#include "sim/sweep/plan/check_points.h"
#include "sim/sweep/plan/expand.h"
#include "sim/sweep/plan/sweep_config.h"

namespace farfault::sweep {
namespace {

namespace fs = std::filesystem;

using config::Diagnostics;
using config::Node;

constexpr std::size_t kLongestPath = 4096;

/// Whether there is something of that path to read: a file, a pipe.
bool can_be_read(const fs::path& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  return fs::exists(status) && !fs::is_directory(status);
}

bool ships(const char* folder, const std::string& name, const ConfigPaths& paths) {
  const std::vector<std::string> names = config_names(folder, paths);
  return std::find(names.begin(), names.end(), name) != names.end();
}

fs::path shipped_file(const char* folder, const std::string& name, const ConfigPaths& paths) {
  return paths.configs / folder / (name + ".json");
}

/// The path of a sweep that is a path or a name.
std::string sweep_file(const std::string& given, const ConfigPaths& paths) {
  if (given == "-" || can_be_read(given)) return given;
  if (ships("sweeps", given, paths)) return shipped_file("sweeps", given, paths).string();
  // What looks like a path is left to the reader, which knows why it cannot be read.
  if (given.find('/') != std::string::npos || given.ends_with(".json")) return given;
  throw InputError(Diagnostic{.file = printable(given, 400),
                              .problem = "no such file, and no sweep of this name",
                              .remedy = name_hint(given, config_names("sweeps", paths)) + " (farfault list sweeps)"});
}

std::string read_or_throw(const std::string& path) {
  Diagnostics diagnostics;
  std::optional<std::string> text = config::read_text(path, diagnostics);
  diagnostics.throw_if_any();
  return std::move(*text);
}

std::string absolute_folder(const fs::path& folder) {
  return fs::absolute(folder.empty() ? fs::path(".") : folder).lexically_normal().string();
}

Base base_of_file(const fs::path& path) {
  return {read_or_throw(path.string()), path.string(), absolute_folder(path.parent_path())};
}

/// The scenario that the sweep differs from: a file beside it, one that ships, or an object in its text.
Base base_of(const Node& node, const std::string& file, const fs::path& folder, const ConfigPaths& paths) {
  if (node.is_object()) return {config::to_json(node) + '\n', file, absolute_folder(folder)};
  const bool is_path =
      !node.text.empty() && node.text.size() <= kLongestPath && node.text.find('\0') == std::string::npos;
  if (is_path && can_be_read(folder / node.text)) return base_of_file((folder / node.text).lexically_normal());
  if (ships("scenarios", node.text, paths)) return base_of_file(shipped_file("scenarios", node.text, paths));
  throw InputError(Diagnostic{
      .file = printable(file, 400),
      .line = node.line,
      .pointer = "/base",
      .problem = "no such file, and no scenario of the name " + in_quotes(node.text),
      .remedy = "a path starts at the sweep's folder; " + name_hint(node.text, config_names("scenarios", paths))});
}

std::size_t depth_of(const std::string& path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '.'));
}

/// Positions of axes in the order in which their values are set: the whole of something before its parts.
std::vector<std::size_t> setting_order(const std::vector<SweptAxis>& axes) {
  std::vector<std::size_t> out(axes.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  std::sort(out.begin(), out.end(), [&axes](std::size_t a, std::size_t b) {
    return std::pair(depth_of(axes[a].axis.path), a) < std::pair(depth_of(axes[b].axis.path), b);
  });
  return out;
}

std::vector<Point> points_of(const SweepConfig& config, const std::vector<Selection>& selections,
                             const std::vector<std::string>& user_sets) {
  const std::vector<std::size_t> order = setting_order(config.axes);
  std::vector<Point> out(selections.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    Point& point = out[i];
    const Selection& selection = selections[i];
    point.position = i;
    for (std::size_t axis = 0; axis < selection.size(); ++axis) {
      const bool has_value = selection[axis] != kNoValue;
      point.axes.push_back(has_value ? config.axes[axis].values[selection[axis]].text : std::string());
    }
    for (const Setting& setting : config.settings) point.sets.push_back(setting.text);
    for (const std::size_t axis : order) {
      if (selection[axis] != kNoValue) point.sets.push_back(config.axes[axis].values[selection[axis]].setting);
    }
    point.sets.insert(point.sets.end(), user_sets.begin(), user_sets.end());
  }
  return out;
}

/// Whether setting `path` undoes what was set at `other`: it is the same, or holds it.
bool covers(const std::string& path, const std::string& other) {
  return other.starts_with(path) && (other.size() == path.size() || other[path.size()] == '.');
}

/// What names a file's contents comes before all other settings, so it undoes none of a part's.
bool comes_first(const std::string& path) { return path == "platform" || path == "design" || path == "policy"; }

void check_user_sets(const std::vector<std::string>& sets, const SweepConfig& config, Diagnostics& diagnostics) {
  (void)parse_overrides(sets, diagnostics);
  for (const std::string& set : sets) {
    const std::string path = set.substr(0, set.find('='));
    for (const SweptAxis& axis : config.axes) {
      const std::string& swept = axis.axis.path;
      if (!covers(path, swept) || (path != swept && comes_first(path))) continue;
      diagnostics.add(
          {"--set", 0, "",
           in_quotes(path) + " is what the sweep varies" + (path == swept ? "" : " (" + in_quotes(swept) + ')'),
           "remove it, or change the sweep"});
    }
  }
}

/// The object that the text holds. Throws InputError.
Node parse_sweep(std::string_view text, const std::string& name) {
  Diagnostics diagnostics;
  std::optional<Node> root =
      config::parse_json(text, std::make_shared<const config::Source>(config::Source{name, 0, "", ""}), diagnostics);
  if (root && !root->is_object()) {
    diagnostics.add(*root, "", "is " + kind_text(*root) + ", not an object", "write the sweep in { }");
  }
  diagnostics.throw_if_any();
  return std::move(*root);
}

std::string default_name(const std::string& file) {
  const std::string stem = fs::path(file).stem().string();
  return stem.empty() ? "sweep" : stem;
}

}  // namespace

Plan load_sweep_text(std::string_view text, const std::string& name, const fs::path& folder,
                     const std::vector<std::string>& sets, const ConfigPaths& paths, const Catalogue& catalogue,
                     const PlanOptions& options) {
  const Node root = parse_sweep(text, name);
  Diagnostics diagnostics;
  SweepConfig config = read_sweep_config(root, diagnostics);
  check_user_sets(sets, config, diagnostics);
  diagnostics.throw_if_any();
  const std::vector<Selection> selections = expand(config, sets, root, diagnostics);
  diagnostics.throw_if_any();

  Plan plan;
  plan.name = config.name.empty() ? default_name(name) : config.name;
  plan.description = config.description;
  plan.text = text;
  plan.base = options.base ? *options.base : base_of(*config.base, name, folder, paths);
  for (const SweptAxis& axis : config.axes) plan.axes.push_back(axis.axis);
  plan.figures = config.figures;
  plan.points = points_of(config, selections, sets);
  const bool inline_base = !options.base && config.base->is_object();
  check_points(plan, {config, selections, name, inline_base, sets}, paths, catalogue, options);
  return plan;
}

Plan load_sweep(const std::string& given, const std::vector<std::string>& sets, const ConfigPaths& paths,
                const Catalogue& catalogue, const PlanOptions& options) {
  const std::string file = sweep_file(given, paths);
  const std::string text = read_or_throw(file);
  const bool is_stdin = file == "-";
  return load_sweep_text(text, is_stdin ? "standard input" : file, is_stdin ? "." : fs::path(file).parent_path(), sets,
                         paths, catalogue, options);
}

RunSpec load_point(const Base& base, const Point& point, const ConfigPaths& paths, const Catalogue& catalogue) {
  return load_scenario_text(base.text, base.name, base.folder, point.sets, paths, catalogue);
}

std::function<RunSpec(const Base& base, const Point& point)> point_loader(const ConfigPaths& paths,
                                                                          const Catalogue& catalogue) {
  struct Last {
    Base base;
    std::unique_ptr<ScenarioLoader> loader;
  };
  return [&catalogue, paths, last = std::make_shared<Last>()](const Base& base, const Point& point) {
    const Base& known = last->base;
    if (!last->loader || known.text != base.text || known.name != base.name || known.folder != base.folder) {
      last->loader = std::make_unique<ScenarioLoader>(base.text, base.name, base.folder, paths, catalogue);
      last->base = base;
    }
    return last->loader->load(point.sets);
  };
}

std::vector<std::string> axis_texts(const Plan& plan, std::size_t axis) {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const Point& point : plan.points) {
    if (!point.axes[axis].empty() && seen.insert(point.axes[axis]).second) out.push_back(point.axes[axis]);
  }
  return out;
}

std::string value_text(const std::string& json) {
  if (!json.starts_with('"')) return json;
  const nlohmann::json value = nlohmann::json::parse(json, nullptr, false);
  return value.is_string() ? value.get<std::string>() : json;
}

std::string point_text(const std::vector<Axis>& axes, const Point& point) {
  std::string out;
  for (std::size_t i = 0; i < axes.size() && i < point.axes.size(); ++i) {
    if (point.axes[i].empty()) continue;
    out += (out.empty() ? "" : ", ") + axes[i].path + '=' + value_text(point.axes[i]);
  }
  return out.empty() ? "the base as it is" : printable(out, 300);
}

}  // namespace farfault::sweep
