/// The file of a trace for the Perfetto viewer.
#pragma once

#include <memory>
#include <string>

#include "traces/byte_sink.h"

namespace farfault {

/// Compressed where the name ends in ".gz". The file has another name until it is closed (traces::partial_name) and is
/// removed where it goes unclosed. Throws InputError if it exists (unless `replace`) or cannot be made, RunError with
/// a remedy where writing fails.
std::unique_ptr<traces::ByteSink> create_perfetto_file(const std::string& path, bool replace);

}  // namespace farfault
