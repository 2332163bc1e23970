/// Writes gzip (RFC 1952), by zlib.
#pragma once

#include <memory>

#include "traces/byte_sink.h"

namespace farfault::traces {

/// Compresses what is written and hands it on to `sink`, which is closed with it. The same bytes give the same file:
/// neither date nor name is in it. Memory: below 512 KiB.
std::unique_ptr<ByteSink> gzip_sink(std::unique_ptr<ByteSink> sink);

}  // namespace farfault::traces
