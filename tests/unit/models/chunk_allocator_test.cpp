#include "models/memory/chunk_allocator.h"

#include <doctest/doctest.h>

#include <optional>

namespace farfault {
namespace chunk_allocator_test {

using Frame = std::optional<std::uint32_t>;

TEST_CASE("models: chunks of one size are handed out from address zero upwards") {
  ChunkAllocator memory(Bytes::mib(4));
  CHECK(memory.capacity_pages() == 1024);
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(0));
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(1));
  // The broken 64 KiB is not whole: the next.
  CHECK(memory.allocate(ChunkSize::k64KiB) == Frame(16));
  // Back to the broken one.
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(2));
  // The second root is still whole.
  CHECK(memory.allocate(ChunkSize::k2MiB) == Frame(512));
  CHECK(memory.allocate(ChunkSize::k2MiB) == Frame());
  CHECK(memory.allocate(ChunkSize::k64KiB) == Frame(32));
  CHECK(memory.used_pages() == 3 + 16 + 512 + 16);
  CHECK(memory.free_pages() == 1024 - 547);
}

TEST_CASE("models: a small chunk comes from the most broken root that has one") {
  ChunkAllocator memory(Bytes::mib(6));
  REQUIRE(memory.allocate(ChunkSize::k2MiB) == Frame(0));
  REQUIRE(memory.allocate(ChunkSize::k2MiB) == Frame(512));
  // Root 0 gets single free pages in one 64 KiB only, root 1 a whole 64 KiB.
  memory.free(5, 1);
  memory.free(9, 1);
  memory.free(512 + 64, 16);
  CHECK(memory.allocate(ChunkSize::k64KiB) == Frame(512 + 64));
  memory.free(512 + 64, 16);
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(5));
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(9));
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(512 + 64));
  // No whole 64 KiB is left in a broken root: the whole root breaks.
  CHECK(memory.allocate(ChunkSize::k64KiB) == Frame(1024));
}

TEST_CASE("models: a root merges when all of its parts are free") {
  ChunkAllocator memory(Bytes::mib(2));
  for (std::uint32_t i = 0; i < 32; ++i) REQUIRE(memory.allocate(ChunkSize::k64KiB) == Frame(i * 16));
  CHECK(memory.free_pages() == 0);
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame());
  for (std::uint32_t i = 31; i > 0; --i) memory.free(i * 16, 16);
  // A chunk may be freed in parts.
  for (std::uint32_t page = 0; page < 16; ++page) {
    CHECK(memory.allocate(ChunkSize::k2MiB) == Frame());
    memory.free(page, 1);
  }
  CHECK(memory.fragmentation() == 0.0);
  CHECK(memory.allocate(ChunkSize::k2MiB) == Frame(0));
  CHECK(memory.peak_pages() == 512);
}

TEST_CASE("models: fragmentation is the share of free pages outside of whole roots") {
  ChunkAllocator memory(Bytes::mib(4));
  CHECK(memory.fragmentation() == 0.0);
  REQUIRE(memory.allocate(ChunkSize::k4KiB) == Frame(0));
  CHECK(memory.fragmentation() == doctest::Approx(511.0 / 1023.0).epsilon(1e-12));
  REQUIRE(memory.allocate(ChunkSize::k2MiB) == Frame(512));
  CHECK(memory.fragmentation() == 1.0);
  for (int i = 0; i < 511; ++i) REQUIRE(memory.allocate(ChunkSize::k4KiB));
  CHECK(memory.fragmentation() == 0.0);  // nothing free
}

TEST_CASE("models: memory that is no multiple of 2 MiB has a partial last root") {
  ChunkAllocator memory(Bytes::mib(2) + Bytes::kib(64) + Bytes::kib(8) + Bytes(4095));
  CHECK(memory.capacity_pages() == 512 + 16 + 2);
  CHECK(memory.allocate(ChunkSize::k2MiB) == Frame(0));
  CHECK(memory.allocate(ChunkSize::k2MiB) == Frame());
  CHECK(memory.allocate(ChunkSize::k64KiB) == Frame(512));
  CHECK(memory.allocate(ChunkSize::k64KiB) == Frame());
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(512 + 16));
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(512 + 17));
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame());
  CHECK(memory.free_pages() == 0);
  // The partial root goes back to being one that can give 64 KiB, never 2 MiB.
  memory.free(512, 16);
  memory.free(512 + 16, 2);
  CHECK(memory.allocate(ChunkSize::k2MiB) == Frame());
  CHECK(memory.fragmentation() == 1.0);
}

TEST_CASE("models: a partial last root is broken first") {
  ChunkAllocator memory(Bytes::mib(2) + Bytes::kib(64));
  CHECK(memory.allocate(ChunkSize::k4KiB) == Frame(512));
  CHECK(memory.allocate(ChunkSize::k2MiB) == Frame(0));
}

TEST_CASE("models: memory of less than a page gives nothing") {
  for (const Bytes capacity : {Bytes(0), Bytes(4095)}) {
    ChunkAllocator memory(capacity);
    CHECK(memory.capacity_pages() == 0);
    CHECK(memory.free_pages() == 0);
    CHECK(memory.fragmentation() == 0.0);
    for (const ChunkSize size : {ChunkSize::k4KiB, ChunkSize::k64KiB, ChunkSize::k2MiB}) {
      CHECK(memory.allocate(size) == Frame());
    }
  }
}

TEST_CASE("models: the peak is what was used at most") {
  ChunkAllocator memory(Bytes::mib(2));
  REQUIRE(memory.allocate(ChunkSize::k64KiB) == Frame(0));
  REQUIRE(memory.allocate(ChunkSize::k4KiB) == Frame(16));
  memory.free(0, 16);
  CHECK(memory.peak_pages() == 17);
  CHECK(memory.used_pages() == 1);
  REQUIRE(memory.allocate(ChunkSize::k4KiB) == Frame(17));
  CHECK(memory.peak_pages() == 17);
}

}  // namespace chunk_allocator_test
}  // namespace farfault
