#include "sim/core/program_path.h"

#include <unistd.h>

#include <cstddef>
#include <cstdlib>

namespace farfault {

std::optional<std::string> find_in_path(std::string_view name) {
  const char* const given = std::getenv("PATH");
  std::string_view rest = given == nullptr ? "" : given;
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const std::string folder(rest.substr(0, end));
    std::string program = folder + '/' + std::string(name);
    if (folder.starts_with('/') && ::access(program.c_str(), X_OK) == 0) return program;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace farfault
