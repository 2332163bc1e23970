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
  std::vector<std::string> out;
  std::error_code failed;
  for (fs::directory_iterator it(paths.configs / folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() == ".json") out.push_back(it->path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace farfault
