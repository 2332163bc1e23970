#include "sim/config/document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

namespace farfault::config {
namespace {

constexpr std::size_t kLineWidth = 100;

bool needs_escape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\r':
      out += "\\r";
      break;
    default:
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto special = std::find_if(text.begin(), text.end(), needs_escape);
    const auto plain = static_cast<std::size_t>(special - text.begin());
    out += text.substr(0, plain);
    if (special != text.end()) append_escape(out, *special);
    text.remove_prefix(std::min(plain + 1, text.size()));
  }
  out += '"';
}

void append_scalar(std::string& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      out += "null";
      break;
    case Node::Kind::kBoolean:
      out += node.boolean ? "true" : "false";
      break;
    case Node::Kind::kUnsigned:
      out += std::to_string(node.number);
      break;
    case Node::Kind::kNegative:
    case Node::Kind::kReal:
      out += node.text;
      break;
    default:
      append_string(out, node.text);
  }
}

void append_flat(std::string& out, const Node& node) {
  if (!node.is_object() && !node.is_array()) {
    append_scalar(out, node);
    return;
  }
  out += node.is_object() ? '{' : '[';
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i != 0) out += ", ";
    if (node.is_object()) {
      append_string(out, node.keys[i].name);
      out += ": ";
    }
    append_flat(out, node.items[i]);
  }
  out += node.is_object() ? '}' : ']';
}

bool has_only_scalars(const Node& node) {
  return std::none_of(node.items.begin(), node.items.end(),
                      [](const Node& n) { return n.is_object() || n.is_array(); });
}

/// Appends to one text: a document's texts, each made of its parts', would be copied once a level.
void append_json(std::string& out, const Node& node, std::size_t indent) {
  const bool is_empty = node.items.empty();
  const bool is_short = node.is_array() || node.items.size() <= 2;
  if (is_empty || (is_short && has_only_scalars(node))) {
    const std::size_t start = out.size();
    append_flat(out, node);
    if (is_empty || indent + (out.size() - start) <= kLineWidth) return;
    out.resize(start);
  }
  out += node.is_object() ? '{' : '[';
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out.append(indent + 2, ' ');
    if (node.is_object()) {
      append_string(out, node.keys[i].name);
      out += ": ";
    }
    append_json(out, node.items[i], indent + 2);
  }
  out += '\n';
  out.append(indent, ' ');
  out += node.is_object() ? '}' : ']';
}

}  // namespace

Node Node::with_kind(Kind kind) {
  Node node;
  node.kind = kind;
  return node;
}

Node Node::of(std::string value) {
  Node node = with_kind(Kind::kString);
  node.text = std::move(value);
  return node;
}

Node Node::of(std::uint64_t value) {
  Node node = with_kind(Kind::kUnsigned);
  node.number = value;
  return node;
}

Node Node::of(bool value) {
  Node node = with_kind(Kind::kBoolean);
  node.boolean = value;
  return node;
}

Node Node::of(double value) {
  Node node = with_kind(Kind::kReal);
  node.real = value;
  // The shortest text that reads back as the same number, whatever the locale.
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  node.text.assign(buffer.data(), result.ptr);
  return node;
}

const Node* Node::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].name == key) return &items[i];
  }
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));  // this object is not const
}

Node& Node::set(std::string_view key, Node value) {
  if (Node* there = find(key)) {
    *there = std::move(value);
    return *there;
  }
  keys.push_back({std::string(key), value.line});
  items.push_back(std::move(value));
  return items.back();
}

void Node::erase(std::string_view key) {
  const auto it = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key; });
  if (it == keys.end()) return;
  items.erase(items.begin() + (it - keys.begin()));
  keys.erase(it);
}

Node& Node::push(Node value) {
  items.push_back(std::move(value));
  return items.back();
}

std::string kind_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kBoolean:
      return "a boolean";
    case Node::Kind::kUnsigned:
    case Node::Kind::kNegative:
    case Node::Kind::kReal:
      return "a number";
    case Node::Kind::kString:
      return "a string";
    case Node::Kind::kArray:
      return "an array";
    case Node::Kind::kObject:
      return "an object";
  }
  return {};
}

std::string join(std::string_view pointer, std::string_view key) {
  std::string out(pointer);
  out += '/';
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string join(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + '/' + std::to_string(index);
}

std::string written_pointer(const SourcePtr& source, std::string_view pointer) {
  if (source == nullptr || !pointer.starts_with(source->mounted_at)) return std::string(pointer);
  const std::string_view rest = pointer.substr(source->mounted_at.size());
  if (!rest.empty() && rest.front() != '/') return std::string(pointer);
  return source->written_at + std::string(rest);
}

void set_source(Node& node, const SourcePtr& source) {
  node.source = source;
  for (Node& item : node.items) set_source(item, source);
}

Node typed_schema(const char* type) {
  Node node = Node::object();
  node.set("type", Node::of(type));
  return node;
}

Node merged(Node base, Node over) {
  if (!base.is_object() || !over.is_object()) return over;
  Node added = Node::object();  // apart from `base`, so that a search never goes through what was just added
  for (std::size_t i = 0; i < over.items.size(); ++i) {
    if (Node* const there = base.find(over.keys[i].name)) {
      *there = merged(std::move(*there), std::move(over.items[i]));
      base.keys[static_cast<std::size_t>(there - base.items.data())].line = over.keys[i].line;
    } else {
      added.keys.push_back(std::move(over.keys[i]));
      added.items.push_back(std::move(over.items[i]));
    }
  }
  std::move(added.keys.begin(), added.keys.end(), std::back_inserter(base.keys));
  std::move(added.items.begin(), added.items.end(), std::back_inserter(base.items));
  base.source = over.source;
  base.line = over.line;
  return base;
}

std::string to_json(const Node& node) {
  std::string out;
  append_json(out, node, 0);
  return out;
}

std::string flat_json(const Node& node) {
  std::string out;
  append_flat(out, node);
  return out;
}

}  // namespace farfault::config
