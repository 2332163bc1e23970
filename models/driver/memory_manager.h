/// Moves pages between host and devices: keeps the residency map, makes room, and counts what each move costs.
///
/// A move has two halves. Planning changes the books at once: a page's new place is decided, room is taken, blocks are
/// locked. Carrying out lets simulated time pass for the software and the copies that were planned, then unlocks. While
/// a page is under way nobody can use it: faults on it wait, or are served already when they are looked at.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/cpu/host.h"
#include "models/driver/advice_map.h"
#include "models/driver/driver_spec.h"
#include "models/driver/residency_map.h"
#include "models/driver/service.h"
#include "models/gpu/device.h"
#include "models/kernel/address_space.h"
#include "models/kernel/kernel.h"
#include "models/link/peer_link.h"
#include "models/policies/placement/placement_policy.h"
#include "models/policies/prefetch/prefetcher.h"
#include "models/policies/thrashing/thrashing_guard.h"
#include "sim/engine/engine.h"

namespace farfault {

class Observer;

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
  kFailed,  ///< never: no mapping that a device may use
};

/// How a host thread's access went.
struct HostAccess {
  enum class Way : std::uint8_t {
    kLocal,
    kDirect,  ///< in the device's memory, over the link, cached
    kBar,     ///< in the device's memory, through its window, not cached
    kFailed,  ///< the page is in device memory that CPUs cannot reach
  };
  Way way = Way::kLocal;
  DeviceId device;  ///< unless kLocal
  SimTime owed;     ///< software time that the thread owes; time spent blocked has passed already
};

/// What get_user_pages and its kind are asked for.
struct GupRequest {
  VirtualAddress address;
  Bytes length;
  bool write = false;
  bool pin = false;        ///< the references stay until unpin()
  bool long_term = false;  ///< FOLL_LONGTERM
};

struct MemoryManagerOptions {
  InitialContents initial = InitialContents::kHostMemory;
  std::uint64_t block_limit = 4'194'304;
  std::uint64_t seed = 1;               ///< decides which mappings are a library's
  bool map_remote_on_eviction = false;  ///< pages that make room stay within reach of the device
  Observer* observer = nullptr;         ///< borrowed; null: nobody watches
  bool heed_advice = false;             ///< pages that are advised to be accessed by a device stay within its reach
};

class MemoryManager {
 public:
  /// Most pages of one get_user_pages call; the rest of a longer range is left out and counted as failed.
  static constexpr std::uint64_t kMaxGupPages = 262'144;

  /// Borrows everything; the devices' order is that of their ids. `kernel` is null with DriverSpec::memory managed.
  MemoryManager(engine::Engine& engine, Host& host, std::span<const std::unique_ptr<Device>> devices,
                const PeerLinks& peers, Kernel* kernel, ThrashingGuard& thrashing, const DriverSpec& driver,
                const MemoryManagerOptions& options);

  ResidencyMap& residency() { return residency_; }
  const ResidencyMap& residency() const { return residency_; }
  AddressSpace& address_space() { return address_space_; }

  /// A device's access to a page whose mask bit is not set. Never blocks.
  AccessOutcome device_access(DeviceId device, BlockSlot slot, unsigned page, bool write);
  /// A host thread's access to a page whose mask bit is not set. Blocks the thread while the page comes back from a
  /// device.
  HostAccess host_access(BlockSlot slot, unsigned page, bool write, std::uint32_t thread);

  /// Whether host_access() would block, and its caller should bring its own time up to date first.
  bool host_would_wait(BlockSlot slot, unsigned page) const;

  /// Takes a block for `work`; false if another owner has it.
  bool try_lock(BlockSlot slot, ServiceWork& work);
  /// Blocks the calling actor until some owner unlocks. Callers carry out their own work first: nobody waits with a
  /// lock.
  void wait_for_unlock() { unlocked_.wait(); }
  /// The lock of the process's address space, null with managed memory. Taken before any block is locked.
  RwLock* mmap_lock() { return kernel_ != nullptr ? &kernel_->mmap_lock() : nullptr; }
  /// Whether waiting makes no room on a device that had none for `work`: what is there belongs to no locked block.
  /// Managed memory can always leave.
  bool room_is_lost(const ServiceWork& work) const {
    return kernel_ != nullptr && locked_blocks_ == work.locked.size();
  }
  /// Whether any block is locked.
  bool any_locked() const { return locked_blocks_ != 0; }

