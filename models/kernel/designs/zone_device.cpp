#include "models/kernel/designs/zone_device.h"

#include <algorithm>
#include <optional>

#include "sim/core/error.h"
#include "sim/core/quantity.h"

namespace farfault {
namespace {

constexpr const char* kFewerAddresses =
    "raise kernel.physical_bits if the machine has more, or make the device's memory or the windows "
    "(kernel.pci_above_memory, kernel.pci_at_top) smaller";

PhysicalRange taken(const PhysicalMap& physical, std::optional<PhysicalRange> range, Bytes length,
                    const std::string& owner) {
  if (range) return *range;
  throw InputError(
      Diagnostic{.pointer = "/kernel/physical_bits",
                 .problem = owner + " needs " + format_exact(length) + " of physical addresses in one piece, and the " +
                            "largest hole in sections of 128 MiB is " + format_exact(physical.largest_hole()) + " of " +
                            std::to_string(physical.bits()) + " bits",
                 .remedy = kFewerAddresses});
}

void check_reach(const KernelSpec& kernel, PhysicalRange range, const ZoneDevice& how, const std::string& owner) {
  const Bytes reach = kernel.direct_map.value;
  if (range.end() <= reach.count()) return;
  const std::string problem = owner + " lies at physical addresses up to " + format_exact(Bytes(range.end())) +
                              ", and the linear map reaches " + format_exact(reach) + " (kernel.direct_map)";
  if (how.cpu_addressable) {
    throw InputError(Diagnostic{.pointer = "/kernel/direct_map",
                                .problem = problem,
                                .remedy = "give the linear map more reach, or the machine less memory"});
  }
  throw InputError(Diagnostic{.pointer = "/design/linear_map",
                              .problem = problem,
                              .remedy = "write \"none\", or lower kernel.physical_bits to what the map reaches"});
}

void add_linear_map(MetadataFigures& figures, MemorySetup& setup, PhysicalRange range, const ZoneDevice& how) {
  if (how.linear_map == LinearMapPages::kNone) return;
  const LinearMap::Added added = setup.linear_map().add(range, how.linear_map);
  figures.linear_map_bytes = added.tables;
  figures.linear_map_leaf_bytes = added.leaf_tables;
  figures.linear_map_time = setup.spec().linear_map_entry.value * added.entries;
  if (!how.cpu_addressable) figures.exposed = range.length;
}

}  // namespace

DesignRules device_private_rules() {
  return DesignRules{.cpu_access = CpuAccess::kMigrateBack,
                     .gup = GupRule::kMigrateBack,
                     .migration = DeviceMigration::kKernel,
                     .reachable = kMirroredKinds,
                     .movable = kAnonymousKinds};
}

void refuse_linear_map(const DesignSpec& spec, std::string_view design, std::string_view because) {
  if (spec.linear_map == LinearMapPages::kNone) return;
  throw InputError(
      Diagnostic{.pointer = "/design/linear_map",
                 .problem = std::string(design) + " cannot have a linear map: " + std::string(because),
                 .remedy = "write \"none\"; designs with a linear map are devm_memremap_pages and device_coherent"});
}

void refuse_altmap(const DesignSpec& spec, std::string_view design, std::string_view because) {
  if (spec.memmap != MemmapPlacement::kAltmap) return;
  throw InputError(Diagnostic{
      .pointer = "/design/memmap",
      .problem = std::string(design) + " cannot have struct pages in the device's memory: " + std::string(because),
      .remedy = "write \"memory\" or \"slow\"; device_coherent is the design that can"});
}

PhysicalRange take_highest(MemorySetup& setup, PhysicalUse use, Bytes length, const std::string& owner) {
  return taken(setup.physical(), setup.physical().take_from_top(use, length), length, owner);
}

PhysicalRange take_above_memory(MemorySetup& setup, PhysicalUse use, Bytes length, const std::string& owner) {
  return taken(setup.physical(), setup.physical().take_from_bottom(use, setup.memory_end(), length), length, owner);
}

std::string device_name(DeviceId device) { return "device " + std::to_string(device.value()); }

ZoneDevice persistent_memory(MemmapInit init) {
  return ZoneDevice{
      .init = init, .memmap = MemmapPlacement::kMemory, .linear_map = LinearMapPages::k1GiB, .cpu_addressable = true};
}

MetadataFigures add_zone_device(MemorySetup& setup, const DesignSpec& spec, PhysicalRange range, ZoneDevice how,
                                const std::string& owner) {
  if (how.linear_map != LinearMapPages::kNone) check_reach(setup.spec(), range, how, owner);
  const std::uint64_t pages = pages_of(range.length);
  MetadataFigures figures;
  figures.address_space = range.length;
  figures.struct_page_bytes = spec.struct_page.value * pages;
  figures.section_time = setup.spec().hotplug_section.value * range.sections();
  add_linear_map(figures, setup, range, how);
  figures.hotplug_lock_time = figures.section_time + figures.linear_map_time;

  const SimTime first = memmap_pass(spec, how.memmap, spec.memmap_init.value, pages);
  figures.memmap_time = first;
  if (how.init == MemmapInit::kTwoPasses) {
    figures.hotplug_lock_time += first;
    figures.memmap_time += memmap_pass(spec, how.memmap, spec.memmap_second_pass.value, pages);
  }
  figures.setup_time = figures.section_time + figures.linear_map_time + figures.memmap_time;
  return figures;
}

SimTime memmap_pass(const DesignSpec& spec, MemmapPlacement memmap, SimTime page_price, std::uint64_t pages) {
  const SimTime slow = memmap == MemmapPlacement::kSlow ? spec.slow_page.value : SimTime::zero();
  return (page_price + slow) * pages;
}

}  // namespace farfault
