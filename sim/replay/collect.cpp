#include "sim/replay/collect.h"

#include <string>

#include "sim/core/error.h"
#include "sim/replay/collect_detail.h"
#include "sim/replay/collect_kernel.h"

namespace farfault {
namespace {

/// Sums over the lanes of one kind of processor.
struct LaneSum {
  std::uint64_t lanes = 0;
  std::uint64_t local = 0;
  std::uint64_t remote = 0;
  std::uint64_t failed = 0;
  Bytes local_bytes;
  LaneTimes times;
  Histogram latency;
};

LaneSum sum_lanes(const std::vector<std::unique_ptr<FrontEnd>>& front_ends, bool host, SimTime total) {
  LaneSum sum;
  for (const auto& front_end : front_ends) {
    if ((front_end->lane().processor == 0) != host) continue;
    LaneTimes times = front_end->times();
    times.idle = front_end->started() + (total - front_end->ended());
    if (times.total() != total) {
      throw RunError("identity does not hold: the times of " + front_end->lane().name + " add up to " +
                     std::to_string(times.total().picoseconds()) + " ps, the run took " +
                     std::to_string(total.picoseconds()) + " ps");
    }
    ++sum.lanes;
    sum.local += front_end->local_accesses();
    sum.remote += front_end->remote_accesses();
    sum.failed += front_end->failed_accesses();
    sum.local_bytes += front_end->local_bytes();
    sum.times += times;
    sum.latency.merge(front_end->access_latency());
  }
  return sum;
}

void add_lanes(Statistics& out, const std::string& kind, const LaneSum& sum) {
  const std::string of = kind == "device" ? " of devices" : " of the host";
  out.count("lanes." + kind, sum.lanes, "streams or threads" + of + " that replayed accesses");
  out.count("accesses." + kind + ".local", sum.local, "accesses" + of + " to their own memory");
  out.count("accesses." + kind + ".remote", sum.remote, "accesses" + of + " over a link");
  out.count("accesses." + kind + ".failed", sum.failed, "accesses" + of + " to what they cannot reach at all");
  out.bytes("bytes.memory." + kind, sum.local_bytes, "traffic" + of + " to their own memory, without copies");
  const auto time = [&](const char* name, SimTime value, const char* what) {
    out.time("time." + kind + "." + name, value, std::string("summed over lanes") + of + ": " + what);
  };
  time("compute", sum.times.compute, "instructions between accesses and issue of accesses");
  time("local", sum.times.local, "waiting for their own memory's bandwidth");
  time("remote", sum.times.remote, "waiting for memory over a link");
  time("stall", sum.times.stall, "waiting for page faults");
  time("kernel", sum.times.kernel, "system calls of the trace: get_user_pages, pins, fork");
  time("wait", sum.times.wait, "waiting for other lanes");
  time("idle", sum.times.idle, "before the first and after the last access");
  out.distribution("latency.access." + kind, Unit::kTime, sum.latency, "time of an access" + of);
}

void add_host(Statistics& out, const Host& host, const MemoryManager& memory) {
  out.count("faults.cpu.minor", host.counters().minor_faults, "first touches of a page by a host thread");
  out.count("faults.cpu.huge", host.counters().huge_faults, "of these, first touches that took 2 MiB");
  out.count("faults.cpu.migrate", host.counters().migrate_faults, "host accesses to pages in device memory");
  out.distribution("latency.fault.cpu", Unit::kTime, memory.cpu_fault_latency(),
                   "host access to a page in device memory, until it is back");
  out.bytes("memory.host.peak", kPageSize * host.peak(), "most host memory that held pages of the workload");
  out.bytes("memory.host.capacity", host.spec().memory.capacity.value, "host memory");
  const PageTable& table = host.page_table();
  out.count("pagetable.host.nodes", table.nodes(), "tables of the host's page table at the end");
  out.bytes("pagetable.host.peak", table.peak_bytes(), "most memory of the host's page table");
  out.count("pagetable.host.entries_written", table.entries_written(), "entries written or cleared");
  out.count("pagetable.host.walks", table.walks(), "walks after faults");
}

DeviceCounters sum_devices(const Machine& machine) {
  DeviceCounters sum;
  for (std::size_t i = 0; i < machine.device_count(); ++i) {
    const DeviceCounters& c = machine.device(DeviceId(static_cast<std::uint32_t>(i))).counters();
    sum.raised += c.raised;
    sum.coalesced += c.coalesced;
    sum.serviced += c.serviced;
    sum.duplicate += c.duplicate;
    sum.dropped += c.dropped;
    sum.throttled += c.throttled;
    sum.batches += c.batches;
    sum.group_time += c.group_time;
    sum.replays += c.replays;
    sum.interrupts += c.interrupts;
    sum.refaults += c.refaults;
    sum.demand_pages += c.demand_pages;
    sum.prefetch_pages += c.prefetch_pages;
    sum.counter_pages += c.counter_pages;
    sum.duplicated_pages += c.duplicated_pages;
    sum.collapsed_pages += c.collapsed_pages;
    sum.called_back_pages += c.called_back_pages;
    sum.prefetch_used += c.prefetch_used;
    sum.zero_filled += c.zero_filled;
    sum.remote_pages += c.remote_pages;
    sum.eviction_pages += c.eviction_pages;
    sum.evicted_chunks += c.evicted_chunks;
    sum.cpu_fault_pages += c.cpu_fault_pages;
    sum.peer_pages += c.peer_pages;
    sum.direct_pages += c.direct_pages;
    sum.unmapped_pages += c.unmapped_pages;
    sum.gup_pages += c.gup_pages;
    sum.cow_pages += c.cow_pages;
    sum.staged_in += c.staged_in;
    sum.staged_back += c.staged_back;
    sum.allocated_folios += c.allocated_folios;
    sum.freed_folios += c.freed_folios;
    sum.batch_faults.merge(c.batch_faults);
    sum.batch_blocks.merge(c.batch_blocks);
    sum.fault_latency.merge(c.fault_latency);
    sum.piece_bytes_to_device.merge(c.piece_bytes_to_device);
    sum.piece_bytes_to_host.merge(c.piece_bytes_to_host);
  }
  return sum;
}

void add_faults(Statistics& out, const DeviceCounters& c) {
  out.count("faults.device.raised", c.raised, "entries that devices wrote to their fault buffers");
  out.count("faults.device.coalesced", c.coalesced, "faulting accesses that joined a fault of their micro-TLB");
  out.count("faults.device.serviced", c.serviced, "faulted pages that a batch made accessible");
  out.count("faults.device.duplicate", c.duplicate, "entries for pages that were served already or in the same batch");
  out.count("faults.device.dropped", c.dropped, "entries flushed or put off at a replay; their accesses fault again");
  out.count("faults.device.throttled", c.throttled, "entries put off against thrashing; their accesses fault again");
  out.count("faults.device.batches", c.batches, "batches that drivers served");
  out.time("faults.device.group_time", c.group_time,
           "from reading a batch to where it is served, without the flush, summed over batches");
  out.count("faults.device.replays", c.replays, "replays sent to devices");
  out.count("faults.device.interrupts", c.interrupts, "times that a sleeping driver worker was woken");
  out.count("faults.device.refaults", c.refaults, "demand pages that had been evicted before");
  out.distribution("faults.device.batch_faults", Unit::kCount, c.batch_faults, "fault entries in a batch");
  out.distribution("faults.device.batch_blocks", Unit::kCount, c.batch_blocks, "2 MiB blocks in a batch");
  out.distribution("latency.fault.device", Unit::kTime, c.fault_latency, "device fault, from raised to replayed");
}

void add_access_counters(Statistics& out, const Machine& machine) {
  std::uint64_t counted = 0;
  std::uint64_t notifications = 0;
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i < machine.device_count(); ++i) {
    const AccessCounters* const counters = machine.device(DeviceId(static_cast<std::uint32_t>(i))).access_counters();
    if (counters == nullptr) continue;
    counted += counters->counted();
    notifications += counters->notifications();
    lost += counters->lost();
  }
  out.count("access_counters.accesses", counted, "accesses over links that devices' counters saw");
  out.count("access_counters.notifications", notifications, "times that a counter told its driver");
  out.count("access_counters.lost", lost, "times that there was no room to tell it");
}

void add_pages(Statistics& out, const DeviceCounters& c) {
  out.count("pages.to_device.demand", c.demand_pages, "4 KiB pages that came to devices because they faulted");
  out.count("pages.to_device.prefetch", c.prefetch_pages, "pages that came beside them");
  out.count("pages.to_device.prefetch_used", c.prefetch_used, "prefetched pages accessed before they left");
  out.count("pages.to_device.access_counter", c.counter_pages,
            "pages that access counters, or looks for hot pages, brought");
  out.count("pages.to_device.duplicated", c.duplicated_pages,
            "of demand and prefetch: copies of read-mostly pages that stayed in host memory");
  out.count("pages.collapsed", c.collapsed_pages, "copies that became the page, since their device wrote");
  out.count("pages.to_device.zero_filled", c.zero_filled, "pages allocated on devices with nothing to copy");
  out.count("pages.to_host.eviction", c.eviction_pages, "pages pushed out to make room");
  out.count("pages.to_host.cpu_fault", c.cpu_fault_pages, "pages brought back by host accesses");
  out.count("pages.to_host.gup", c.gup_pages, "pages brought back by get_user_pages and pins");
  out.count("pages.to_host.cow", c.cow_pages, "pages brought back since a device's write must copy them");
  out.count("pages.to_host.prefetch", c.called_back_pages, "pages that the program had prefetched to the host");
  out.count("pages.to_host.peer", c.peer_pages, "pages that left for another device, over the host");
  out.count("pages.peer", c.direct_pages, "pages that left for another device over a link between both");
  out.count("pages.unmapped", c.unmapped_pages, "device pages freed by munmap");
  out.count("pages.remote_mapped", c.remote_pages, "pages mapped where they are, on the host or another device");
  out.count("folios.allocated", c.allocated_folios, "4 KiB pages and 2 MiB folios that devices handed out");
  out.count("folios.freed", c.freed_folios, "of these, given back; each tells the driver once");
  out.count("evictions.chunks", c.evicted_chunks, "chunks that eviction policies chose");
  out.distribution("pieces.to_device", Unit::kBytes, c.piece_bytes_to_device, "contiguous pieces copied to devices");
  out.distribution("pieces.to_host", Unit::kBytes, c.piece_bytes_to_host, "contiguous pieces copied to the host");
}

/// Bytes over time, and as a share of what the resource could have moved.
void add_rate(Statistics& out, const std::string& name, Bytes bytes, Bandwidth peak, SimTime total,
              const std::string& what) {
  const double seconds = total.seconds();
  const double rate = seconds > 0 ? static_cast<double>(bytes.count()) / seconds : 0.0;
  out.bandwidth("bandwidth." + name, Bandwidth::bytes_per_second(rate), what + ", averaged over the run");
  const double share = peak.is_unlimited() ? 0.0 : rate / peak.bytes_per_second();
  out.ratio("utilisation." + name, share, what + ", as a share of the peak");
}

void add_links(Statistics& out, const Machine& machine, SimTime total) {
  for (const auto& link : machine.links()) {
    for (const LinkDirection direction : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
      const std::string end = direction == LinkDirection::kToDevice ? ".to_device" : ".to_host";
      const std::string name = "link." + link->spec().name + end;
      const Traffic& traffic = link->traffic(direction);
      out.bytes("bytes." + name, traffic.total(), "bytes over the link in this direction");
      for (std::size_t i = 0; i < kCauseCount; ++i) {
        const auto cause = static_cast<Cause>(i);
        out.bytes("bytes." + name + "." + std::string(cause_name(cause)), traffic.of(cause), "of these, by cause");
      }
      add_rate(out, name, traffic.total(), link->resource(direction).bandwidth(), total, "bytes over the link");
    }
  }
}

/// Of copy engines: their jobs. `name` is whose they are.
void add_dma(Statistics& out, const std::string& name, LinkDirection direction, const DmaEngine& dma) {
  const std::string prefix = "dma." + name + (direction == LinkDirection::kToDevice ? ".to_device" : ".to_host");
  out.count(prefix + ".jobs", dma.jobs(), "jobs that the copy engines took");
  out.count(prefix + ".pieces", dma.pieces(), "contiguous pieces in them");
  out.time(prefix + ".busy", dma.busy(), "time that jobs ran, summed");
}

void add_peer_links(Statistics& out, const PeerLinks& peers) {
  for (std::size_t i = 0; i < peers.size(); ++i) {
    for (const LinkDirection direction : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
      add_dma(out, "link." + peers[i].link().spec().name, direction, peers[i].dma(direction));
    }
  }
}

void add_memories(Statistics& out, const Machine& machine, SimTime total) {
  Bytes capacity;
  Bytes peak;
  std::uint64_t nodes = 0;
  std::uint64_t walks = 0;
  std::uint64_t written = 0;
  Bytes table_peak;
  for (std::size_t i = 0; i < machine.device_count(); ++i) {
    const Device& device = machine.device(DeviceId(static_cast<std::uint32_t>(i)));
    const std::string name = device.spec().name;
    capacity += kPageSize * device.memory().capacity_pages();
    peak += kPageSize * device.memory().peak_pages();
    nodes += device.page_table().nodes();
    walks += device.page_table().walks();
    written += device.page_table().entries_written();
    table_peak += device.page_table().peak_bytes();
    out.ratio("memory." + name + ".fragmentation", device.memory().fragmentation(),
              "share of the free memory at the end that is not in whole 2 MiB chunks");
    add_rate(out, "memory." + name, device.vram().transferred(), device.vram().bandwidth(), total,
             "traffic of device memory, with copies");
    for (const LinkDirection direction : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
      add_dma(out, name, direction, device.dma(direction));
    }
  }
  out.bytes("memory.device.capacity", capacity, "device memory that the workload may use");
  out.bytes("memory.device.peak", peak, "most device memory in use, summed over devices");
  out.count("pagetable.device.nodes", nodes, "tables of the devices' page tables at the end");
  out.bytes("pagetable.device.peak", table_peak, "most memory of the devices' page tables");
  out.count("pagetable.device.entries_written", written, "entries written or cleared");
  out.count("pagetable.device.walks", walks, "walks that ended in a fault");
  add_rate(out, "memory.host", machine.host().dram().transferred(), machine.host().dram().bandwidth(), total,
           "traffic of host memory, with copies");
}

void add_software(Statistics& out, const MemoryManager& memory) {
  for (std::size_t i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<Stage>(i);
    out.time("driver.time." + std::string(stage_name(stage)), memory.software().stage[i],
             "software time of fault service and migration in this stage, without copies");
  }
  out.time("driver.time.total", memory.software().total(), "software time of all stages");
}

}  // namespace

Statistics collect(const Machine& machine, const std::vector<std::unique_ptr<FrontEnd>>& front_ends, SimTime total) {
  Statistics out;
  const LaneSum device = sum_lanes(front_ends, false, total);
  const LaneSum host = sum_lanes(front_ends, true, total);
  out.time("time.total", total, "simulated time until the last access of the workload is done");
  out.count("accesses.total", device.local + device.remote + device.failed + host.local + host.remote + host.failed,
            "accesses of the workload");
  add_lanes(out, "device", device);
  add_lanes(out, "host", host);
  const DeviceCounters devices = sum_devices(machine);
  add_faults(out, devices);
  add_pages(out, devices);
  add_access_counters(out, machine);
  add_host(out, machine.host(), machine.memory());
  add_links(out, machine, total);
  add_peer_links(out, machine.peers());
  add_memories(out, machine, total);
  add_software(out, machine.memory());
  collect_detail(machine, out);
  collect_kernel(machine, devices, out);
  out.count("footprint.pages", machine.memory().touched_pages(), "distinct 4 KiB pages that the workload accessed");
  out.bytes("footprint.bytes", kPageSize * machine.memory().touched_pages(), "the same in bytes");
  return out;
}

}  // namespace farfault
