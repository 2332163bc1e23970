#include "models/policies/registry.h"

#include "models/policies/eviction/arc.h"
#include "models/policies/eviction/clock.h"
#include "models/policies/eviction/fifo.h"
#include "models/policies/eviction/last_migration.h"
#include "models/policies/eviction/lfu.h"
#include "models/policies/eviction/lru.h"
#include "models/policies/eviction/s3_fifo.h"
#include "models/policies/eviction/sieve.h"
#include "models/policies/eviction/two_q.h"
#include "models/policies/placement/access_counters.h"
#include "models/policies/placement/migrate_on_fault.h"
#include "models/policies/placement/remote_map.h"
#include "models/policies/prefetch/block64k.h"
#include "models/policies/prefetch/next_n.h"
#include "models/policies/prefetch/none.h"
#include "models/policies/prefetch/tree.h"
#include "models/policies/prefetch/whole_block.h"
#include "models/policies/thrashing/none.h"
#include "models/policies/thrashing/throttle_pin.h"
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

ParameterInfo number_parameter(const std::string& name, std::uint64_t fallback, const char* description,
                               std::string source, double minimum, double maximum) {
  ParameterInfo info;
  info.name = name;
  info.fallback = fallback;
  info.description = description;
  info.source = std::move(source);
  info.minimum = minimum;
  info.maximum = maximum;
  return info;
}

