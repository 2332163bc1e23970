#include <algorithm>
#include <filesystem>

#include "sim/cli/commands.h"
#include "sim/core/text.h"

namespace farfault::cli {

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
  if (given.find('/') != std::string::npos || given.ends_with(".json")) return load(given);
  throw InputError(Diagnostic{.file = printable(given, 400),
                              .problem = "no such file, and no scenario of this name",
                              .remedy = name_hint(given, names) + " (farfault list scenarios)"});
}

}  // namespace farfault::cli
