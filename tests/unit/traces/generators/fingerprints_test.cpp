// A change here is a change of every result that was made with these programs.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/traces/generators/tally.h"

namespace farfault::traces {
namespace {

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
      {"atax", {set("nx", 100), set("ny", 70)}, 10296388725469445251U},
      {"bfs", {set("nodes", 3000)}, 17832949604017116474U},
      {"bfs", {set("nodes", 3000), {"graph", std::string("rmat")}}, 16017736925450862855U},
      {"bicg", {set("nx", 100), set("ny", 70)}, 13297279883608971402U},
      {"conv2d", {set("ni", 100), set("nj", 70)}, 18186144669204494971U},
      {"dnn_training", {{"weight_bytes", Bytes(5000)}, {"activation_bytes", Bytes(9000)}}, 16374929127256448511U},
      {"fdtd2d", {set("nx", 100), set("ny", 70)}, 16365000797071033961U},
      {"fft", {set("n", 4096)}, 3829706657614607879U},
      {"gauss_seidel", {set("n", 50)}, 680671288125821772U},
      {"gauss_seidel", {set("n", 50), {"processor", cpu}}, 3308339311601928486U},
      {"gemm", {set("ni", 30), set("nj", 40), set("nk", 50)}, 8220618616413649824U},
      {"gups", {set("log2_words", 13)}, 17996192224266881U},
      {"hash_join", {set("build_tuples", 1000), set("probe_tuples", 9000), {"skew", 1.05}}, 10639717816760968063U},
      {"llm_decode",
       {set("layers", 2), set("hidden_size", 128), set("ffn_size", 256), set("vocabulary", 1000)},
       17334847796112770847U},
      {"mm2", {set("ni", 30), set("nj", 40), set("nk", 50), set("nl", 20)}, 17065221717261830749U},
      {"moe",
       {set("layers", 3), {"expert_bytes", Bytes(9000)}, {"shared_bytes", Bytes(5000)}, set("tokens", 50)},
       3418561710516097551U},
      {"mvt", {set("n", 100)}, 1308217869946339211U},
      {"pagerank", {set("vertices", 1000)}, 10926812782582294069U},
      {"ra", {set("n", 30'000)}, 3610032496100179250U},
      {"spmv", {set("rows", 1000)}, 12854332852891347673U},
      {"spmv",
       {set("rows", 1000), {"kernel", std::string("scalar")}, {"columns", std::string("rmat")}},
       2399859631233398452U},
      {"sssp", {set("vertices", 3000)}, 2378687972535339257U},
      {"tiled_gemm", {set("m", 200), set("n", 150), set("k", 50), set("batch", 2)}, 10166551025895733850U},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    CHECK(tally(each.name, each.settings).hash == each.hash);
  }
}

}  // namespace
}  // namespace farfault::traces
