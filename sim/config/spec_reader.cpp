#include "sim/config/spec_reader.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sim/config/scalars.h"
#include "sim/core/text.h"

namespace farfault::config {
namespace {

constexpr std::size_t kLongestName = 32;
constexpr std::size_t kLongestTitle = 48;

int layer_of(const Node& node) { return node.source == nullptr ? 0 : node.source->layer; }

/// The source of a value that was given without one.
std::string source_of_plain(const Node& node) {
  if (node.source == nullptr) return "assumption";
  if (node.source->layer == kOverrideLayer) return "override on the command line";
  // Without its folders, so that the same config gives the same results wherever it lies.
  const std::string file = std::filesystem::path(node.source->file).filename().string();
  return "assumption: stated in " + printable(file) + " without a source";
}

bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), plain);
}

bool is_title(std::string_view name) {
  if (name.empty() || name.size() > kLongestTitle) return false;
  return name.front() != ' ' && name.back() != ' ' && printable(name, 4 * kLongestTitle) == name;
}

bool is_name(const Items& items, std::string_view name) {
  return items.names() == ItemNames::kTitle ? is_title(name) : is_plain_name(name);
}

std::string name_remedy(const Items& items) {
  return items.names() == ItemNames::kTitle ? "use 1 to 48 bytes of text without blanks at its ends"
                                            : "use up to 32 letters, digits, - and _";
}

std::string unknown_key(std::string_view key) { return "unknown key \"" + printable(key) + '"'; }

}  // namespace

SpecReader::SpecReader(const Node& root, std::string pointer, Diagnostics& diagnostics) : diagnostics_(diagnostics) {
  enter(root, std::move(pointer));
}

void SpecReader::finish() { leave(); }

const Node* SpecReader::take(const std::string& key) {
  frames_.back().known.push_back(key);
  return frames_.back().node->find(key);
}

void SpecReader::enter(const Node& node, std::string pointer) { frames_.push_back({&node, std::move(pointer), {}}); }

void SpecReader::leave() {
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  for (std::size_t i = 0; i < frame.node->keys.size() && !diagnostics_.full(); ++i) {
    const Node::Key& key = frame.node->keys[i];
    if (std::find(frame.known.begin(), frame.known.end(), key.name) != frame.known.end()) continue;
    diagnostics_.add(frame.node->items[i].source, key.line, join(frame.pointer, key.name), unknown_key(key.name),
                     name_hint(key.name, frame.known));
  }
}

bool SpecReader::expect_object(const Node& node, const std::string& pointer) {
  if (node.is_object()) return true;
  diagnostics_.add(node, pointer, "is " + kind_text(node) + ", not an object", "write its members in { }");
  return false;
}

void SpecReader::scalar(const Field& field, Scalar value, std::string* source) {
  const Node* const node = take(field.key);
  if (node == nullptr) return;
  if (source != nullptr) {
    sourced(field, value, *source, *node);
  } else if (const auto problem = read_scalar(field, value, *node)) {
    diagnostics_.add(*node, pointer_to(field.key), problem->problem, problem->remedy);
  }
}

void SpecReader::sourced(const Field& field, const Scalar& value, std::string& source, const Node& node) {
  const std::string pointer = pointer_to(field.key);
  if (!node.is_object()) {
    if (const auto problem = read_scalar(field, value, node)) {
      diagnostics_.add(node, pointer, problem->problem, problem->remedy);
    } else {
      source = source_of_plain(node);
    }
    return;
  }
  enter(node, pointer);
  const Node* const plain = take("value");
  const Node* const given = take("source");
  if (plain == nullptr) {
    diagnostics_.add(node, pointer, "has no \"value\"",
                     "write {\"value\": ..., \"source\": \"...\"}, or the value alone");
  } else if (const auto problem = read_scalar(field, value, *plain)) {
    diagnostics_.add(*plain, join(pointer, "value"), problem->problem, problem->remedy);
  }
  std::string text;
  if (given != nullptr) {
    const auto problem = read_scalar({"source"}, &text, *given);
    const bool blank = !problem && text.find_first_not_of(" \t") == std::string::npos;
    if (problem) diagnostics_.add(*given, join(pointer, "source"), problem->problem, problem->remedy);
    if (blank) {
      diagnostics_.add(*given, join(pointer, "source"), "is empty",
                       "name a measurement, a paper or a file, or begin with \"assumption\"");
    }
  }
  // A value that overrides another one does not rest on what the other one rested on.
  const bool stale = given != nullptr && plain != nullptr && layer_of(*plain) > layer_of(*given);
  source = given == nullptr || stale ? source_of_plain(plain == nullptr ? node : *plain) : text;
  leave();
}

void SpecReader::section(const Field& field, const std::function<void(SpecVisitor&)>& members) {
  const Node* const node = take(field.key);
  if (node == nullptr || !expect_object(*node, pointer_to(field.key))) return;
  enter(*node, pointer_to(field.key));
  members(*this);
  leave();
}

