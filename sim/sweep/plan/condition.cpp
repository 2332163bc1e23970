#include "sim/sweep/plan/condition.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/core/text.h"
#include "sim/sweep/plan/amount.h"

namespace farfault::sweep {
namespace {

using config::Diagnostics;
using config::flat_json;
using config::join;
using config::Node;

constexpr std::size_t kMostConditions = 1000;  ///< each is tried on every point

/// {"min": 1, "max": 2}, either of which may be left out.
bool is_bound(const Node& node) {
  return node.is_object() && !node.items.empty() &&
         std::all_of(node.keys.begin(), node.keys.end(),
                     [](const auto& key) { return key.name == "min" || key.name == "max"; });
}

class ConditionReader {
 public:
  ConditionReader(const SweepConfig& config, Diagnostics& diagnostics) : config_(config), diagnostics_(diagnostics) {
    for (const SweptAxis& axis : config.axes) {
      if (axis.in_product) paths_.push_back(axis.axis.path);
    }
  }

  Condition read(const Node& node, const std::string& pointer) {
    Condition out;
    for (std::size_t i = 0; i < node.items.size() && !diagnostics_.full(); ++i) {
      const std::string& path = node.keys[i].name;
      const std::string at = join(pointer, path);
      const auto axis = std::find_if(config_.axes.begin(), config_.axes.end(), [&path](const SweptAxis& each) {
        return each.in_product && each.axis.path == path;
      });
      if (axis == config_.axes.end()) {
        diagnostics_.add(node.items[i].source, node.keys[i].line, at, in_quotes(path) + " is no axis of the product",
                         name_hint(path, paths_));
        continue;
      }
      Condition::Member member{static_cast<std::size_t>(axis - config_.axes.begin()),
                               std::vector<bool>(axis->values.size(), false)};
      read_member(*axis, node.items[i], at, member);
      out.members.push_back(std::move(member));
    }
    return out;
  }

 private:
  void read_member(const SweptAxis& axis, const Node& node, const std::string& pointer, Condition::Member& member) {
    if (is_bound(node)) {
      read_bound(axis, node, pointer, member);
    } else if (node.is_array()) {
      for (std::size_t i = 0; i < node.items.size() && !diagnostics_.full(); ++i) {
        read_value(axis, node.items[i], join(pointer, i), member);
      }
    } else {
      read_value(axis, node, pointer, member);
    }
  }

  void read_value(const SweptAxis& axis, const Node& node, const std::string& pointer, Condition::Member& member) {
    const std::string text = flat_json(node);
    const std::optional<Amount> amount = amount_of(node);
    bool found = false;
    for (std::size_t i = 0; i < axis.values.size(); ++i) {
      const AxisValue& value = axis.values[i];
      const bool same =
          value.text == text || value.json == text || (amount && value.amount && are_equal(*amount, *value.amount));
      if (!same) continue;
      member.fits[i] = true;
      found = true;
    }
    if (found) return;
    std::vector<std::string> known;
    for (std::size_t i = 0; i < axis.values.size() && i < kMostHints; ++i)
      known.push_back(printable(axis.values[i].text));
    diagnostics_.add(node, pointer, "the axis has no value " + printable(text), name_hint(text, known));
  }

  void read_bound(const SweptAxis& axis, const Node& node, const std::string& pointer, Condition::Member& member) {
    std::optional<Amount> least;
    std::optional<Amount> most;
    for (const auto& [key, to] : {std::pair{"min", &least}, std::pair{"max", &most}}) {
      const Node* const end = node.find(key);
      if (end == nullptr) continue;
      *to = amount_of(*end);
      if (*to && has_comparable(axis, **to)) continue;
      diagnostics_.add(*end, join(pointer, key), printable(flat_json(*end)) + " compares with no value of the axis",
                       "write an amount of the kind that the axis has");
      return;
    }
    for (std::size_t i = 0; i < axis.values.size(); ++i) member.fits[i] = is_within(axis.values[i].amount, least, most);
  }

  static bool has_comparable(const SweptAxis& axis, const Amount& bound) {
    return std::any_of(axis.values.begin(), axis.values.end(), [&bound](const AxisValue& value) {
      return value.amount && are_comparable(*value.amount, bound);
    });
  }

  static bool is_within(const std::optional<Amount>& amount, const std::optional<Amount>& least,
                        const std::optional<Amount>& most) {
    if (!amount) return false;
    if (least && (!are_comparable(*amount, *least) || is_less(*amount, *least))) return false;
    return !most || (are_comparable(*amount, *most) && !is_less(*most, *amount));
  }

  static constexpr std::size_t kMostHints = 1000;

  const SweepConfig& config_;
  Diagnostics& diagnostics_;
  std::vector<std::string> paths_;
};

}  // namespace

std::vector<Condition> read_conditions(const Node& root, const char* key, const SweepConfig& config,
                                       Diagnostics& diagnostics) {
  const Node* const array = root.find(key);
  if (array == nullptr) return {};
  const std::string pointer = join("", key);
  if (!array->is_array()) {
    diagnostics.add(*array, pointer, "is " + kind_text(*array) + ", not an array", R"(write [{"PATH": VALUE}])");
    return {};
  }
  if (array->items.size() > kMostConditions) {
    diagnostics.add(*array, pointer, "has more than " + std::to_string(kMostConditions) + " conditions",
                    "give several values in one: {\"PATH\": [VALUES]}");
    return {};
  }
  ConditionReader reader(config, diagnostics);
  std::vector<Condition> out;
  for (std::size_t i = 0; i < array->items.size() && !diagnostics.full(); ++i) {
    const Node& node = array->items[i];
    if (node.is_object() && !node.items.empty()) {
      out.push_back(reader.read(node, join(pointer, i)));
    } else {
      diagnostics.add(node, join(pointer, i), "is no condition", R"(write {"PATH": VALUE})");
    }
  }
  return out;
}

bool holds(const Condition& condition, const Selection& point) {
  return std::all_of(condition.members.begin(), condition.members.end(), [&point](const Condition::Member& member) {
    const std::uint32_t value = point[member.axis];
    return value != kNoValue && member.fits[value];
  });
}

bool is_kept(const SweepConfig& config, const Selection& point) {
  const auto is_met = [&point](const Condition& condition) { return holds(condition, point); };
  if (std::any_of(config.exclude.begin(), config.exclude.end(), is_met)) return false;
  return config.only.empty() || std::any_of(config.only.begin(), config.only.end(), is_met);
}

}  // namespace farfault::sweep
