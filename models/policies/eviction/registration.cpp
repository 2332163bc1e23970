// What `list`, `describe` and configs know of this slot.
#include <algorithm>
#include <map>
#include <string>

#include "models/policies/eviction/access_counter.h"
#include "models/policies/eviction/arc.h"
#include "models/policies/eviction/belady.h"
#include "models/policies/eviction/clean_first.h"
#include "models/policies/eviction/clock.h"
#include "models/policies/eviction/fifo.h"
#include "models/policies/eviction/last_migration.h"
#include "models/policies/eviction/lfu.h"
#include "models/policies/eviction/lru.h"
#include "models/policies/eviction/random.h"
#include "models/policies/eviction/reserve.h"
#include "models/policies/eviction/s3_fifo.h"
#include "models/policies/eviction/sieve.h"
#include "models/policies/eviction/tree.h"
#include "models/policies/eviction/two_q.h"
#include "models/policies/parameter_info.h"
#include "models/policies/registry.h"

namespace farfault {
namespace {

/// Needs the others there already: its order is one of them, with defaults but for the granularity.
void register_reserve(Registry<PolicyInfo<EvictionPolicy>>& registry) {
  ParameterInfo order;
  order.name = "order";
  order.fallback = std::string("lru");
  order.description = "policy that says what leaves, with its defaults";
  order.source = "mm/vmscan.c: LRU lists";
  std::map<std::string, PolicyInfo<EvictionPolicy>> orders;
  for (const auto& [name, info] : registry) {
    const bool sized = std::any_of(info.parameters.begin(), info.parameters.end(),
                                   [](const ParameterInfo& each) { return each.name == "granularity"; });
    // ARC wants to know what room is made for, and ahead of need that is nothing.
    if (!sized || name == "arc") continue;
    order.choices.push_back(name);
    orders.emplace(name, info);
  }
  const char* const watermarks =
      "assumption; the kernel's watermarks are a thousandth of a zone and up (vm.watermark_scale_factor)";
  registry.add(
      {"reserve",
       "reserve/1",
       "Keeps memory free ahead of need: chunks leave in the background, in the order of another policy.",
       "Linux, mm/vmscan.c, balance_pgdat(); Li et al., ASPLOS 2019 (proactive eviction)",
       {order, granularity_parameter("2 MiB as the production driver's root chunk (uvm_pmm_gpu.c)"),
        share_parameter("low", 0.02, "of the device's memory: less free wakes the background", watermarks),
        share_parameter("high", 0.04, "of the device's memory: so much free lets it sleep; at least low", watermarks)},
       [orders](const Parameters& p, std::uint64_t seed) {
         const PolicyInfo<EvictionPolicy>& info = orders.at(p.get<std::string>("order"));
         Parameters parameters = Parameters::defaults(info.parameters);
         parameters.set("granularity", p.get<Bytes>("granularity"));
         const double low = p.get<double>("low");
         return make_reserve(info.make(parameters, seed), {low, std::max(low, p.get<double>("high"))});
       }});
}

}  // namespace

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
  const char* const two_q = "Johnson and Shasha, 2Q, VLDB 1994, section 3";
  registry.add(
      {"two_q",
       "two_q/1",
       "A FIFO for what comes once; what comes back soon after it left is kept by LRU.",
       two_q,
       {granularity_parameter(chunk), share_parameter("kin", 0.25, "of the chunks that fit, for the FIFO", two_q),
        share_parameter("kout", 0.5, "of as many, how many that left it are remembered", two_q)},
       [](const Parameters& parameters, std::uint64_t) {
         return make_two_q(parameters.get<Bytes>("granularity"), parameters.get<double>("kin"),
                           parameters.get<double>("kout"));
       }});
  const char* const s3_fifo = "Yang et al., FIFO queues are all you need for cache eviction, SOSP 2023";
  registry.add({"s3_fifo",
                "s3_fifo/1",
                "A small FIFO lets go what is not hit, a main one keeps the rest, a third remembers.",
                s3_fifo,
                {granularity_parameter(chunk),
                 share_parameter("small", 0.1, "of the chunks that fit, for the small FIFO", s3_fifo)},
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
  registry.add({"random",
                "random/1",
                "Any chunk, all equally likely.",
                "textbook",
                {granularity_parameter(chunk)},
                [](const Parameters& p, std::uint64_t seed) {
                  return make_random_eviction(p.get<Bytes>("granularity"), seed);
                }});
  const char* const counters =
      "Ganguly et al., Adaptive page migration for irregular data-intensive applications, DATE 2020";
  registry.add({"access_counter",
                "access_counter/1",
                "Fewest accesses first, by counts that outlive a chunk's stay and are halved when one is full.",
                counters,
                {granularity_parameter(chunk), number_parameter("halve_at", 1 << 27, "count at which all are halved",
                                                                std::string(counters) + " (27 bits)", 2, 1e18)},
                [](const Parameters& p, std::uint64_t) {
                  return make_access_counter_eviction(p.get<Bytes>("granularity"), p.get<std::uint64_t>("halve_at"));
                }});
  const char* const cflru = "Park et al., CFLRU, CASES 2006";
  registry.add({"clean_first",
                "clean_first/1",
                "LRU, but a chunk of which nothing must be copied leaves before those that must.",
                cflru,
                {granularity_parameter(chunk),
                 share_parameter("window", 0.25, "of the chunks, in which a clean one is looked for",
                                 "assumption; the paper varies it"),
                 number_parameter("most", 64, "chunks that are looked at for one victim, however large the window",
                                  "assumption: bounds the time of a decision", 1, 1e6)},
                [](const Parameters& p, std::uint64_t) {
                  return make_clean_first(p.get<Bytes>("granularity"), p.get<double>("window"),
                                          static_cast<std::size_t>(p.get<std::uint64_t>("most")));
                }});
  const char* const tbn = "Ganguly et al., Interplay between hardware prefetcher and page eviction policy, ISCA 2019";
  registry.add(
      {"tree",
       "tree/1",
       "64 KiB by LRU, and with it the rest of each piece of its 2 MiB block that is not well filled any more.",
       tbn,
       {number_parameter("threshold", 50, "percent of a piece that must be left, or its rest leaves too", tbn, 0, 100)},
       [](const Parameters& p, std::uint64_t) {
         return make_tree_eviction(static_cast<unsigned>(p.get<std::uint64_t>("threshold")));
       }});
  register_reserve(registry);
  registry.add(
      {"belady",
       "belady/1",
       "MIN: what is accessed again last, or never, leaves. Knows the trace: a bound on all others.",
       "Belady, A study of replacement algorithms for a virtual-storage computer, IBM Systems Journal 5(2), 1966",
       {granularity_parameter(chunk)},
       [](const Parameters& p, std::uint64_t) { return make_belady(p.get<Bytes>("granularity")); }});
}

}  // namespace farfault
