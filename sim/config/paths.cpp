#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "sim/config/load.h"

namespace farfault {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code failed;
  return fs::is_directory(path, failed) && !failed;
}

/// Names of the files there, with `prefix` before each.
std::vector<std::string> files_in(const fs::path& folder, const std::string& prefix) {
  std::vector<std::string> out;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() == ".json") out.push_back(prefix + it->path().stem().string());
  }
  return out;
}

/// Names of the folders there, but for hidden ones.
std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with('.') && is_folder(it->path())) out.push_back(name);
  }
  return out;
}

}  // namespace

std::optional<fs::path> find_config_root(const fs::path& executable) {
  if (const char* given = std::getenv("FARFAULT_CONFIGS"); given != nullptr && *given != '\0') return fs::path(given);
  const fs::path folder = executable.parent_path();
  fs::path installed = (folder / "../share/farfault/configs").lexically_normal();
  if (is_folder(installed / "platforms")) return installed;
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    if (is_folder(at / "configs" / "platforms")) return at / "configs";
    if (at == at.parent_path()) break;
  }
  return std::nullopt;
}

std::vector<std::string> config_names(const std::string& folder, const ConfigPaths& paths) {
  std::vector<std::string> out = files_in(paths.configs / folder, "");
  if (folder == "scenarios") {
    for (const std::string& name : folders_in(paths.configs / folder)) {
      const std::vector<std::string> more = files_in(paths.configs / folder / name, name + '/');
      out.insert(out.end(), more.begin(), more.end());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace farfault
