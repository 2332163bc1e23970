/// A machine as a platform describes it, with the policies and the kernel design under test: everything that is
/// simulated except for the processors' instruction streams, which the replay feeds in.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "models/cpu/host.h"
#include "models/driver/device_driver.h"
#include "models/driver/memory_manager.h"
#include "models/gpu/device.h"
#include "models/kernel/kernel.h"
#include "models/link/link.h"
#include "models/link/peer_link.h"
#include "models/platform_spec.h"
#include "models/policies/registry.h"
#include "sim/engine/engine.h"

namespace farfault {

/// The policies of a run. Placement, prefetch and thrashing see all devices; eviction is one per device.
struct MachinePolicies {
  std::unique_ptr<PlacementPolicy> placement;
  std::unique_ptr<Prefetcher> prefetch;
  std::unique_ptr<ThrashingGuard> thrashing;
  std::function<std::unique_ptr<EvictionPolicy>(DeviceId)> make_eviction;
};

struct MachineOptions {
  InitialContents initial = InitialContents::kHostMemory;
  std::uint64_t block_limit = 4'194'304;
  std::vector<Bytes> device_capacity;  ///< per device; at most the platform's
  KernelSpec kernel;
  DesignSpec design;
  std::uint64_t seed = 1;
  bool tlbs = false;             ///< replay.detail tlb and cache
  bool caches = false;           ///< replay.detail cache
  Observer* observer = nullptr;  ///< who watches; borrowed, null for nobody
};

class Machine {
 public:
  /// Borrows the engine. Spawns the drivers' workers.
  Machine(engine::Engine& engine, const PlatformSpec& platform, MachinePolicies policies,
          std::unique_ptr<KernelDesign> design, const MachineOptions& options);

  engine::Engine& engine() { return engine_; }
  const PlatformSpec& platform() const { return platform_; }
  Host& host() { return *host_; }
  const Host& host() const { return *host_; }
  std::size_t device_count() const { return devices_.size(); }
  Device& device(DeviceId id) { return *devices_[id.value()]; }
  const Device& device(DeviceId id) const { return *devices_[id.value()]; }
  /// All, those between devices among them.
  const std::vector<std::unique_ptr<Link>>& links() const { return links_; }
  const PeerLinks& peers() const { return *peers_; }
  MemoryManager& memory() { return *memory_; }
  const MemoryManager& memory() const { return *memory_; }
  PlacementPolicy& placement() { return *policies_.placement; }
  Prefetcher& prefetcher() { return *policies_.prefetch; }
  const Prefetcher& prefetcher() const { return *policies_.prefetch; }
  DeviceDriver& driver(DeviceId id) { return *drivers_[id.value()]; }
  /// Null with managed memory.
  Kernel* kernel() { return kernel_.get(); }
  const Kernel* kernel() const { return kernel_.get(); }

  /// Takes note of how loaded the memories are, for latencies that depend on it. Free where none does.
  void note_loads();

  /// Who watches, or null.
  Observer* observer() const { return observer_; }

  /// A new id for someone who locks blocks (a host thread).
  std::uint32_t new_owner() { return next_owner_++; }

  /// All identities: those of MemoryManager::check(), and that faults and link bytes are accounted for. REQUIRES: no
  /// fault is being served. Throws RunError.
  void check() const;

 private:
  void watch(Observer& observer);

  engine::Engine& engine_;
  PlatformSpec platform_;
  MachinePolicies policies_;
  std::unique_ptr<Host> host_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::unique_ptr<PeerLinks> peers_;
  std::unique_ptr<Kernel> kernel_;
  std::unique_ptr<MemoryManager> memory_;
  std::vector<std::unique_ptr<DeviceDriver>> drivers_;
  std::uint32_t next_owner_ = 1;
  bool loads_matter_ = false;
  Observer* observer_ = nullptr;
};

}  // namespace farfault
