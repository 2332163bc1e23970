#include "traces/native/check.h"

#include <doctest/doctest.h>

#include <cstring>
#include <functional>

#include "tests/unit/traces/records.h"
#include "tests/unit/traces/testing.h"
#include "traces/byte_sink.h"
#include "traces/native/format.h"
#include "traces/native/reader.h"
#include "traces/native/tables.h"
#include "traces/native/writer.h"

namespace farfault::traces {
namespace check_test {

using testing::error_of;
using testing::random_records;
using testing::RecordsReader;
using testing::some_agents;
using testing::TemporaryFile;

std::string native_bytes() {
  std::string out;
  RecordsReader reader(random_records(1, 300'000, 100, 3), some_agents(3), 1000);
  NativeWriter writer(write_to_memory(out, "out"));
  convert(reader, writer);
  return out;
}

/// The file with its index changed, and a checksum that fits.
std::string with_index(const std::string& bytes, const std::function<void(native::Index&)>& change) {
  const std::uint64_t offset = native::index_offset(bytes.substr(bytes.size() - native::kIndexEndBytes));
  native::ChunkHeader header;
  std::memcpy(&header, bytes.data() + offset, sizeof header);
  native::Index index;
  REQUIRE(native::decode_index(std::string_view(bytes).substr(offset + sizeof header), index));
  change(index);
  const std::string payload = native::encode_index(index, offset);
  header.stored = header.raw = static_cast<std::uint32_t>(payload.size());
  header.count = static_cast<std::uint32_t>(index.chunks.size());
  header.checksum = native::checksum_of(header, payload);
  return bytes.substr(0, offset) + std::string(reinterpret_cast<const char*>(&header), sizeof header) + payload;
}

TEST_CASE("traces: the index of a whole .fft file is right") {
  const std::string bytes = native_bytes();
  const TemporaryFile file(bytes, ".fft");
  CHECK(check_native_index(file.path()) == NativeFile(file.path()).chunks().size());
  const TemporaryFile same(with_index(bytes, [](native::Index&) {}), ".fft");
  CHECK(check_native_index(same.path()) > 5);
}

TEST_CASE("traces: an entry of the index that does not say what is in the file is found") {
  const std::string bytes = native_bytes();
  const std::vector<std::function<void(NativeChunk&)>> lies = {
      [](NativeChunk& chunk) { chunk.type = "VMAS"; }, [](NativeChunk& chunk) { ++chunk.offset; },
      [](NativeChunk& chunk) { ++chunk.stored; },      [](NativeChunk& chunk) { ++chunk.raw; },
      [](NativeChunk& chunk) { ++chunk.accesses; },    [](NativeChunk& chunk) { ++chunk.time; },
      [](NativeChunk& chunk) { ++chunk.count; }};
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const TemporaryFile file(with_index(bytes, [&](native::Index& index) { lies[i](index.chunks.at(3)); }), ".fft");
    const std::string error = error_of([&file] { check_native_index(file.path()); });
    CAPTURE(i);
    CHECK(error.find("entry 3 of the index (") != std::string::npos);
    CHECK(error.find(file.path()) == 0);
  }
}

TEST_CASE("traces: a .fft file without an index is told") {
  const std::string bytes = native_bytes();
  const std::uint64_t offset = native::index_offset(bytes.substr(bytes.size() - native::kIndexEndBytes));
  const TemporaryFile file(bytes.substr(0, offset), ".fft");
  CHECK(error_of([&file] { check_native_index(file.path()); }).find("has no index that could be read") !=
        std::string::npos);
}

}  // namespace check_test
}  // namespace farfault::traces
