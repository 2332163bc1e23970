#include "traces/generators/graphs/bfs.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/graphs/csr_graph.h"
#include "traces/generators/graphs/row_lanes.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace bfs_program {

constexpr const char* kName = "bfs";
constexpr std::uint64_t kNode = 8;  ///< first edge and number of edges
constexpr std::uint64_t kFlag = 1;
constexpr std::uint64_t kInt = 4;
constexpr std::uint64_t kBlockThreads = 512;

struct Settings {
  std::uint64_t nodes = 0;
  std::uint64_t min_edges = 0;
  std::uint64_t max_edges = 0;
  std::uint64_t edge_factor = 0;
  bool rmat = false;
  std::uint64_t resident_blocks = 0;
  std::uint64_t seed = 0;
};

/// The arrays by address, and the flags by value.
struct Search {
  std::uint64_t nodes = 0;
  std::uint64_t mask = 0;
  std::uint64_t updating = 0;
  std::uint64_t visited = 0;
  std::uint64_t edges = 0;
  std::uint64_t cost = 0;

  std::vector<bool> in_mask;
  std::vector<bool> is_updating;
  std::vector<bool> was_visited;
};

/// The lanes of a warp whose flag is set.
WarpLanes lanes_with(const std::vector<bool>& flags, std::uint64_t begin, std::uint64_t end) {
  WarpLanes lanes;
  for (std::uint64_t row = begin; row < end; ++row) {
    if (flags[row]) lanes.add({static_cast<std::uint32_t>(row), 0, 0});
  }
  return lanes;
}

/// The lanes whose next edge leads to a node that no earlier level has reached.
WarpLanes fresh_lanes(const CsrGraph& graph, const Search& search, RowLanes::Warp warp) {
  WarpLanes fresh;
  for (const RowLanes::Lane& lane : warp) {
    if (!search.was_visited[graph.targets[lane.entry]]) fresh.add(lane);
  }
  return fresh;
}

/// Of a lane's next edge, which waits for each: 0 the edge, 1 whether its target was visited, 2 the node's cost if not,
/// 3 the stores.
constexpr std::uint64_t kEdgeSteps = 4;
void follow_edges(Emitter& out, const CsrGraph& graph, Search& search, RowLanes::Warp warp, std::uint64_t step) {
  const auto target = [&](const RowLanes::Lane& lane) { return graph.targets[lane.entry]; };
  if (step == 0) {
    return issue_lanes(out, Op::kRead, warp, kInt, [&](const auto& lane) { return search.edges + kInt * lane.entry; });
  }
  if (step == 1) {
    return issue_lanes(out, Op::kRead, warp, kFlag, [&](const auto& lane) { return search.visited + target(lane); });
  }
  const WarpLanes fresh = fresh_lanes(graph, search, warp);
  if (step == 2) {
    return issue_lanes(out, Op::kRead, fresh, kInt, [&](const auto& lane) { return search.cost + kInt * lane.row; });
  }
  issue_lanes(out, Op::kWrite, fresh, kInt, [&](const auto& lane) { return search.cost + kInt * target(lane); });
  issue_lanes(out, Op::kWrite, fresh, kFlag, [&](const auto& lane) { return search.updating + target(lane); });
  for (const RowLanes::Lane& lane : fresh) search.is_updating[target(lane)] = true;
}

/// Kernel 1: the nodes of the mask reach their neighbours.
Program expand(Emitter& out, const CsrGraph& graph, Search& search, std::uint64_t resident_blocks) {
  out.launch("Kernel");
  for (RowWave wave(graph.rows(), kBlockThreads, resident_blocks); !wave.empty(); wave.advance()) {
    wave.wait(out);
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += kWarp) {
      out.read(search.mask + first, std::min(kWarp, wave.end() - first));
      if (out.full()) co_yield Pause{};
    }
    out.dependency();
    RowLanes lanes(kWarp, 1);
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += kWarp) {
      const WarpLanes active = lanes_with(search.in_mask, first, std::min(first + kWarp, wave.end()));
      issue_lanes(out, Op::kWrite, active, kFlag, [&](const auto& lane) { return search.mask + lane.row; });
      issue_lanes(out, Op::kRead, active, kNode, [&](const auto& lane) { return search.nodes + kNode * lane.row; });
      for (const RowLanes::Lane& lane : active) {
        search.in_mask[lane.row] = false;
        lanes.add(lane.row, graph.offsets[lane.row], graph.offsets[lane.row + 1]);
      }
      if (out.full()) co_yield Pause{};
    }
    for (; !lanes.empty(); lanes.advance()) {
      for (std::uint64_t step = 0; step < kEdgeSteps; ++step) {
        out.dependency();
        for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
          follow_edges(out, graph, search, warp, step);
          if (out.full()) co_yield Pause{};
        }
      }
    }
  }
  out.end_kernel();
}

/// Kernel 2: the nodes that were reached become the mask.
Program take_over(Emitter& out, const CsrGraph& graph, Search& search, std::uint64_t resident_blocks) {
  out.launch("Kernel2");
  for (RowWave wave(graph.rows(), kBlockThreads, resident_blocks); !wave.empty(); wave.advance()) {
    wave.wait(out);
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += kWarp) {
      out.read(search.updating + first, std::min(kWarp, wave.end() - first));
      if (out.full()) co_yield Pause{};
    }
    out.dependency();
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += kWarp) {
      const WarpLanes reached = lanes_with(search.is_updating, first, std::min(first + kWarp, wave.end()));
      for (const std::uint64_t flags : {search.mask, search.visited, search.updating}) {
        issue_lanes(out, Op::kWrite, reached, kFlag, [&](const auto& lane) { return flags + lane.row; });
      }
      for (const RowLanes::Lane& lane : reached) {
        search.in_mask[lane.row] = true;
        search.was_visited[lane.row] = true;
        search.is_updating[lane.row] = false;
      }
      if (out.full()) co_yield Pause{};
    }
  }
  out.end_kernel();
}

