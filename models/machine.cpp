#include "models/machine.h"

#include <algorithm>
#include <string>

#include "models/observer.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

Link& link_of(const std::vector<std::unique_ptr<Link>>& links, const DeviceSpec& device) {
  const auto it = std::find_if(links.begin(), links.end(),
                               [&](const std::unique_ptr<Link>& link) { return link->spec().name == device.link; });
  if (it == links.end()) throw RunError("device " + device.name + ": no link named " + device.link);
  return **it;
}

std::unique_ptr<PeerLinks> join_peers(engine::Engine& engine, const std::vector<std::unique_ptr<Link>>& links,
                                      const std::vector<std::unique_ptr<Device>>& devices) {
  auto peers = std::make_unique<PeerLinks>(devices.size());
  for (const auto& link : links) {
    const LinkSpec& spec = link->spec();
    if (spec.peers.empty()) continue;
    const auto end = [&](const std::string& name) {
      const auto it = std::find_if(devices.begin(), devices.end(),
                                   [&](const std::unique_ptr<Device>& device) { return device->spec().name == name; });
      if (it == devices.end()) throw RunError("link " + spec.name + ": no device named " + name);
      return PeerLink::End{(*it)->id(), (*it)->vram()};
    };
    if (spec.peers.size() != 2) throw RunError("link " + spec.name + ": two devices make peers");
    const PeerLink::End first = end(spec.peers[0]);
    const PeerLink::End second = end(spec.peers[1]);
    if (first.device == second.device || peers->between(first.device, second.device) != nullptr) {
      throw RunError("link " + spec.name + ": joins a device to itself, or two that are joined already");
    }
    peers->add(engine, *link, first, second);
  }
  return peers;
}

}  // namespace

Machine::Machine(engine::Engine& engine, const PlatformSpec& platform, MachinePolicies policies,
                 std::unique_ptr<KernelDesign> design, const MachineOptions& options)
    : engine_(engine), platform_(platform), policies_(std::move(policies)), observer_(options.observer) {
  const bool hmm = platform.driver.memory == MemoryBack::kHmm;
  if (hmm && !design) throw RunError("driver.memory hmm needs a kernel design");
  host_ = std::make_unique<Host>(engine, platform.host);
  for (const LinkSpec& spec : platform.links) links_.push_back(std::make_unique<Link>(engine, spec));
  std::vector<Bytes> whole;
  for (std::size_t i = 0; i < platform.devices.size(); ++i) {
    const DeviceId id(static_cast<std::uint32_t>(i));
    const DeviceSpec& spec = platform.devices[i];
    Bytes usable = spec.memory.capacity.value;
    if (hmm && options.design.memmap == MemmapPlacement::kAltmap) {
      usable -= std::min(usable, options.design.struct_page.value * (usable / kPageSize));
    }
    const Bytes capacity = std::min(options.device_capacity.at(i), usable);
    devices_.push_back(std::make_unique<Device>(engine, id, spec, capacity, link_of(links_, spec), host_->dram(),
                                                policies_.make_eviction(id)));
    whole.push_back(spec.memory.capacity.value);
  }
  peers_ = join_peers(engine, links_, devices_);
  if (options.tlbs) {
    host_->enable_tlbs();
    for (const auto& device : devices_) device->enable_tlbs(engine);
  }
  if (options.caches) {
    host_->enable_cache(engine);
    for (const auto& device : devices_) device->enable_cache(engine);
  }
  loads_matter_ = depends_on_load(platform.host.memory);
  for (const DeviceSpec& device : platform.devices) loads_matter_ = loads_matter_ || depends_on_load(device.memory);
  // Struct pages are made for the memory that a device has, however little of it the workload may use.
  if (hmm) {
    kernel_ = std::make_unique<Kernel>(engine, options.kernel, options.design, std::move(design),
                                       platform.host.memory.capacity.value, whole);
  }
  const std::optional<AccessCounting> counting = policies_.placement->access_counting();
  memory_ = std::make_unique<MemoryManager>(
      engine, *host_, devices_, *peers_, kernel_.get(), *policies_.thrashing, platform.driver,
      MemoryManagerOptions{options.initial, options.block_limit, options.seed,
                           counting && counting->map_remote_on_eviction, options.observer,
                           policies_.placement->heeds_advice()});
  memory_->set_cpu_prefetcher(*policies_.prefetch);
  memory_->set_placement(*policies_.placement);
  for (const auto& device : devices_) {
    if (counting) device->count_remote_accesses(*counting);
    const std::uint32_t worker = new_owner();
    drivers_.push_back(std::make_unique<DeviceDriver>(engine, *memory_, *device, *policies_.placement,
                                                      *policies_.prefetch, *policies_.thrashing, platform.driver,
                                                      worker));
    DeviceDriver* const driver = drivers_.back().get();
    const std::string& name = device->spec().name;
    if (observer_ != nullptr) {
      driver->watch(*observer_);
      observer_->on_worker(worker, WorkerKind::kDriver, "driver " + name, device->id());
    }
    engine.spawn_daemon("driver " + name, [driver] { driver->run(); });
    if (const std::optional<SimTime> period = policies_.placement->period()) {
      engine.spawn_daemon("placement " + name, [driver, period = *period] { driver->keep_period(period); });
    }
    if (device->reserve()) {
      const std::uint32_t owner = new_owner();
      if (observer_ != nullptr) {
        observer_->on_worker(owner, WorkerKind::kReserve, "reserve " + name, device->id());
      }
      engine.spawn_daemon("reserve " + name, [this, id = device->id(), owner] { memory_->keep_reserve(id, owner); });
    }
  }
  if (observer_ != nullptr) watch(*observer_);
}

