// What `list`, `describe` and configs know of this slot.
#include "models/policies/parameter_info.h"
#include "models/policies/prefetch/block64k.h"
#include "models/policies/prefetch/calls_only.h"
#include "models/policies/prefetch/markov.h"
#include "models/policies/prefetch/next_n.h"
#include "models/policies/prefetch/none.h"
#include "models/policies/prefetch/oracle.h"
#include "models/policies/prefetch/random.h"
#include "models/policies/prefetch/stride.h"
#include "models/policies/prefetch/tree.h"
#include "models/policies/prefetch/whole_allocation.h"
#include "models/policies/prefetch/whole_block.h"
#include "models/policies/registry.h"

namespace farfault {

void register_prefetch(Registry<PolicyInfo<Prefetcher>>& registry) {
  registry.add({"none",
                "none/1",
                "Only the pages that faulted come, whatever the program asks to have prefetched.",
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
  registry.add({"explicit",
                "explicit/1",
                "What the program itself has prefetched, and nothing beside faults.",
                "CUDA driver API reference, cudaMemPrefetchAsync",
                {},
                [](const Parameters&, std::uint64_t) { return make_calls_only(); }});
  const char* const tree = "Ganguly et al., Interplay between hardware prefetcher and page eviction policy, ISCA 2019";
  registry.add({"random",
                "random/1",
                "Random pages of the fault's 2 MiB block come along.",
                tree,
                {number_parameter("pages", 1, "beside each faulted page", tree, 1, 511)},
                [](const Parameters& p, std::uint64_t seed) {
                  return make_random_prefetcher(static_cast<unsigned>(p.get<std::uint64_t>("pages")), seed);
                }});
  registry.add({"whole_allocation",
                "whole_allocation/1",
                "Each fault brings the whole mapping around it, its own block first.",
                "explicit copies of whole arrays, as programs without unified memory make them",
                {},
                [](const Parameters&, std::uint64_t) { return make_whole_allocation(); }});
  const StrideParameters stride;
  const char* const baer =
      "Chen and Baer, Effective hardware-based data prefetching, IEEE Trans. Computers 44(5), 1995";
  registry.add(
      {"stride",
       "stride/1",
       "Where faults of a mapping come at a constant distance, the next ones at that distance come along.",
       baer,
       {number_parameter("degree", stride.degree, "pages at the stride that come beside a fault", "assumption", 1, 512),
        number_parameter("confirmations", stride.confirmations, "equal distances in a row before any page comes", baer,
                         1, 1e6),
        number_parameter("entries", stride.entries, "mappings that are followed at once", baer, 1, 1 << 20)},
       [](const Parameters& p, std::uint64_t) {
         StrideParameters parameters;
         parameters.degree = p.get<std::uint64_t>("degree");
         parameters.confirmations = p.get<std::uint64_t>("confirmations");
         parameters.entries = p.get<std::uint64_t>("entries");
         return make_stride(parameters);
       }});
  const MarkovParameters markov;
  const char* const joseph = "Joseph and Grunwald, Prefetching using Markov predictors, ISCA 1997";
  registry.add({"markov",
                "markov/1",
                "What faulted behind a 2 MiB block before comes when that block faults again.",
                std::string(joseph) + "; for fault blocks: Jung et al., DeepUM, ASPLOS 2023",
                {number_parameter("entries", markov.entries, "blocks whose successors are known, at most",
                                  "assumption: 8 GiB of blocks", 1, 1 << 24),
                 number_parameter("successors", markov.successors, "of a block, the last ones", joseph, 1, 8),
                 number_parameter("depth", markov.depth, "steps that are followed along the last successors",
                                  "assumption", 1, 64)},
                [](const Parameters& p, std::uint64_t) {
                  MarkovParameters parameters;
                  parameters.entries = p.get<std::uint64_t>("entries");
                  parameters.successors = p.get<std::uint64_t>("successors");
                  parameters.depth = p.get<std::uint64_t>("depth");
                  return make_markov(parameters);
                }});
  registry.add({"oracle",
                "oracle/1",
                "Perfect: what is accessed next comes before it is, as fast as the link carries it. Knows the trace.",
                "a bound, not a policy; with belady eviction nothing leaves that is needed sooner",
                {},
                [](const Parameters&, std::uint64_t) { return make_oracle_prefetcher(); }});
}

}  // namespace farfault