/// Maps the arrays and fills them as the original does.
Program prepare(Emitter& out, const CsrGraph& graph, Search& search, std::uint64_t source) {
  const std::uint64_t n = graph.rows();
  search.nodes = map_array(out, "nodes", n, kNode);
  search.mask = map_array(out, "mask", n, kFlag);
  search.updating = map_array(out, "updating", n, kFlag);
  search.visited = map_array(out, "visited", n, kFlag);
  search.edges = map_array(out, "edges", std::max<std::uint64_t>(graph.entries(), 1), kInt);
  search.cost = map_array(out, "cost", n, kInt);

  for (CpuSweep fill({{search.nodes, kNode, Op::kWrite},
                      {search.mask, kFlag, Op::kWrite},
                      {search.updating, kFlag, Op::kWrite},
                      {search.visited, kFlag, Op::kWrite}},
                     n);
       fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  out.write(search.mask + source, kFlag);
  out.write(search.visited + source, kFlag);
  for (CpuSweep fill({{search.edges, kInt, Op::kWrite}}, graph.entries()); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep fill({{search.cost, kInt, Op::kWrite}}, n); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  out.write(search.cost + kInt * source, kInt);
}

/// The flag that stops the search is not managed, and its copies are left out; the copy back makes the CPU wait.
Program bfs(Emitter& out, std::shared_ptr<const CsrGraph> graph, std::uint64_t resident_blocks) {
  const std::uint64_t n = graph->rows();
  // Node 0, as the original; the first one that has an edge, so that a search goes anywhere.
  std::uint64_t source = 0;
  while (source + 1 < n && graph->degree(source) == 0) ++source;

  Search search;
  search.in_mask.resize(n);
  search.is_updating.resize(n);
  search.was_visited.resize(n);
  search.in_mask[source] = true;
  search.was_visited[source] = true;

  for (Program filling = prepare(out, *graph, search, source); filling.resume();) co_yield Pause{};
  bool more = true;
  while (more) {
    for (Program kernel = expand(out, *graph, search, resident_blocks); kernel.resume();) co_yield Pause{};
    more = std::find(search.is_updating.begin(), search.is_updating.end(), true) != search.is_updating.end();
    for (Program kernel = take_over(out, *graph, search, resident_blocks); kernel.resume();) co_yield Pause{};
    out.synchronize();
  }
  for (CpuSweep results({{search.cost, kInt, Op::kRead}}, n); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Settings settings_of(const Parameters& parameters, std::uint64_t seed) {
  const Settings s{parameters.get<std::uint64_t>("nodes"),
                   parameters.get<std::uint64_t>("min_edges"),
                   parameters.get<std::uint64_t>("max_edges"),
                   parameters.get<std::uint64_t>("edge_factor"),
                   parameters.get<std::string>("graph") == "rmat",
                   parameters.get<std::uint64_t>("resident_blocks"),
                   seed};
  if (s.min_edges > s.max_edges) {
    refuse(kName, "min_edges " + std::to_string(s.min_edges) + " is above max_edges " + std::to_string(s.max_edges),
           "give min_edges <= max_edges");
  }
  check_graph_entries(kName, 2 * s.nodes * (s.rmat ? s.edge_factor : s.max_edges),
                      s.rmat ? "2 nodes * edge_factor" : "2 nodes * max_edges");
  return s;
}

}  // namespace bfs_program

GeneratorInfo bfs_generator() {
  using namespace bfs_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kGraphgen = "Rodinia's graphgen: MIN_EDGES 2, MAX_INIT_EDGES 4";
  ProgramDescription description;
  description.name = kName;
  description.summary = "Rodinia's breadth-first search: two kernels a level; keeps the graph (4 bytes an edge)";
  description.seeded = true;
  description.parameters = {
      count_parameter("nodes", 261'444, "vertices", "the documented size of the graph256k of UVMSmart", 1,
                      kMaxGraphRows),
      choice_parameter("graph", {"rodinia", "rmat"},
                       "rodinia: every node draws edges to uniform nodes; rmat: Graph500's recursive matrix",
                       "Rodinia's graphgen; Graph500"),
      count_parameter("min_edges", 2, "edges that a node draws at least (rodinia)", kGraphgen, 0, 1024),
      count_parameter("max_edges", 4, "edges that a node draws at most (rodinia)", kGraphgen, 0, 1024),
      count_parameter("edge_factor", 16, "edges per vertex (rmat)", "Graph500", 1, 1024),
      resident_blocks_parameter(112, "28 multiprocessors x 4 blocks of 512 threads (UVMSmart)")};
  description.prepare = [](const Parameters& parameters, std::uint64_t seed) -> StartProgram {
    const Settings s = settings_of(parameters, seed);
    return [s](Emitter& out) {
      auto graph = std::make_shared<const CsrGraph>(s.rmat ? rmat_graph(s.nodes, s.nodes * s.edge_factor, true, s.seed)
                                                           : rodinia_graph(s.nodes, s.min_edges, s.max_edges, s.seed));
      return bfs(out, std::move(graph), s.resident_blocks);
    };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
