#include <doctest/doctest.h>

#include "models/kernel/address_space.h"

namespace farfault {
namespace models_kernel_test {

constexpr VirtualAddress page(std::uint64_t number) { return VirtualAddress(number * 4096); }

TEST_CASE("models: an address space that knows nothing maps everything") {
  AddressSpace space;
  CHECK(space.mapped(BlockNumber(0)).full());
  CHECK(space.mapped(BlockNumber(1'000'000)).full());
  CHECK_FALSE(space.kind_at(page(0)));
}

TEST_CASE("models: partial pages of a mapping count whole") {
  AddressSpace space;
  space.map(VirtualAddress(4096 + 1), Bytes(4096), 3);
  CHECK(space.mapped(BlockNumber(0)) == PageMask::range(1, 3));
  CHECK_FALSE(space.kind_at(page(0)));
  CHECK(space.kind_at(page(1)) == std::optional<std::uint8_t>(3));
  CHECK(space.kind_at(VirtualAddress(3 * 4096 - 1)) == std::optional<std::uint8_t>(3));
  CHECK_FALSE(space.kind_at(page(3)));
}

TEST_CASE("models: a mapping goes over what was there") {
  AddressSpace space;
  space.map(page(0), Bytes::kib(40), 1);
  space.map(page(3), Bytes::kib(8), 2);
  CHECK(space.ranges() == 3);
  CHECK(space.kind_at(page(2)) == std::optional<std::uint8_t>(1));
  CHECK(space.kind_at(page(3)) == std::optional<std::uint8_t>(2));
  CHECK(space.kind_at(page(4)) == std::optional<std::uint8_t>(2));
  CHECK(space.kind_at(page(5)) == std::optional<std::uint8_t>(1));
  space.map(page(0), Bytes::kib(4096), 4);
  CHECK(space.ranges() == 1);
  CHECK(space.mapped(BlockNumber(1)).full());
}

TEST_CASE("models: an unmap cuts a hole") {
  AddressSpace space;
  space.map(page(0), Bytes::mib(6), 1);
  space.unmap(page(600), Bytes::kib(8));
  CHECK(space.mapped(BlockNumber(0)).full());
  CHECK(space.mapped(BlockNumber(1)) == (PageMask::range(0, 88) | PageMask::range(90, 512)));
  space.unmap(page(0), Bytes::mib(2));
  space.unmap(page(0), Bytes::mib(2));
  CHECK_FALSE(space.kind_at(page(511)));
  CHECK(space.kind_at(page(512)) == std::optional<std::uint8_t>(1));
}

TEST_CASE("models: an address space does not grow beyond its limit through maps or holes") {
  AddressSpace space;
  constexpr std::uint64_t kMost = AddressSpace::kMaxRanges;
  for (std::uint64_t i = 0; i < kMost; ++i) space.map(page(8 * i), Bytes::kib(16), 1);
  CHECK(space.ranges() == kMost);
  space.map(page(8 * kMost), Bytes::kib(4), 1);
  space.unmap(page(1), Bytes::kib(4));
  CHECK(space.ranges() == kMost);
  CHECK(space.ignored() == 2);
  CHECK(space.kind_at(page(1)));
  // What makes no more of them is done.
  space.unmap(page(0), Bytes::kib(4));
  space.unmap(page(8), Bytes::kib(16));
  CHECK_FALSE(space.kind_at(page(0)));
  CHECK(space.ranges() == kMost - 1);
  CHECK(space.ignored() == 2);
}

TEST_CASE("models: empty and wrapping mappings are ignored") {
  AddressSpace space;
  space.map(page(7), Bytes(0), 1);
  space.map(VirtualAddress(~std::uint64_t{0} - 10), Bytes(4096), 1);
  space.map(VirtualAddress(4096), Bytes(~std::uint64_t{0}), 1);
  CHECK(space.ranges() == 0);
  space.map(VirtualAddress(~std::uint64_t{0} - 4095), Bytes(4096), 1);  // the very last page does not wrap
  CHECK(space.ranges() == 1);
  CHECK(space.kind_at(VirtualAddress(~std::uint64_t{0})) == std::optional<std::uint8_t>(1));
}

}  // namespace models_kernel_test
}  // namespace farfault
