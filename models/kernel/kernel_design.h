/// A kernel design of device memory: what it may decide. Everything else (steps, pins, fork, locks) is the kernel's,
/// whatever the design (kernel.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "models/kernel/address_space.h"
#include "models/kernel/design_spec.h"
#include "models/kernel/kernel_spec.h"
#include "models/kernel/memory_setup.h"
#include "models/kernel/trees/tree_cost.h"
#include "sim/core/units.h"

namespace farfault {

/// What a CPU's access to a page in device memory does.
enum class CpuAccess : std::uint8_t {
  kMigrateBack,  ///< page fault; the page comes back
  kDirect,       ///< a load or store over the link, cached by the CPU
  kBar,          ///< an uncached one through a window of the device
  kFail,         ///< nothing: the access is counted as failed
};

/// What get_user_pages and pin_user_pages do with a page in device memory.
enum class GupRule : std::uint8_t {
  kMigrateBack,  ///< as a CPU fault
  kShortOnly,    ///< references and short pins are taken where the page is; a long-term pin migrates it first
  kFail,         ///< the call fails, counted
};

/// What brings a page of ordinary memory to the device.
enum class DeviceMigration : std::uint8_t {
  kKernel,  ///< the kernel's migrate steps
  kDriver,  ///< the driver alone, for memory that it allocated (no struct pages, no migrate steps); others are staged
  kNone,    ///< nothing: the device reaches memory over the link where it is
};

struct DesignRules {
  CpuAccess cpu_access = CpuAccess::kMigrateBack;
  GupRule gup = GupRule::kMigrateBack;
  DeviceMigration migration = DeviceMigration::kKernel;
  VmaKinds reachable = kAllKinds;      ///< kinds of mappings that a device may use, be it a copy
  VmaKinds movable = kAnonymousKinds;  ///< of these, kinds whose pages may move to a device
};

/// Why a page's struct page, or its owner, must be found from what a page table or a swap entry holds.
enum class LookupReason : std::uint8_t {
  kCollect,   ///< a migration walks device-private entries
  kCpuFault,  ///< do_swap_page on a device-private entry
  kZap,       ///< munmap
  kFork,      ///< copy of a device-private entry
  kGup,       ///< get_user_pages walks one
};
inline constexpr std::size_t kLookupReasonCount = 5;
std::string_view reason_name(LookupReason reason);

class KernelDesign {
 public:
  virtual ~KernelDesign() = default;
  /// As configs write it.
  virtual std::string_view name() const = 0;
  virtual DesignRules rules() const = 0;

  /// Adds a device's memory to the kernel. Called once per device, before the run, in the order of their ids. Throws
  /// InputError that says what is short where no physical addresses are left, or what the spec asks for is impossible.
  virtual MetadataFigures add_device(MemorySetup& setup, DeviceId device, Bytes capacity) = 0;
  /// The same for persistent memory, as the kernel of this design's age adds it. Called before any device. Some
  /// ages share the tree of device memory.
  virtual MetadataFigures add_pmem(MemorySetup& setup, Bytes capacity) = 0;

  /// Time to look up `entries` entries of pages of a device in an operation. Designs that find everything through
  /// struct pages (page->pgmap) look nothing up: zero, the default.
  virtual SimTime look_up(LookupReason /*reason*/, DeviceId /*device*/, std::uint64_t /*first_frame*/,
                          std::uint64_t /*entries*/) {
    return SimTime::zero();
  }
  /// Time that a get_user_pages call on `pages` pages of persistent memory spends on finding and holding their pgmap.
  /// `first_page` is one of the pages that add_pmem() added, counted over all calls. Zero, the default, as since 6.17:
  /// a page's own reference holds it.
  virtual SimTime hold_pmem(std::uint64_t /*first_page*/, std::uint64_t /*pages*/) { return SimTime::zero(); }
  /// What all operations on the design's trees have cost so far.
  virtual TreeCost tree_cost() const = 0;
};

/// What all memory of a machine takes.
struct AddedMemory {
  MetadataFigures pmem;
  MetadataFigures devices;
  /// Set-up of all devices if a thread for each begins at once, and they queue for the hotplug lock.
  SimTime parallel_setup;
};
/// Adds persistent memory, and then each device's. Throws InputError where they do not fit.
AddedMemory add_memory(MemorySetup& setup, KernelDesign& design, std::span<const Bytes> device_memory);

}  // namespace farfault
