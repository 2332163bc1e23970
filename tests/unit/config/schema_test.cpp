// GCC 12 with sanitizers takes std::regex, which valijson uses, for reading what is not initialised (GCC bug 105562).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace schema_test {

using Json = nlohmann::json;

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Whether the published file is what the program generates; written anew if FARFAULT_REGENERATE is set.
void check_published(const std::string& path, const std::string& generated) {
  if (const char* regenerate = std::getenv("FARFAULT_REGENERATE"); regenerate != nullptr && *regenerate == '1') {
    std::ofstream(path, std::ios::binary) << generated;
  }
  const bool same = file_text(path) == generated;
  INFO("regenerate with FARFAULT_REGENERATE=1, and look at the difference: ", path);
  CHECK(same);
}

class Schema {
 public:
  explicit Schema(const std::string& text) : json_(Json::parse(text)) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(json_), schema_);
  }
  bool accepts(const std::string& text) const {
    const Json document = Json::parse(text);
    valijson::Validator validator;
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }

 private:
  Json json_;
  valijson::Schema schema_;
};

/// Members beside the workload of a scenario whose faults, if any, are of structure: both schema and loader see them.
const std::vector<std::pair<const char*, bool>> kCorpus = {
    {R"("seed": 3)", true},
    {R"("seed": "3")", false},
    {R"("seed": -3)", false},
    {R"("seed": 0.5)", false},
    {R"("sead": 3)", false},
    {R"("$schema": "x")", true},
    {R"("name": "n", "description": "d")", true},
    {R"("name": null)", false},
    {R"("platform": "ideal")", true},
    {R"("platform": {"base": "ideal"})", true},
    {R"("platform": {"base": 3})", false},
    {R"("platform": 3)", false},
    {R"("platform": {"host": {"cpus": 3}})", true},
    {R"("platform": {"host": {"cpus": {"value": 3, "source": "s"}}})", true},
    {R"("platform": {"host": {"cpus": {"value": 3}}})", true},
    {R"("platform": {"host": {"cpus": {"source": "s"}}})", false},
    {R"("platform": {"host": {"cpus": {"value": 3, "sauce": "s"}}})", false},
    {R"("platform": {"host": {"cpus": "3"}})", false},
    {R"("platform": {"host": {"cpus": 0}})", false},
    {R"("platform": {"host": {"cpus": 70000}})", false},
    {R"("platform": {"host": {"memory": {"capacity": "1 GiB"}}})", true},
    {R"("platform": {"host": {"memory": {"capacity": "1GiB "}}})", true},
    {R"("platform": {"host": {"memory": {"capacity": 1}}})", false},
    {R"("platform": {"host": {"memory": {"capacity": "1"}}})", false},
    {R"("platform": {"host": {"memory": {"capacity": "1 Gib"}}})", false},
    {R"("platform": {"host": {"memory": {"capacity": "-1 GiB"}}})", false},
    {R"("platform": {"host": {"memory": {"bandwidth": "unlimited"}}})", true},
    {R"("platform": {"host": {"memory": {"bandwidth": "1.5e1 GB/s"}}})", true},
    {R"("platform": {"host": {"memory": {"bandwidth": "8 Gbit/s"}}})", true},
    {R"("platform": {"host": {"memory": {"bandwidth": "8 GB"}}})", false},
    {R"("platform": {"host": {"memory": {"bandwidth": "infinite"}}})", false},
    {R"("platform": {"host": {"memory": {"latency": "0"}}})", true},
    {R"("platform": {"host": {"memory": {"latency": "1.5 µs"}}})", true},
    {R"("platform": {"host": {"memory": {"latency": "1.5 parsec"}}})", false},
    {R"("platform": {"host": {"page_table": {"upper_bits": [2, 9]}}})", true},
    {R"("platform": {"host": {"page_table": {"upper_bits": []}}})", false},
    {R"("platform": {"host": {"page_table": {"upper_bits": [0]}}})", false},
    {R"("platform": {"host": {"page_table": {"huge_pages": "yes"}}})", false},
    {R"("platform": {"base": "ideal", "devices": {"gpu0": null}})", true},
    {R"("platform": {"devices": {"a b": {}}})", false},
    {R"("platform": {"devices": {"gpu1": {"link": "pcie"}}})", true},
    {R"("platform": {"devices": {"gpu1": {"lnk": "pcie"}}})", false},
    {R"("platform": {"devices": []})", false},
    {R"("platform": {"links": {"pcie": {"kind": "fixed", "lanes": 8, "control_share": "5 %"}}})", true},
    {R"("platform": {"links": {"pcie": {"kind": "fix"}}})", false},
    {R"("platform": {"links": {"pcie": {"lanes": 12}}})", false},
    {R"("platform": {"links": {"pcie": {"control_share": 0.7}}})", false},
    {R"("driver": {"memory": "managed", "replay": "once"})", true},
    {R"("driver": {"memory": "both"})", false},
    {R"("driver": "managed")", false},
    {R"("design": {"to_host": {"unmap": {"page": "1 us"}}})", true},
    {R"("design": {"to_host": {"unmap": "1 us"}})", false},
    {R"("design": {"kind": "radix"})", false},
    {R"("design": {"linear_map": "2 MiB", "memmap": "slow", "folio": "4 KiB", "tlb_flush": "page"})", true},
    {R"("design": {"linear_map": "2MiB"})", false},
    {R"("design": {"library": {"adoption": "80 %", "interpose": true, "bar": "none"}})", true},
    {R"("design": {"library": {"adoption": 2}})", false},
    {R"("kernel": {"physical_bits": 40, "pmem": {"a": {"gup_every": "1 us"}, "b": null}})", true},
    {R"("kernel": {"physical_bits": 30})", false},
    {R"("kernel": {"pmem": {"a b": {}}})", false},
    {R"("kernel": {"fork": {"pages": "1 ns"}})", false},
    {R"("inject": {"gup": {"every": "1 ms", "pages": 3, "write": false}, "rdma": {"hold": "1 s"}})", true},
    {R"("inject": {"gup": {"pages": 0}})", false},
    {R"("inject": {"fork": {"pages": 3}})", false},
    {R"("compare": {"own radix": {"set": ["design=separate_radix", "seed=3"]}, "as it is": {}})", true},
    {R"("compare": {"a": {"set": "seed=3"}})", false},
    {R"("compare": {"a": {"set": [3]}})", false},
    {R"("compare": {"": {}})", false},
    {R"("compare": [])", false},
    {R"("policy": "uvm-default")", true},
    {R"("policy": {"base": "uvm-default", "prefetch": "none"})", true},
    {R"("policy": {"eviction": "lru"})", true},
    {R"("policy": {"eviction": "lrru"})", false},
    {R"("policy": {"eviction": {"kind": "lru", "granularity": "64 KiB"}})", true},
    {R"("policy": {"eviction": {"granularity": "64 KiB"}})", true},
    {R"("policy": {"eviction": {"kind": "random", "granularity": "64 KiB"}})", false},
    {R"("policy": {"eviction": {"kind": "lru", "granularity": 64}})", false},
    {R"("policy": {"prefetch": {"kind": "tree", "threshold": 200}})", false},
    {R"("policy": {"thrashing": {"kind": "throttle", "mode": "pin", "share": "5 %", "strict": true}})", true},
    {R"("policy": {"thrashing": {"kind": "throttle", "mode": "pan"}})", false},
    {R"("policy": {"thrashing": {"kind": "throttle", "strict": 1}})", false},
    {R"("policy": {"eviction": 3})", false},
    {R"("policy": [])", false},
    {R"("memory": {"device_capacity": "platform"})", true},
    {R"("memory": {"device_capacity": "4 GiB"})", true},
    {R"("memory": {"device_capacity": "12.5% of footprint"})", true},
    {R"("memory": {"device_capacity": "50 %"})", false},
    {R"("memory": {"device_capacity": 50})", false},
    {R"("memory": {"capacity": "4 GiB"})", false},
    {R"("replay": {"quantum": 5, "quantum_time": "1 us", "detail": "pages", "block_limit": 7})", true},
    {R"("replay": {"quantum": 0})", false},
    {R"("replay": {"detail": "bytes"})", false},
};

