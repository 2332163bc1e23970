/// The graph of the UVMSmart suite's sssp, which is the same in every run that uses glibc's rand().
#pragma once

#include <cstdint>
#include <vector>

namespace farfault::traces {

/// Every vertex has so many edges, to vertices other than itself and each other. 8 bytes an edge.
struct SsspGraph {
  std::uint64_t vertices = 0;
  std::uint64_t degree = 0;
  std::vector<std::uint32_t> edges;  ///< of vertex v: edges[v * degree] and so on
  std::vector<float> weights;        ///< 0 to 0.999
};

/// REQUIRES: 0 < degree < vertices <= 2^31.
SsspGraph sssp_graph(std::uint64_t vertices, std::uint64_t degree);

/// Distances, by Bellman and Ford's algorithm with a frontier; what the kernels compute.
class SsspSearch {
 public:
  /// From vertex 0.
  explicit SsspSearch(std::uint64_t vertices);

  bool in_frontier(std::uint64_t vertex) const { return frontier_[vertex]; }
  bool done() const;
  /// Kernel 1 for an edge of a vertex of the frontier.
  void relax(std::uint64_t from, std::uint64_t to, float weight);
  void leave_frontier(std::uint64_t vertex) { frontier_[vertex] = false; }
  /// Kernel 2 for a vertex: whether it comes nearer, and so joins the frontier.
  bool settle(std::uint64_t vertex);

 private:
  std::vector<bool> frontier_;
  std::vector<float> distance_;
  std::vector<float> update_;
};

}  // namespace farfault::traces
