/// xz (The .xz File Format 1.2.0), by liblzma.
#pragma once

#include <memory>
#include <string_view>

#include "traces/readers/byte_source.h"

namespace farfault::traces {

/// Whether a file that begins so is xz. Six bytes decide.
bool is_xz(std::string_view head);

/// Any number of streams, one after the other, with padding between and behind them as the format allows it (zeros, a
/// multiple of four bytes). Memory: what the file asks for, at most 128 MiB (`xz -9` asks for 65 MiB).
std::unique_ptr<ByteSource> xz_source(std::unique_ptr<ByteSource> source);

}  // namespace farfault::traces
