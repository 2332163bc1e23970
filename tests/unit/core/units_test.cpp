#include "sim/core/units.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>

namespace farfault {
namespace units_test {

TEST_CASE("units: byte multiples and arithmetic") {
  CHECK(Bytes::kib(4) == kPageSize);
  CHECK(Bytes::mib(2) == kBlockSize);
  CHECK(Bytes::gib(1).count() == 1'073'741'824);
  CHECK(Bytes(3) + Bytes(4) == Bytes(7));
  CHECK(Bytes(7) - Bytes(4) == Bytes(3));
  CHECK(Bytes(7) * 3 == 3 * Bytes(7));
  CHECK(kBlockSize / kPageSize == kPagesPerBlock);
  CHECK(Bytes(1) < Bytes(2));
}

TEST_CASE("units: kinds do not mix") {
  static_assert(!std::is_convertible_v<std::uint64_t, Bytes>);
  static_assert(!std::is_convertible_v<Bytes, SimTime>);
  static_assert(!std::is_convertible_v<PageNumber, BlockNumber>);
  static_assert(!std::is_convertible_v<DeviceId, AgentId>);
  static_assert(sizeof(Bytes) == 8 && sizeof(SimTime) == 8 && sizeof(Bandwidth) == 8 && sizeof(DeviceId) == 4);
  static_assert(std::is_trivially_copyable_v<SimTime> && std::is_trivially_copyable_v<VirtualAddress>);
  CHECK(std::hash<DeviceId>()(DeviceId(7)) == std::hash<DeviceId>()(DeviceId(7)));
}

TEST_CASE("units: times convert exactly") {
  CHECK(SimTime::nanoseconds(1).picoseconds() == 1'000);
  CHECK(SimTime::microseconds(1) == SimTime::nanoseconds(1'000));
  CHECK(SimTime::milliseconds(1) == SimTime::microseconds(1'000));
  CHECK(SimTime::from_seconds(1) == SimTime::milliseconds(1'000));
  CHECK(SimTime::milliseconds(1'500).seconds() == doctest::Approx(1.5));
  CHECK(SimTime::picoseconds(1'500).nanoseconds() == doctest::Approx(1.5));
  CHECK(SimTime::nanoseconds(2) - SimTime::nanoseconds(5) == SimTime::nanoseconds(-3));
  CHECK(SimTime::nanoseconds(2) * 3 == SimTime::nanoseconds(6));
}

TEST_CASE("units: times from doubles round to nearest and saturate") {
  CHECK(SimTime::from_picoseconds(0.49) == SimTime::zero());
  CHECK(SimTime::from_picoseconds(0.5) == SimTime::picoseconds(1));
  CHECK(SimTime::from_picoseconds(-0.5) == SimTime::picoseconds(-1));
  CHECK(SimTime::from_seconds(1e9) == SimTime::max());
  CHECK(SimTime::from_seconds(std::numeric_limits<double>::infinity()) == SimTime::max());
  CHECK(SimTime::from_seconds(std::nan("")) == SimTime::max());
  CHECK(SimTime::from_seconds(-1e9).picoseconds() == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("units: bandwidth gives the time of a transfer") {
  CHECK(Bandwidth::gigabytes_per_second(1).time_for(Bytes(1'000)) == SimTime::microseconds(1));
  CHECK(Bandwidth::gigabytes_per_second(25).time_for(Bytes::mib(2)) == SimTime::picoseconds(83'886'080));
  CHECK(Bandwidth::bytes_per_second(3).time_for(Bytes(1)) == SimTime::picoseconds(333'333'333'333));
  CHECK(Bandwidth::unlimited().is_unlimited());
  CHECK(Bandwidth::unlimited().time_for(Bytes(~std::uint64_t{0})) == SimTime::zero());
  CHECK(Bandwidth::bytes_per_second(1e-9).time_for(Bytes::gib(1)) == SimTime::max());
  CHECK((Bandwidth::gigabytes_per_second(10) * 0.5).bytes_per_second() == doctest::Approx(5e9));
}

TEST_CASE("units: an address has one page and one block") {
  const VirtualAddress address(0x7f12'3456'789a);
  CHECK(address.page().value() == 0x7'f123'4567);
  CHECK(address.block() == address.page().block());
  CHECK(address.page().index_in_block() == 0x167);
  CHECK((address + kPageSize).page().value() == address.page().value() + 1);
  CHECK((address + kBlockSize) - address == kBlockSize);
  CHECK(PageNumber(511).index_in_block() == 511);
  CHECK(PageNumber(512).index_in_block() == 0);
  CHECK(PageNumber(512).block() == BlockNumber(1));
}

}  // namespace units_test
}  // namespace farfault

TEST_CASE("units: times that leave their range stay at its end") {
  using farfault::SimTime;
  const SimTime large = SimTime::picoseconds(9'000'000'000'000'000'000);
  CHECK(large + large == SimTime::max());
  CHECK(large * 2 == SimTime::max());
  CHECK(SimTime::picoseconds(1) * ~std::uint64_t{0} == SimTime::max());
  CHECK(SimTime::zero() - large - large == SimTime::picoseconds(std::numeric_limits<std::int64_t>::min()));
  SimTime sum = large;
  sum += large;
  CHECK(sum == SimTime::max());
  CHECK(SimTime::picoseconds(-3) * 2 == SimTime::picoseconds(-6));
}
