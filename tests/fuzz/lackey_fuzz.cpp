// Any bytes are either read as a trace or refused with an InputError; nothing else may happen, and what is read keeps
// the promises of Reader. Seeds: tests/fuzz/corpus/lackey.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sim/core/error.h"
#include "traces/readers/lackey.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const farfault::traces::AccessBlock& block, std::size_t agents) {
  using farfault::traces::Access;
  require(!block.empty());
  require(block.accesses.size() <= farfault::traces::kBlockAccesses);
  require(block.events.size() <= farfault::traces::kBlockAccesses + 2);
  for (const Access& access : block.accesses) {
    require(access.size() >= 1 && access.size() <= farfault::traces::LackeyReader::kMaxAccessBytes);
    require(access.address + access.size() > access.address);
    require(access.agent < agents);
  }
  std::size_t position = 0;
  for (const farfault::traces::Event& event : block.events) {
    require(event.position >= position && event.position <= block.accesses.size());
    position = event.position;
    require(event.address + event.length >= event.address);
    require(event.protection <= 7 && event.agent < agents);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    farfault::traces::LackeyReader reader(farfault::traces::open_bytes_in_memory(bytes, "fuzz"));
    farfault::traces::AccessBlock block;
    // A few bytes of zstd can hold gigabytes of text: enough is enough.
    for (int blocks = 0; blocks < 64 && reader.next(block); ++blocks) check(block, reader.agents().size());
    require(reader.agents().size() <= farfault::traces::kMaxAgents);
  } catch (const farfault::InputError& error) {
    require(std::string_view(error.what()).substr(0, 4) == "fuzz");
  }
  return 0;
}