const std::vector<std::pair<const char*, bool>> kWorkloads = {
    {R"({"generator": "zipf"})", true},
    {R"({"generator": {"kind": "zipf", "footprint": "1 MiB", "exponent": 1.5}})", true},
    {R"({"generator": {"kind": "zipf", "footprint": 1}})", false},
    {R"({"generator": {"kind": "zipf", "passes": 1}})", false},
    {R"({"generator": {"footprint": "1 MiB"}})", false},
    {R"({"generator": "zap"})", false},
    {R"({"trace": "CMakeLists.txt", "generator": null})", true},
    {R"({"trace": 3})", false},
    {R"({"generator": "zipf", "assign": []})", true},
    {R"({"generator": "zipf", "assign": [{"addresses": ["0x1", null], "vma": null, "accesses": [0, null], "to": "host"}]})",
     true},
    {R"({"generator": "zipf", "assign": [{"addresses": ["0x1"]}]})", false},
    {R"({"generator": "zipf", "assign": [{"addresses": ["1", "2"]}]})", false},
    {R"({"generator": "zipf", "assign": [{"accesses": [0, "1"]}]})", false},
    {R"({"generator": "zipf", "assign": [{"vma": "hep"}]})", false},
    {R"({"generator": "zipf", "assign": {"to": "host"}})", false},
    {R"({"generator": "zipf", "first_touch": "accessor", "max_accesses": 3})", true},
    {R"({"generator": "zipf", "first_touch": "none"})", false},
    {R"({"generator": "zipf", "max_accesses": "3"})", false},
};

