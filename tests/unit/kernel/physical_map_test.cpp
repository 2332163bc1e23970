#include "models/kernel/physical_map.h"

#include <doctest/doctest.h>

namespace farfault {
namespace physical_map_test {

constexpr std::uint64_t kGib = std::uint64_t{1} << 30U;

std::optional<PhysicalRange> range(std::uint64_t start, Bytes length) { return PhysicalRange{start, length}; }

TEST_CASE("kernel: physical ranges do not overlap and end with the address space") {
  PhysicalMap map(36);  // 64 GiB
  CHECK(map.take(PhysicalUse::kMemory, {0, Bytes::gib(16)}));
  CHECK_FALSE(map.take(PhysicalUse::kPmem, {16 * kGib - 1, Bytes(1)}));
  CHECK(map.take(PhysicalUse::kPmem, {16 * kGib, Bytes(1)}));
  CHECK_FALSE(map.take(PhysicalUse::kDevice, {15 * kGib, Bytes::gib(30)}));
  CHECK_FALSE(map.take(PhysicalUse::kDevice, {63 * kGib, Bytes(kGib + 1)}));
  CHECK_FALSE(map.take(PhysicalUse::kDevice, {63 * kGib, Bytes(~std::uint64_t{0})}));
  CHECK_FALSE(map.take(PhysicalUse::kDevice, {65 * kGib, Bytes(1)}));
  CHECK_FALSE(map.take(PhysicalUse::kDevice, {20 * kGib, Bytes(0)}));
  CHECK(map.take(PhysicalUse::kDevice, {63 * kGib, Bytes::gib(1)}));
  CHECK(map.use_at(0) == PhysicalUse::kMemory);
  CHECK(map.use_at(16 * kGib) == PhysicalUse::kPmem);
  CHECK_FALSE(map.use_at(16 * kGib + 1));
  CHECK(map.use_at(64 * kGib - 1) == PhysicalUse::kDevice);
  CHECK_FALSE(map.use_at(64 * kGib));
  CHECK(map.taken(PhysicalUse::kMemory) == Bytes::gib(16));
  CHECK(map.taken(PhysicalUse::kWindow) == Bytes(0));
}

TEST_CASE("kernel: devices go below each other from the top") {
  PhysicalMap map(46);
  const std::uint64_t top = std::uint64_t{1} << 46U;
  CHECK(map.take_from_top(PhysicalUse::kDevice, Bytes::gib(80)) == range(top - 80 * kGib, Bytes::gib(80)));
  CHECK(map.take_from_top(PhysicalUse::kDevice, Bytes(1)) == range(top - 80 * kGib - kSection.count(), kSection));
  CHECK(map.taken(PhysicalUse::kDevice) == Bytes::gib(80) + kSection);
}

TEST_CASE("kernel: a window at the top pushes devices down and may leave no room") {
  PhysicalMap map(36);
  CHECK(map.take(PhysicalUse::kMemory, {0, Bytes::gib(40)}));
  // A window that begins inside a section spoils the whole of it.
  CHECK(map.take(PhysicalUse::kWindow, {60 * kGib + 1, Bytes(4 * kGib - 1)}));
  CHECK(map.largest_hole() == Bytes::gib(20));
  CHECK_FALSE(map.take_from_top(PhysicalUse::kDevice, Bytes(20 * kGib + 1)));
  CHECK_FALSE(map.take_from_top(PhysicalUse::kDevice, Bytes(~std::uint64_t{0})));
  CHECK(map.take_from_top(PhysicalUse::kDevice, Bytes::gib(16)) == range(44 * kGib, Bytes::gib(16)));
  CHECK(map.largest_hole() == Bytes::gib(4));
  CHECK_FALSE(map.take_from_top(PhysicalUse::kDevice, Bytes::gib(16)));
}

TEST_CASE("kernel: pmem goes right above memory on a section") {
  PhysicalMap map(46);
  CHECK(map.take(PhysicalUse::kMemory, {0, Bytes(3 * kGib + 5)}));
  const std::uint64_t start = 3 * kGib + kSection.count();
  CHECK(map.take_from_bottom(PhysicalUse::kPmem, 3 * kGib + 5, Bytes::gib(4)) == range(start, Bytes::gib(4)));
  CHECK(map.take_from_bottom(PhysicalUse::kPmem, 100 * kGib, Bytes::gib(4)) == range(100 * kGib, Bytes::gib(4)));
  // The hole between them is too small.
  CHECK(map.take_from_bottom(PhysicalUse::kPmem, 0, Bytes::gib(95)) == range(104 * kGib, Bytes::gib(95)));
  CHECK_FALSE(map.take_from_bottom(PhysicalUse::kPmem, std::uint64_t{1} << 46U, Bytes(1)));
}

TEST_CASE("kernel: a range counts the sections that it touches") {
  CHECK(PhysicalRange{0, kSection}.sections() == 1);
  CHECK(PhysicalRange{1, kSection}.sections() == 2);
  CHECK(PhysicalRange{kSection.count() * 5, kSection * 3}.first_section() == 5);
  CHECK(PhysicalRange{kSection.count() * 5, kSection * 3}.sections() == 3);
}

}  // namespace physical_map_test
}  // namespace farfault
