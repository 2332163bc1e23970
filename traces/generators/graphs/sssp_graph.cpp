#include "traces/generators/graphs/sssp_graph.h"

#include <algorithm>
#include <limits>

#include "traces/generators/glibc_random.h"

namespace farfault::traces {

SsspGraph sssp_graph(std::uint64_t vertices, std::uint64_t degree) {
  SsspGraph graph{vertices, degree, {}, {}};
  graph.edges.reserve(vertices * degree);
  graph.weights.reserve(vertices * degree);
  GlibcRandom numbers;
  for (std::uint64_t vertex = 0; vertex < vertices; ++vertex) {
    const auto own = graph.edges.size();
    for (std::uint64_t i = 0; i < degree; ++i) {
      std::uint32_t target = 0;
      do {
        target = static_cast<std::uint32_t>(numbers.next() % vertices);
      } while (target == vertex || std::find(graph.edges.begin() + static_cast<std::ptrdiff_t>(own), graph.edges.end(),
                                             target) != graph.edges.end());
      graph.edges.push_back(target);
      graph.weights.push_back(static_cast<float>(numbers.next() % 1000) / 1000.0F);
    }
  }
  return graph;
}

SsspSearch::SsspSearch(std::uint64_t vertices)
    : frontier_(vertices),
      distance_(vertices, std::numeric_limits<float>::max()),
      update_(vertices, std::numeric_limits<float>::max()) {
  frontier_[0] = true;
  distance_[0] = 0;
  update_[0] = 0;
}

bool SsspSearch::done() const { return std::find(frontier_.begin(), frontier_.end(), true) == frontier_.end(); }

void SsspSearch::relax(std::uint64_t from, std::uint64_t to, float weight) {
  update_[to] = std::min(update_[to], distance_[from] + weight);
}

bool SsspSearch::settle(std::uint64_t vertex) {
  const bool nearer = distance_[vertex] > update_[vertex];
  if (nearer) {
    distance_[vertex] = update_[vertex];
    frontier_[vertex] = true;
  }
  update_[vertex] = distance_[vertex];
  return nearer;
}

}  // namespace farfault::traces
