/// Finds programs as a shell does.
#pragma once

#include <optional>
#include <string>

namespace farfault::traces {

/// The path of an executable file: `name` itself if it holds a '/', else the first of that name in the folders of
/// $PATH. Nothing if there is none. REQUIRES: nobody changes the environment meanwhile.
std::optional<std::string> find_program(const std::string& name);

/// Why `name` cannot be run, in words: "is not in PATH", "Permission denied", "is a directory".
/// REQUIRES: find_program() found nothing.
std::string why_not_found(const std::string& name);

}  // namespace farfault::traces