void register_access_counters(Registry<PolicyInfo<PlacementPolicy>>& registry) {
  const AccessCounting defaults;
  const std::string file = std::string(kUvm) + ", uvm_gpu_access_counters.c";
  ParameterInfo on_fault;
  on_fault.name = "on_fault";
  on_fault.fallback = std::string("migrate");
  on_fault.choices = {"migrate", "map_remote"};
  on_fault.description = "what a device's fault leads to";
  on_fault.source = std::string(kUvm) + ", without user hints";
  ParameterInfo granularity;
  granularity.name = "granularity";
  granularity.fallback = defaults.granularity;
  granularity.sizes = {Bytes::kib(64), Bytes::mib(2), Bytes::mib(16)};
  granularity.description = "region that has a counter, and that migrates";
  granularity.source = file + ":41 (uvm_perf_access_counter_granularity)";
  const auto number = [](const char* name, std::uint64_t fallback, const char* description, std::string source) {
    return number_parameter(name, fallback, description, std::move(source), 1, 1e9);
  };
  ParameterInfo map_remote_on_eviction;
  map_remote_on_eviction.name = "map_remote_on_eviction";
  map_remote_on_eviction.fallback = true;
  map_remote_on_eviction.description = "what is evicted stays mapped, so that it counts instead of faulting";
  map_remote_on_eviction.source = std::string(kUvm) + ", uvm_va_block.c:67 (uvm_exp_perf_map_remote_on_eviction)";
  registry.add({"access_counters",
                "access_counters/1",
                "Regions that the device accesses often over the link migrate to it.",
                file,
                {on_fault, granularity,
                 number("threshold", defaults.threshold, "accesses of a region that make it migrate",
                        file + ":44 (uvm_perf_access_counter_threshold)"),
                 number("buffer", defaults.buffer, "notifications that a device holds; more are lost",
                        "assumption: as many as its fault buffer"),
                 number("batch", defaults.batch, "notifications that the driver reads at once",
                        file + " (uvm_perf_access_counter_batch_count)"),
                 map_remote_on_eviction},
                [](const Parameters& p, std::uint64_t) {
                  AccessCounting counting;
                  counting.granularity = p.get<Bytes>("granularity");
                  counting.threshold = p.get<std::uint64_t>("threshold");
                  counting.buffer = p.get<std::uint64_t>("buffer");
                  counting.batch = p.get<std::uint64_t>("batch");
                  counting.map_remote_on_eviction = p.get<bool>("map_remote_on_eviction");
                  const bool migrate = p.get<std::string>("on_fault") == "migrate";
                  return make_access_counters(migrate ? Placement::kMigrate : Placement::kMapRemote, counting);
                }});
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
  register_access_counters(registry);
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
  registry.add({"next_n",
                "next_n/1",
                "The pages behind each fault come along, up to the end of its 2 MiB block.",
                "Smith, Sequential program prefetching in memory hierarchies, Computer 11(12), 1978",
                {number_parameter("pages", 15, "behind each faulted page",
                                  "assumption: with the faulted one, as many as a 64 KiB page has", 1, 511)},
                [](const Parameters& parameters, std::uint64_t) {
                  return make_next_n(static_cast<unsigned>(parameters.get<std::uint64_t>("pages")));
                }});
  registry.add({"whole_block",
                "whole_block/1",
                "Each fault brings all of its 2 MiB block.",
                "the driver's block as the only unit; as uvm_perf_prefetch_threshold=0 after the first fault",
                {},
                [](const Parameters&, std::uint64_t) { return make_whole_block(); }});

  registry.add(
      {"tree",
       "tree/1",
       "The production driver's tree: 64 KiB around a fault, then the largest well-filled piece of its 2 MiB.",
       std::string(kUvm) + ", uvm_perf_prefetch.c",
       {number_parameter("threshold", 51,
                         "percent of a piece that must be occupied, strictly more, before the rest is brought",
                         std::string(kUvm) + ", uvm_perf_prefetch.c:42 (uvm_perf_prefetch_threshold)", 0, 100),
        number_parameter("minimum_faults", 1,
                         "faulted pages of a block that must go to one processor before others come beside them",
                         std::string(kUvm) + ", uvm_perf_prefetch.c:51 (uvm_perf_prefetch_min_faults)", 1, 512)},
       [](const Parameters& parameters, std::uint64_t) {
         return make_tree_prefetcher(static_cast<unsigned>(parameters.get<std::uint64_t>("threshold")),
                                     parameters.get<std::uint64_t>("minimum_faults"));
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
       "Oldest allocation first.",
       "textbook",
       {granularity_parameter("2 MiB as the production driver's root chunk (uvm_pmm_gpu.c)")},
       [](const Parameters& parameters, std::uint64_t) { return make_fifo(parameters.get<Bytes>("granularity")); }});
  registry.add({"last_migration",
                "last_migration/1",
                "Longest without a migration into it first, as the production driver orders its chunks.",
                std::string(kUvm) + ", uvm_pmm_gpu.c:1487-1525 and block_mark_memory_used in uvm_va_block.c",
                {granularity_parameter("2 MiB as the production driver's root chunk (uvm_pmm_gpu.c)")},
                [](const Parameters& parameters, std::uint64_t) {
                  return make_last_migration(parameters.get<Bytes>("granularity"));
                }});
  const std::string chunk = "2 MiB as the production driver's root chunk (uvm_pmm_gpu.c)";
  registry.add(
      {"clock",
       "clock/1",
       "Oldest first, but what was hit since it was looked at last gets another turn.",
       "Corbato, A paging experiment with the Multics system, 1968; one reference bit",
       {granularity_parameter(chunk)},
       [](const Parameters& parameters, std::uint64_t) { return make_clock(parameters.get<Bytes>("granularity")); }});
  registry.add(
      {"sieve",
       "sieve/1",
       "A hand from old to new spares what was hit since it passed; nothing changes its place.",
       "Zhang et al., SIEVE is simpler than LRU, NSDI 2024",
       {granularity_parameter(chunk)},
       [](const Parameters& parameters, std::uint64_t) { return make_sieve(parameters.get<Bytes>("granularity")); }});
  ParameterInfo ageing;
  ageing.name = "ageing";
  ageing.fallback = std::string("dynamic");
  ageing.choices = {"dynamic", "none"};
  ageing.description = "whether counts of long ago lose their weight: each access ranks above what has left";
  ageing.source =
      "LFU with dynamic ageing: Arlitt et al., Evaluating content management techniques for Web proxy caches, 2000";
  registry.add({"lfu",
                "lfu/1",
                "Least often accessed since it came first; among equals the one accessed longest ago.",
                "textbook; with ageing: Arlitt et al., 2000",
                {granularity_parameter(chunk), ageing},
                [](const Parameters& parameters, std::uint64_t) {
                  return make_lfu(parameters.get<Bytes>("granularity"),
                                  parameters.get<std::string>("ageing") == "dynamic");
                }});
  const auto share = [](const char* name, double fallback, const char* description, const char* source) {
    ParameterInfo info;
    info.name = name;
    info.fallback = fallback;
    info.description = description;
    info.source = source;
    info.minimum = 0.001;
    info.maximum = 1;
    return info;
  };
  const char* const two_q = "Johnson and Shasha, 2Q, VLDB 1994, section 3";
  registry.add({"two_q",
                "two_q/1",
                "A FIFO for what comes once; what comes back soon after it left is kept by LRU.",
                two_q,
                {granularity_parameter(chunk), share("kin", 0.25, "of the chunks that fit, for the FIFO", two_q),
                 share("kout", 0.5, "of as many, how many that left it are remembered", two_q)},
                [](const Parameters& parameters, std::uint64_t) {
                  return make_two_q(parameters.get<Bytes>("granularity"), parameters.get<double>("kin"),
                                    parameters.get<double>("kout"));
                }});
  const char* const s3_fifo = "Yang et al., FIFO queues are all you need for cache eviction, SOSP 2023";
  registry.add(
      {"s3_fifo",
       "s3_fifo/1",
       "A small FIFO lets go what is not hit, a main one keeps the rest, a third remembers.",
       s3_fifo,
       {granularity_parameter(chunk), share("small", 0.1, "of the chunks that fit, for the small FIFO", s3_fifo)},
       [](const Parameters& parameters, std::uint64_t) {
         return make_s3_fifo(parameters.get<Bytes>("granularity"), parameters.get<double>("small"));
       }});
  registry.add(
      {"arc",
       "arc/1",
       "Two LRU lists, of chunks accessed once and more often, whose sizes adapt to what comes back.",
       "Megiddo and Modha, ARC: a self-tuning, low overhead replacement cache, FAST 2003",
       {granularity_parameter(chunk)},
       [](const Parameters& parameters, std::uint64_t) { return make_arc(parameters.get<Bytes>("granularity")); }});
}

ParameterInfo thrashing_parameter(const std::string& name, std::uint64_t fallback, const char* description,
                                  const char* line, double minimum, double maximum) {
  return number_parameter(name, fallback, description,
                          std::string(kUvm) + ", uvm_perf_thrashing.c:" + line + " (uvm_perf_thrashing_" + name + ")",
                          minimum, maximum);
}

void register_throttle_pin(Registry<PolicyInfo<ThrashingGuard>>& registry) {
  const ThrottlePinParameters defaults;
  ParameterInfo lapse;
  lapse.name = "lapse";
  lapse.fallback = defaults.lapse;
  lapse.description = "most time between moves of a block to two processors that count as thrashing";
  lapse.source = std::string(kUvm) + ", uvm_perf_thrashing.c:267 (uvm_perf_thrashing_lapse_usec)";
  registry.add(
      {"throttle_pin",
       "throttle_pin/1",
       "The production driver's: who takes a thrashing page takes turns; if that goes on, it is pinned in host memory.",
       std::string(kUvm) + ", uvm_perf_thrashing.c",
       {thrashing_parameter("threshold", defaults.threshold, "moves that count, before a page thrashes", "249", 1, 255),
        thrashing_parameter("pin_threshold", defaults.pin_threshold, "throttles of a page, before it is pinned", "257",
                            0, 255),
        lapse, thrashing_parameter("nap", defaults.nap, "how long a processor is throttled, in lapses", "283", 0, 1e6),
        thrashing_parameter("epoch", defaults.epoch, "after which a block that is calm begins anew, in lapses", "290",
                            0, 1e9),
        thrashing_parameter("pin", defaults.pin, "how long a page is pinned, in lapses", "304", 0, 1e9),
        thrashing_parameter("max_resets", defaults.max_resets, "times that a block begins anew, at most", "314", 0,
                            1e18)},
       [](const Parameters& p, std::uint64_t) {
         ThrottlePinParameters parameters;
         parameters.threshold = p.get<std::uint64_t>("threshold");
         parameters.pin_threshold = p.get<std::uint64_t>("pin_threshold");
         parameters.lapse = p.get<SimTime>("lapse");
         parameters.nap = p.get<std::uint64_t>("nap");
         parameters.epoch = p.get<std::uint64_t>("epoch");
         parameters.pin = p.get<std::uint64_t>("pin");
         parameters.max_resets = p.get<std::uint64_t>("max_resets");
         return make_throttle_pin(parameters);
       }});
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
  register_throttle_pin(registry);
}

}  // namespace

void register_policies(PolicyRegistry& registry) {
  register_placement(registry.placement);
  register_prefetch(registry.prefetch);
  register_eviction(registry.eviction);
  register_thrashing(registry.thrashing);
}

}  // namespace farfault
