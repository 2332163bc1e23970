#include "traces/generators/graphs/pagerank.h"

#include <algorithm>
#include <memory>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/graphs/csr_graph.h"
#include "traces/generators/graphs/row_lanes.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace pagerank_program {

constexpr const char* kName = "pagerank";
constexpr std::uint64_t kElement = 4;  ///< ints and floats
constexpr std::uint64_t kBlockThreads = 256;

struct Settings {
  std::uint64_t vertices = 0;
  std::uint64_t edge_factor = 0;
  std::uint64_t iterations = 0;
  std::uint64_t resident_blocks = 0;
  std::uint64_t seed = 0;
};

struct Arrays {
  std::uint64_t offsets = 0;
  std::uint64_t sources = 0;
  std::uint64_t out_degree = 0;
  std::uint64_t rank = 0;
  std::uint64_t contribution = 0;
};

/// A vertex's rank over its out-degree: what each neighbour gets.
Program contribute(Emitter& out, std::uint64_t vertices, Settings s, Arrays at) {
  out.launch("contribution");
  const std::uint64_t arrays[] = {at.rank, at.out_degree, at.contribution};
  for (GridWalk walk((vertices + kBlockThreads - 1) / kBlockThreads, s.resident_blocks, 3); walk.next();) {
    walk.wait(out, walk.step() == 2);
    const std::uint64_t begin = walk.block() * kBlockThreads;
    issue_threads(out, walk.step() == 2 ? Op::kWrite : Op::kRead, begin, std::min(vertices, begin + kBlockThreads),
                  arrays[walk.step()], kElement);
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// What a warp does when its last row is summed up: loads the old ranks, for the change, or stores the new ones.
void finish_rows(Emitter& out, Op op, Arrays at, std::uint64_t first, std::uint64_t vertices) {
  out.access(at.rank + kElement * first, kElement * std::min(kWarp, vertices - first), op);
}

/// A thread a vertex adds up what its incoming edges bring. A round is an edge of each: its source, then what that
/// contributes, then the ranks of warps that are done.
Program pull(Emitter& out, const CsrGraph& incoming, Settings s, Arrays at) {
  out.launch("pull");
  for (RowWave wave(incoming.rows(), kBlockThreads, s.resident_blocks); !wave.empty(); wave.advance()) {
    wave.wait(out);
    RowLanes lanes(kWarp, 1);
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += kWarp) {
      const std::uint64_t end = std::min(first + kWarp, wave.end());
      out.read(at.offsets + kElement * first, kElement * (end - first));
      out.read(at.offsets + kElement * (first + 1), kElement * (end - first));
      for (std::uint64_t row = first; row < end; ++row)
        lanes.add(row, incoming.offsets[row], incoming.offsets[row + 1]);
      if (out.full()) co_yield Pause{};
    }
    out.dependency();
    for (const Op op : {Op::kRead, Op::kWrite}) {  // warps without edges
      for (std::uint64_t first = wave.begin(); first < wave.end(); first += kWarp) {
        const std::uint64_t end = std::min(first + kWarp, wave.end());
        if (incoming.offsets[first] == incoming.offsets[end]) finish_rows(out, op, at, first, wave.end());
        if (out.full()) co_yield Pause{};
      }
      out.dependency();
    }
    for (; !lanes.empty(); lanes.advance()) {
      for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
        issue_lanes(out, Op::kRead, warp, kElement,
                    [&](const auto& lane) { return at.sources + kElement * lane.entry; });
        if (out.full()) co_yield Pause{};
      }
      out.dependency();
      for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
        issue_lanes(out, Op::kRead, warp, kElement,
                    [&](const auto& lane) { return at.contribution + kElement * incoming.targets[lane.entry]; });
        if (out.full()) co_yield Pause{};
      }
      out.dependency();
      for (const Op op : {Op::kRead, Op::kWrite}) {
        for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
          if (lanes.ends(warp)) finish_rows(out, op, at, warp.front().row / kWarp * kWarp, wave.end());
          if (out.full()) co_yield Pause{};
        }
        out.dependency();
      }
    }
  }
  out.end_kernel();
}

Program pagerank(Emitter& out, std::shared_ptr<const CsrGraph> incoming, Settings s) {
  const std::uint64_t n = incoming->rows();
  Arrays at;
  at.offsets = map_array(out, "offsets", n + 1, kElement);
  at.sources = map_array(out, "sources", incoming->entries(), kElement);
  at.out_degree = map_array(out, "out_degree", n, kElement);
  at.rank = map_array(out, "rank", n, kElement);
  at.contribution = map_array(out, "contribution", n, kElement);

  for (CpuSweep fill({{at.offsets, kElement, Op::kWrite}}, n + 1); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep fill({{at.sources, kElement, Op::kWrite}}, incoming->entries()); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep fill({{at.out_degree, kElement, Op::kWrite}, {at.rank, kElement, Op::kWrite}}, n); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (std::uint64_t i = 0; i < s.iterations; ++i) {
    for (Program kernel = contribute(out, n, s, at); kernel.resume();) co_yield Pause{};
    for (Program kernel = pull(out, *incoming, s, at); kernel.resume();) co_yield Pause{};
    out.synchronize();  // the CPU decides whether to go on
  }
  for (CpuSweep results({{at.rank, kElement, Op::kRead}}, n); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace pagerank_program

GeneratorInfo pagerank_generator() {
  using namespace pagerank_program;  // NOLINT(google-build-using-namespace): what is above
  ProgramDescription description;
  description.name = kName;
  description.summary = "PageRank, pulling along incoming edges of a Graph500 graph; keeps it (4 bytes an edge)";
  description.seeded = true;
  description.parameters = {
      count_parameter("vertices", 1U << 16U, "vertices", "assumption; Graph500's toy size is 2^26", 1, kMaxGraphRows),
      count_parameter("edge_factor", 16, "edges per vertex", "Graph500", 1, 1024),
      count_parameter("iterations", 20, "iterations",
                      "GAP Benchmark Suite (Beamer, Asanovic, Patterson 2015): 20 at most", 1, 1U << 20U),
      resident_blocks_parameter(224, "assumption: 28 multiprocessors x 8 blocks of 256 threads")};
  description.prepare = [](const Parameters& parameters, std::uint64_t seed) -> StartProgram {
    const Settings s{parameters.get<std::uint64_t>("vertices"), parameters.get<std::uint64_t>("edge_factor"),
                     parameters.get<std::uint64_t>("iterations"), parameters.get<std::uint64_t>("resident_blocks"),
                     seed};
    check_graph_entries(kName, s.vertices * s.edge_factor, "vertices * edge_factor");
    return [s](Emitter& out) {
      // The matrix is as likely as its transpose: its rows serve as incoming edges.
      return pagerank(
          out, std::make_shared<const CsrGraph>(rmat_graph(s.vertices, s.vertices * s.edge_factor, false, s.seed)), s);
    };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
