/// Trace files of any known format as Sources.
#pragma once

#include <memory>
#include <string>

#include "traces/reader.h"

namespace farfault::traces {

/// Finds the format by the file's content, compressed or not; the name does not matter. Throws InputError if the file
/// is missing, unreadable, a directory, empty or of no known format. Nothing stays open: open() opens the file again.
std::unique_ptr<Source> open_file(const std::string& path);

}  // namespace farfault::traces
