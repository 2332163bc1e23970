/// Reads farfault's own trace format, .fft (docs/trace-format.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "traces/formats.h"
#include "traces/reader.h"
#include "traces/readers/byte_source.h"

namespace farfault::traces {

/// A piece of a .fft file, as its header describes it.
struct NativeChunk {
  std::string type;            ///< "BLOK", "AGNT", "VMAS", "META", "INDX", or one that is not known
  std::uint64_t offset = 0;    ///< of its header in the file
  std::uint64_t stored = 0;    ///< bytes in the file, header included
  std::uint64_t raw = 0;       ///< bytes of the decompressed payload
  std::uint64_t accesses = 0;  ///< of the trace before it
  std::uint64_t time = 0;      ///< of the trace at its beginning, in TraceMeta::time_unit
  std::uint64_t count = 0;     ///< accesses, agents, mappings or entries in it

  bool operator==(const NativeChunk&) const = default;
};

/// Front to back, from a file or a pipe. Every chunk's checksum is verified before it is used. Memory: at most 128 MiB,
/// whatever the bytes say.
std::unique_ptr<Reader> read_native(std::unique_ptr<ByteSource> source, const ReadOptions& options);

/// Whether a file that begins so is a .fft file.
bool is_native(std::string_view head);

/// A .fft file that can be read from any place.
class NativeFile {
 public:
  /// Reads the index at the file's end, or makes one by going over all headers where there is none. Throws InputError;
  /// with `options.salvage`, what is behind the first damage is as if it were not there.
  explicit NativeFile(const std::string& path, const ReadOptions& options = {});
  ~NativeFile();
  NativeFile(const NativeFile&) = delete;
  NativeFile& operator=(const NativeFile&) = delete;

  /// Whether the file ends with an index that could be read.
  bool indexed() const;
  /// All chunks in the file's order, or where the index is thinned out, some.
  const std::vector<NativeChunk>& chunks() const;
  std::uint64_t accesses() const;
  const TraceMeta& meta() const;
  const TraceLimits& limits() const;
  const std::vector<Agent>& agents() const;

  /// A reader that begins at the access with this number (the end if there is none). Its first block begins with a
  /// kMmap event for each mapping that is there at that place.
  std::unique_ptr<Reader> open_at_access(std::uint64_t number) const;
  /// The same, at the first access behind a kTimestamp of at least `time`.
  std::unique_ptr<Reader> open_at_time(std::uint64_t time) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace farfault::traces
