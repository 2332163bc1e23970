#include "traces/readers/warp_coalescer.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace farfault::traces {
namespace warp_coalescer_test {

using Addresses = std::vector<std::uint64_t>;

AccessBlock coalesced(std::uint32_t width, const Addresses& lanes, std::uint64_t instructions = 0) {
  WarpCoalescer warp(width);
  for (const std::uint64_t address : lanes) warp.add(address);
  AccessBlock block;
  warp.append_to(block, Op::kRead, 3, instructions);
  CHECK(instructions == 0);
  return block;
}

std::vector<Access> reads(const std::vector<std::pair<std::uint64_t, std::uint32_t>>& places) {
  std::vector<Access> out;
  out.reserve(places.size());
  for (const auto& [address, size] : places) out.push_back(Access::make(address, size, Op::kRead, 0, 3));
  return out;
}

TEST_CASE("traces: lanes side by side are one access and lanes apart are several") {
  Addresses lanes(32);
  for (std::uint64_t i = 0; i < 32; ++i) lanes[i] = 0x1000 + i * 4;
  CHECK(coalesced(4, lanes).accesses == reads({{0x1000, 128}}));
  std::reverse(lanes.begin(), lanes.end());
  CHECK(coalesced(4, lanes).accesses == reads({{0x1000, 128}}));
  CHECK(coalesced(16, {0x1000, 0x1010, 0x1030, 0x1040}).accesses == reads({{0x1000, 32}, {0x1030, 32}}));
  CHECK(coalesced(4, {0x1000, 0x1008, 0x1010}).accesses == reads({{0x1000, 4}, {0x1008, 4}, {0x1010, 4}}));
}

TEST_CASE("traces: lanes that want the same are one access in the place of the first") {
  CHECK(coalesced(4, Addresses(32, 0x1000)).accesses == reads({{0x1000, 4}}));
  CHECK(coalesced(4, {0x2000, 0x1000, 0x2000, 0x1004, 0x2004, 0x1000}).accesses == reads({{0x2000, 8}, {0x1000, 8}}));
  // Bytes in common, but neither the same nor side by side.
  CHECK(coalesced(4, {0x1000, 0x1002}).accesses == reads({{0x1000, 4}, {0x1002, 4}}));
}

TEST_CASE("traces: lanes at the ends of the address space do not wrap") {
  CHECK(coalesced(8, {0, 8, 0}).accesses == reads({{0, 16}}));
  CHECK(coalesced(8, {0xfffffffffffffff0, 0xffffffffffffffe8, 0}).accesses ==
        reads({{0xffffffffffffffe8, 16}, {0, 8}}));
}

TEST_CASE("traces: the instructions before a warp's accesses go to the first of them") {
  const AccessBlock few = coalesced(4, {0x1000, 0x2000}, 7);
  REQUIRE(few.accesses.size() == 2);
  CHECK(few.accesses[0].gap == 7);
  CHECK(few.accesses[1].gap == 0);
  CHECK(few.events.empty());
  const AccessBlock many = coalesced(4, {0x1000}, 65536 + 9);
  CHECK(many.accesses[0].gap == Access::kMaxGap);
  REQUIRE(many.events.size() == 1);
  CHECK(many.events[0].kind == EventKind::kCompute);
  CHECK(many.events[0].agent == 3);
  CHECK(many.events[0].value == 10);
  // A warp without active lanes leaves them to the next.
  AccessBlock none;
  std::uint64_t instructions = 5;
  WarpCoalescer(4).append_to(none, Op::kWrite, 0, instructions);
  CHECK(none.empty());
  CHECK(instructions == 5);
}

}  // namespace warp_coalescer_test
}  // namespace farfault::traces
