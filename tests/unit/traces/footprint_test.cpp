#include "traces/footprint.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/traces/testing.h"
#include "traces/generators/random_numbers.h"
#include "traces/source.h"

namespace farfault::traces {
namespace footprint_test {

using testing::error_of;

/// Yields what it is given, in blocks of a few accesses.
class ListReader final : public Reader {
 public:
  explicit ListReader(std::vector<Access> accesses) : accesses_(std::move(accesses)) {}
  std::string_view format() const override { return "list"; }
  bool next(AccessBlock& block) override {
    block.clear();
    for (; given_ < accesses_.size() && block.accesses.size() < 100; ++given_)
      block.accesses.push_back(accesses_[given_]);
    if (!block.empty()) {
      Event& compute = block.events.emplace_back();
      compute.kind = EventKind::kCompute;
      compute.value = 1000;
      Event& other = block.events.emplace_back();
      other.kind = EventKind::kMmap;
      other.value = 5;
    }
    return !block.empty();
  }
  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }

 private:
  std::vector<Access> accesses_;
  std::size_t given_ = 0;
  std::vector<Agent> agents_;
  TraceLimits limits_;
};

FootprintScan scan(std::vector<Access> accesses, std::uint64_t block_limit = 1'000'000) {
  ListReader reader(std::move(accesses));
  return scan_footprint(reader, "x", block_limit);
}

TEST_CASE("traces: a footprint counts accesses by what they do") {
  const FootprintScan found =
      scan({Access::make(0x1000, 8, Op::kRead, 3), Access::make(0x1008, 8, Op::kWrite, 4),
            Access::make(0x1010, 4, Op::kReadModifyWrite), Access::make(0x5000, 2, Op::kAtomic)});
  FootprintScan expected;
  expected.pages = 2;
  expected.blocks = 1;
  expected.accesses = 4;
  expected.reads = 1;
  expected.writes = 1;
  expected.read_modify_writes = 2;
  expected.bytes = 22;
  expected.instructions = 1007;
  CHECK(found == expected);
  CHECK(found.footprint() == Bytes::kib(8));
  CHECK(scan({}) == FootprintScan{});
}

TEST_CASE("traces: an access touches all pages that it overlaps and no more") {
  CHECK(scan({Access::make(0x1fff, 1, Op::kRead)}).pages == 1);
  CHECK(scan({Access::make(0x1fff, 2, Op::kRead)}).pages == 2);
  CHECK(scan({Access::make(0x1000, 0x1000, Op::kRead)}).pages == 1);
  CHECK(scan({Access::make(0x1000, 0x1001, Op::kRead)}).pages == 2);
  CHECK(scan({Access::make(0x1000, 0, Op::kRead)}).pages == 0);
  // Over the end of a word of the bitmap, of a block, and over many of them.
  CHECK(scan({Access::make(0x3ffff, 2, Op::kRead)}).pages == 2);
  CHECK(scan({Access::make(0x1fffff, 2, Op::kRead)}).blocks == 2);
  CHECK(scan({Access::make(0x1ff000, Access::kMaxSize, Op::kRead)}).pages == 262144);
  CHECK(scan({Access::make(0x1ff000, Access::kMaxSize, Op::kRead)}).blocks == 513);
  CHECK(scan({Access::make(~std::uint64_t{0} - 10, 10, Op::kRead)}).pages == 1);
}

TEST_CASE("traces: a footprint agrees with a set of pages") {
  Xoshiro256 numbers(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<Access> accesses;
    std::set<std::uint64_t> pages;
    std::set<std::uint64_t> blocks;
    const std::uint64_t span = std::uint64_t{1} << (12 + numbers.below(36));
    const std::uint64_t longest = round % 2 == 0 ? 64 : 100'000;
    for (int i = 0; i < 5000; ++i) {
      const std::uint64_t address = numbers.below(span);
      const auto size = static_cast<std::uint32_t>(1 + numbers.below(longest));
      accesses.push_back(Access::make(address, size, Op::kRead));
      for (std::uint64_t page = address >> 12U; page <= (address + size - 1) >> 12U; ++page) {
        pages.insert(page);
        blocks.insert(page >> 9U);
      }
    }
    const FootprintScan found = scan(accesses);
    CHECK(found.pages == pages.size());
    CHECK(found.blocks == blocks.size());
  }
}

TEST_CASE("traces: more blocks than the limit is an error that says what to do") {
  std::vector<Access> accesses;
  for (std::uint64_t i = 0; i < 10; ++i) accesses.push_back(Access::make(i << 30U, 8, Op::kRead));
  CHECK(scan(accesses, 10).blocks == 10);
  CHECK(
      error_of([&] { scan(accesses, 9); }) ==
      "x: accesses touch more than 9 blocks of 2 MiB; raise the limit if the memory is there, or give the capacity in "
      "bytes, not as a share of the footprint, so that the footprint is not needed");
}

TEST_CASE("traces: the samples have the footprints that were counted when they were recorded") {
  const FootprintScan bfs = scan_footprint(*open_file("traces/samples/bfs.lackey.zst")->open(), "bfs", 1000);
  CHECK(bfs.pages == 134);
  CHECK(bfs.blocks == 6);
  CHECK(bfs.accesses == 271170);
  CHECK(bfs.instructions == 6197572);
  const FootprintScan stream = scan_footprint(*open_file("traces/samples/stream.lackey.zst")->open(), "stream", 1000);
  CHECK(stream.pages == 854);
  CHECK(stream.blocks == 7);
  CHECK(stream.bytes == 24369491);
}

}  // namespace footprint_test
}  // namespace farfault::traces