TEST_CASE("config: the published schemas are what the program generates") {
  check_published("configs/schema/scenario.schema.json", scenario_schema(make_catalogue()));
  check_published("configs/schema/platform.schema.json", platform_schema());
}

TEST_CASE("config: schema and loader agree on faults of structure") {
  const Schema schema(scenario_schema(catalogue()));
  std::vector<std::pair<std::string, bool>> all;
  for (const auto& [more, good] : kCorpus) all.emplace_back(scenario(", " + std::string(more)), good);
  for (const auto& [workload, good] : kWorkloads)
    all.emplace_back("{\"workload\": " + std::string(workload) + "}", good);
  for (const auto& [text, good] : all) {
    CAPTURE(text);
    const auto found = problems(text);
    CAPTURE(texts(found));
    CHECK(found.empty() == good);
    CHECK(schema.accepts(text) == good);
  }
}

TEST_CASE("config: the schemas accept every shipped file and every resolved text") {
  const Schema scenarios(scenario_schema(make_catalogue()));
  for (const std::string& name : config_names("scenarios", paths())) {
    CAPTURE(name);
    CHECK(scenarios.accepts(file_text("configs/scenarios/" + name + ".json")));
  }
  const Schema platforms(platform_schema());
  for (const std::string& name : config_names("platforms", paths())) {
    CAPTURE(name);
    CHECK(platforms.accepts(file_text("configs/platforms/" + name + ".json")));
  }
  const Schema schema(scenario_schema(catalogue()));
  CHECK(schema.accepts(resolved_json(load(scenario()))));
  CHECK(schema.accepts(resolved_json(load(R"({"workload": {"trace": "CMakeLists.txt"}, "platform": "ideal"})"))));
}

}  // namespace schema_test
}  // namespace farfault::config_test
