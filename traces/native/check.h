/// Checks of a .fft file beyond those of every reader.
#pragma once

#include <cstddef>
#include <string>

namespace farfault::traces {

/// Whether each entry of the index says what the chunk at its place says. Reads headers alone; checksums and contents
/// are for read_native(). Returns the number of entries. Throws InputError, with file and chunk, where it is not so,
/// and where there is no index. REQUIRES: a regular file.
std::size_t check_native_index(const std::string& path);

}  // namespace farfault::traces
