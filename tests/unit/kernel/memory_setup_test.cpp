#include "models/kernel/memory_setup.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/core/error.h"

namespace farfault {
namespace memory_setup_test {

constexpr std::uint64_t kGib = std::uint64_t{1} << 30U;

/// The pointer of the error that laying out memory ends with; empty if it ends with none.
std::string refused(const KernelSpec& spec, Bytes memory) {
  try {
    MemorySetup setup(spec, memory);
  } catch (const InputError& error) {
    REQUIRE(error.diagnostics().size() == 1);
    CHECK_FALSE(error.diagnostics()[0].problem.empty());
    CHECK_FALSE(error.diagnostics()[0].remedy.empty());
    return error.diagnostics()[0].pointer;
  }
  return {};
}

TEST_CASE("kernel: memory begins at 0 with windows above it and at the end") {
  KernelSpec spec;
  spec.physical_bits.value = 40;
  spec.pci_above_memory.value = Bytes::gib(2);
  spec.pci_at_top.value = Bytes::gib(3);
  MemorySetup setup(spec, Bytes::gib(100));
  CHECK(setup.memory_end() == 100 * kGib);
  CHECK(setup.physical().bits() == 40);
  CHECK(setup.physical().use_at(0) == PhysicalUse::kMemory);
  CHECK(setup.physical().use_at(100 * kGib - 1) == PhysicalUse::kMemory);
  CHECK(setup.physical().use_at(100 * kGib) == PhysicalUse::kWindow);
  CHECK(setup.physical().use_at(102 * kGib - 1) == PhysicalUse::kWindow);
  CHECK_FALSE(setup.physical().use_at(102 * kGib));
  CHECK_FALSE(setup.physical().use_at(1021 * kGib - 1));
  CHECK(setup.physical().use_at(1021 * kGib) == PhysicalUse::kWindow);
  CHECK(setup.physical().largest_hole() == Bytes::gib(1021 - 102));
  CHECK(setup.spec() == spec);
}

TEST_CASE("kernel: memory that does not fit is an error with a place and a remedy") {
  KernelSpec spec;
  spec.physical_bits.value = 36;
  CHECK(refused(spec, Bytes::gib(64)).empty());
  CHECK(refused(spec, Bytes::gib(65)) == "/kernel/physical_bits");
  spec.pci_above_memory.value = Bytes::gib(1);
  CHECK(refused(spec, Bytes::gib(63)).empty());
  CHECK(refused(spec, Bytes::gib(64)) == "/kernel/pci_above_memory");
  spec.pci_at_top.value = Bytes::gib(1);
  CHECK(refused(spec, Bytes::gib(62)).empty());
  CHECK(refused(spec, Bytes::gib(63)) == "/kernel/pci_at_top");
  spec.pci_at_top.value = Bytes::gib(65);
  CHECK(refused(spec, Bytes::gib(1)) == "/kernel/pci_at_top");
  spec.physical_bits.value = 35;
  CHECK(refused(spec, Bytes::gib(1)) == "/kernel/physical_bits");
  spec.physical_bits.value = 53;
  CHECK(refused(spec, Bytes::gib(1)) == "/kernel/physical_bits");
}

TEST_CASE("kernel: figures of devices add up but for the height") {
  MetadataFigures a;
  a.tree_entries = 1;
  a.tree_nodes = 2;
  a.tree_bytes = Bytes(3);
  a.tree_height = 4;
  a.struct_page_bytes = Bytes(5);
  a.linear_map_bytes = Bytes(6);
  a.linear_map_leaf_bytes = Bytes(7);
  a.address_space = Bytes(8);
  a.exposed = Bytes(9);
  a.setup_time = SimTime::nanoseconds(10);
  a.tree_time = SimTime::nanoseconds(11);
  a.memmap_time = SimTime::nanoseconds(12);
  a.linear_map_time = SimTime::nanoseconds(13);
  a.section_time = SimTime::nanoseconds(14);
  a.hotplug_lock_time = SimTime::nanoseconds(15);
  MetadataFigures sum;
  sum.tree_height = 3;
  sum += a;
  sum += a;
  CHECK(sum.tree_entries == 2);
  CHECK(sum.tree_nodes == 4);
  CHECK(sum.tree_bytes == Bytes(6));
  CHECK(sum.tree_height == 4);
  CHECK(sum.struct_page_bytes == Bytes(10));
  CHECK(sum.linear_map_bytes == Bytes(12));
  CHECK(sum.linear_map_leaf_bytes == Bytes(14));
  CHECK(sum.address_space == Bytes(16));
  CHECK(sum.exposed == Bytes(18));
  CHECK(sum.setup_time == SimTime::nanoseconds(20));
  CHECK(sum.tree_time == SimTime::nanoseconds(22));
  CHECK(sum.memmap_time == SimTime::nanoseconds(24));
  CHECK(sum.linear_map_time == SimTime::nanoseconds(26));
  CHECK(sum.section_time == SimTime::nanoseconds(28));
  CHECK(sum.hotplug_lock_time == SimTime::nanoseconds(30));
}

}  // namespace memory_setup_test
}  // namespace farfault
