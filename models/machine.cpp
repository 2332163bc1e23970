#include "models/machine.h"

#include <algorithm>
#include <string>

#include "sim/core/error.h"

namespace farfault {
namespace {

Link& link_of(const std::vector<std::unique_ptr<Link>>& links, const DeviceSpec& device) {
  const auto it = std::find_if(links.begin(), links.end(),
                               [&](const std::unique_ptr<Link>& link) { return link->spec().name == device.link; });
  if (it == links.end()) throw RunError("device " + device.name + ": no link named " + device.link);
  return **it;
}

void add(MetadataFigures& sum, const MetadataFigures& figures) {
  sum.tree_entries += figures.tree_entries;
  sum.tree_nodes += figures.tree_nodes;
  sum.tree_bytes += figures.tree_bytes;
  sum.tree_height = std::max(sum.tree_height, figures.tree_height);
  sum.struct_page_bytes += figures.struct_page_bytes;
  sum.linear_map_bytes += figures.linear_map_bytes;
  sum.setup_time += figures.setup_time;
}

}  // namespace

Machine::Machine(engine::Engine& engine, const PlatformSpec& platform, MachinePolicies policies,
                 std::unique_ptr<KernelDesign> design, const MachineOptions& options)
    : engine_(engine), platform_(platform), policies_(std::move(policies)), design_(std::move(design)) {
  const bool hmm = platform.driver.memory == MemoryBack::kHmm;
  if (hmm && !design_) throw RunError("driver.memory hmm needs a kernel design");
  host_ = std::make_unique<Host>(engine, platform.host);
  for (const LinkSpec& spec : platform.links) links_.push_back(std::make_unique<Link>(engine, spec));
  for (std::size_t i = 0; i < platform.devices.size(); ++i) {
    const DeviceId id(static_cast<std::uint32_t>(i));
    const DeviceSpec& spec = platform.devices[i];
    const Bytes capacity = std::min(options.device_capacity.at(i), spec.memory.capacity.value);
    devices_.push_back(std::make_unique<Device>(engine, id, spec, capacity, link_of(links_, spec), host_->dram(),
                                                policies_.make_eviction(id)));
    // Struct pages are made for the memory that the device has, however little of it the workload may use.
    if (hmm) add(metadata_, design_->add_device(id, spec.memory.capacity.value));
  }
  memory_ =
      std::make_unique<MemoryManager>(engine, *host_, devices_, design_.get(), *policies_.thrashing, platform.driver,
                                      MemoryManagerOptions{options.initial, options.block_limit});
  for (const auto& device : devices_) {
    drivers_.push_back(std::make_unique<DeviceDriver>(engine, *memory_, *device, *policies_.placement,
                                                      *policies_.prefetch, *policies_.thrashing, platform.driver,
                                                      new_owner()));
    engine.spawn_daemon("driver " + device->spec().name, [driver = drivers_.back().get()] { driver->run(); });
  }
}

void Machine::check() const {
  memory_->check();
  const auto fail = [](const std::string& what) { throw RunError("identity does not hold: " + what); };
  for (const auto& device : devices_) {
    const DeviceCounters& c = device->counters();
    if (c.raised != c.serviced + c.duplicate + c.dropped) {
      fail(device->spec().name + ": faults raised " + std::to_string(c.raised) + ", accounted for " +
           std::to_string(c.serviced + c.duplicate + c.dropped));
    }
    const std::uint64_t came = c.demand_pages + c.prefetch_pages;
    const std::uint64_t left = c.eviction_pages + c.cpu_fault_pages + c.peer_pages + c.unmapped_pages;
    if (came != left + device->memory().used_pages()) fail(device->spec().name + ": pages that came, left and stayed");
  }
  for (const auto& link : links_) {
    for (const LinkDirection direction : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
      const engine::Resource& wire = link->resource(direction);
      if (wire.transferred() != link->traffic(direction).total()) fail(link->spec().name + ": bytes by cause");
    }
  }
}

}  // namespace farfault
