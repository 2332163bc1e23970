#include "models/kernel/memory_setup.h"

#include <algorithm>
#include <string>

#include "sim/core/error.h"
#include "sim/core/quantity.h"

namespace farfault {

namespace {

[[noreturn]] void refuse(const std::string& pointer, std::string problem, std::string remedy) {
  throw InputError(
      Diagnostic{.pointer = "/kernel/" + pointer, .problem = std::move(problem), .remedy = std::move(remedy)});
}

unsigned checked_bits(std::uint64_t bits) {
  if (bits < 36 || bits > 52) {
    refuse("physical_bits", std::to_string(bits) + " bits of physical addresses are not between 36 and 52",
           "write 46, as x86-64 kernels with 4-level page tables have it, or 52");
  }
  return static_cast<unsigned>(bits);
}

}  // namespace

MetadataFigures& MetadataFigures::operator+=(const MetadataFigures& other) {
  tree_entries += other.tree_entries;
  tree_nodes += other.tree_nodes;
  tree_bytes += other.tree_bytes;
  tree_height = std::max(tree_height, other.tree_height);
  struct_page_bytes += other.struct_page_bytes;
  linear_map_bytes += other.linear_map_bytes;
  linear_map_leaf_bytes += other.linear_map_leaf_bytes;
  address_space += other.address_space;
  exposed += other.exposed;
  setup_time += other.setup_time;
  tree_time += other.tree_time;
  memmap_time += other.memmap_time;
  linear_map_time += other.linear_map_time;
  section_time += other.section_time;
  hotplug_lock_time += other.hotplug_lock_time;
  return *this;
}

MemorySetup::MemorySetup(const KernelSpec& spec, Bytes system_memory)
    : spec_(spec),
      physical_(checked_bits(spec.physical_bits.value)),
      cache_(spec.caches),
      memory_end_(system_memory.count()) {
  const Bytes space(std::uint64_t{1} << physical_.bits());
  const Bytes above = spec_.pci_above_memory.value;
  const Bytes at_top = spec_.pci_at_top.value;
  const std::string size = format_short(space) + " of physical addresses";
  if (system_memory > Bytes(0) && !physical_.take(PhysicalUse::kMemory, {0, system_memory})) {
    refuse("physical_bits", format_short(system_memory) + " of system memory do not fit into " + size,
           "raise physical_bits, or give the host less memory");
  }
  if (above > Bytes(0) && !physical_.take(PhysicalUse::kWindow, {memory_end_, above})) {
    refuse("pci_above_memory",
           "windows of " + format_short(above) + " above " + format_short(system_memory) +
               " of system memory do not fit into " + size,
           "raise physical_bits, or make the windows smaller");
  }
  if (at_top > Bytes(0) &&
      (at_top > space || !physical_.take(PhysicalUse::kWindow, {space.count() - at_top.count(), at_top}))) {
    refuse("pci_at_top",
           "windows of " + format_short(at_top) + " at the end of " + size +
               " overlap system memory or the windows above it",
           "raise physical_bits, or make the windows smaller");
  }
}

}  // namespace farfault
