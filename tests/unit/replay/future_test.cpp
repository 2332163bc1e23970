#include "sim/replay/future.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "tests/property/dice.h"

namespace farfault {
namespace future_test {

constexpr std::uint64_t kNever = FutureUses::kNever;

/// A device's future over blocks 100, 101, ... of which the replay meets the last first: slots differ.
struct Bench {
  explicit Bench(Bytes granularity, std::uint32_t blocks = 2)
      : table(1000), future(table, granularity), residency(1, 1000) {
    for (std::uint32_t b = 0; b < blocks; ++b) (void)table.add(BlockNumber(100 + b));
    for (std::uint32_t b = blocks; b-- > 0;) slots.push_back(residency.slot(BlockNumber(100 + b)));
    chunk_pages = static_cast<unsigned>(granularity / kPageSize);
  }
  void access(std::uint32_t block, unsigned page) { future.access(BlockSlot(block), BlockNumber(100 + block), page); }
  void other(std::uint32_t block, unsigned page) { future.other_access(BlockSlot(block), page); }
  void begin() {
    future.end_of_scan();
    future.begin(residency);
  }
  ChunkId chunk(std::uint32_t block, unsigned page) const {
    const BlockSlot slot = *residency.find(BlockNumber(100 + block));
    return ChunkId((slot.value() * kPagesPerBlock + page) / chunk_pages);
  }
  void touch(std::uint32_t block, unsigned page) {
    const std::vector<ChunkId> one = {chunk(block, page)};
    future.advance(one);
  }
  std::uint64_t next(std::uint32_t block, unsigned page) const { return future.next_use(chunk(block, page)); }
  std::uint64_t after(std::uint32_t block, unsigned page) const { return future.use_after_next(chunk(block, page)); }

  BlockTable table;
  DeviceFuture future;
  ResidencyMap residency;
  std::vector<BlockSlot> slots;
  unsigned chunk_pages = 1;
};

TEST_CASE("future: says when a chunk comes next, and moves along with what is accessed") {
  Bench b(kPageSize);
  for (const unsigned page : {1U, 1U, 2U, 1U, 3U}) b.access(0, page);
  b.begin();
  CHECK(b.next(0, 1) == 0);
  CHECK(b.after(0, 1) == 0);  // twice in a row
  CHECK(b.next(0, 2) == 1);
  CHECK(b.after(0, 2) == kNever);
  CHECK(b.next(0, 3) == 3);
  CHECK(b.next(0, 4) == kNever);
  CHECK(b.next(1, 1) == kNever);
  b.touch(0, 1);
  CHECK(b.next(0, 1) == 0);
  CHECK(b.after(0, 1) == 2);
  b.touch(0, 1);
  CHECK(b.next(0, 1) == 2);
  CHECK(b.after(0, 1) == kNever);
  b.touch(0, 3);  // out of order: it is the third's own
  CHECK(b.next(0, 3) == kNever);
  CHECK(b.next(0, 2) == 1);
  b.touch(0, 1);
  b.touch(0, 1);  // more often than the trace has it: nothing comes of it
  CHECK(b.next(0, 1) == kNever);
}

TEST_CASE("future: chunks are as large as the policy's, wherever the replay has put their blocks") {
  Bench b(Bytes::kib(64));
  b.access(0, 0);
  b.access(0, 15);
  b.access(1, 16);
  b.begin();
  CHECK(b.next(0, 7) == 0);
  CHECK(b.next(0, 16) == kNever);
  CHECK(b.next(1, 31) == 1);
  CHECK(b.next(1, 15) == kNever);
}

TEST_CASE("future: what comes next is told within so many chunks, with the pages that are ever accessed") {
  Bench b(Bytes::kib(64), 3);
  b.access(0, 1);
  b.access(0, 2);
  b.access(1, 40);
  b.access(0, 3);
  b.access(2, 5);
  b.access(1, 41);
  b.begin();
  const auto is = [](const std::optional<BlockPages>& got, std::uint64_t block, const std::vector<unsigned>& pages) {
    PageMask mask;
    for (const unsigned page : pages) mask.set(page);
    return got && got->block == BlockNumber(100 + block) && got->pages == mask;
  };
  CHECK(is(b.future.ahead(2), 0, {1, 2, 3}));
  CHECK(is(b.future.ahead(2), 1, {40, 41}));
  CHECK(!b.future.ahead(2));
  b.touch(0, 1);
  b.touch(0, 2);
  CHECK(is(b.future.ahead(2), 0, {1, 2, 3}));  // was further away than two in between, and may have left
  CHECK(!b.future.ahead(2));
  b.touch(1, 40);
  CHECK(is(b.future.ahead(2), 2, {5}));
  CHECK(!b.future.ahead(2));
  b.touch(0, 3);
  CHECK(is(b.future.ahead(2), 1, {40, 41}));
  CHECK(!b.future.ahead(100));
}

TEST_CASE("future: nobody is told of what somebody else accesses before") {
  Bench b(kPageSize);
  b.other(0, 1);  // before the device begins
  b.access(0, 9);
  b.access(0, 1);
  b.access(0, 2);
  b.other(0, 2);
  b.access(0, 3);
  b.access(0, 2);
  b.begin();
  CHECK(b.future.ahead(10)->pages == PageMask::single(9));
  CHECK(!b.future.ahead(10));
  b.touch(0, 9);
  CHECK(b.future.ahead(10)->pages == PageMask::single(1));
  CHECK(b.future.ahead(10)->pages == PageMask::single(2));
  CHECK(b.future.ahead(10)->pages == PageMask::single(3));
  CHECK(!b.future.ahead(10));
  b.touch(0, 1);
  b.touch(0, 2);
  CHECK(!b.future.ahead(10));  // the other comes first
  b.touch(0, 3);
  CHECK(b.future.ahead(10)->pages == PageMask::single(2));
}

TEST_CASE("future: agrees with a look ahead in the list of accesses") {
  CHECK(rc::check([] {
    testing::Dice dice;
    const unsigned pages = static_cast<unsigned>(1 + dice.below(8));
    const std::size_t length = 1 + dice.below(60);
    std::vector<unsigned> stream;
    Bench b(kPageSize);
    for (std::size_t i = 0; i < length; ++i) {
      stream.push_back(static_cast<unsigned>(dice.below(pages)));
      b.access(0, stream.back());
    }
    b.begin();
    std::vector<std::uint64_t> run(length);  // of each access
    for (std::size_t i = 1; i < length; ++i) run[i] = run[i - 1] + (stream[i] != stream[i - 1] ? 1 : 0);
    for (std::size_t i = 0; i < length; ++i) {
      for (unsigned page = 0; page < pages; ++page) {
        std::uint64_t next = kNever;
        std::uint64_t behind = kNever;
        for (std::size_t j = i; j < length && behind == kNever; ++j) {
          if (stream[j] == page) (next == kNever ? next : behind) = run[j];
        }
        RC_ASSERT(b.next(0, page) == next);
        RC_ASSERT(b.after(0, page) == behind);
      }
      b.touch(0, stream[i]);
    }
  }));
}

TEST_CASE("future: more than fits the first piece of the file is kept") {
  SpillingRuns runs;
  for (std::uint32_t i = 0; i < 300'000; ++i) runs.push({i, i + 1, i + 2, 0});
  REQUIRE(runs.size() == 300'000);
  for (const std::uint32_t i : {0U, 65'535U, 65'536U, 131'072U, 299'999U}) {
    CHECK(runs[i].chunk == i);
    CHECK(runs[i].next == i + 2);
  }
}

}  // namespace future_test
}  // namespace farfault
