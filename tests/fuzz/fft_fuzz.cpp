// Any bytes are either read as a .fft trace or refused with an InputError; nothing else may happen, and what is read
// keeps the promises of Reader. To get behind the checksums, which no mutation survives, they are made right first:
// chunk by chunk, as far as the lengths in the headers lead. Seeds: tests/fuzz/corpus/fft.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "sim/core/error.h"
#include "traces/native/format.h"
#include "traces/native/reader.h"

namespace {

using namespace farfault;
using namespace farfault::traces;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const AccessBlock& block, std::size_t agents) {
  require(!block.empty());
  require(block.accesses.size() <= kBlockAccesses);
  for (const Access& access : block.accesses) {
    require(access.size() >= 1 && access.size() <= Access::kMaxSize);
    require(access.address + access.size() >= access.address);
    require(access.agent < agents);
  }
  std::size_t position = 0;
  for (const Event& event : block.events) {
    require(event.position >= position && event.position <= block.accesses.size());
    position = event.position;
    require(static_cast<std::size_t>(event.kind) < kEventKindCount);
    require(static_cast<std::size_t>(event.backing) < kBackingCount);
    require(event.protection <= 7);
    require(event.name.size() <= native::kMaxNameBytes);
  }
}

void make_checksums_right(std::string& bytes) {
  for (std::size_t at = native::kFileHeaderBytes; at + native::kChunkHeaderBytes <= bytes.size();) {
    native::ChunkHeader header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    const std::size_t payload = at + sizeof header;
    if (header.stored > bytes.size() - payload) return;
    header.checksum = native::checksum_of(header, std::string_view(bytes).substr(payload, header.stored));
    std::memcpy(bytes.data() + at, &header, sizeof header);
    at = payload + header.stored;
  }
}

void read(const std::string& bytes, bool salvage) {
  try {
    const auto reader = read_native(open_bytes_in_memory(bytes, "fuzz"), {salvage});
    AccessBlock block;
    for (int blocks = 0; blocks < 64 && reader->next(block); ++blocks) check(block, reader->agents().size());
  } catch (const InputError& error) {
    require(std::string_view(error.what()).substr(0, 4) == "fuzz");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes, false);
  make_checksums_right(bytes);
  read(bytes, false);
  read(bytes, true);
  return 0;
}
