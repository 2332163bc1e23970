#include "sim/replay/collect_detail.h"

#include <string>

namespace farfault {
namespace {

struct Sums {
  bool tlbs = false;
  bool caches = false;
  TlbCounters tlb;
  CacheCounters cache;
  SimTime walk_time;
  Bytes fetched;
  Bytes written_back;

  void add(const Tlbs* one, SimTime walk_level) {
    if (one == nullptr) return;
    tlbs = true;
    const TlbCounters c = one->counters();
    tlb.l1_hits += c.l1_hits;
    tlb.l1_misses += c.l1_misses;
    tlb.l2_hits += c.l2_hits;
    tlb.l2_misses += c.l2_misses;
    tlb.walk_reads += c.walk_reads;
    tlb.invalidations += c.invalidations;
    tlb.flushes += c.flushes;
    tlb.dropped += c.dropped;
    walk_time += walk_level * c.walk_reads;
  }
  void add(const SectorCache* one) {
    if (one == nullptr) return;
    caches = true;
    const CacheCounters& c = one->counters();
    cache.hits += c.hits;
    cache.misses += c.misses;
    cache.dropped += c.dropped;
    fetched += one->sector() * c.fetched;
    written_back += one->sector() * c.written_back;
  }
};

void add_sums(Statistics& out, const std::string& kind, const Sums& sum) {
  const std::string of = kind == "device" ? " of devices" : " of the host";
  if (sum.tlbs) {
    const std::string tlb = "tlb." + kind;
    out.count(tlb + ".l1.hits", sum.tlb.l1_hits, "translations" + of + " that the first level had");
    out.count(tlb + ".l1.misses", sum.tlb.l1_misses, "translations" + of + " that it had not");
    out.count(tlb + ".l2.hits", sum.tlb.l2_hits, "of these, translations that the second level had");
    out.count(tlb + ".l2.misses", sum.tlb.l2_misses, "translations that it had not either");
    out.count(tlb + ".walks", sum.tlb.l2_misses, "walks for translations that no level had");
    out.count(tlb + ".walk_levels", sum.tlb.walk_reads,
              "page tables that these walks read; the walk cache saved others");
    out.time(tlb + ".walk_time", sum.walk_time, "time of these walks, one after the other");
    out.count(tlb + ".invalidations", sum.tlb.invalidations, "changes of page tables that took mappings away");
    out.count(tlb + ".flushes", sum.tlb.flushes, "of these, so large that the TLBs were emptied");
    out.count(tlb + ".dropped", sum.tlb.dropped, "entries that the others took out of TLBs");
  }
  if (sum.caches) {
    const std::string cache = "cache." + kind;
    out.count(cache + ".hits", sum.cache.hits, "units of traffic that the last-level cache had, not counting repeats");
    out.count(cache + ".misses", sum.cache.misses, "units that it had not");
    out.bytes(cache + ".fetched", sum.fetched, "read from memory into the cache");
    out.bytes(cache + ".writebacks", sum.written_back, "written back to memory");
    out.count(cache + ".dropped", sum.cache.dropped, "units in the cache whose page left this memory");
  }
}

}  // namespace

void collect_detail(const Machine& machine, Statistics& out) {
  const Host& host = machine.host();
  Sums of_host;
  of_host.add(host.tlbs(), host.spec().page_table.walk_level.value);
  of_host.add(host.cache());
  add_sums(out, "host", of_host);
  Sums of_devices;
  for (std::size_t i = 0; i < machine.device_count(); ++i) {
    const Device& device = machine.device(DeviceId(static_cast<std::uint32_t>(i)));
    of_devices.add(device.tlbs(), device.spec().page_table.walk_level.value);
    of_devices.add(device.cache());
  }
  add_sums(out, "device", of_devices);
  out.count("tlb.host.shootdowns", host.counters().shootdowns,
            "flushes of other CPUs' TLBs with managed memory; the kernel's are in its flush steps");
  out.count("tlb.host.ipis", host.counters().ipis, "CPUs that were interrupted for them");
}

}  // namespace farfault
