/// Graphs and sparse matrices in compressed rows, drawn at random.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace farfault::traces {

/// Row v's entries are targets[offsets[v]] to before targets[offsets[v + 1]]. 4 bytes a row and an entry.
struct CsrGraph {
  std::vector<std::uint32_t> offsets;  ///< rows + 1
  std::vector<std::uint32_t> targets;

  std::uint64_t rows() const { return offsets.size() - 1; }
  std::uint64_t entries() const { return targets.size(); }
  std::uint32_t degree(std::uint64_t row) const { return offsets[row + 1] - offsets[row]; }
};

/// What a generator may keep of a graph: 64 MiB of rows, 512 MiB of entries.
inline constexpr std::uint64_t kMaxGraphRows = std::uint64_t{1} << 24U;
inline constexpr std::uint64_t kMaxGraphEntries = std::uint64_t{1} << 27U;

/// Throws InputError, naming the generator, where a graph of up to so many entries is too large. `factors` names the
/// parameters that make the number.
void check_graph_entries(const std::string& generator, std::uint64_t entries, const std::string& factors);

/// Compressed rows of whatever edges `draw` makes: it is called twice, as draw(edge), and must call edge(row, target)
/// for the same edges in the same order. Entries of a row keep that order.
template <class Draw>
CsrGraph build_graph(std::uint64_t rows, Draw draw) {
  CsrGraph graph;
  graph.offsets.assign(rows + 1, 0);
  draw([&](std::uint64_t row, std::uint64_t) { ++graph.offsets[row + 1]; });
  for (std::uint64_t row = 0; row < rows; ++row) graph.offsets[row + 1] += graph.offsets[row];
  graph.targets.resize(graph.offsets[rows]);
  std::vector<std::uint32_t> next(graph.offsets.begin(), graph.offsets.end() - 1);
  draw([&](std::uint64_t row, std::uint64_t target) {
    graph.targets[next[row]++] = static_cast<std::uint32_t>(target);
  });
  return graph;
}

/// Rodinia's graphgen: each node in order draws a number of edges, uniform in min_edges to max_edges, to uniform
/// targets; both directions are kept, and so are loops and multiple edges. Its own random numbers are seeded by the
/// clock; here they are xoshiro256**.
CsrGraph rodinia_graph(std::uint64_t nodes, std::uint64_t min_edges, std::uint64_t max_edges, std::uint64_t seed);

/// Graph500's recursive matrix (Chakrabarti, Zhan, Faloutsos, SDM 2004): each edge falls into a quarter of the matrix
/// with probabilities .57, .19, .19, .05, and so on within it; then vertices are renamed at random. Loops and multiple
/// edges are kept. For a number of vertices that is no power of two, edges outside are drawn again. `both_ways` keeps
/// the reverse of each edge too.
CsrGraph rmat_graph(std::uint64_t vertices, std::uint64_t edges, bool both_ways, std::uint64_t seed);

}  // namespace farfault::traces