  /// A device's write to pages shared since a fork: they come back to the host and are copied, so that they may move.
  /// REQUIRES: slot is locked by `work`.
  void plan_break_sharing(ServiceWork& work, BlockSlot slot, const PageMask& pages);
  /// Plans that `demand` and, as room allows, `prefetch` come to the device. Returns the pages that will be there;
  /// those of `demand` for which no room could be made are missing. `cause` of `demand`: kDemand or kAccessCounter.
  /// REQUIRES: slot is locked by `work`.
  PageMask plan_to_device(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& demand,
                          const PageMask& prefetch, Cause cause = Cause::kDemand);
  /// The same for copies that the device may read while the pages stay in host memory. Pages without contents come as
  /// plan_to_device() would bring them. REQUIRES: managed memory, and as plan_to_device().
  PageMask plan_duplicate(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& demand,
                          const PageMask& prefetch);
  /// The device writes to pages that it has copies of: the copies become the pages, and all others go. REQUIRES: as
  /// plan_duplicate().
  void plan_collapse(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages);
  /// Whether a device's write to the page needs plan_collapse() first.
  bool is_duplicate(DeviceId device, BlockSlot slot, unsigned page) const {
    return kernel_ == nullptr && residency_.device(device, slot).copies.test(page);
  }
  /// Plans that the device reaches `pages` in host memory, or in another device's to which a link leads or where
  /// somebody holds them. REQUIRES: slot is locked by `work`; no page of them is in the memory of this device.
  void plan_remote_map(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages);

  /// Takes the device's mappings of `pages` in others' memory away: its next access faults. Never blocks.
  void unmap_remote(DeviceId device, BlockSlot slot, const PageMask& pages);

  /// The link over which the device reaches a page in another device's memory; null where it goes by the host's.
  PeerLink* peer_of(DeviceId device, BlockSlot slot, unsigned page) const;
  /// Pages that are in memories to which a link of the device leads.
  PageMask peer_pages(DeviceId device, BlockSlot slot) const;

  /// Lets the planned time pass and makes the moved pages usable. The blocks stay locked, and more may be planned.
  void pass_time(ServiceWork& work);
  /// REQUIRES: nothing is planned whose time has not passed.
  void unlock(ServiceWork& work);
  /// pass_time() and unlock().
  void carry_out(ServiceWork& work);

  /// The process unmapped a range: its pages are gone everywhere, if HostSpec::unmap_frees. Waits for moves that are
  /// under way there, and for the kernel's work. The mapping in address_space() is the caller's to remove.
  void free_pages(VirtualAddress address, Bytes length);

  /// Pages of a block that may move to a device, by the kind of their mapping and because nobody holds them.
  PageMask movable(BlockSlot slot) const;

  /// What the program advises of its memory; without an effect unless MemoryManagerOptions::heed_advice.
  AdviceMap& advice() { return advice_; }
  const AdviceMap& advice() const { return advice_; }
  /// The program asks for a range to be brought to a processor (cudaMemPrefetchAsync): block by block, of what is
  /// mapped and can move. Blocks the calling actor until it is there.
  void prefetch(std::size_t processor, VirtualAddress address, Bytes length, std::uint32_t owner);

  /// Whether a page of the block finds memory on the device, beside `planned` more, without any leaving.
  bool has_room_beside(DeviceId device, BlockSlot slot, std::uint64_t planned) const {
    return has_room(device, slot, planned + 1);
  }
  /// How many pages of the block, at most, find memory on the device without any leaving.
  std::uint64_t room(DeviceId device, BlockSlot slot) const;
  /// Lets no reserve be made any more, and waits until no move is under way.
  void stop_reserve();
  /// Pushes chunks out until the reserve that the device's eviction policy wants is free, then waits until it no longer
  /// is; for ever. An actor's body. REQUIRES: the policy wants one.
  void keep_reserve(DeviceId device, std::uint32_t owner);

  // What the kernel does for the process by system calls. Each blocks the calling actor; without a kernel (managed
  // memory) nothing happens. `owner` is a new_owner() of the machine.

