/// The kernel of a run: adds memory at set-up, prices what it does for the process, counts it, and has the locks that
/// its paths take. What differs between designs is behind KernelDesign.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "models/kernel/kernel_design.h"
#include "models/kernel/kernel_spec.h"
#include "models/kernel/memory_setup.h"
#include "models/kernel/migrate_steps.h"
#include "models/kernel/rw_lock.h"
#include "sim/core/histogram.h"
#include "sim/engine/engine.h"

namespace farfault {

/// What the kernel does beside migrating, as statistics name it.
enum class KernelOp : std::uint8_t {
  kGup,      ///< get_user_pages by the slow path, and dropping the references
  kGupFast,  ///< without mmap_lock: all pages were there
  kPin,
  kUnpin,
  kFork,
  kCow,      ///< write faults on pages shared since a fork
  kUnmap,    ///< munmap and MADV_DONTNEED
  kSplit,    ///< a 2 MiB folio into 4 KiB pages
  kRetry,    ///< a device that a notifier outran gets its pages again
  kFree,     ///< the callback for a device page, or folio, whose last user has gone
  kPmemGup,  ///< get_user_pages of another process on persistent memory
};
inline constexpr std::size_t kKernelOpCount = 11;
std::string_view op_name(KernelOp op);

struct OpCounter {
  std::uint64_t calls = 0;
  std::uint64_t pages = 0;
  SimTime time;
  Histogram latency;  ///< ps, of a call with all that it waits for
};

struct MigrateCounter {
  std::uint64_t calls = 0;
  std::uint64_t pages = 0;
  std::uint64_t folios = 0;
  StepTimes times;
  std::array<Histogram, kMigrateStepCount> latency;  ///< ps, of a step in a call
};

/// What did not go as asked. Pages, unless it says otherwise.
struct KernelFailures {
  std::uint64_t pinned = 0;         ///< could not move to a device; mapped there instead
  std::uint64_t kind = 0;           ///< of mappings that do not migrate; mapped there instead
  std::uint64_t out_of_memory = 0;  ///< no room on the device, whatever left; mapped instead
  std::uint64_t gup = 0;            ///< get_user_pages had to fail
  std::uint64_t folios = 0;         ///< 2 MiB folios that came as 4 KiB pages since no chunk was free
  std::uint64_t locked = 0;         ///< times that a block was found locked by another, and waited for
  std::uint64_t in_migration = 0;   ///< accesses that met a migration entry, and waited
  std::uint64_t mirror = 0;         ///< services that a notifier outran
};

class Kernel {
 public:
  /// Adds persistent memory, and then each device's. Throws InputError where they do not fit. Borrows the engine.
  Kernel(engine::Engine& engine, const KernelSpec& spec, const DesignSpec& design_spec,
         std::unique_ptr<KernelDesign> design, Bytes system_memory, std::span<const Bytes> device_memory);

  const KernelSpec& spec() const { return spec_; }
  const DesignSpec& design_spec() const { return design_spec_; }
  const DesignRules& rules() const { return rules_; }
  /// Of all devices together, and of persistent memory.
  const MetadataFigures& device_metadata() const { return added_.devices; }
  const MetadataFigures& pmem_metadata() const { return added_.pmem; }
  /// Set-up of all devices if a thread for each begins at once, and they queue for the hotplug lock.
  SimTime parallel_setup_time() const { return added_.parallel_setup; }

  /// CPUs that run the process: its threads, at most the machine's.
  void set_cpus(std::uint64_t cpus) { cpus_ = cpus; }

  /// One call of the kernel's migration. `request`'s cpus and mirrors are filled in here, and what is looked up of
  /// `private_entries` is added to its lookups.
  SimTime migrate(Direction direction, MigrateRequest request, std::uint64_t private_entries, DeviceId device,
                  std::uint64_t first_frame);
  /// What an operation looks up of `entries` device-private entries; zero for most designs.
  SimTime look_up(LookupReason reason, DeviceId device, std::uint64_t first_frame, std::uint64_t entries);
  /// Tells the devices that mirror the process of an invalidation, and flushes the CPUs' TLBs.
  SimTime invalidate(std::uint64_t invalidated) const;
  /// Books an operation: `time` is what it cost, `latency` with all that it waited for.
  void count(KernelOp op, std::uint64_t pages, SimTime time, SimTime latency);
  void count(KernelOp op, std::uint64_t pages, SimTime time) { count(op, pages, time, time); }
  /// Other traffic through the CPUs' caches, which makes the design's trees cold.
  void pass_traffic(Bytes bytes) { setup_.cache().pass(bytes); }

  /// One get_user_pages call of another process on persistent memory.
  SimTime pmem_gup(std::uint64_t first_page, std::uint64_t pages);

  RwLock& mmap_lock() { return mmap_lock_; }
  const RwLock& mmap_lock() const { return mmap_lock_; }

  const OpCounter& counter(KernelOp op) const { return ops_[static_cast<std::size_t>(op)]; }
  const MigrateCounter& counter(Direction direction) const { return migrations_[static_cast<std::size_t>(direction)]; }
  KernelFailures& failures() { return failures_; }
  const KernelFailures& failures() const { return failures_; }
  std::uint64_t lookups(LookupReason reason) const { return lookups_[static_cast<std::size_t>(reason)]; }
  /// What the design's trees have cost since set-up.
  TreeCost run_tree_cost() const { return design_->tree_cost() - setup_tree_cost_; }

 private:
  KernelSpec spec_;
  DesignSpec design_spec_;
  MemorySetup setup_;
  std::unique_ptr<KernelDesign> design_;
  DesignRules rules_;
  std::uint64_t mirrors_;
  std::uint64_t cpus_ = 1;
  AddedMemory added_;
  RwLock mmap_lock_;
  std::array<OpCounter, kKernelOpCount> ops_;
  std::array<MigrateCounter, 2> migrations_;
  KernelFailures failures_;
  std::array<std::uint64_t, kLookupReasonCount> lookups_{};
  TreeCost setup_tree_cost_;
};

}  // namespace farfault
