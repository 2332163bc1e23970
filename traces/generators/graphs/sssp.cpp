#include "traces/generators/graphs/sssp.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/graphs/csr_graph.h"
#include "traces/generators/graphs/row_lanes.h"
#include "traces/generators/graphs/sssp_graph.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace sssp_program {

constexpr const char* kName = "sssp";
constexpr std::uint64_t kElement = 4;  ///< ints and floats
constexpr std::uint64_t kFlag = 1;
/// Half a warp: the other lanes idle.
constexpr std::uint64_t kBlockThreads = 16;

struct Settings {
  std::uint64_t vertices = 0;
  std::uint64_t degree = 0;
  std::uint64_t iterations = 0;
  std::uint64_t iterations_per_check = 0;
  std::uint64_t resident_blocks = 0;
  bool maps_mask = false;
};

struct Arrays {
  std::uint64_t vertex = 0;
  std::uint64_t edge = 0;
  std::uint64_t weight = 0;
  std::uint64_t distance = 0;
  std::uint64_t update = 0;
  std::uint64_t mask = 0;  ///< of the frontier, a byte a vertex; 0: left out
};

Program initialize(Emitter& out, Settings s, Arrays at) {
  out.launch("initializeBuffers");
  const std::uint64_t blocks = (s.vertices + kBlockThreads - 1) / kBlockThreads;
  for (GridWalk walk(blocks, s.resident_blocks, 3); walk.next();) {
    walk.wait(out, false);
    const std::uint64_t first = walk.block() * kBlockThreads;
    const std::uint64_t lanes = std::min(kBlockThreads, s.vertices - first);
    if (walk.step() == 0) {
      if (s.maps_mask) out.write(at.mask + first, lanes);
    } else {
      out.write((walk.step() == 1 ? at.distance : at.update) + kElement * first, kElement * lanes);
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// Of a lane's next edge: 0 the edge and the vertex's distance, 1 the target's update, 2 its change. Compare-and-swap
/// is taken to succeed at once.
constexpr std::uint64_t kEdgeSteps = 3;
void follow_edges(Emitter& out, const SsspGraph& graph, Arrays at, SsspSearch& search, RowLanes::Warp warp,
                  std::uint64_t step) {
  const auto of_entry = [](std::uint64_t array) {
    return [array](const RowLanes::Lane& lane) { return array + kElement * lane.entry; };
  };
  const auto of_target = [&](const RowLanes::Lane& lane) { return at.update + kElement * graph.edges[lane.entry]; };
  if (step == 0) {
    issue_lanes(out, Op::kRead, warp, kElement, of_entry(at.edge));
    issue_lanes(out, Op::kRead, warp, kElement, of_entry(at.weight));
    issue_lanes(out, Op::kRead, warp, kElement, [&](const auto& lane) { return at.distance + kElement * lane.row; });
    return;
  }
  issue_lanes(out, step == 1 ? Op::kRead : Op::kAtomic, warp, kElement, of_target);
  if (step == 1) return;
  for (const RowLanes::Lane& lane : warp) search.relax(lane.row, graph.edges[lane.entry], graph.weights[lane.entry]);
}

/// Kernel 1: the frontier's edges are relaxed.
Program expand(Emitter& out, const SsspGraph& graph, Settings s, Arrays at, SsspSearch& search) {
  out.launch("Kernel1");
  for (RowWave wave(s.vertices, kBlockThreads, s.resident_blocks); !wave.empty(); wave.advance()) {
    wave.wait(out);
    for (std::uint64_t first = wave.begin(); s.maps_mask && first < wave.end(); first += kBlockThreads) {
      out.read(at.mask + first, std::min(kBlockThreads, wave.end() - first));
      if (out.full()) co_yield Pause{};
    }
    if (s.maps_mask) out.dependency();
    RowLanes lanes(kBlockThreads, 1);
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += kBlockThreads) {
      const std::uint64_t end = std::min(first + kBlockThreads, wave.end());
      WarpInstruction leaving;
      for (std::uint64_t v = first; v < end; ++v) {
        if (!search.in_frontier(v)) continue;
        search.leave_frontier(v);
        leaving.lanes(at.mask + v, kFlag);
        lanes.add(v, static_cast<std::uint32_t>(v * s.degree), static_cast<std::uint32_t>((v + 1) * s.degree));
      }
      if (s.maps_mask) leaving.issue(out, Op::kWrite);
      if (out.full()) co_yield Pause{};
    }
    for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
      issue_lanes(out, Op::kRead, warp, kElement, [&](const auto& lane) { return at.vertex + kElement * lane.row; });
      // Where the edges end; of the last vertex the kernel knows it.
      const auto inner = warp.back().row + 1 == s.vertices ? warp.first(warp.size() - 1) : warp;
      issue_lanes(out, Op::kRead, inner, kElement,
                  [&](const auto& lane) { return at.vertex + kElement * (lane.row + std::uint64_t{1}); });
      if (out.full()) co_yield Pause{};
    }
    for (; !lanes.empty(); lanes.advance()) {
      for (std::uint64_t step = 0; step < kEdgeSteps; ++step) {
        out.dependency();
        for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
          follow_edges(out, graph, at, search, warp, step);
          if (out.full()) co_yield Pause{};
        }
      }
    }
  }
  out.end_kernel();
}