  /// get_user_pages, or a pin. Brings pages back, or fails on them, as the design says.
  void gup(const GupRequest& request, std::uint32_t owner);
  /// Drops pins of a range. Never blocks; its time is only booked.
  void unpin(VirtualAddress address, Bytes length);
  /// The process forks: its writable private pages are shared from now on, and a write copies.
  void fork();
  /// One child exits: what only children used is freed when the last is gone. Never blocks.
  void child_exits();
  std::uint64_t children() const { return children_; }

  // A device file and a library instead of struct pages: what the library did not allocate is copied for each launch.

  /// Copies a block's pages that the device cannot reach into its memory. Blocks.
  void stage(DeviceId device, BlockSlot slot, unsigned page, std::uint32_t owner);
  /// The launch has ended: what it wrote is copied back, and all copies go. Blocks.
  void end_launch(DeviceId device, std::uint32_t owner);
  /// Whether a device's access to the page needs stage() first.
  bool needs_staging(DeviceId device, BlockSlot slot, unsigned page) const {
    if (!library_only()) return false;
    const DeviceBlock& mine = residency_.device(device, slot);
    return !mine.resident.test(page) && !mine.remote_mapped.test(page) && is_foreign(slot, page);
  }
  /// Whether end_launch() has anything to do.
  bool has_staged(DeviceId device) const { return !staged_blocks_[device.value()].empty(); }
  SimTime staging_time() const { return staging_time_; }

  Kernel* kernel() { return kernel_; }
  const Kernel* kernel() const { return kernel_; }

  /// Tells a service that a notifier has outrun it; for the driver, which must then get its pages again.
  std::uint32_t invalidations(BlockSlot slot) const { return residency_.block(slot).invalidations; }
  void retry_mirror(ServiceWork& work);

  /// Lets the prefetcher choose what comes back with a CPU fault (DriverSpec::cpu_prefetch). Borrows it.
  void set_cpu_prefetcher(Prefetcher& prefetcher) { cpu_prefetcher_ = &prefetcher; }
  /// Who hears of evictions. Borrows it.
  void set_placement(PlacementPolicy& placement) { placement_ = &placement; }

  /// Pages in a device's memory.
  std::uint64_t resident_pages(DeviceId device) const;

  /// Time of all software stages of services.
  const StageTimes& software() const { return software_; }
  /// Distinct pages accessed.
  std::uint64_t touched_pages() const { return touched_pages_; }
  const Histogram& cpu_fault_latency() const { return cpu_fault_latency_; }

  /// Throws RunError, naming what does not hold, unless every page is in one place, the books of host, devices, page
  /// tables and masks agree, and no device holds more than its capacity.
  void check() const;

 private:
  class RoomView;

  /// Returns the pages of the block that have contents.
  PageMask check_places(BlockSlot slot) const;
  void check_references(BlockSlot slot, const PageMask& populated) const;
  void check_device(const Device& device) const;

