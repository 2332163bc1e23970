// What waits for what: dependencies of whole programs, which are told once for all resident blocks, and stages of
// blocks.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/traces/generators/tally.h"

namespace farfault::traces {
namespace dependencies_test {

using testing::set;
using testing::Settings;
using testing::Tally;
using testing::tally;

TEST_CASE("traces: steps that need earlier ones, and blocks that come in the places of others, depend") {
  struct Case {
    std::string name;
    Settings settings;
    std::uint64_t dependencies;
    std::uint64_t turns = 0;
  };
  const std::vector<Case> cases{
      // Loads and stores of 86 x 86 blocks in each of 4 launches.
      {"hotspot", {}, 0, 4 * 86 * 86 * 2},
      // Three barriers a tile; a diagonal is one wave.
      {"nw", {}, 127 * 3},
      // A barrier a row, and the store; the last launch has 9 rows.
      {"pathfinder", {}, 19 * 11 + 10},
      // 16 rows a block: two barriers in the first kernel; in the second stores, and loads and stores of the bias.
      {"backprop", {}, 0, 131'056 / 16 * (3 + 4)},
      // 13 x 11 blocks, 10 launches.
      {"stencil2d", {set("rows", 100), set("cols", 333)}, 0, 10 * 13 * 11 * 2},
      // A barrier, and the store of each of 6 planes.
      {"stencil3d", {set("nx", 77), set("ny", 66), set("nz", 8), set("iterations", 3)}, 3 * (1 + 6)},
      // 8 blocks of 256 butterflies, 12 passes.
      {"fft", {set("n", 4096)}, 0, 12 * 8 * 2},
      // C is scaled before the loop; a store an iteration.
      {"gemm", {set("ni", 30), set("nj", 40), set("nk", 50)}, 1 + 50},
      {"atax", {set("nx", 100), set("ny", 70)}, 70 + 100},
      // The index, the look-up, the store; 12 waves with 10 blocks at a time.
      {"ra", {set("n", 30'000)}, 2},
      {"ra", {set("n", 30'000), set("resident_blocks", 10)}, 12 * 2 + 11},
      {"hash_join", {set("build_tuples", 1000), set("probe_tuples", 9000)}, 2 + 2},
      {"gups", {set("log2_words", 13)}, 3},
      {"gups", {set("log2_words", 13), {"processor", std::string("cpu")}}, 0},
      // A row's offsets, an entry, x: banded rows of 32 entries are one round of a warp.
      {"spmv", {set("rows", 1000), set("nonzeros_per_row", 32), {"columns", std::string("banded")}}, 3},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    const Tally counted = tally(each.name, each.settings);
    CHECK(counted.dependencies == each.dependencies);
    CHECK(counted.turns == each.turns);
  }
}

}  // namespace dependencies_test
}  // namespace farfault::traces
