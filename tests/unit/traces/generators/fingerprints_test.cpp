// A change here is a change of every result that was made with these programs.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/traces/generators/tally.h"

namespace farfault::traces {
namespace fingerprints_test {

using testing::set;
using testing::Settings;
using testing::tally;

TEST_CASE("traces: generated programs stay what they are") {
  struct Case {
    std::string name;
    Settings settings;
    std::uint64_t hash;
  };
  const ParameterValue cpu = std::string("cpu");
  const std::vector<Case> cases{
      {"atax", {set("nx", 100), set("ny", 70)}, 17576887690239080960U},
      {"bfs", {set("nodes", 3000)}, 768754228892084608U},
      {"bfs", {set("nodes", 3000), {"graph", std::string("rmat")}}, 8834564746320500067U},
      {"bicg", {set("nx", 100), set("ny", 70)}, 14094039328861505756U},
      {"conv2d", {set("ni", 100), set("nj", 70)}, 10825200339330293276U},
      {"dnn_training", {{"weight_bytes", Bytes(5000)}, {"activation_bytes", Bytes(9000)}}, 976710612156432519U},
      {"fdtd2d", {set("nx", 100), set("ny", 70)}, 14899026962194395021U},
      {"fft", {set("n", 4096)}, 17124184054044677484U},
      {"gauss_seidel", {set("n", 50)}, 3563747015742165685U},
      {"gauss_seidel", {set("n", 50), {"processor", cpu}}, 3308339311601928486U},
      {"gemm", {set("ni", 30), set("nj", 40), set("nk", 50)}, 15642586990975023818U},
      {"gups", {set("log2_words", 13)}, 14052818056785306577U},
      {"hash_join", {set("build_tuples", 1000), set("probe_tuples", 9000), {"skew", 1.05}}, 13521176685915468904U},
      {"llm_decode",
       {set("layers", 2), set("hidden_size", 128), set("ffn_size", 256), set("vocabulary", 1000)},
       17276125929486871619U},
      {"mm2", {set("ni", 30), set("nj", 40), set("nk", 50), set("nl", 20)}, 16562136228521935218U},
      {"moe",
       {set("layers", 3), {"expert_bytes", Bytes(9000)}, {"shared_bytes", Bytes(5000)}, set("tokens", 50)},
       3418561710516097551U},
      {"mvt", {set("n", 100)}, 15831887750893658214U},
      {"pagerank", {set("vertices", 1000)}, 1569724472737774152U},
      {"ra", {set("n", 30'000)}, 3152905262187622304U},
      {"spmv", {set("rows", 1000)}, 4503495100283365205U},
      {"spmv",
       {set("rows", 1000), {"kernel", std::string("scalar")}, {"columns", std::string("rmat")}},
       9027312592191511435U},
      {"sssp", {set("vertices", 3000)}, 13760328481976698823U},
      {"tiled_gemm", {set("m", 200), set("n", 150), set("k", 50), set("batch", 2)}, 3488137150042660U},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    CHECK(tally(each.name, each.settings).hash == each.hash);
  }
}

}  // namespace fingerprints_test
}  // namespace farfault::traces
