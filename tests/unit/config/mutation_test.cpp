#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace mutation_test {

const std::string kGood = R"({
  "name": "m", "platform": {"base": "generic-pcie3", "devices": {"gpu1": {"link": "pcie", "fault_slots": {"value": 8, "source": "s"}}}},
  "driver": {"memory": "hmm"},
  "policy": {"base": "uvm-default", "prefetch": {"kind": "tree", "threshold": 60}, "eviction": "lru"},
  "workload": {"generator": {"kind": "zipf", "footprint": "64 MiB"},
               "assign": [{"agent": "*", "addresses": ["0x0", "0xff"], "accesses": [0, 9], "vma": "heap", "to": "gpu0"}]},
  "memory": {"device_capacity": "50 % of footprint"}, "replay": {"quantum": 10}, "seed": 1
})";

/// Loads or throws InputError with something to say; anything else escapes and fails the property.
void load_or_report(const std::string& text, const std::vector<std::string>& sets) {
  try {
    const RunSpec spec = load(text, sets);
    const RunSpec again = load(resolved_json(spec));
    RC_ASSERT(again == spec);
  } catch (const InputError& error) {
    RC_ASSERT(!error.diagnostics().empty());
    for (const Diagnostic& d : error.diagnostics()) RC_ASSERT(!d.problem.empty());
  }
}

TEST_CASE("config: mutated text loads or is an input error") {
  CHECK(rc::check([] {
    std::string text = kGood;
    const auto edits = *rc::gen::inRange(1, 6);
    for (int i = 0; i < edits; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      const auto length = *rc::gen::inRange<std::size_t>(0, 12);
      const auto with = *rc::gen::element<std::string>("", "\"", "{", "}", "[", "]", ",", ":", "0", "-1", "1e9", "null",
                                                       "true", "\"kind\"", "\"base\"", "\"value\"", "\\", "\xc3",
                                                       " % of footprint", "{}", "[]");
      text.replace(at, length, with);
      if (text.empty()) text = "{";
    }
    load_or_report(text, {});
  }));
}

TEST_CASE("config: any override loads or is an input error") {
  CHECK(rc::check([] {
    const std::vector<std::string> keys = {
        "platform", "base",     "host", "cpus",   "devices", "gpu0", "links",     "pcie",       "design",
        "policy",   "eviction", "kind", "driver", "memory",  "seed", "value",     "source",     "workload",
        "trace",    "assign",   "0",    "1",      "to",      "name", "generator", "granularity"};
    const std::vector<std::string> values = {"",
                                             "null",
                                             "{}",
                                             "[]",
                                             "3",
                                             "-1",
                                             "0.5",
                                             "true",
                                             "lru",
                                             "ideal",
                                             "host",
                                             "64KiB",
                                             "hmm",
                                             "\"x\"",
                                             R"({"kind": "fifo"})",
                                             R"({"base": "ideal"})",
                                             R"([{"to": "host"}])",
                                             "CMakeLists.txt"};
    std::vector<std::string> sets;
    const auto count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) {
      const auto path =
          *rc::gen::container<std::vector<std::string>>(*rc::gen::inRange<std::size_t>(1, 5), rc::gen::elementOf(keys));
      std::string set;
      for (const std::string& step : path) set += (set.empty() ? "" : ".") + step;
      sets.push_back(set + '=' + *rc::gen::elementOf(values));
    }
    load_or_report(kGood, sets);
  }));
}

}  // namespace mutation_test
}  // namespace farfault::config_test
