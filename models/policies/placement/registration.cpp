// What `list`, `describe` and configs know of this slot.
#include <string>
#include <utility>
#include <vector>

#include "models/policies/parameter_info.h"
#include "models/policies/placement/access_counters.h"
#include "models/policies/placement/adaptive.h"
#include "models/policies/placement/advice.h"
#include "models/policies/placement/bypass.h"
#include "models/policies/placement/first_touch_pin.h"
#include "models/policies/placement/memtis.h"
#include "models/policies/placement/migrate_on_fault.h"
#include "models/policies/placement/numa_balancing.h"
#include "models/policies/placement/oracle.h"
#include "models/policies/placement/remote_map.h"
#include "models/policies/registry.h"

namespace farfault {
namespace {

/// How the counters are set up, as far as a policy lets its user choose.
std::vector<ParameterInfo> counting_parameters(const AccessCounting& defaults) {
  const std::string file = std::string(kUvm) + ", uvm_gpu_access_counters.c";
  ParameterInfo granularity;
  granularity.name = "granularity";
  granularity.fallback = defaults.granularity;
  granularity.sizes = {Bytes::kib(64), Bytes::mib(2), Bytes::mib(16)};
  granularity.description = "region that has a counter, and that migrates";
  granularity.source = file + ":41 (uvm_perf_access_counter_granularity)";
  return {granularity,
          number_parameter("threshold", defaults.threshold, "accesses of a region that make it migrate",
                           file + ":44 (uvm_perf_access_counter_threshold)", 1, 1e9),
          number_parameter("buffer", defaults.buffer, "notifications that a device holds; more are lost",
                           "assumption: as many as its fault buffer", 1, 1e9),
          number_parameter("batch", defaults.batch, "notifications that the driver reads at once",
                           file + " (uvm_perf_access_counter_batch_count)", 1, 1e9)};
}

AccessCounting counting_of(const Parameters& p) {
  AccessCounting counting;
  counting.granularity = p.get<Bytes>("granularity");
  counting.threshold = p.get<std::uint64_t>("threshold");
  counting.buffer = p.get<std::uint64_t>("buffer");
  counting.batch = p.get<std::uint64_t>("batch");
  return counting;
}

void register_access_counters(Registry<PolicyInfo<PlacementPolicy>>& registry) {
  ParameterInfo on_fault;
  on_fault.name = "on_fault";
  on_fault.fallback = std::string("migrate");
  on_fault.choices = {"migrate", "map_remote"};
  on_fault.description = "what a device's fault leads to; map_remote delays every migration until a counter tells";
  on_fault.source = std::string(kUvm) + ", without user hints";
  ParameterInfo map_remote_on_eviction;
  map_remote_on_eviction.name = "map_remote_on_eviction";
  map_remote_on_eviction.fallback = true;
  map_remote_on_eviction.description = "what is evicted stays mapped, so that it counts instead of faulting";
  map_remote_on_eviction.source = std::string(kUvm) + ", uvm_va_block.c:67 (uvm_exp_perf_map_remote_on_eviction)";
  std::vector<ParameterInfo> parameters = {on_fault};
  for (ParameterInfo& each : counting_parameters(AccessCounting())) parameters.push_back(std::move(each));
  parameters.push_back(map_remote_on_eviction);
  registry.add({"access_counters", "access_counters/1",
                "Regions that the device accesses often over the link migrate to it.",
                std::string(kUvm) + ", uvm_gpu_access_counters.c", std::move(parameters),
                [](const Parameters& p, std::uint64_t) {
                  AccessCounting counting = counting_of(p);
                  counting.map_remote_on_eviction = p.get<bool>("map_remote_on_eviction");
                  const bool migrate = p.get<std::string>("on_fault") == "migrate";
                  return make_access_counters(migrate ? Placement::kMigrate : Placement::kMapRemote, counting);
                }});
}

void register_bypass(Registry<PolicyInfo<PlacementPolicy>>& registry) {
  registry.add({"bypass", "bypass/1",
                "While there is room as migrate_on_fault; without, pages are mapped remotely, and only regions that go "
                "on being accessed push others out.",
                "Gao and Wilkerson, JILP 2010 (cache bypassing by proof of reuse); the proof is " + std::string(kUvm) +
                    ", uvm_gpu_access_counters.c",
                counting_parameters(AccessCounting()),
                [](const Parameters& p, std::uint64_t) { return make_bypass(counting_of(p)); }});
}

void register_adaptive(Registry<PolicyInfo<PlacementPolicy>>& registry) {
  const AdaptiveParameters defaults;
  const char* const paper =
      "Ganguly et al., Adaptive page migration for irregular data-intensive applications, DATE 2020";
  ParameterInfo granularity;
  granularity.name = "granularity";
  granularity.fallback = defaults.granularity;
  granularity.sizes = {Bytes::kib(64), Bytes::mib(2)};
  granularity.description = "a block, that is counted and migrates";
  granularity.source = paper;
  registry.add(
      {"adaptive",
       "adaptive/1",
       "Blocks migrate after so many accesses over the link: few while there is room, more with each round trip.",
       paper,
       {granularity,
        number_parameter("threshold", defaults.threshold, "ts: accesses, and the step in which they are counted", paper,
                         1, 1e9),
        number_parameter("penalty", defaults.penalty, "p: by how much a full memory raises the threshold",
                         "assumption: as large as the threshold", 1, 1e9)},
       [](const Parameters& p, std::uint64_t) {
         AdaptiveParameters parameters;
         parameters.granularity = p.get<Bytes>("granularity");
         parameters.threshold = p.get<std::uint64_t>("threshold");
         parameters.penalty = p.get<std::uint64_t>("penalty");
         return make_adaptive(parameters);
       }});
}

void register_numa_balancing(Registry<PolicyInfo<PlacementPolicy>>& registry) {
  const NumaBalancingParameters defaults;
  const std::string file = "Linux v6.12, kernel/sched/fair.c";
  ParameterInfo scan_size;
  scan_size.name = "scan_size";
  scan_size.fallback = defaults.scan_size;
  scan_size.description = "how much that is mapped remotely is unmapped each period";
  scan_size.source = file + " (sysctl_numa_balancing_scan_size)";
  scan_size.minimum = static_cast<double>(kPageSize.count());
  ParameterInfo rate_limit;
  rate_limit.name = "rate_limit";
  rate_limit.fallback = defaults.rate_limit;
  rate_limit.description = "of what is promoted; the kernel moves its threshold by it, here what is over it waits";
  rate_limit.source = file + " (sysctl_numa_balancing_promote_rate_limit)";
  ParameterInfo period = time_parameter("scan_period", defaults.scan_period, "time between two looks",
                                        file + " (sysctl_numa_balancing_scan_period_min)");
  period.minimum = 1e6;
  registry.add(
      {"numa_balancing",
       "numa_balancing/1",
       "Hint faults: what is mapped remotely is unmapped now and then, and pages that fault soon after migrate.",
       file + ", task_numa_work() and should_numa_migrate_memory()",
       {period, scan_size,
        time_parameter("hot_threshold", defaults.hot_threshold, "from unmapped to faulted, for a hot page",
                       file + " (sysctl_numa_balancing_hot_threshold)"),
        rate_limit},
       [](const Parameters& p, std::uint64_t) {
         NumaBalancingParameters parameters;
         parameters.scan_period = p.get<SimTime>("scan_period");
         parameters.scan_size = p.get<Bytes>("scan_size");
         parameters.hot_threshold = p.get<SimTime>("hot_threshold");
         parameters.rate_limit = p.get<Bandwidth>("rate_limit");
         return make_numa_balancing(parameters);
       }});
}

void register_memtis(Registry<PolicyInfo<PlacementPolicy>>& registry) {
  const MemtisParameters defaults;
  const char* const paper = "Lee et al., MEMTIS, SOSP 2023";
  ParameterInfo granularity = granularity_parameter(paper);
  granularity.fallback = defaults.granularity;
  granularity.description = "region that has a count, and that migrates";
  ParameterInfo period = time_parameter("period", defaults.period, "time between two promotions", paper);
  period.minimum = 1e6;
  registry.add(
      {"memtis",
       "memtis/1",
       "A histogram of sampled accesses says what is hot enough to fit, and that migrates.",
       paper,
       {granularity,
        number_parameter("sample_period", defaults.sample_period, "accesses for each sample", paper, 1, 1e12),
        number_parameter("cooling", defaults.cooling, "samples after which all counts are halved", paper, 1, 1e15),
        period},
       [](const Parameters& p, std::uint64_t) {
         MemtisParameters parameters;
         parameters.granularity = p.get<Bytes>("granularity");
         parameters.sample_period = p.get<std::uint64_t>("sample_period");
         parameters.cooling = p.get<std::uint64_t>("cooling");
         parameters.period = p.get<SimTime>("period");
         return make_memtis(parameters);
       }});
}

}  // namespace

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
  registry.add(
      {"first_touch_pin",
       "first_touch_pin/1",
       "A page stays where it was first touched: it comes while there is room, later ones are mapped remotely.",
       "first touch with pinning, as tiering studies' static baseline (Yan et al., Nimble, ASPLOS 2019)",
       {},
       [](const Parameters&, std::uint64_t) { return make_first_touch_pin(); }});
  registry.add({"advice",
                "advice/1",
                "What the program advises: preferred location, accessed by, read mostly; all else migrates.",
                "CUDA driver API reference, cudaMemAdvise; " + std::string(kUvm) + ", uvm_va_block.c",
                {},
                [](const Parameters&, std::uint64_t) { return make_advice(); }});
  registry.add({"oracle",
                "oracle/1",
                "Migrates unless what would leave is needed sooner, by belady eviction; then accesses once, remotely.",
                "a bound, not a policy: MIN with bypass",
                {},
                [](const Parameters&, std::uint64_t) { return make_oracle_placement(); }});
  register_access_counters(registry);
  register_adaptive(registry);
  register_bypass(registry);
  register_numa_balancing(registry);
  register_memtis(registry);
}

}  // namespace farfault