/// Kernel 2: vertices that came nearer are the next frontier.
Program settle(Emitter& out, Settings s, Arrays at, SsspSearch& search) {
  out.launch("Kernel2");
  const std::uint64_t blocks = (s.vertices + kBlockThreads - 1) / kBlockThreads;
  for (GridWalk walk(blocks, s.resident_blocks, 3); walk.next();) {
    walk.wait(out, walk.step() == 2);
    const std::uint64_t first = walk.block() * kBlockThreads;
    const std::uint64_t end = std::min(s.vertices, first + kBlockThreads);
    if (walk.step() < 2) {
      out.read((walk.step() == 0 ? at.distance : at.update) + kElement * first, kElement * (end - first));
    } else {
      WarpInstruction nearer;
      WarpInstruction joining;
      for (std::uint64_t v = first; v < end; ++v) {
        if (!search.settle(v)) continue;
        nearer.lanes(at.distance + kElement * v, kElement);
        joining.lanes(at.mask + v, kFlag);
      }
      nearer.issue(out, Op::kWrite);
      if (s.maps_mask) joining.issue(out, Op::kWrite);
      out.write(at.update + kElement * first, kElement * (end - first));
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// The CPU waits, and looks through the mask until it finds a vertex. In the original it looks through a copy of its
/// own; the copy of a mask that is left out is left out too.
Program check_mask(Emitter& out, Settings s, Arrays at, const SsspSearch& search) {
  out.synchronize();
  if (!s.maps_mask) co_return;
  std::uint64_t found = 0;
  while (found < s.vertices && !search.in_frontier(found)) ++found;
  for (CpuSweep scan({{at.mask, kFlag, Op::kRead}}, std::min(found + 1, s.vertices)); scan.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Program sssp(Emitter& out, std::shared_ptr<const SsspGraph> graph, Settings s) {
  Arrays at;
  at.vertex = map_array(out, "vertex", s.vertices, kElement);
  at.edge = map_array(out, "edge", s.vertices * s.degree, kElement);
  at.weight = map_array(out, "weight", s.vertices * s.degree, kElement);
  at.distance = map_array(out, "dist", s.vertices, kElement);
  at.update = map_array(out, "upd", s.vertices, kElement);
  if (s.maps_mask) at.mask = map_array(out, "mask", s.vertices, kFlag);

  for (CpuSweep fill({{at.vertex, kElement, Op::kWrite}}, s.vertices); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep fill({{at.edge, kElement, Op::kWrite}, {at.weight, kElement, Op::kWrite}}, s.vertices * s.degree);
       fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (Program kernel = initialize(out, s, at); kernel.resume();) co_yield Pause{};
  SsspSearch search(s.vertices);
  for (Program check = check_mask(out, s, at, search); check.resume();) co_yield Pause{};
  for (std::uint64_t done = 0; done < s.iterations && !search.done();) {
    for (std::uint64_t i = 0; i < s.iterations_per_check; ++i, ++done) {
      for (Program kernel = expand(out, *graph, s, at, search); kernel.resume();) co_yield Pause{};
      for (Program kernel = settle(out, s, at, search); kernel.resume();) co_yield Pause{};
    }
    for (Program check = check_mask(out, s, at, search); check.resume();) co_yield Pause{};
  }
  for (CpuSweep results({{at.distance, kElement, Op::kRead}}, s.vertices); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Settings settings_of(const Parameters& parameters) {
  const Settings s{
      parameters.get<std::uint64_t>("vertices"),        parameters.get<std::uint64_t>("degree"),
      parameters.get<std::uint64_t>("iterations"),      parameters.get<std::uint64_t>("iterations_per_check"),
      parameters.get<std::uint64_t>("resident_blocks"), maps_device_arrays(parameters)};
  if (s.degree >= s.vertices) {
    refuse(kName,
           "a vertex cannot have " + std::to_string(s.degree) + " different neighbours among " +
               std::to_string(s.vertices) + " vertices",
           "give more vertices, or a lower degree");
  }
  check_graph_entries(kName, s.vertices * s.degree, "vertices * degree");
  return s;
}

}  // namespace sssp_program

GeneratorInfo sssp_generator() {
  using namespace sssp_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource = "UVMSmart's sssp";
  ProgramDescription description;
  description.name = kName;
  description.summary = "shortest paths from vertex 0, two kernels an iteration; keeps the graph (8 bytes an edge)";
  description.parameters = {
      count_parameter("vertices", 1U << 20U, "vertices", kSource, 2, kMaxGraphRows),
      count_parameter("degree", 2, "edges of each vertex, to different others", kSource, 1, 64),
      count_parameter("iterations", 15, "iterations at most, in whole groups", kSource, 1, 1U << 20U),
      count_parameter("iterations_per_check", 5, "iterations of a group, after which the CPU looks whether all is done",
                      "UVMSmart's sssp, NUM_ASYNCHRONOUS_ITERATIONS", 1, 1U << 20U),
      resident_blocks_parameter(896, "28 multiprocessors x 32 blocks (UVMSmart)"),
      device_arrays_parameter("UVMSmart's sssp keeps the mask of the frontier in device memory")};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings s = settings_of(parameters);
    return
        [s](Emitter& out) { return sssp(out, std::make_shared<const SsspGraph>(sssp_graph(s.vertices, s.degree)), s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
