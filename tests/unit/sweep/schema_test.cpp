// GCC 12 with sanitizers takes std::regex, which valijson uses, for reading what is not initialised (GCC bug 105562).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "sim/config/json_reader.h"
#include "sim/config/load.h"
#include "sim/sweep/plan/sweep_config.h"

namespace farfault::sweep {
namespace schema_test {

using Json = nlohmann::json;

Json file_json(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return Json::parse(in);
}

class SweepSchema {
 public:
  SweepSchema() {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(json_), schema_);
  }
  bool accepts(const Json& document) const {
    valijson::Validator validator;
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }

 private:
  Json json_ = file_json("configs/schema/sweep.schema.json");
  valijson::Schema schema_;
};

bool reader_accepts(const std::string& text) {
  config::Diagnostics diagnostics;
  const auto root = config::parse_json(text, nullptr, diagnostics);
  if (root) read_sweep_config(*root, diagnostics);
  return root && diagnostics.empty();
}

/// Sweeps whose faults, if any, are of structure: both schema and reader see them.
const std::vector<std::pair<const char*, bool>> kSweeps = {
    {R"({"base": "zipf", "axes": {"seed": [1]}})", true},
    {R"({"base": {"seed": 1}, "axes": {"seed": [1]}, "$schema": "x", "name": "n", "description": "d"})", true},
    {R"({"axes": {"seed": [1]}})", false},
    {R"({"base": "zipf"})", false},
    {R"({"base": 3, "axes": {"seed": [1]}})", false},
    {R"({"base": "zipf", "axes": {}})", false},
    {R"({"base": "zipf", "axes": {"seed": []}})", false},
    {R"({"base": "zipf", "axes": {"seed": 1}})", false},
    {R"({"base": "zipf", "axes": {"se=ed": [1]}})", false},
    {R"({"base": "zipf", "axes": {"a..b": [1]}})", false},
    {R"({"base": "zipf", "axes": {"": [1]}})", false},
    {R"({"base": "zipf", "axes": {"a.b": [1]}, "name": 3})", false},
    {R"({"base": "zipf", "axes": [1]})", false},
    {R"({"base": "zipf", "axes": {"a": {"values": [1], "title": "t"}, "b": {"values": {"x": 1}}}})", true},
    {R"({"base": "zipf", "axes": {"a": {"values": [1], "title": 3}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"values": {}}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"values": 3}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"values": [1], "steps": 3}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2, "steps": 2, "scale": "log", "title": "t"}}})", true},
    {R"({"base": "zipf", "axes": {"a": {"from": "1 s", "to": "2 s", "step": "1 s"}}})", true},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2, "factor": 1.5}}})", true},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "steps": 2}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2, "steps": 2, "step": 1}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2, "steps": 1}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2, "steps": "2"}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2, "factor": 1}}})", false},
    {R"({"base": "zipf", "axes": {"a": {"from": 1, "to": 2, "steps": 2, "scale": "lin"}}})", false},
    {R"({"base": "zipf", "zip": [{"a": [1, 2], "b": [3, 4]}]})", true},
    {R"({"base": "zipf", "zip": [{}]})", false},
    {R"({"base": "zipf", "zip": {"a": [1]}})", false},
    {R"({"base": "zipf", "points": [{"a": 1}, {}]})", true},
    {R"({"base": "zipf", "points": []})", false},
    {R"({"base": "zipf", "points": [1]})", false},
    {R"({"base": "zipf", "points": [{"a=": 1}]})", false},
    {R"({"base": "zipf", "axes": {"a": [1]}, "set": {"b.c": {"d": 1}}})", true},
    {R"({"base": "zipf", "axes": {"a": [1]}, "set": {"b.": 1}})", false},
    {R"({"base": "zipf", "axes": {"a": [1]}, "set": []})", false},
    {R"({"base": "zipf", "axes": {"a": [1, 2]}, "exclude": [{"a": 1}], "only": [{"a": {"max": 2}}]})", true},
    {R"({"base": "zipf", "axes": {"a": [1]}, "exclude": [{}]})", false},
    {R"({"base": "zipf", "axes": {"a": [1]}, "only": {"a": 1}})", false},
    {R"({"base": "zipf", "axes": {"a": [1]}, "figures": ["time.*"]})", true},
    {R"({"base": "zipf", "axes": {"a": [1]}, "figures": [""]})", false},
    {R"({"base": "zipf", "axes": {"a": [1]}, "figures": "time.*"})", false},
    {R"({"base": "zipf", "axes": {"a": [1]}, "axis": 1})", false},
};

TEST_CASE("sweep: schema and reader agree on faults of structure") {
  const SweepSchema schema;
  for (const auto& [text, good] : kSweeps) {
    CAPTURE(text);
    CHECK(schema.accepts(Json::parse(text)) == good);
    CHECK(reader_accepts(text) == good);
  }
}

TEST_CASE("sweep: the schema accepts every shipped sweep") {
  const SweepSchema schema;
  for (const std::string& name : config_names("sweeps", {"configs"})) {
    CAPTURE(name);
    CHECK(schema.accepts(file_json("configs/sweeps/" + name + ".json")));
  }
}

}  // namespace schema_test
}  // namespace farfault::sweep
