/// Files that are whole whatever moment the process, or the machine, stops at.
#pragma once

#include <filesystem>
#include <string_view>

namespace farfault::sweep {

/// Writes the file, or replaces it: readers see the old contents or the new ones, never a part. On disk when it
/// returns. Throws RunError, naming file and cause; the old file is then still there. One writer at a time.
void write_durably(const std::filesystem::path& path, std::string_view contents);

}  // namespace farfault::sweep
