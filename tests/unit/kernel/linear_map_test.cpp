#include "models/kernel/linear_map.h"

#include <doctest/doctest.h>

namespace farfault {
namespace linear_map_test {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;
constexpr std::uint64_t kGib = std::uint64_t{1} << 30U;

/// 80 GiB at the end of 46 bits, where devices go.
constexpr PhysicalRange kDevice{(std::uint64_t{1} << 46U) - 80 * kGib, Bytes::gib(80)};

TEST_CASE("kernel: the linear map of 80 GiB by page size") {
  LinearMap small;
  LinearMap::Added added = small.add(kDevice, LinearMapPages::k4KiB);
  CHECK(added.leaf_tables == Bytes::mib(160));
  CHECK(added.tables == Bytes::mib(160) + Bytes::kib(324));
  CHECK(added.entries == 20 * kMib + 40'960 + 80 + 1);
  CHECK(small.table_bytes() == added.tables);

  LinearMap large;
  added = large.add(kDevice, LinearMapPages::k2MiB);
  CHECK(added.leaf_tables == Bytes::kib(320));  // 80 page middle directories
  CHECK(added.tables == Bytes::kib(324));       // and a page upper directory
  CHECK(added.entries == 40'960 + 80 + 1);

  LinearMap huge;
  added = huge.add(kDevice, LinearMapPages::k1GiB);
  CHECK(added.leaf_tables == Bytes::kib(4));
  CHECK(added.tables == Bytes::kib(4));
  CHECK(added.entries == 80 + 1);
}

TEST_CASE("kernel: ends that are not aligned are mapped with smaller pages") {
  // 126 MiB below a 1 GiB boundary, 2 GiB, and 6 MiB and 12 KiB above.
  const PhysicalRange range{100 * kGib - 126 * kMib, Bytes(2 * kGib + 132 * kMib + 12 * 1024)};
  LinearMap map;
  const LinearMap::Added added = map.add(range, LinearMapPages::k1GiB);
  // One PTE table, PMD tables of the GiB before and after, one PUD table.
  CHECK(added.tables == Bytes::kib(16));
  CHECK(added.leaf_tables == Bytes::kib(16));
  CHECK(added.entries == 63 + 2 + 3 + 3 + 4);

  LinearMap without;
  const LinearMap::Added two = without.add(range, LinearMapPages::k2MiB);
  CHECK(two.tables == Bytes::kib(4 + 4 * 4 + 4));
  CHECK(two.leaf_tables == Bytes::kib(20));
  CHECK(two.entries == 63 + 1024 + 3 + 3 + 1 + 4 + 1);
}

TEST_CASE("kernel: a range inside one large page is mapped with small ones") {
  LinearMap map;
  const LinearMap::Added added = map.add({kGib + 4096, Bytes(8192)}, LinearMapPages::k1GiB);
  CHECK(added.entries == 2 + 3);
  CHECK(added.tables == Bytes::kib(12));
  CHECK(map.add({kGib + 5 * 4096 + 1, Bytes(1)}, LinearMapPages::k1GiB).entries == 1);  // its page is mapped whole
  CHECK(map.add({7 * kGib, Bytes(0)}, LinearMapPages::k4KiB).entries == 0);
}

TEST_CASE("kernel: tables that are there are used again") {
  LinearMap map;
  CHECK(map.add({512 * kGib, Bytes::mib(128)}, LinearMapPages::k2MiB).tables == Bytes::kib(8));
  const LinearMap::Added same = map.add({512 * kGib + 128 * kMib, Bytes::mib(128)}, LinearMapPages::k2MiB);
  CHECK(same.tables == Bytes(0));
  CHECK(same.entries == 64);
  CHECK(map.add({512 * kGib + 2 * kGib, Bytes::gib(1)}, LinearMapPages::k1GiB).tables == Bytes(0));
  // The next GiB needs a page middle directory of its own, below the same upper one.
  CHECK(map.add({513 * kGib, Bytes::gib(1)}, LinearMapPages::k2MiB).tables == Bytes::kib(4));
  CHECK(map.table_bytes() == Bytes::kib(12));
}

TEST_CASE("kernel: mapping 1 PiB with 4 KiB pages takes no longer than mapping one") {
  LinearMap map;
  const LinearMap::Added added = map.add({0, Bytes::gib(kMib)}, LinearMapPages::k4KiB);
  CHECK(added.leaf_tables == Bytes::gib(2 * 1024));
  CHECK(added.tables == Bytes::gib(2 * 1024) + Bytes::gib(4) + Bytes::mib(8));
}

}  // namespace linear_map_test
}  // namespace farfault
