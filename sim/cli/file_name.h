/// Names of files and folders that farfault makes up itself, and where things are.
#pragma once

#include <filesystem>
#include <string>

namespace farfault::cli {

/// The name of a scenario or a program may hold anything; the name of a file may not: this one is not empty, not long,
/// not hidden, no option, and in one folder.
std::string file_name(const std::string& name);

/// Whether it is a file, or a link to one; what cannot be looked at is none.
bool is_file(const std::filesystem::path& path);
/// This program; empty if the system does not tell.
std::filesystem::path own_path();

}  // namespace farfault::cli
