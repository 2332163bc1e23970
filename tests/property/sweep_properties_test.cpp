#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/config/json_reader.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/plan/amount.h"
#include "sim/sweep/plan/range.h"
#include "sim/sweep/plan_json.h"
#include "tests/property/dice.h"

namespace farfault::sweep {
namespace sweep_properties_test {

using farfault::testing::Dice;

/// An axis of a made-up sweep, with the values as --set writes them.
struct MadeAxis {
  std::string path;
  std::vector<std::string> values;
};

/// Some of these axes, in any order, each with some of its values, in any order: no two of them mean the same.
std::vector<MadeAxis> any_axes(Dice& dice) {
  std::vector<MadeAxis> all = {
      {"seed", {"0", "1", "2", "3"}},
      {"replay.quantum", {"1", "20", "300"}},
      {"policy.eviction.kind", {"\"lru\"", "\"fifo\"", "\"random\""}},
      {"memory.device_capacity", {"\"1 MiB\"", "\"50 % of footprint\"", "\"platform\""}},
      {"workload.generator", {R"({"kind": "zipf"})", "\"sequential\"", "\"random\""}},
  };
  const auto shuffle = [&dice](auto& items, std::size_t least) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[dice.below(i)]);
    items.resize(least + dice.below(items.size() - least + 1));
  };
  shuffle(all, 1);
  if (all.size() > 3) all.resize(3);
  for (MadeAxis& axis : all) shuffle(axis.values, 1);
  return all;
}

std::string sweep_text(const std::vector<MadeAxis>& axes, const std::string& more = "") {
  std::string out = R"({"base": {"workload": {"generator": "sequential"}}, "axes": {)";
  for (const MadeAxis& axis : axes) {
    out += (&axis == &axes.front() ? "\"" : ", \"") + axis.path + "\": [";
    for (const std::string& value : axis.values) out += (&value == &axis.values.front() ? "" : ", ") + value;
    out += ']';
  }
  return out + '}' + more + '}';
}

Plan plan_of(const std::string& text) {
  static const Catalogue catalogue = make_catalogue();
  PlanOptions options;
  options.threads = 1;
  return load_sweep_text(text, "s.json", ".", {}, {"configs"}, catalogue, options);
}

std::set<std::string> keys_of(const Plan& plan) {
  std::set<std::string> out;
  for (const Point& point : plan.points) out.insert(point.key);
  return out;
}

TEST_CASE("sweep properties: a product has each combination once and in order") {
  CHECK(rc::check([] {
    Dice dice;
    const std::vector<MadeAxis> axes = any_axes(dice);
    const Plan plan = plan_of(sweep_text(axes));
    std::size_t size = 1;
    for (const MadeAxis& axis : axes) size *= axis.values.size();
    RC_ASSERT(plan.points.size() == size);
    RC_ASSERT(keys_of(plan).size() == size);
    for (const Point& point : plan.points) {
      std::size_t rest = point.position;
      for (std::size_t i = axes.size(); i-- > 0;) {
        const std::vector<std::string>& values = axes[i].values;
        RC_ASSERT(point.axes[i] == values[rest % values.size()]);
        rest /= values.size();
      }
    }
  }));
}

TEST_CASE("sweep properties: a point's key is of what it runs and not of where it stands") {
  CHECK(rc::check([] {
    Dice dice;
    std::vector<MadeAxis> axes = any_axes(dice);
    const std::set<std::string> keys = keys_of(plan_of(sweep_text(axes)));
    std::reverse(axes.begin(), axes.end());
    for (MadeAxis& axis : axes) std::reverse(axis.values.begin(), axis.values.end());
    RC_ASSERT(keys_of(plan_of(sweep_text(axes))) == keys);
  }));
}

TEST_CASE("sweep properties: what one condition leaves out is what it would keep alone") {
  CHECK(rc::check([] {
    Dice dice;
    const std::vector<MadeAxis> axes = any_axes(dice);
    std::string condition = "{";
    for (const MadeAxis& axis : axes) {
      if (&axis != &axes.front() && dice.once_in(2)) continue;
      condition +=
          (condition.size() == 1 ? "\"" : ", \"") + axis.path + "\": " + axis.values[dice.below(axis.values.size())];
    }
    condition += '}';
    const std::set<std::string> all = keys_of(plan_of(sweep_text(axes)));
    const std::set<std::string> kept = keys_of(plan_of(sweep_text(axes, R"(, "only": [)" + condition + ']')));
    RC_PRE(kept.size() < all.size());
    const std::set<std::string> rest = keys_of(plan_of(sweep_text(axes, R"(, "exclude": [)" + condition + ']')));
    std::set<std::string> both = kept;
    both.insert(rest.begin(), rest.end());
    RC_ASSERT(both == all);
    RC_ASSERT(kept.size() + rest.size() == all.size());
  }));
}

TEST_CASE("sweep properties: a plan comes back from its text") {
  CHECK(rc::check([] {
    Dice dice;
    Plan plan = plan_of(sweep_text(any_axes(dice)));
    // Names of files are any bytes.
    plan.base.folder = *rc::gen::arbitrary<std::string>();
    for (Point& point : plan.points) point.trace = *rc::gen::arbitrary<std::string>();
    const std::string text = plan_json(plan);
    const Plan again = read_plan_json(text, "p.json");
    RC_ASSERT(plan_json(again) == text);
    RC_ASSERT(again.base.folder == plan.base.folder);
    RC_ASSERT(again.points.size() == plan.points.size());
    for (std::size_t i = 0; i < plan.points.size(); ++i) {
      RC_ASSERT(again.points[i].sets == plan.points[i].sets);
      RC_ASSERT(again.points[i].axes == plan.points[i].axes);
      RC_ASSERT(again.points[i].trace == plan.points[i].trace);
    }
  }));
}

TEST_CASE("sweep properties: a range ascends from end to end") {
  CHECK(rc::check([] {
    Dice dice;
    const std::string unit = dice.one_of<const char*>({"", " B", " MiB", " MB", " ns", " ms", " GB/s", " %"});
    const std::uint64_t from = 1 + dice.below(1'000'000);
    const std::uint64_t to = from + 100 + dice.below(1'000'000'000);
    const std::size_t steps = 2 + dice.below(12);
    const std::string quote = unit.empty() ? "" : "\"";
    const std::string text = R"({"from": )" + quote + std::to_string(from) + unit + quote + R"(, "to": )" + quote +
                             std::to_string(to) + unit + quote + R"(, "steps": )" + std::to_string(steps) +
                             (dice.once_in(2) ? R"(, "scale": "log"})" : "}");
    config::Diagnostics diagnostics;
    const auto node = config::parse_json(text, nullptr, diagnostics);
    const std::vector<config::Node> values = range_values(*node, "", diagnostics);
    if (values.empty()) {  // too near each other for as many digits
      RC_ASSERT(!diagnostics.empty());
      return;
    }
    RC_ASSERT(values.size() == steps);
    RC_ASSERT(config::flat_json(values.front()) == config::flat_json(*node->find("from")));
    RC_ASSERT(config::flat_json(values.back()) == config::flat_json(*node->find("to")));
    for (std::size_t i = 1; i < steps; ++i) {
      RC_ASSERT(is_less(*amount_of(values[i - 1]), *amount_of(values[i])));
    }
  }));
}

}  // namespace sweep_properties_test
}  // namespace farfault::sweep