void SpecReader::items(const Field& field, Items& items) {
  const Node* const node = take(field.key);
  if (node == nullptr) return;
  const std::string pointer = pointer_to(field.key);
  if (items.is_keyed() ? !node->is_object() : !node->is_array()) {
    diagnostics_.add(*node, pointer,
                     "is " + kind_text(*node) + ", not " + (items.is_keyed() ? "an object" : "an array"),
                     items.is_keyed() ? "write {\"NAME\": { ... }}" : "write [{ ... }]");
    return;
  }
  items.clear();
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    const Node& item = node->items[i];
    const std::string key = items.is_keyed() ? node->keys[i].name : std::string();
    const std::string at = items.is_keyed() ? join(pointer, key) : join(pointer, i);
    if (items.is_keyed() && item.is_null()) continue;  // takes away what a lower layer gave
    items.append(key);  // also for what is wrong: numbers of items stay those of the document
    if (!expect_object(item, at)) continue;
    if (items.is_keyed() && !is_name(items, key)) {
      diagnostics_.add(item, at, "\"" + printable(key) + "\" is no name for a " + std::string(items.noun()),
                       name_remedy(items));
    }
    enter(item, at);
    items.visit(items.size() - 1, *this);
    leave();
  }
}

void SpecReader::choice(const Field& field, Choice& choice, const KindTable& kinds) {
  const Node* const node = take(field.key);
  if (node != nullptr) {
    read_choice(*node, pointer_to(field.key), choice, kinds);
    return;
  }
  const KindTable::Kind* const kind = kinds.find(choice.kind);
  if (kind != nullptr) {
    choice.parameters = Parameters::defaults(kind->parameters);
  } else {
    diagnostics_.add(*frames_.back().node, pointer_to(field.key),
                     "the default " + kinds.noun + " \"" + choice.kind + "\" is not there",
                     "choose one (" + kinds.listing + ')');
  }
}

void SpecReader::choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) {
  const Node* const node = take(field.key);
  if (node == nullptr || node->is_null()) {
    choice.reset();
    return;
  }
  choice.emplace();
  read_choice(*node, pointer_to(field.key), *choice, kinds);
}

void SpecReader::read_choice(const Node& node, const std::string& pointer, Choice& choice, const KindTable& kinds) {
  const std::string remedy = name_hint("", kinds.names()) + " (" + kinds.listing + ')';
  const Node* const kind_node = node.is_object() ? node.find("kind") : &node;
  if (kind_node == nullptr && choice.kind.empty()) {
    diagnostics_.add(node, pointer, "has no \"kind\"", remedy);
    return;
  }
  const std::string kind_pointer = node.is_object() ? join(pointer, "kind") : pointer;
  if (kind_node != nullptr && !kind_node->is_string()) {
    diagnostics_.add(*kind_node, kind_pointer, "is " + kind_text(*kind_node) + ", not the name of a " + kinds.noun,
                     remedy);
    return;
  }
  const std::string name = kind_node == nullptr ? choice.kind : kind_node->text;
  const KindTable::Kind* const kind = kinds.find(name);
  if (kind == nullptr) {
    diagnostics_.add(kind_node == nullptr ? node : *kind_node, kind_pointer,
                     "unknown " + kinds.noun + " \"" + printable(name) + '"',
                     name_hint(name, kinds.names()) + " (" + kinds.listing + ')');
    return;
  }
  choice.kind = name;
  choice.parameters = Parameters::defaults(kind->parameters);
  if (node.is_object()) read_parameters(node, pointer, choice, *kind);
}

void SpecReader::read_parameters(const Node& node, const std::string& pointer, Choice& choice,
                                 const KindTable::Kind& kind) {
  enter(node, pointer);
  take("kind");
  for (const ParameterInfo& info : kind.parameters) {
    ParameterValue value = info.fallback;
    scalar(field_of(info), scalar_of(value), nullptr);
    choice.parameters.set(info.name, std::move(value));
  }
  drop_or_report(node, pointer, choice, kind);
  frames_.pop_back();
}

/// A parameter that the kind does not have is an error, unless it belongs to the kind of a lower layer that this kind
/// replaced: `--set policy.prefetch.kind=none` must not fail over the tree's threshold in the scenario.
void SpecReader::drop_or_report(const Node& node, const std::string& pointer, const Choice& choice,
                                const KindTable::Kind& kind) {
  const Node* const kind_node = node.find("kind");
  const std::vector<std::string>& known = frames_.back().known;
  for (std::size_t i = 0; i < node.keys.size() && !diagnostics_.full(); ++i) {
    const Node::Key& key = node.keys[i];
    if (std::find(known.begin(), known.end(), key.name) != known.end()) continue;
    if (kind_node != nullptr && layer_of(node.items[i]) < layer_of(*kind_node)) continue;
    const std::string remedy =
        kind.parameters.empty() ? "it has no parameters: remove the key" : name_hint(key.name, known);
    diagnostics_.add(node.items[i].source, key.line, join(pointer, key.name),
                     "\"" + choice.kind + "\" has no parameter \"" + printable(key.name) + '"', remedy);
  }
}

}  // namespace farfault::config