  Device& device(DeviceId id) { return *devices_[id.value()]; }
  // Those who watch hear of pages that come, before they are entered in the books, that have left, and of the books.
  void tell_comes(DeviceId device, BlockSlot slot, const PageMask& pages, Cause cause) const;
  void tell_left(DeviceId device, BlockSlot slot, const PageMask& pages, Cause cause) const;
  void tell_resident(std::size_t processor, BlockSlot slot, const PageMask& before, const PageMask& after) const;
  /// Of an operation that the owner called for.
  void tell_call(std::uint32_t owner, std::string_view what, SimTime start) const;
  /// unlock() without waking anyone.
  void release(ServiceWork& work);
  bool usable(const BlockState& block, unsigned page) const { return !block.transit.test(page); }
  void touch(BlockState& block, unsigned page);
  /// Whether a mapping that was advised, and lasts wherever the page comes to be in host memory, is there now.
  bool map_advised(DeviceId device, BlockSlot slot, unsigned page);
  /// Whether pages move by the kernel's migrate steps.
  bool kernel_moves() const { return kernel_ != nullptr && kernel_->rules().migration == DeviceMigration::kKernel; }
  bool library_only() const { return kernel_ != nullptr && kernel_->rules().migration == DeviceMigration::kDriver; }
  SimTime page_time() const { return (kernel_moves() ? driver_.page_time_hmm : driver_.page_time).value; }
  /// Whether a device could use the page, but the library did not allocate it.
  bool is_foreign(BlockSlot slot, unsigned page) const;
  /// Pages of a block in mappings that the library allocated.
  PageMask library_pages(BlockSlot slot) const;
  /// Books an operation of the kernel as part of a service.
  void charge_op(ServiceWork& work, KernelOp op, std::uint64_t pages, SimTime time);
  /// Folios that `pages` are on the device; a 2 MiB one of which only a part is meant is split first.
  std::uint64_t take_device_folios(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages);
  /// Folios that `pages` are on the host, and become on the device if `whole_chunk`; splits what must be.
  std::uint64_t take_host_folios(ServiceWork& work, BlockSlot slot, const PageMask& pages, bool whole_chunk);
  /// Devices that have mappings of `pages`, but `except`.
  std::uint64_t mirrors_of(BlockSlot slot, const PageMask& pages, std::optional<DeviceId> except) const;
  std::uint32_t first_frame(DeviceId device, BlockSlot slot, const PageMask& pages) const;
  /// Pages of `pages` that CPUs have mapped, as far as that is known.
  PageMask mapped_by_cpus(BlockSlot slot, const PageMask& pages) const;
  /// What comes back from a device with a page that a CPU faulted on.
  PageMask returning(DeviceId device, BlockSlot slot, unsigned page) const;
  /// One job of `pages`, those of `first` before, and apart from, the others. Counts pieces, not bytes.
  void plan_job(ServiceWork& work, DeviceId device, LinkDirection direction, const PageMask& pages,
                const PageMask& first);
  void plan_copy(ServiceWork& work, DeviceId device, LinkDirection direction, Cause cause, const PageMask& pages);
  /// Plans that `pages`, which are at the other end of `peer`, come to the device over it: they leave there, and are
  /// copied. The kernel's lookups of them, as part of the migration to the device, are returned.
  SimTime plan_from_peer(ServiceWork& work, PeerLink& peer, DeviceId device, BlockSlot slot, const PageMask& pages,
                         const PageMask& first);
  /// Whether the block's first page on the device takes a whole 2 MiB chunk.
  bool wants_root(DeviceId device, BlockSlot slot) const;
  /// Whether `pages` more of the block find memory on the device as it is.
  bool has_room(DeviceId device, BlockSlot slot, std::uint64_t pages) const;
  /// Plans that the eviction policy's next chunk leaves, with those that it takes along, but for the pages of `keep` in
  /// block `slot`. False if none may.
  bool evict_next(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& keep);
  /// Plans that a chunk leaves, but for the pages of `keep` in block `slot`. REQUIRES: evictable by the view of both.
  void evict(ServiceWork& work, DeviceId device, ChunkId chunk, BlockSlot slot, const PageMask& keep);
  /// Evicts until the device has room for `pages` more of the block; false if no chunk may leave.
  bool make_room(ServiceWork& work, DeviceId device, std::uint64_t pages, BlockSlot slot, const PageMask& keep);
  /// `faulted`: pages that a CPU faulted on, which managed memory copies first, and apart from what comes along.
  void plan_to_host(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages, Cause cause,
                    const PageMask& faulted = PageMask());
  /// The kernel's steps, the copy and the reports of pages that leave a device, wherever they go from the host.
  void plan_way_to_host(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages, Cause cause,
                        std::uint64_t folios, std::uint32_t frame, const PageMask& faulted = PageMask());
  /// The host writes to a page of which devices have copies: they go. Blocks. Returns without, if others came first.
  void drop_duplicates_for_host(BlockSlot slot, unsigned page, std::uint32_t thread);
  bool has_duplicates(BlockSlot slot, unsigned page) const;
  /// Devices other than `except` lose their duplicates of `pages`.
  void plan_drop_duplicates(ServiceWork& work, BlockSlot slot, const PageMask& pages, std::optional<DeviceId> except);
  /// Keeps of `demand`, then of `prefetch`, as many pages as are free on the device, each by address.
  void clip_to_room(DeviceId device, BlockSlot slot, PageMask& demand, PageMask& prefetch) const;
  void wake_reserve(DeviceId device);
  /// What a launch of the device needs copied of a block.
  PageMask foreign_in(DeviceId device, BlockSlot slot) const;
  /// False if there is no room. REQUIRES: slot is locked by `work`.
  bool plan_stage(ServiceWork& work, DeviceId device, BlockSlot slot, unsigned page);
  void plan_staging_copy(ServiceWork& work, DeviceId device, LinkDirection direction, const PageMask& pages);
  /// Drops copies made for a launch, as they are.
  void drop_staged(DeviceId device, BlockSlot slot, const PageMask& pages);
  /// Drops copies made for a launch; those that were written go back first.
  void plan_unstage(ServiceWork& work, DeviceId device, BlockSlot slot, const PageMask& pages);
  void drop_remote_mappings(BlockSlot slot, const PageMask& pages);
  /// Whether one 2 MiB chunk holds them all.
  bool place_on_device(DeviceId device, BlockSlot slot, const PageMask& pages);
  /// Gives the memory of `pages`, which are `folios`, back.
  void remove_from_device(DeviceId device, BlockSlot slot, const PageMask& pages, std::uint64_t folios);
  /// Takes `pages` out of the books of the block, but leaves their memory.
  void forget_on_device(DeviceId device, BlockSlot slot, const PageMask& pages);
  void place_on_host(BlockSlot slot, const PageMask& pages);
  void remove_from_host(BlockSlot slot, const PageMask& pages);
  void notify_chunks(DeviceId device, BlockSlot slot, const PageMask& before, const PageMask& after);
  /// Returns the pages that were there; what children share stays theirs. Adds the time of splits and callbacks.
  std::uint64_t unmap_in_block(BlockSlot slot, const PageMask& pages, SimTime& software);
  void wait_for_transit(VirtualAddress address, Bytes length);
  /// Brings a page back from the device that has it. `back` is how much comes with it.
  /// `slept`: what the thread has waited for the page before, as part of the fault's latency.
  void fetch_from_device(BlockSlot slot, unsigned page, std::uint32_t thread, Cause cause,
                         SimTime slept = SimTime::zero());
  /// How long the thrashing guard keeps a page on its device from a CPU fault; zero where it is on none.
  SimTime time_until_return(BlockSlot slot, unsigned page) const;
  std::optional<DeviceId> device_of(BlockSlot slot, unsigned page) const;
  std::optional<HostAccess> access_on_device(BlockSlot slot, unsigned page, bool write);
  /// A write of the host to a page shared since a fork. REQUIRES: it is in host memory. Returns the software time.
  SimTime break_sharing(BlockSlot slot, unsigned page);
  /// A page that nobody has touched comes into host memory, with the 2 MiB around it if the kernel gives such pages and
  /// they may be one. Returns the fault's time.
  SimTime first_touch_on_host(BlockSlot slot, unsigned page);
  bool takes_huge_page(BlockSlot slot) const;
  bool gup_page(BlockSlot slot, unsigned page, const GupRequest& request, std::uint32_t owner, SimTime& software);
  /// Pages of a block that get_user_pages may take: neither special nor a device file's.
  PageMask with_struct_pages(BlockSlot slot) const;
  bool gup_is_fast(const GupRequest& request);

