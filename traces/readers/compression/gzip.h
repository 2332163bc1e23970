/// gzip (RFC 1952), by zlib.
#pragma once

#include <memory>
#include <string_view>

#include "traces/readers/byte_source.h"

namespace farfault::traces {

/// Whether a file that begins so is gzip with deflate, the only method there is. Three bytes decide.
bool is_gzip(std::string_view head);

/// Any number of members, one after the other (as pigz, bgzip and `cat a.gz b.gz` write). What follows the last one
/// must be another one: anything else is an error, zeros too. Memory: below 64 KiB.
std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> source);

}  // namespace farfault::traces
