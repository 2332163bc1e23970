#include "models/policies/registry.h"

#include "models/policies/eviction/fifo.h"
#include "models/policies/eviction/lru.h"
#include "models/policies/placement/migrate_on_fault.h"
#include "models/policies/placement/remote_map.h"
#include "models/policies/prefetch/block64k.h"
#include "models/policies/prefetch/none.h"
#include "models/policies/prefetch/tree.h"
#include "models/policies/thrashing/none.h"
#include "models/policies/thrashing/time_slice.h"

namespace farfault {
namespace {

constexpr const char* kUvm = "NVIDIA open-gpu-kernel-modules 595.45.04";

ParameterInfo granularity_parameter(std::string source) {
  ParameterInfo info;
  info.name = "granularity";
  info.fallback = kBlockSize;
  info.description = "size of a chunk: the unit that leaves the device";
  info.source = std::move(source);
  info.sizes = {Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)};
  return info;
}

void register_placement(Registry<PolicyInfo<PlacementPolicy>>& registry) {
  registry.add({"migrate_on_fault",
                "migrate_on_fault/1",
                "Every fault migrates its page to the device.",
                std::string(kUvm) + ", default without access counters",
                {},
                [](const Parameters&, std::uint64_t) { return make_migrate_on_fault(); }});
  registry.add({"remote_map",
                "remote_map/1",
                "Nothing migrates: the device reaches host memory over the link.",
                "zero-copy access, as in EMOGI (Min et al., VLDB 2020)",
                {},
                [](const Parameters&, std::uint64_t) { return make_remote_map(); }});
}

void register_prefetch(Registry<PolicyInfo<Prefetcher>>& registry) {
  registry.add({"none",
                "none/1",
                "Only the pages that faulted come.",
                "uvm_perf_prefetch_enable=0",
                {},
                [](const Parameters&, std::uint64_t) { return make_no_prefetch(); }});
  registry.add({"block64k",
                "block64k/1",
                "Each fault brings the aligned 64 KiB around it.",
                std::string(kUvm) + ", uvm_perf_prefetch.c, without the tree",
                {},
                [](const Parameters&, std::uint64_t) { return make_block64k(); }});

  ParameterInfo threshold;
  threshold.name = "threshold";
  threshold.fallback = std::uint64_t{51};
  threshold.description = "percent of a piece that must be occupied, strictly more, before the rest is brought";
  threshold.source = std::string(kUvm) + ", uvm_perf_prefetch.c:42 (uvm_perf_prefetch_threshold)";
  threshold.minimum = 0;
  threshold.maximum = 100;
  registry.add({"tree",
                "tree/1",
                "The production driver's tree: 64 KiB around a fault, then the largest well-filled piece of its 2 MiB.",
                std::string(kUvm) + ", uvm_perf_prefetch.c",
                {threshold},
                [](const Parameters& parameters, std::uint64_t) {
                  return make_tree_prefetcher(static_cast<unsigned>(parameters.get<std::uint64_t>("threshold")));
                }});
}

void register_eviction(Registry<PolicyInfo<EvictionPolicy>>& registry) {
  registry.add(
      {"lru",
       "lru/1",
       "Least recently accessed chunk first; sees every access, which no driver can.",
       "textbook; an upper reference for drivers' approximations",
       {granularity_parameter("2 MiB as the production driver's root chunk (uvm_pmm_gpu.c)")},
       [](const Parameters& parameters, std::uint64_t) { return make_lru(parameters.get<Bytes>("granularity")); }});
  registry.add(
      {"fifo",
       "fifo/1",
       "Oldest allocation first, as the production driver orders its chunks.",
       std::string(kUvm) + ", uvm_pmm_gpu.c:1487-1525",
       {granularity_parameter("2 MiB as the production driver's root chunk (uvm_pmm_gpu.c)")},
       [](const Parameters& parameters, std::uint64_t) { return make_fifo(parameters.get<Bytes>("granularity")); }});
}

void register_thrashing(Registry<PolicyInfo<ThrashingGuard>>& registry) {
  registry.add({"none",
                "none/1",
                "Pages are never held still.",
                "uvm_perf_thrashing_enable=0",
                {},
                [](const Parameters&, std::uint64_t) { return make_no_thrashing_guard(); }});

  ParameterInfo slice;
  slice.name = "slice";
  slice.fallback = SimTime::microseconds(500);
  slice.description = "how long a chunk stays on the side that it has come to";
  slice.source =
      "assumption: as the lapse within which the production driver takes moves for thrashing "
      "(uvm_perf_thrashing.c:267)";
  slice.minimum = 0;
  ParameterInfo granularity = granularity_parameter("assumption: the page that moves");
  granularity.fallback = kPageSize;
  granularity.description = "size of a chunk, whose pages have their slices together";
  registry.add({"time_slice",
                "time_slice/1",
                "What has moved stays for a time slice: CPU faults wait for its end, device faults map remotely.",
                "a fixed residency, as reviews of device-private memory ask for; both sides are throttled by "
                "uvm_perf_thrashing.c, too, by another rule",
                {slice, granularity},
                [](const Parameters& parameters, std::uint64_t) {
                  return make_time_slice(parameters.get<SimTime>("slice"), parameters.get<Bytes>("granularity"));
                }});
}

}  // namespace

void register_policies(PolicyRegistry& registry) {
  register_placement(registry.placement);
  register_prefetch(registry.prefetch);
  register_eviction(registry.eviction);
  register_thrashing(registry.thrashing);
}

}  // namespace farfault
