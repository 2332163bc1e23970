#include "traces/generators/graphs/csr_graph.h"

#include <bit>

#include "traces/generators/pattern.h"
#include "traces/generators/random_numbers.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace {

struct Edge {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

/// One edge of the recursive matrix with 2^levels rows and columns.
Edge draw_rmat_edge(Xoshiro256& numbers, int levels) {
  constexpr auto kFirst = static_cast<std::uint32_t>(0.57 * 0x1p32);
  constexpr auto kSecond = static_cast<std::uint32_t>(0.76 * 0x1p32);
  constexpr auto kThird = static_cast<std::uint32_t>(0.95 * 0x1p32);
  Edge edge;
  std::uint64_t bits = 0;
  for (int level = 0; level < levels; ++level) {
    bits = level % 2 == 0 ? numbers.next() : bits >> 32U;
    const auto draw = static_cast<std::uint32_t>(bits);
    // Quarters are numbered row by row.
    const std::uint64_t quarter = (draw >= kFirst ? 1U : 0U) + (draw >= kSecond ? 1U : 0U) + (draw >= kThird ? 1U : 0U);
    edge.from = edge.from << 1U | quarter >> 1U;
    edge.to = edge.to << 1U | (quarter & 1U);
  }
  return edge;
}

}  // namespace

void check_graph_entries(const std::string& generator, std::uint64_t entries, const std::string& factors) {
  if (entries <= kMaxGraphEntries) return;
  refuse(generator,
         factors + ": up to " + std::to_string(entries) + " entries, above the limit of " +
             std::to_string(kMaxGraphEntries),
         "give smaller numbers");
}

CsrGraph rodinia_graph(std::uint64_t nodes, std::uint64_t min_edges, std::uint64_t max_edges, std::uint64_t seed) {
  return build_graph(nodes, [=](auto edge) {
    Xoshiro256 numbers(seed);
    for (std::uint64_t node = 0; node < nodes; ++node) {
      const std::uint64_t own = min_edges + numbers.below(max_edges - min_edges + 1);
      for (std::uint64_t i = 0; i < own; ++i) {
        const std::uint64_t target = numbers.below(nodes);
        edge(node, target);
        edge(target, node);
      }
    }
  });
}

CsrGraph rmat_graph(std::uint64_t vertices, std::uint64_t edges, bool both_ways, std::uint64_t seed) {
  return build_graph(vertices, [=](auto edge) {
    Xoshiro256 numbers(seed);
    const Permutation renamed(vertices, SplitMix64::mix(~seed));
    const int levels = std::bit_width(vertices - 1);
    for (std::uint64_t i = 0; i < edges;) {
      const Edge drawn = draw_rmat_edge(numbers, levels);
      if (drawn.from >= vertices || drawn.to >= vertices) continue;
      const Edge kept{renamed(drawn.from), renamed(drawn.to)};
      edge(kept.from, kept.to);
      if (both_ways) edge(kept.to, kept.from);
      ++i;
    }
  });
}

}  // namespace farfault::traces
