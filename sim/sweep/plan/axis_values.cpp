#include "sim/sweep/plan/axis_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/config/overrides.h"
#include "sim/core/text.h"
#include "sim/sweep/plan/range.h"

namespace farfault::sweep {
namespace {

using config::Diagnostics;
using config::flat_json;
using config::join;
using config::Node;

constexpr const char* kAxisRemedy =
    R"(write an array of values, a range ({"from": 1, "to": 8, "steps": 4}), or {"values": ...})";

void add_array(const std::string& path, const Node& array, const std::string& pointer, std::vector<AxisValue>& out) {
  for (std::size_t i = 0; i < array.items.size(); ++i) {
    out.push_back(axis_value(path, array.items[i], join(pointer, i)));
  }
}

/// {"slow": 1, "fast": 2}.
void add_named(const std::string& path, const Node& object, const std::string& pointer, std::vector<AxisValue>& out) {
  for (std::size_t i = 0; i < object.items.size(); ++i) {
    const std::string& name = object.keys[i].name;
    out.push_back(axis_value(path, object.items[i], join(pointer, name), flat_json(Node::of(name))));
  }
}

bool read_values(const std::string& path, const Node& values, const std::string& pointer, WrittenAxis& axis,
                 Diagnostics& diagnostics) {
  if (values.is_array()) {
    add_array(path, values, pointer, axis.values);
  } else if (values.is_object()) {
    add_named(path, values, pointer, axis.values);
  } else {
    diagnostics.add(values, pointer, "is " + kind_text(values) + ", not values",
                    "write them in [ ], or with names in { }");
    return false;
  }
  return true;
}

bool read_range(const std::string& path, const Node& range, const std::string& pointer, WrittenAxis& axis,
                Diagnostics& diagnostics) {
  const std::vector<Node> values = range_values(range, pointer, diagnostics);
  for (const Node& value : values) axis.values.push_back(axis_value(path, value, pointer));
  return !values.empty();
}

void read_title(const Node& node, const std::string& pointer, WrittenAxis& axis, Diagnostics& diagnostics) {
  const Node* const title = node.find("title");
  if (title == nullptr) return;
  if (title->is_string() && !title->text.empty()) {
    axis.title = title->text;
  } else {
    diagnostics.add(*title, join(pointer, "title"), "is no title", "write a text that says what the axis is");
  }
}

/// Whether --set would take the text as something else than itself.
bool needs_quotes(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" %._-/:+").find(c) != std::string_view::npos;
  };
  return text.empty() || !std::all_of(text.begin(), text.end(), is_plain) || nlohmann::json::accept(text);
}

}  // namespace

std::string setting_text(const std::string& path, const Node& value) {
  if (value.is_string() && !needs_quotes(value.text)) return path + '=' + value.text;
  return path + '=' + flat_json(value);
}

bool is_set_path(const std::string& path) {
  if (path.find('=') != std::string::npos) return false;
  Diagnostics found;
  return !parse_overrides({path + "=0"}, found).empty();
}

AxisValue axis_value(const std::string& path, const Node& node, std::string pointer, std::string name) {
  AxisValue out;
  out.json = flat_json(node);
  out.text = name.empty() ? out.json : std::move(name);
  out.setting = setting_text(path, node);
  out.amount = amount_of(node);
  out.place = {node.line, std::move(pointer)};
  return out;
}

void check_keys(const Node& object, const std::string& pointer, const std::vector<std::string>& known,
                Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < object.keys.size() && !diagnostics.full(); ++i) {
    const Node::Key& key = object.keys[i];
    if (std::find(known.begin(), known.end(), key.name) != known.end()) continue;
    diagnostics.add(object.items[i].source, key.line, join(pointer, key.name), "unknown key " + in_quotes(key.name),
                    name_hint(key.name, known));
  }
}

std::optional<WrittenAxis> read_axis(const std::string& path, const Node& node, const std::string& pointer,
                                     Diagnostics& diagnostics) {
  WrittenAxis axis;
  axis.title = path;
  bool fine = false;
  if (node.is_array()) {
    fine = read_values(path, node, pointer, axis, diagnostics);
  } else if (!node.is_object()) {
    diagnostics.add(node, pointer, "is " + kind_text(node) + ", not the values of an axis", kAxisRemedy);
  } else if (const Node* const values = node.find("values")) {
    check_keys(node, pointer, {"title", "values"}, diagnostics);
    read_title(node, pointer, axis, diagnostics);
    fine = read_values(path, *values, join(pointer, "values"), axis, diagnostics);
  } else {
    std::vector<std::string> known(std::begin(kRangeKeys), std::end(kRangeKeys));
    known.insert(known.end(), {"title", "values"});
    check_keys(node, pointer, known, diagnostics);
    read_title(node, pointer, axis, diagnostics);
    fine = read_range(path, node, pointer, axis, diagnostics);
  }
  if (!fine) return std::nullopt;
  if (axis.values.empty()) {
    diagnostics.add(node, pointer, "has no values", "write at least one, or remove the axis");
    return std::nullopt;
  }
  return axis;
}

}  // namespace farfault::sweep
