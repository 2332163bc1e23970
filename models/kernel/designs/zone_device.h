/// What designs share that add memory with struct pages (ZONE_DEVICE): rules, checks, places and prices of set-up.
///
/// Source: kernel/memremap.c (4.9 to 5.2), mm/memremap.c (since), mm/memory_hotplug.c, mm/hmm.c.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/kernel/kernel_design.h"

namespace farfault {

/// Mappings that a device can mirror: hmm_range_fault() takes all but VM_IO and VM_PFNMAP, where it returns -EFAULT.
/// Huge TLB and DAX are among them since 5.2; designs of an older age get them too, so that designs differ by what is
/// in dispute only.
inline constexpr VmaKinds kMirroredKinds = kAllKinds & ~kinds_of({VmaKind::kSpecial});

/// Who owns a range, as values of a tree or array of them: devices by their id, persistent memory from here.
inline constexpr std::uint64_t kFirstPmemOwner = std::uint64_t{1} << 32U;

/// Rules of memory that the CPU cannot address: faults and get_user_pages bring pages back, the kernel migrates
/// anonymous memory.
DesignRules device_private_rules();

/// Throws InputError unless the spec asks for no linear map. `because` completes "DESIGN cannot have a linear map: ".
void refuse_linear_map(const DesignSpec& spec, std::string_view design, std::string_view because);
/// The same for struct pages in the device's memory itself.
void refuse_altmap(const DesignSpec& spec, std::string_view design, std::string_view because);

/// Places for memory. What is `owner` is named in the error: "device 0". Throw InputError where no hole is large
/// enough.
PhysicalRange take_highest(MemorySetup& setup, PhysicalUse use, Bytes length, const std::string& owner);
PhysicalRange take_above_memory(MemorySetup& setup, PhysicalUse use, Bytes length, const std::string& owner);
std::string device_name(DeviceId device);

/// When the struct pages of added memory are initialised.
enum class MemmapInit : std::uint8_t {
  kTwoPasses,    ///< as to 4.19: the zone's pass under the hotplug lock, then one that sets list and pgmap outside
  kOutsideLock,  ///< since 4.20: memmap_init_zone_device(), once
};

/// How memory becomes part of the kernel.
struct ZoneDevice {
  MemmapInit init = MemmapInit::kOutsideLock;
  MemmapPlacement memmap = MemmapPlacement::kMemory;
  LinearMapPages linear_map = LinearMapPages::kNone;
  bool cpu_addressable = false;  ///< else all that the linear map maps is exposed
};
/// Of persistent memory, whatever the design: the kernel maps it with the largest pages there are.
ZoneDevice persistent_memory(MemmapInit init);

/// Hot-adds the range: sections, linear map and struct pages, with their times; no tree. Throws InputError if a linear
/// map does not reach so far.
MetadataFigures add_zone_device(MemorySetup& setup, const DesignSpec& spec, PhysicalRange range, ZoneDevice how,
                                const std::string& owner);

/// Time of one pass over struct pages.
SimTime memmap_pass(const DesignSpec& spec, MemmapPlacement memmap, SimTime page_price, std::uint64_t pages);
/// 4 KiB pages of a length; a part counts whole.
constexpr std::uint64_t pages_of(Bytes length) {
  return length / kPageSize + (length.count() % kPageSize.count() != 0 ? 1 : 0);
}

/// Books on an addition what a tree grew by, and spent, since this was made. Borrows the tree.
template <class Tree>
class TreeGrowth {
 public:
  explicit TreeGrowth(const Tree& tree)
      : tree_(tree), entries_(tree.entries()), nodes_(tree.nodes()), time_(tree.cost().time) {}

  void book(MetadataFigures& figures) const {
    figures.tree_entries = tree_.entries() - entries_;
    figures.tree_nodes = tree_.nodes() - nodes_;
    figures.tree_bytes = Tree::kNodeBytes * figures.tree_nodes;
    figures.tree_height = tree_.height();
    figures.tree_time = tree_.cost().time - time_;
    figures.setup_time += figures.tree_time;
  }

 private:
  const Tree& tree_;
  std::uint64_t entries_;
  std::uint64_t nodes_;
  SimTime time_;
};

}  // namespace farfault
