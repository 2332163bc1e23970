/// Moves pages between host and devices: keeps the residency map, makes room, and counts what each move costs.
///
/// A move has two halves. Planning changes the books at once: a page's new place is decided, room is taken, blocks are
/// locked. Carrying out lets simulated time pass for the software and the copies that were planned, then unlocks. While
/// a page is under way nobody can use it: faults on it wait, or are served already when they are looked at.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "models/cpu/host.h"
#include "models/driver/driver_spec.h"
#include "models/driver/residency_map.h"
#include "models/driver/service.h"
#include "models/gpu/device.h"
#include "models/kernel/address_space.h"
#include "models/kernel/kernel_design.h"
#include "models/policies/thrashing/thrashing_guard.h"
#include "sim/engine/engine.h"

namespace farfault {

/// What a page holds before its first access.
enum class InitialContents : std::uint8_t {
  kHostMemory,  ///< the host wrote it before
  kNothing,     ///< it is allocated where it is first accessed, and zeroed
};

/// What happens when a processor accesses a page that its masks do not allow (yet).
enum class AccessOutcome : std::uint8_t {
  kLocal,   ///< fine, in the processor's own memory; the masks say so from now on
  kRemote,  ///< fine, over the link; the masks say so from now on
  kFault,   ///< not without help
};

struct MemoryManagerOptions {
  InitialContents initial = InitialContents::kHostMemory;
  std::uint64_t block_limit = 4'194'304;
};

class MemoryManager {
 public:
  /// Borrows everything; the devices' order is that of their ids. `design` may be null with DriverSpec::memory managed.
  MemoryManager(engine::Engine& engine, Host& host, std::span<const std::unique_ptr<Device>> devices,
                KernelDesign* design, ThrashingGuard& thrashing, const DriverSpec& driver,
                const MemoryManagerOptions& options);

  ResidencyMap& residency() { return residency_; }
  const ResidencyMap& residency() const { return residency_; }
  AddressSpace& address_space() { return address_space_; }

  /// A device's access to a page whose mask bit is not set. Never blocks.
  AccessOutcome device_access(DeviceId device, BlockSlot slot, unsigned page, bool write);
  /// A host thread's access to a page whose mask bit is not set. Blocks the thread while the page comes back from a
  /// device. Returns the software time that the thread owes for a first touch; time spent blocked has passed already.
  SimTime host_access(BlockSlot slot, unsigned page, bool write, std::uint32_t thread);

  /// Whether host_access() would block, and its caller should bring its own time up to date first.
  bool host_would_wait(BlockSlot slot, unsigned page) const;

  /// Takes a block for `work`; false if another owner has it.
  bool try_lock(BlockSlot slot, ServiceWork& work);
  /// Blocks the calling actor until some owner unlocks. Callers carry out their own work first: nobody waits with a
  /// lock.
  void wait_for_unlock() { unlocked_.wait(); }
  /// Whether any block is locked.
  bool any_locked() const { return locked_blocks_ != 0; }

  /// Plans that `demand` and, as room allows, `prefetch` come to the device. Returns the pages that will be there;
  /// those of `demand` for which no room could be made are missing. REQUIRES: slot is locked by `work`.
  PageMask plan_to_device(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& demand,
                          const PageMask& prefetch);
  /// Plans that the device reaches `pages` in host memory. REQUIRES: slot is locked by `work`; no page of them is in
  /// the memory of this device.
  void plan_remote_map(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages);

  /// Lets the planned time pass and makes the moved pages usable. The blocks stay locked, and more may be planned.
  void pass_time(ServiceWork& work);
  /// REQUIRES: nothing is planned whose time has not passed.
  void unlock(ServiceWork& work);
  /// pass_time() and unlock().
  void carry_out(ServiceWork& work);

  /// The process unmapped a range: its pages are gone everywhere, if HostSpec::unmap_frees. Waits for moves that are
  /// under way there. The mapping in address_space() is the caller's to remove.
  void free_pages(VirtualAddress address, Bytes length);

  /// Time of all software stages, and of the kernel's steps by direction.
  const StageTimes& software() const { return software_; }
  const StepTimes& kernel_steps(Direction direction) const { return kernel_[static_cast<std::size_t>(direction)]; }
  std::uint64_t kernel_calls(Direction direction) const { return kernel_calls_[static_cast<std::size_t>(direction)]; }
  /// Distinct pages accessed.
  std::uint64_t touched_pages() const { return touched_pages_; }
  const Histogram& cpu_fault_latency() const { return cpu_fault_latency_; }

  /// Throws RunError, naming what does not hold, unless every page is in one place, the books of host, devices, page
  /// tables and masks agree, and no device holds more than its capacity.
  void check() const;

 private:
  class RoomView;

  Device& device(DeviceId id) { return *devices_[id.value()]; }
  bool usable(const BlockState& block, unsigned page) const { return !block.transit.test(page); }
  void touch(BlockState& block, unsigned page);
  void charge_kernel(ServiceWork& work, Direction direction, std::uint64_t pages, std::uint64_t ranges);
  void plan_copy(ServiceWork& work, DeviceId device, LinkDirection direction, Cause cause, const PageMask& pages);
  /// Evicts until the device has `pages` free; false if no chunk may leave.
  bool make_room(ServiceWork& work, DeviceId device, std::uint64_t pages, BlockSlot slot, const PageMask& keep);
  void plan_to_host(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages, Cause cause);
  /// The kernel's steps, the copy and the reports of pages that leave a device, wherever they go from the host.
  void plan_way_to_host(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages, Cause cause);
  void place_on_device(DeviceId device, BlockSlot slot, const PageMask& pages);
  void remove_from_device(DeviceId device, BlockSlot slot, const PageMask& pages);
  void place_on_host(BlockSlot slot, const PageMask& pages);
  void remove_from_host(BlockSlot slot, const PageMask& pages);
  void notify_chunks(DeviceId device, BlockSlot slot, const PageMask& before, const PageMask& after);
  void unmap_in_block(BlockSlot slot, const PageMask& pages);
  void fetch_from_device(BlockSlot slot, unsigned page, std::uint32_t thread);

  engine::Engine& engine_;
  Host& host_;
  std::span<const std::unique_ptr<Device>> devices_;
  KernelDesign* design_;
  ThrashingGuard& thrashing_;
  DriverSpec driver_;
  MemoryManagerOptions options_;
  ResidencyMap residency_;
  AddressSpace address_space_;
  BlockFrames::Pool frame_pool_;
  engine::Signal unlocked_;
  StageTimes software_;
  std::array<StepTimes, 2> kernel_{};
  std::array<std::uint64_t, 2> kernel_calls_{};
  std::uint64_t touched_pages_ = 0;
  std::uint64_t locked_blocks_ = 0;
  Histogram cpu_fault_latency_;
};

}  // namespace farfault
