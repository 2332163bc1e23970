// Programs over graphs and sparse matrices, against closed forms, a plain search, and documented figures.
//
// A warp's lanes that want one element share an access, so the bytes of gathered arrays are a little below the
// thread-level counts; everything else is exact.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <queue>
#include <vector>

#include "tests/unit/traces/generators/tally.h"
#include "traces/generators/graphs/csr_graph.h"
#include "traces/generators/graphs/sssp_graph.h"

namespace farfault::traces {
namespace graphs_test {

using testing::ceil_div;
using testing::check_repeats;
using testing::lines;
using testing::refusal;
using testing::set;
using testing::Tally;
using testing::tally;
using testing::Traffic;

/// At most `all`, and not much less: lanes that meet are rare.
void check_nearly(std::uint64_t bytes, std::uint64_t all, double share) {
  CHECK(bytes <= all);
  CHECK(static_cast<double>(bytes) >= share * static_cast<double>(all));
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> edges_of(const CsrGraph& graph) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
  for (std::uint32_t row = 0; row < graph.rows(); ++row) {
    for (std::uint32_t e = graph.offsets[row]; e < graph.offsets[row + 1]; ++e) out.emplace_back(row, graph.targets[e]);
  }
  return out;
}

bool is_symmetric(const CsrGraph& graph) {
  auto forward = edges_of(graph);
  auto backward = forward;
  for (auto& [from, to] : backward) std::swap(from, to);
  std::sort(forward.begin(), forward.end());
  std::sort(backward.begin(), backward.end());
  return forward == backward;
}

TEST_CASE("traces: Rodinia's graph has both directions and the documented degrees") {
  constexpr std::uint64_t kNodes = 100'000;
  const CsrGraph graph = rodinia_graph(kNodes, 2, 4, 1);
  CHECK(is_symmetric(graph));
  // Degree: uniform in 2..4 plus Poisson of mean 3. Variance of the sum of entries: 4 * N * 2/3.
  CHECK(std::abs(static_cast<double>(graph.entries()) - 6.0 * kNodes) < 4 * std::sqrt(4 * kNodes * 2.0 / 3));
  double squares = 0;
  std::uint32_t least = 1000;
  for (std::uint64_t node = 0; node < kNodes; ++node) {
    least = std::min(least, graph.degree(node));
    squares += std::pow(graph.degree(node), 2);
  }
  CHECK(least == 2);
  const double mean = static_cast<double>(graph.entries()) / kNodes;
  CHECK(squares / kNodes - mean * mean == doctest::Approx(3.667).epsilon(0.02));
  // The mean degree at the other end of an edge.
  CHECK(squares / static_cast<double>(graph.entries()) == doctest::Approx(6.61).epsilon(0.01));
  // A list begins with the lower nodes that chose this one, in order; the last node's is nothing else but its own.
  const std::uint32_t last = graph.offsets[kNodes - 1];
  const std::uint32_t degree = graph.degree(kNodes - 1);
  for (std::uint32_t i = last; i + 5 < last + degree; ++i) CHECK(graph.targets[i] <= graph.targets[i + 1]);
}

TEST_CASE("traces: the recursive matrix has Graph500's quarters") {
  constexpr std::uint64_t kVertices = 4096;
  constexpr std::uint64_t kEdges = 1U << 17U;
  const CsrGraph graph = rmat_graph(kVertices, kEdges, false, 3);
  CHECK(graph.entries() == kEdges);
  // An edge's row has probability .76 or .24 a bit, so two edges share a row with (.76^2 + .24^2)^12; columns too.
  const auto expected = static_cast<double>(kEdges) * (1 + static_cast<double>(kEdges - 1) * std::pow(0.6352, 12));
  double rows = 0;
  std::vector<double> in(kVertices);
  for (std::uint64_t v = 0; v < kVertices; ++v) rows += std::pow(graph.degree(v), 2);
  for (const std::uint32_t target : graph.targets) in[target] += 1;
  double columns = 0;
  for (const double degree : in) columns += degree * degree;
  CHECK(rows == doctest::Approx(expected).epsilon(0.05));
  CHECK(columns == doctest::Approx(expected).epsilon(0.05));
  // Two edges are equal with (.57^2 + 2 * .19^2 + .05^2)^12.
  auto edges = edges_of(graph);
  std::sort(edges.begin(), edges.end());
  double pairs = 0;
  for (auto at = edges.begin(); at != edges.end();) {
    const auto end = std::upper_bound(at, edges.end(), *at);
    pairs += std::pow(static_cast<double>(end - at), 2);
    at = end;
  }
  CHECK(pairs == doctest::Approx(kEdges * (1 + (kEdges - 1) * std::pow(0.3996, 12))).epsilon(0.05));
  CHECK(is_symmetric(rmat_graph(1000, 5000, true, 4)));
  CHECK(rmat_graph(1000, 5000, true, 4).entries() == 10'000);
  CHECK(rmat_graph(1, 3, false, 4).entries() == 3);
}

struct Levels {
  std::uint64_t count = 0;
  std::uint64_t reached = 0;
  std::uint64_t edges = 0;  ///< of the reached nodes
};

/// A plain breadth-first search from node 0.
Levels search(const CsrGraph& graph) {
  Levels out;
  std::vector<std::uint64_t> level(graph.rows(), 0);
  std::queue<std::uint32_t> open;
  open.push(0);
  level[0] = 1;
  while (!open.empty()) {
    const std::uint32_t node = open.front();
    open.pop();
    out.count = level[node];
    ++out.reached;
    out.edges += graph.degree(node);
    for (std::uint32_t e = graph.offsets[node]; e < graph.offsets[node + 1]; ++e) {
      std::uint64_t& next = level[graph.targets[e]];
      if (next != 0) continue;
      next = level[node] + 1;
      open.push(graph.targets[e]);
    }
  }
  return out;
}

void check_bfs(const Tally& t, const CsrGraph& graph) {
  const std::uint64_t n = graph.rows();
  const Levels levels = search(graph);
  CHECK(t.arrays == std::vector<std::string>{"nodes", "mask", "updating", "visited", "edges", "cost"});
  CHECK(t.on_cpu("nodes").writes == Traffic{lines(8 * n), 8 * n});
  CHECK(t.on_cpu("mask").writes == Traffic{lines(n) + 1, n + 1});
  CHECK(t.on_cpu("updating").writes == Traffic{lines(n), n});
  CHECK(t.on_cpu("visited").writes == Traffic{lines(n) + 1, n + 1});
  CHECK(t.on_cpu("edges").writes == Traffic{lines(4 * graph.entries()), 4 * graph.entries()});
  CHECK(t.on_cpu("cost").writes == Traffic{lines(4 * n) + 1, 4 * n + 4});
  CHECK(t.on_cpu("cost").reads == Traffic{lines(4 * n), 4 * n});
  CHECK(t.launches_of("Kernel") == levels.count);
  CHECK(t.launches_of("Kernel2") == levels.count);
  CHECK(t.synchronizations == levels.count);
  CHECK(t.on_gpu("mask").reads == Traffic{levels.count * ceil_div(n, 32), levels.count * n});
  CHECK(t.on_gpu("updating").reads == Traffic{levels.count * ceil_div(n, 32), levels.count * n});
  // Taken out of the mask once each, put in once each but for the source.
  CHECK(t.on_gpu("mask").writes.bytes == 2 * levels.reached - 1);
  CHECK(t.on_gpu("visited").writes.bytes == levels.reached - 1);
  CHECK(t.on_gpu("nodes").reads.bytes == 8 * levels.reached);
  CHECK(t.on_gpu("edges").reads.bytes == 4 * levels.edges);
  check_nearly(t.on_gpu("visited").reads.bytes, levels.edges, n > 1000 ? 0.99 : 0.3);
  // Each node but the source is found at least once, and at most once an edge.
  CHECK(t.on_gpu("cost").writes.bytes >= 4 * (levels.reached - 1));
  CHECK(t.on_gpu("cost").writes.bytes <= 4 * levels.edges);
  CHECK(t.on_gpu("updating").writes.bytes == t.on_gpu("cost").writes.bytes / 4 + levels.reached - 1);
}

TEST_CASE("traces: bfs does what a search does") {
  for (const auto& [nodes, least, most] :
       {std::array<std::uint64_t, 3>{20'000, 2, 4}, {700, 0, 2}, {33, 1, 1}, {1, 0, 0}, {1, 2, 2}}) {
    CAPTURE(nodes);
    const auto t = tally(
        "bfs", {set("nodes", nodes), set("min_edges", least), set("max_edges", most), set("resident_blocks", 3)}, 5);
    check_bfs(t, rodinia_graph(nodes, least, most, 5));
  }
}

TEST_CASE("traces: bfs has the documented figures") {
  const Tally t = tally("bfs", {});
  const CsrGraph graph = rodinia_graph(261'444, 2, 4, 1);
  check_bfs(t, graph);
  CHECK(search(graph).reached == 261'444);
  CHECK(t.launches.size() >= 20);  // 10 or 11 levels
  CHECK(t.launches.size() <= 22);
  CHECK(t.on_gpu("nodes").pages == 511);
  CHECK(t.on_gpu("cost").pages == 256);
  CHECK(t.on_gpu("mask").pages == 64);
  CHECK(t.on_gpu("edges").pages == ceil_div(4 * graph.entries(), 4096));
  CHECK(std::abs(static_cast<double>(graph.entries()) - 1'568'420) < 2 * 800);
}

TEST_CASE("traces: bfs on a recursive matrix begins at a node with edges") {
  const Tally t = tally("bfs", {{"graph", std::string("rmat")}, set("nodes", 3000), set("edge_factor", 4)});
  CHECK(t.on_cpu("edges").writes.bytes == 4 * 2 * 4 * 3000);
  CHECK(t.launches.size() > 4);
  CHECK(t.on_gpu("edges").reads.bytes > 4 * 2 * 4 * 3000 / 2);
}

TEST_CASE("traces: sssp's graph is that of glibc's random numbers") {
  const SsspGraph graph = sssp_graph(1U << 20U, 2);
  CHECK(std::vector<std::uint32_t>(graph.edges.begin(), graph.edges.begin() + 4) ==
        std::vector<std::uint32_t>{738663, 825449, 56401, 562250});
  CHECK(graph.weights[0] == 0.886F);
  CHECK(graph.weights[1] == 0.915F);
}

TEST_CASE("traces: sssp has the documented frontiers and pages") {
  const Tally t = tally("sssp", {});
  CHECK(t.arrays == std::vector<std::string>{"vertex", "edge", "weight", "dist", "upd"});
  REQUIRE(t.launches.size() == 31);
  constexpr std::uint64_t kVertices = 1U << 20U;
  for (const char* array : {"dist", "upd"}) {
    CHECK(t.launches[0].use(array).writes == Traffic{kVertices / 16, 4 * kVertices});
  }
  const std::vector<std::uint64_t> active{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1020, 2034, 4048, 8014, 15736};
  // Iterations 7 to 15.
  const std::vector<std::uint64_t> vertex{63, 118, 228, 414, 665, 886, 1014, 1024, 1024};
  const std::vector<std::uint64_t> edge{63, 123, 239, 461, 821, 1296, 1755, 2014, 2048};
  const std::vector<std::uint64_t> update{118, 227, 413, 666, 887, 1014, 1024, 1024, 1024};
  for (std::size_t i = 0; i < 15; ++i) {
    CAPTURE(i);
    const testing::Launch& first = t.launches[1 + 2 * i];
    CHECK(first.kernel == "Kernel1");
    CHECK(first.use("edge").reads.bytes == 8 * active[i]);
    CHECK(first.use("weight").reads.bytes == 8 * active[i]);
    CHECK(first.use("dist").reads.bytes == 8 * active[i]);
    check_nearly(first.use("upd").atomics.bytes, 8 * active[i], 0.99);
    CHECK(first.use("upd").reads == first.use("upd").atomics);
    if (i >= 6) {
      CHECK(first.use("vertex").pages == vertex[i - 6]);
      CHECK(first.use("edge").pages == edge[i - 6]);
      CHECK(first.use("weight").pages == edge[i - 6]);
      CHECK(first.use("upd").pages == update[i - 6]);
      CHECK(vertex[i - 6] - first.use("dist").pages <= 1);
    } else {
      CHECK(first.use("edge").pages == active[i]);
    }
    const testing::Launch& second = t.launches[2 + 2 * i];
    CHECK(second.kernel == "Kernel2");
    for (const char* array : {"dist", "upd"}) {
      CHECK(second.use(array).reads == Traffic{kVertices / 16, 4 * kVertices});
      CHECK(second.use(array).pages == 1024);
    }
    CHECK(second.use("upd").writes == Traffic{kVertices / 16, 4 * kVertices});
    CHECK(second.use("dist").writes.bytes == 4 * (i + 1 < 15 ? active[i + 1] : 30'304));
  }
  CHECK(t.synchronizations == 4);
  CHECK(t.on_cpu("vertex").writes == Traffic{lines(4 * kVertices), 4 * kVertices});
  CHECK(t.on_cpu("edge").writes == Traffic{lines(8 * kVertices), 8 * kVertices});
  CHECK(t.on_cpu("weight").writes == Traffic{lines(8 * kVertices), 8 * kVertices});
  CHECK(t.on_cpu("dist").reads == Traffic{lines(4 * kVertices), 4 * kVertices});
}

TEST_CASE("traces: sssp with a managed mask reads it in every iteration") {
  constexpr std::uint64_t kVertices = 5000;
  const auto run = [](const std::string& arrays) {
    return tally("sssp", {set("vertices", kVertices), {"device_arrays", arrays}});
  };
  const Tally t = run("managed");
  const Tally without = run("left_out");
  CHECK(without.sizes.count("mask") == 0);
  REQUIRE(t.launches.size() == without.launches.size());
  CHECK(t.launches[0].use("mask").writes == Traffic{ceil_div(kVertices, 16), kVertices});
  std::uint64_t active = 1;
  for (std::size_t i = 1; i + 1 < t.launches.size(); i += 2) {
    CHECK(t.launches[i].use("mask").reads == Traffic{ceil_div(kVertices, 16), kVertices});
    CHECK(t.launches[i].use("mask").writes.bytes == active);
    active = t.launches[i + 1].use("dist").writes.bytes / 4;
    CHECK(t.launches[i + 1].use("mask").writes.bytes == active);
    for (const char* array : {"vertex", "edge", "dist", "upd"}) {
      CHECK(t.launches[i].use(array).reads == without.launches[i].use(array).reads);
    }
  }
  // The CPU finds vertex 0 in the first line at first, and looks on in each later check.
  CHECK(t.on_cpu("mask").reads.accesses >= t.synchronizations);
}

TEST_CASE("traces: sssp ends when nothing is left to do and finds the shortest paths") {
  constexpr std::uint64_t kVertices = 1001;
  const Tally t = tally("sssp", {set("vertices", kVertices), set("degree", 3), set("iterations", 1000),
                                 set("iterations_per_check", 2), set("resident_blocks", 2)});
  // Bellman and Ford's algorithm, all edges in each round: as many rounds bring a change as there are iterations with a
  // frontier but for the last one.
  const SsspGraph graph = sssp_graph(kVertices, 3);
  std::vector<float> distance(kVertices, 1e30F);
  distance[0] = 0;
  std::uint64_t rounds = 0;
  for (bool changed = true; changed; rounds += changed ? 1 : 0) {
    changed = false;
    const std::vector<float> before = distance;
    for (std::uint64_t e = 0; e < graph.edges.size(); ++e) {
      const float through = before[e / 3] + graph.weights[e];
      if (before[e / 3] > 1e29F || through >= distance[graph.edges[e]]) continue;
      distance[graph.edges[e]] = through;
      changed = true;
    }
  }
  const std::uint64_t iterations = ceil_div(rounds + 1, 2) * 2;
  CHECK(t.launches.size() == 1 + 2 * iterations);
  CHECK(t.launches[1 + 2 * rounds].use("edge").reads.bytes > 0);
  if (rounds + 1 < iterations) CHECK(t.launches[3 + 2 * rounds].arrays.empty());
  CHECK(t.on_cpu("edge").writes.bytes == 4UL * 3 * kVertices);
}

TEST_CASE("traces: pagerank reads every edge once an iteration") {
  for (const auto& [vertices, factor, iterations] : {std::array<std::uint64_t, 3>{5000, 8, 3}, {33, 1, 2}, {1, 1, 1}}) {
    const Tally t = tally("pagerank", {set("vertices", vertices), set("edge_factor", factor),
                                       set("iterations", iterations), set("resident_blocks", 2)});
    const std::uint64_t edges = vertices * factor;
    const std::uint64_t warps = ceil_div(vertices, 32);
    CHECK(t.arrays == std::vector<std::string>{"offsets", "sources", "out_degree", "rank", "contribution"});
    CHECK(t.on_cpu("offsets").writes == Traffic{lines(4 * vertices + 4), 4 * vertices + 4});
    CHECK(t.on_cpu("sources").writes == Traffic{lines(4 * edges), 4 * edges});
    CHECK(t.on_cpu("rank").writes == Traffic{lines(4 * vertices), 4 * vertices});
    CHECK(t.on_cpu("rank").reads == Traffic{lines(4 * vertices), 4 * vertices});
    CHECK(t.launches.size() == 2 * iterations);
    CHECK(t.synchronizations == iterations);
    CHECK(t.on_gpu("offsets").reads == Traffic{2 * warps * iterations, 8 * vertices * iterations});
    CHECK(t.on_gpu("sources").reads.bytes == 4 * edges * iterations);
    CHECK(t.on_gpu("out_degree").reads == Traffic{warps * iterations, 4 * vertices * iterations});
    CHECK(t.on_gpu("rank").reads == Traffic{2 * warps * iterations, 8 * vertices * iterations});
    CHECK(t.on_gpu("rank").writes == Traffic{warps * iterations, 4 * vertices * iterations});
    CHECK(t.on_gpu("contribution").writes == Traffic{warps * iterations, 4 * vertices * iterations});
    check_nearly(t.on_gpu("contribution").reads.bytes, 4 * edges * iterations, 0.5);  // hubs are wanted by many lanes
  }
}

TEST_CASE("traces: spmv reads every entry once") {
  for (const auto& [rows, nonzeros] : {std::pair<std::uint64_t, std::uint64_t>{3000, 16}, {100, 70}, {5, 3}, {1, 1}}) {
    for (const std::string kernel : {"vector", "scalar"}) {
      for (const std::string columns : {"banded", "random", "rmat"}) {
        CAPTURE(kernel);
        CAPTURE(columns);
        CAPTURE(rows);
        const Tally t = tally("spmv", {set("rows", rows),
                                       set("nonzeros_per_row", nonzeros),
                                       {"columns", columns},
                                       {"kernel", kernel},
                                       set("iterations", 2),
                                       set("resident_blocks", 3)});
        std::uint64_t entries = rows * nonzeros;
        std::uint64_t pieces = 0;  // of 32 entries, row by row
        if (columns == "banded") entries = 0;
        for (std::uint64_t r = 0; r < rows && columns != "rmat"; ++r) {
          const std::uint64_t begin = r - std::min(r, nonzeros / 2);
          const std::uint64_t length = columns == "random" ? nonzeros : std::min(rows, r + (nonzeros + 1) / 2) - begin;
          pieces += ceil_div(length, 32);
          if (columns == "banded") entries += length;
        }
        CHECK(t.arrays == std::vector<std::string>{"row_offsets", "columns", "values", "x", "y"});
        CHECK(t.on_cpu("columns").writes == Traffic{lines(4 * entries), 4 * entries});
        CHECK(t.on_cpu("values").writes == Traffic{lines(8 * entries), 8 * entries});
        CHECK(t.on_cpu("y").reads == Traffic{lines(8 * rows), 8 * rows});
        const std::uint64_t warps = kernel == "vector" ? rows : ceil_div(rows, 32);
        CHECK(t.on_gpu("row_offsets").reads == Traffic{2UL * 2 * warps, 2UL * 8 * rows});
        CHECK(t.on_gpu("columns").reads.bytes == 2UL * 4 * entries);
        CHECK(t.on_gpu("values").reads.bytes == 2UL * 8 * entries);
        CHECK(t.on_gpu("y").writes == Traffic{2 * warps, 2UL * 8 * rows});
        CHECK(t.on_gpu("x").reads.bytes <= 2UL * 8 * entries);
        CHECK(t.launches.size() == 2);
        CHECK(t.synchronizations == 1);
        if (kernel == "vector" && columns != "rmat") {
          CHECK(t.on_gpu("columns").reads.accesses == 2 * pieces);
          CHECK(t.on_gpu("values").reads.accesses == 2 * pieces);
          if (columns == "banded") CHECK(t.on_gpu("x").reads == Traffic{2 * pieces, 2UL * 8 * entries});
        }
        if (kernel == "scalar" && columns == "random" && nonzeros > 1) {
          CHECK(t.on_gpu("columns").reads.accesses == 2 * entries);
          CHECK(t.on_gpu("values").reads.accesses == 2 * entries);
        }
      }
    }
  }
}

TEST_CASE("traces: programs over graphs repeat themselves and refuse what is out of range") {
  check_repeats("bfs", {set("nodes", 2000)});
  check_repeats("sssp", {set("vertices", 2000)});
  check_repeats("pagerank", {set("vertices", 500)});
  check_repeats("spmv", {set("rows", 500)});
  CHECK(tally("bfs", {set("nodes", 2000)}, 1).hash != tally("bfs", {set("nodes", 2000)}, 2).hash);
  CHECK(refusal("bfs", {set("min_edges", 5)}) ==
        "generator bfs: min_edges 5 is above max_edges 4; give min_edges <= max_edges");
  CHECK(refusal("bfs", {set("nodes", 1U << 24U), set("max_edges", 5)}) ==
        "generator bfs: 2 nodes * max_edges: up to 167772160 entries, above the limit of 134217728; give smaller "
        "numbers");
  CHECK(refusal("bfs", {set("nodes", (1U << 24U) + 1)}).starts_with("generator bfs: nodes 16777217"));
  CHECK(refusal("bfs", {{"graph", std::string("grid")}}).starts_with("generator bfs: graph \"grid\""));
  CHECK(refusal("sssp", {set("vertices", 2)}).starts_with("generator sssp: a vertex cannot have 2 different"));
  CHECK(refusal("sssp", {set("degree", 0)}).starts_with("generator sssp: degree 0"));
  CHECK(refusal("pagerank", {set("vertices", 1U << 24U)}).starts_with("generator pagerank: vertices * edge_factor"));
  CHECK(refusal("spmv", {set("rows", 1U << 24U)}).starts_with("generator spmv: rows * nonzeros_per_row"));
}

}  // namespace graphs_test
}  // namespace farfault::traces
