#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

/// Whether what is before the first slash is a folder of scenarios: "design-review/shraed" is a name with a slip in it.
bool names_a_folder(const std::string& given, const std::vector<std::string>& names) {
  const std::string folder = given.substr(0, given.find('/') + 1);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return name.starts_with(folder); });
}

/// Of a name whose folder was left out, that folder; else the nearest names.
std::string hint(const std::string& given, const std::vector<std::string>& names) {
  const auto lies_in_folder = [&](const std::string& name) { return name.ends_with('/' + given); };
  const auto found = std::find_if(names.begin(), names.end(), lies_in_folder);
  return found == names.end() ? name_hint(given, names) : "did you mean \"" + printable(*found) + "\"?";
}

}  // namespace

RunSpec load_given_scenario(const std::string& given, const std::vector<std::string>& sets, const Context& context) {
  const auto load = [&](const std::string& path) {
    return load_scenario(path, sets, context.paths, context.catalogue);
  };
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(given, failed);
  // A folder of the scenario's name (its results, say) is not meant; pipes and the like are.
  if (given == "-" || (std::filesystem::exists(status) && !std::filesystem::is_directory(status))) return load(given);
  const std::vector<std::string> names = config_names("scenarios", context.paths);
  if (std::find(names.begin(), names.end(), given) != names.end()) {
    return load((context.paths.configs / "scenarios" / (given + ".json")).string());
  }
  // What looks like a path is left to the loader, which knows why it cannot be read.
  const bool is_path = given.find('/') != std::string::npos && !names_a_folder(given, names);
  if (is_path || given.ends_with(".json")) return load(given);
  throw InputError(Diagnostic{.file = printable(given, 400),
                              .problem = "no such file, and no scenario of this name",
                              .remedy = hint(given, names) + " (farfault list scenarios)"});
}

}  // namespace farfault::cli
