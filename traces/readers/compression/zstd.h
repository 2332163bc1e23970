/// zstd (RFC 8878), by libzstd.
#pragma once

#include <memory>
#include <string_view>

#include "traces/readers/byte_source.h"

namespace farfault::traces {

/// Whether a file that begins so is zstd: a frame, or a skippable frame. Four bytes decide.
bool is_zstd(std::string_view head);

/// Any number of frames, one after the other, skippable ones among them (as pzstd and seekable zstd write). Memory: the
/// window that the file was compressed with, at most 128 MiB (`zstd --long=27`).
std::unique_ptr<ByteSource> zstd_source(std::unique_ptr<ByteSource> source);

}  // namespace farfault::traces
