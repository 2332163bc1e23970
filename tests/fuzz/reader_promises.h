/// What every reader of traces promises, for fuzz targets: any bytes are read as a trace or refused with an InputError
/// that names the input, and what is read keeps the rules of traces/access.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "sim/core/error.h"
#include "traces/reader.h"
#include "traces/readers/byte_source.h"

namespace farfault::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline bool is_whole_pages(const traces::Event& event) {
  return event.address % 4096 == 0 && event.length % 4096 == 0 && event.length != 0;
}

/// `time` is that of the last kTimestamp event.
inline void check_block(const traces::AccessBlock& block, const traces::Reader& reader, std::uint64_t& time) {
  using traces::EventKind;
  require(!block.empty());
  require(block.accesses.size() <= traces::kBlockAccesses && block.events.size() <= traces::kBlockAccesses);
  for (const traces::Access& access : block.accesses) {
    require(access.size() >= 1 && access.size() <= traces::Access::kMaxSize);
    require(access.address + access.size() > access.address);
    require(access.agent < reader.agents().size());
  }
  std::size_t position = 0;
  for (const traces::Event& event : block.events) {
    require(event.position >= position && event.position <= block.accesses.size());
    position = event.position;
    require(event.agent < reader.agents().size());
    require(event.address + event.length >= event.address);
    require(event.protection <= 7);
    if (event.kind == EventKind::kMmap || event.kind == EventKind::kMunmap || event.kind == EventKind::kPrefetch) {
      require(is_whole_pages(event));
    }
    if (event.kind == EventKind::kTimestamp) {
      require(event.value >= time && !reader.meta().time_unit.empty());
      time = event.value;
    }
  }
}

/// A few bytes of zstd can hold gigabytes of trace: `max_blocks` are enough.
template <class ReaderOfFormat>
void check_reader(const std::uint8_t* data, std::size_t size, int max_blocks = 64) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(ReaderOfFormat::recognises(bytes));
  try {
    ReaderOfFormat reader(traces::open_bytes_in_memory(bytes, "fuzz"));
    traces::AccessBlock block;
    std::uint64_t time = 0;
    for (int i = 0; i < max_blocks && reader.next(block); ++i) check_block(block, reader, time);
    std::set<std::string> names;
    for (const traces::Agent& agent : reader.agents()) require(names.insert(agent.name).second);
    require(names.size() <= traces::kMaxAgents);
  } catch (const InputError& error) {
    require(std::string_view(error.what()).starts_with("fuzz"));
  }
}

}  // namespace farfault::fuzz
