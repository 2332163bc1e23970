// How many requests a device makes for what it reads over the link.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/replay/hit_loop.h"

namespace farfault {
namespace requests_test {

/// A coalescer of 32-byte sectors and requests of up to 128 bytes, and what reads make of them.
struct Reads {
  explicit Reads(Bytes request = Bytes(128)) : coalescer(Bytes(32), 64, request) {}
  /// Requests of these reads, one after the other.
  std::uint64_t of(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& reads) {
    std::uint64_t sum = 0;
    for (const auto& [address, size] : reads) {
      const std::uint64_t units = coalescer.units(address, size);
      sum += coalescer.requests(address, size, units);
    }
    return sum;
  }
  Coalescer coalescer;
};

TEST_CASE("replay: a whole line is one request and a line that is not aligned two") {
  CHECK(Reads().of({{0, 128}, {128, 128}, {256, 128}}) == 3);
  CHECK(Reads().of({{32, 128}, {160, 128}, {288, 128}}) == 6);
  CHECK(Reads().of({{0, 512}}) == 4);
  CHECK(Reads().of({{64, 512}}) == 5);
}

TEST_CASE("replay: sectors of one line that follow each other are one request") {
  CHECK(Reads().of({{0, 32}, {32, 32}, {64, 32}, {96, 32}, {128, 32}}) == 2);
  CHECK(Reads().of({{0, 64}, {64, 64}}) == 1);
  CHECK(Reads().of({{0, 4}, {4, 4}, {8, 4}, {40, 4}}) == 1);
  CHECK(Reads().of({{96, 32}, {0, 32}}) == 1);
}

TEST_CASE("replay: sectors that lie apart are requests of their own") {
  CHECK(Reads().of({{0, 32}, {128, 32}, {256, 32}}) == 3);
  CHECK(Reads().of({{0, 32}, {4096, 32}, {32, 32}}) == 3);
}

TEST_CASE("replay: what the coalescer has already is no request") {
  CHECK(Reads().of({{0, 32}, {0, 32}, {8, 4}}) == 1);
  CHECK(Reads().of({{0, 32}, {4096, 32}, {0, 32}}) == 2);
}

TEST_CASE("replay: a request is no smaller than a sector") {
  CHECK(Reads(Bytes(1)).of({{0, 32}, {32, 32}}) == 2);
  CHECK(Reads(Bytes(64)).of({{0, 128}}) == 2);
  CHECK(Reads(Bytes(100)).of({{0, 128}}) == 2);  // 64: aligned pieces
}

/// Memory that is all remote to the processor.
struct RemoteBlock {
  RemoteBlock() {
    index.resize(1, 1);
    masks.resize(1);
    masks[0].remote = ~PageMask();
  }
  HitCounts run(const std::vector<traces::Access>& accesses) {
    Coalescer coalescer(Bytes(32), 64, Bytes(128));
    HitContext context;
    context.index = index.data();
    context.masks = masks.data();
    context.coalescer = &coalescer;
    HitCounts counts;
    const traces::Access* const end = accesses.data() + accesses.size();
    CHECK(run_hits(accesses.data(), end, context, counts) == end);
    return counts;
  }
  std::vector<std::uint32_t> index;
  std::vector<AccessMasks> masks;
};

TEST_CASE("replay: the hit loop counts requests of remote reads and none of stores") {
  using traces::Access;
  using traces::Op;
  RemoteBlock block;
  const HitCounts strided = block.run({Access::make(0, 32, Op::kRead), Access::make(256, 32, Op::kRead),
                                       Access::make(512, 32, Op::kRead), Access::make(1024, 32, Op::kWrite)});
  CHECK(strided.remote_read_units == 3);
  CHECK(strided.remote_read_requests == 3);
  CHECK(strided.remote_write_units == 1);
  const HitCounts lines = block.run({Access::make(0, 128, Op::kRead), Access::make(128, 128, Op::kRead)});
  CHECK(lines.remote_read_units == 8);
  CHECK(lines.remote_read_requests == 2);
}

}  // namespace requests_test
}  // namespace farfault
