#include "sim/config/overrides.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/config/json_reader.h"
#include "sim/core/text.h"

namespace farfault::config {
namespace {

constexpr const char* kFile = "--set";
constexpr const char* kAssignmentRemedy = "write PATH=VALUE, such as policy.eviction.kind=fifo";

/// Nothing if a part is empty or there are too many.
std::optional<std::vector<std::string>> parse_path(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t dot = text.find('.');
    out.emplace_back(text.substr(0, dot));
    if (out.back().empty() || out.size() >= kMostDepth) return std::nullopt;
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

bool is_index(std::string_view step) {
  return std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The item that the step leads to, new if it is the next one; null if there is none.
Node* array_item(Node& array, const std::string& step) {
  std::size_t index = 0;
  const auto result = std::from_chars(step.data(), step.data() + step.size(), index);
  if (result.ec != std::errc() || result.ptr != step.data() + step.size() || index > array.items.size()) return nullptr;
  if (index == array.items.size()) array.push(Node::object());
  return &array.items[index];
}

/// The member or item that the step leads to, made if it can be; null, and reported, if there is none.
Node* step_into(Node& at, const Override& override, std::size_t i, const std::string& pointer,
                Diagnostics& diagnostics) {
  const std::string& step = override.path[i];
  if (at.is_array()) {
    Node* const item = array_item(at, step);
    if (item == nullptr) {
      diagnostics.add(override.value, join(pointer, step),
                      "there is no such item: the array has " + std::to_string(at.items.size()), "count from 0");
    }
    return item;
  }
  if (!at.is_object()) {
    diagnostics.add(override.value, join(pointer, step), "is inside " + kind_text(at) + ", which has no members",
                    "assign to the whole of " + printable(pointer));
    return nullptr;
  }
  if (Node* const member = at.find(step)) return member;
  const bool holds_items = i + 1 < override.path.size() && is_index(override.path[i + 1]);
  Node& made = at.set(step, holds_items ? Node::array() : Node::object());
  made.source = override.value.source;
  return &made;
}

}  // namespace

std::vector<Override> parse_overrides(const std::vector<std::string>& texts, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const Source>(Source{kFile, kOverrideLayer, "", ""});
  std::vector<Override> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    std::optional<std::vector<std::string>> path;
    if (equals != std::string::npos) path = parse_path(std::string_view(text).substr(0, equals));
    if (!path) {
      diagnostics.add({kFile, 0, "", "\"" + printable(text) + "\" is not an assignment", kAssignmentRemedy});
      continue;
    }
    std::optional<Node> value = parse_json_or_string(std::string_view(text).substr(equals + 1), source, diagnostics);
    if (!value) continue;
    out.push_back({std::move(*path), std::move(*value)});
  }
  return out;
}

void apply(Node& document, const Override& override, Diagnostics& diagnostics) {
  Node* at = &document;
  std::string pointer;
  for (std::size_t i = 0; i < override.path.size(); ++i) {
    at = step_into(*at, override, i, pointer, diagnostics);
    if (at == nullptr) return;
    pointer = join(pointer, override.path[i]);
  }
  *at = override.value;
}

}  // namespace farfault::config