  engine::Engine& engine_;
  Host& host_;
  std::span<const std::unique_ptr<Device>> devices_;
  const PeerLinks& peers_;
  Kernel* kernel_;
  ThrashingGuard& thrashing_;
  Prefetcher* cpu_prefetcher_ = nullptr;
  PlacementPolicy* placement_ = nullptr;
  DriverSpec driver_;
  MemoryManagerOptions options_;
  ResidencyMap residency_;
  AddressSpace address_space_;
  AdviceMap advice_;
  BlockFrames::Pool frame_pool_;
  engine::Signal unlocked_;
  bool reserve_stopped_ = false;
  engine::Signal memory_low_;  ///< a device has less free than its policy wants
  StageTimes software_;
  std::unordered_map<std::uint64_t, std::uint32_t> pins_;  ///< references by page number; never iterated
  std::uint64_t children_ = 0;
  std::uint64_t children_host_pages_ = 0;                            ///< that only children use
  std::vector<std::pair<DeviceId, std::uint32_t>> children_frames_;  ///< of devices, that only children use
  std::vector<std::vector<BlockSlot>> staged_blocks_;                ///< by device
  SimTime staging_time_;
  std::uint64_t touched_pages_ = 0;
  std::uint64_t locked_blocks_ = 0;
  Histogram cpu_fault_latency_;
};

}  // namespace farfault
