#include "sim/cli/compare/plan.h"
#include "sim/cli/file_name.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "sim/config/json_reader.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

using Load = std::function<RunSpec(const std::vector<std::string>&)>;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

std::string without_end_slash(std::string given) {
  while (given.size() > 1 && given.ends_with('/')) given.pop_back();
  return given;
}

/// The scenarios that are meant: of a shipped folder, of a folder on disk, or the one.
std::vector<std::string> scenarios_of(const std::string& given, const Context& context) {
  std::vector<std::string> out;
  const std::string folder = without_end_slash(given) + '/';
  for (const std::string& name : config_names("scenarios", context.paths)) {
    if (name.starts_with(folder)) out.push_back(name);
  }
  if (!out.empty() || !is_folder(given)) return out.empty() ? std::vector{given} : out;
  const std::vector<std::string> shipped = config_names("scenarios", context.paths);
  if (std::find(shipped.begin(), shipped.end(), given) != shipped.end()) return {given};
  std::error_code failed;
  for (fs::directory_iterator it(given, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() == ".json" && is_file(it->path())) out.push_back(it->path().string());
  }
  std::sort(out.begin(), out.end());
  if (!out.empty()) return out;
  throw InputError(Diagnostic{.file = printable(given, 400),
                              .problem = "is a folder with neither scenarios nor the results of a run",
                              .remedy = "give a scenario (farfault list scenarios), or two folders of results"});
}

/// Standard input can be read once, and is loaded once for each column.
Load loader_of(const std::string& given, const Context& context) {
  if (given != "-") {
    return
        [given, &context](const std::vector<std::string>& sets) { return load_given_scenario(given, sets, context); };
  }
  config::Diagnostics diagnostics;
  const std::optional<std::string> text = config::read_text("-", diagnostics);
  diagnostics.throw_if_any();
  return [text, &context](const std::vector<std::string>& sets) {
    return load_scenario_text(*text, "standard input", ".", sets, context.paths, context.catalogue);
  };
}

std::vector<CompareColumn> columns_of(const CompareOptions& options, const std::string& given, const RunSpec& spec) {
  if (options.designs.empty()) {
    if (!spec.compare.empty()) return spec.compare;
    throw InputError(Diagnostic{.file = printable(given, 400),
                                .pointer = "/compare",
                                .problem = "the scenario names no columns to compare",
                                .remedy = "give --designs A,B (farfault list designs), or name columns there"});
  }
  std::vector<CompareColumn> out;
  out.reserve(options.designs.size());
  for (const std::string& design : options.designs) out.push_back({design, {"design=" + design}});
  return out;
}

void check_designs(const CompareOptions& options) {
  std::set<std::string> seen;
  for (const std::string& design : options.designs) {
    if (seen.insert(design).second) continue;
    throw Error(ExitCode::kUsage, "--designs names \"" + printable(design) + "\" twice");
  }
  if (options.designs.empty()) return;
  for (const std::string& set : options.sets) {
    if (!set.starts_with("design=") && !set.starts_with("design.base=") && !set.starts_with("design.kind=")) continue;
    throw Error(ExitCode::kUsage, "--set " + printable(set) + " would give every column of --designs the same design");
  }
}

PlannedScenario plan_one(const std::string& given, const CompareOptions& options, const Context& context) {
  PlannedScenario out;
  out.load = loader_of(given, context);
  std::vector<std::string> user_sets = options.sets;
  if (options.seed) user_sets.push_back("seed=" + std::to_string(*options.seed));
  const RunSpec plain = out.load(user_sets);
  out.heading.name = plain.name;
  out.heading.question = plain.description;
  for (const CompareColumn& column : columns_of(options, given, plain)) {
    std::vector<std::string> sets = column.sets;
    sets.insert(sets.end(), user_sets.begin(), user_sets.end());
    RunSpec spec = out.load(sets);
    out.columns.push_back({column.name, std::move(sets), std::move(spec)});
  }
  return out;
}

}  // namespace

bool are_results(const CompareOptions& options) {
  const bool one = options.given.size() == 1;
  const bool result = is_file(fs::path(options.given.front()) / "results.json");
  if (one && result) {
    throw Error(ExitCode::kUsage, '"' + printable(options.given.front(), 400) +
                                      "\" holds the results of a run; give two or more to compare them");
  }
  return !one;
}

std::vector<PlannedScenario> plan(const CompareOptions& options, const Context& context) {
  check_designs(options);
  std::vector<PlannedScenario> out;
  for (const std::string& given : scenarios_of(options.given.front(), context)) {
    out.push_back(plan_one(given, options, context));
  }
  return out;
}

}  // namespace farfault::cli
