/// The payloads of the chunks that are lists: META, AGNT and INDX.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "traces/native/format.h"
#include "traces/native/reader.h"
#include "traces/reader.h"

namespace farfault::traces::native {

/// Each put_ replaces nothing and appends; each take_ is false where the payload is not as it must be.

std::string encode_meta(const TraceMeta& meta, const TraceLimits& limits);
bool decode_meta(std::string_view payload, TraceMeta& meta, TraceLimits& limits);

/// Agents from `first` on.
std::string encode_agents(const std::vector<Agent>& agents, std::size_t first);
/// Appends to `agents`; the list must begin where they end.
bool decode_agents(std::string_view payload, std::uint32_t count, std::vector<Agent>& agents);

/// The chunk whose header stands at `offset`.
NativeChunk chunk_of(const ChunkHeader& header, std::uint64_t offset);

struct Index {
  std::vector<NativeChunk> chunks;
  std::uint64_t accesses = 0;  ///< of the whole trace
};
/// `offset` is where the chunk of the index begins in the file.
std::string encode_index(const Index& index, std::uint64_t offset);
bool decode_index(std::string_view payload, Index& index);
/// Of the last sixteen bytes of a file: where its index begins. 0 if they are not an index' end.
std::uint64_t index_offset(std::string_view last_bytes);
inline constexpr std::size_t kIndexEndBytes = 16;

}  // namespace farfault::traces::native
