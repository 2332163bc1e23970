#include "sim/replay/collect_kernel.h"

#include <string>

#include "sim/replay/metadata.h"

namespace farfault {
namespace {

void add_migrations(Statistics& out, const Kernel* kernel) {
  for (const Direction direction : {Direction::kToDevice, Direction::kToHost}) {
    const std::string name = direction == Direction::kToDevice ? "kernel.to_device." : "kernel.to_host.";
    const MigrateCounter none;
    const MigrateCounter& counter = kernel != nullptr ? kernel->counter(direction) : none;
    out.count(name + "calls", counter.calls, "migrate calls of the kernel");
    out.count(name + "pages", counter.pages, "4 KiB pages that they moved");
    out.count(name + "folios", counter.folios, "folios that these were: 4 KiB pages, or 2 MiB at a time");
    out.time(name + "total", counter.times.total(), "time of all steps of the kernel's migrate calls");
    for (std::size_t i = 0; i < kMigrateStepCount; ++i) {
      const std::string step(step_name(static_cast<MigrateStep>(i)));
      out.time(name + step, counter.times.step[i], "time of this step of the kernel's migrate calls");
      out.distribution("latency." + name + step, Unit::kTime, counter.latency[i], "time of this step in a call");
    }
  }
}

void add_operations(Statistics& out, const Kernel* kernel) {
  for (std::size_t i = 0; i < kKernelOpCount; ++i) {
    const auto op = static_cast<KernelOp>(i);
    const OpCounter none;
    const OpCounter& counter = kernel != nullptr ? kernel->counter(op) : none;
    const std::string name = "kernel.op." + std::string(op_name(op)) + '.';
    out.count(name + "calls", counter.calls, "operations of this kind");
    out.count(name + "pages", counter.pages, "4 KiB pages that they were about");
    out.time(name + "time", counter.time, "what they cost, without what they waited for");
    out.distribution("latency.kernel." + std::string(op_name(op)), Unit::kTime, counter.latency,
                     "time of an operation of this kind, with what it waited for");
  }
}

void add_failures(Statistics& out, const Kernel* kernel) {
  const KernelFailures none;
  const KernelFailures& f = kernel != nullptr ? kernel->failures() : none;
  out.count("kernel.failed.pinned", f.pinned, "faulted pages that could not move since somebody held them");
  out.count("kernel.failed.kind", f.kind, "faulted pages of mappings that do not migrate; mapped where they are");
  out.count("kernel.failed.out_of_memory", f.out_of_memory, "faulted pages for which a device had no room");
  out.count("kernel.failed.gup", f.gup, "pages that get_user_pages and pins could not have");
  out.count("kernel.failed.folios", f.folios, "2 MiB folios that moved as 4 KiB pages since no chunk was free");
  out.count("kernel.retries.locked", f.locked, "times that somebody waited for another's move in the same block");
  out.count("kernel.retries.migration", f.in_migration, "accesses that met a migration entry and waited");
  out.count("kernel.retries.mirror", f.mirror, "services that an invalidation outran, so that pages were got again");
  out.count("kernel.lock.mmap.reads", kernel != nullptr ? kernel->mmap_lock().reads() : 0, "shared takes of mmap_lock");
  out.count("kernel.lock.mmap.writes", kernel != nullptr ? kernel->mmap_lock().writes() : 0,
            "exclusive takes of mmap_lock");
  out.time("kernel.lock.mmap.wait", kernel != nullptr ? kernel->mmap_lock().waited() : SimTime(),
           "time waited for mmap_lock, summed");
}

}  // namespace

void collect_kernel(const Machine& machine, const DeviceCounters& devices, Statistics& out) {
  const Kernel* const kernel = machine.kernel();
  add_metadata(out, kernel != nullptr ? kernel->device_metadata() : MetadataFigures());
  if (kernel != nullptr && !kernel->spec().pmem.empty()) {
    add_metadata(out, kernel->pmem_metadata(), "metadata.pmem", "persistent memory");
  }
  add_parallel_setup(out, kernel != nullptr ? kernel->parallel_setup_time() : SimTime());
  const TreeCost trees = kernel != nullptr ? kernel->run_tree_cost() : TreeCost();
  out.count("metadata.lookups", trees.lookups, "lookups in the design's trees during the run");
  out.count("metadata.node_visits", trees.visits, "nodes that they read");
  out.time("metadata.lookup_time", trees.time, "their time, as the model of caches prices it");
  add_migrations(out, kernel);
  add_operations(out, kernel);
  add_failures(out, kernel);
  out.bytes("staging.bytes_in", kPageSize * devices.staged_in, "copied to devices for launches, since out of reach");
  out.bytes("staging.bytes_out", kPageSize * devices.staged_back, "copied back after launches");
  out.time("staging.time", machine.memory().staging_time(), "time that streams waited for these copies, summed");
}

}  // namespace farfault
