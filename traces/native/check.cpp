#include "traces/native/check.h"

#include <fstream>
#include <string_view>

#include "sim/core/error.h"
#include "traces/native/format.h"
#include "traces/native/reader.h"
#include "traces/native/tables.h"

namespace farfault::traces {
namespace {

[[noreturn]] void fail(const std::string& path, std::string problem) {
  throw InputError(Diagnostic{path, 0, "", std::move(problem),
                              "`farfault trace convert` writes the trace anew, with an index that fits"});
}

}  // namespace

std::size_t check_native_index(const std::string& path) {
  const NativeFile file(path);
  if (!file.indexed()) fail(path, "has no index that could be read");
  std::ifstream bytes(path, std::ios::binary);
  std::size_t entries = 0;
  for (const NativeChunk& chunk : file.chunks()) {
    native::ChunkHeader header;
    bytes.seekg(static_cast<std::streamoff>(chunk.offset));
    bytes.read(reinterpret_cast<char*>(&header), sizeof header);
    if (!bytes || chunk != native::chunk_of(header, chunk.offset)) {
      fail(path, "entry " + std::to_string(entries) + " of the index (" + chunk.type + " at byte " +
                     std::to_string(chunk.offset) + ") does not say what is there");
    }
    ++entries;
  }
  return entries;
}

}  // namespace farfault::traces
