/// Names of files and folders that farfault makes up itself.
#pragma once

#include <string>

namespace farfault::cli {

/// The name of a scenario or a program may hold anything; the name of a file may not: this one is not empty, not long,
/// not hidden, no option, and in one folder.
std::string file_name(const std::string& name);

}  // namespace farfault::cli
