/// The formats that farfault reads: what `trace convert --from` and `list formats` know.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "traces/reader.h"
#include "traces/readers/byte_source.h"

namespace farfault::traces {

struct ReadOptions {
  bool salvage = false;  ///< read a damaged file up to its last whole piece, where the format can tell
};

struct FormatInfo {
  std::string_view name;     ///< "lackey"
  std::string_view summary;  ///< one line for people
  std::string_view source;   ///< what the reader was written after
  /// Whether a file that begins so is of this format. `head` is up to kHeadBytes, decompressed.
  bool (*recognises)(std::string_view head);
  std::unique_ptr<Reader> (*read)(std::unique_ptr<ByteSource> source, const ReadOptions& options);
};

/// How much of a file, decompressed, decides its format.
inline constexpr std::size_t kHeadBytes = std::size_t{16} << 10U;

/// All formats, in the order in which they are tried.
std::span<const FormatInfo> formats();

/// Null if there is none of this name.
const FormatInfo* find_format(std::string_view name);

}  // namespace farfault::traces