void Machine::watch(Observer& observer) {
  for (const LinkDirection direction : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
    for (const auto& device : devices_) device->dma(direction).watch(observer, device->link(), direction);
    for (std::size_t i = 0; i < peers_->size(); ++i) {
      (*peers_)[i].dma(direction).watch(observer, (*peers_)[i].link(), direction);
    }
  }
}

void Machine::note_loads() {
  if (!loads_matter_) return;
  const SimTime now = engine_.now();
  host_->note_load(now);
  for (const auto& device : devices_) device->note_load(now);
}

void Machine::check() const {
  memory_->check();
  const auto fail = [](const std::string& what) { throw RunError("identity does not hold: " + what); };
  for (const auto& device : devices_) {
    const DeviceCounters& c = device->counters();
    if (c.raised != c.serviced + c.duplicate + c.dropped + c.throttled) {
      fail(device->spec().name + ": faults raised " + std::to_string(c.raised) + ", accounted for " +
           std::to_string(c.serviced + c.duplicate + c.dropped + c.throttled));
    }
    const std::uint64_t came = c.demand_pages + c.prefetch_pages + c.counter_pages + c.staged_in;
    const std::uint64_t left = c.eviction_pages + c.cpu_fault_pages + c.peer_pages + c.direct_pages + c.unmapped_pages +
                               c.gup_pages + c.cow_pages + c.staged_out + c.called_back_pages + c.dropped_copies;
    const std::uint64_t stayed = memory_->resident_pages(device->id()) + c.child_pages;
    if (came != left + stayed) fail(device->spec().name + ": pages that came, left and stayed");
    if (c.dropped_copies + c.collapsed_pages > c.duplicated_pages) fail(device->spec().name + ": duplicates that went");
    if (device->access_counters() != nullptr && !device->access_counters()->holds()) {
      fail(device->spec().name + ": accesses that its counters have counted");
    }
  }
  for (const auto& link : links_) {
    for (const LinkDirection direction : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
      const engine::Resource& wire = link->resource(direction);
      if (wire.transferred() != link->traffic(direction).total()) fail(link->spec().name + ": bytes by cause");
    }
  }
}

}  // namespace farfault
