/// Trace files of any known format as Sources.
#pragma once

#include <memory>
#include <string>

#include "traces/formats.h"
#include "traces/reader.h"

namespace farfault::traces {

struct OpenOptions {
  std::string format;  ///< name of a format; empty: found by the content
  ReadOptions read;
};

/// Finds the format by the file's content, compressed or not; the name does not matter. Throws InputError if the file
/// is missing, unreadable, a directory, empty or of no known format, or if there is no format of the name that was
/// asked for. Nothing stays open: open() opens the file again.
std::unique_ptr<Source> open_file(const std::string& path, const OpenOptions& options = {});

/// Reads a trace once, from a file or, with "-", from standard input. Throws InputError as open_file() does.
std::unique_ptr<Reader> open_once(const std::string& path, const OpenOptions& options = {});

}  // namespace farfault::traces
