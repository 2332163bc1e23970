#include "sim/config/spec_schema.h"

#include <utility>

#include "sim/config/scalars.h"

namespace farfault::config {
namespace {

Node object_of(Node properties) {
  Node node = typed_schema("object");
  node.set("properties", std::move(properties));
  node.set("additionalProperties", Node::of(false));
  return node;
}

/// A value alone, or with its source.
Node with_source(Node value) {
  Node properties = Node::object();
  properties.set("value", value);
  properties.set("source", typed_schema("string"));
  Node object = object_of(std::move(properties));
  object.set("required", Node::array()).push(Node::of("value"));
  return any_of(std::move(value), std::move(object));
}

Node parameter_schema(const ParameterInfo& info) {
  ParameterValue value = info.fallback;
  Node schema = scalar_schema(field_of(info), scalar_of(value));
  // Beside "$ref", draft 7 ignores every other key.
  Node node = Node::object();
  node.set("description", Node::of(info.description));
  node.set("default", write_parameter(info.fallback));
  if (schema.find("$ref") != nullptr) {
    node.set("allOf", Node::array()).push(std::move(schema));
    return node;
  }
  return merged(std::move(node), std::move(schema));
}

Node kind_schema(const KindTable::Kind& kind) {
  Node properties = Node::object();
  Node name = Node::object();
  name.set("const", Node::of(kind.name));
  properties.set("kind", std::move(name));
  for (const ParameterInfo& info : kind.parameters) properties.set(info.name, parameter_schema(info));
  Node node = object_of(std::move(properties));
  node.set("description", Node::of(kind.summary));
  node.set("required", Node::array()).push(Node::of("kind"));
  return node;
}

/// Parameters for the kind that a lower layer, or the default, has: any that some kind has.
Node kindless_schema(const KindTable& kinds) {
  Node properties = Node::object();
  for (const KindTable::Kind& kind : kinds.kinds) {
    for (const ParameterInfo& info : kind.parameters) properties.set(info.name, Node::object());
  }
  return object_of(std::move(properties));
}

Node choice_schema(const KindTable& kinds, bool is_optional) {
  Node names = typed_schema("string");
  Node& values = names.set("enum", Node::array());
  for (const std::string& name : kinds.names()) values.push(Node::of(name));
  Node node = Node::object();
  Node& ways = node.set("anyOf", Node::array());
  ways.push(std::move(names));
  for (const KindTable::Kind& kind : kinds.kinds) ways.push(kind_schema(kind));
  ways.push(is_optional ? typed_schema("null") : kindless_schema(kinds));
  return node;
}

}  // namespace

Node any_of(Node first, Node second) {
  Node node = Node::object();
  Node& ways = node.set("anyOf", Node::array());
  ways.push(std::move(first));
  ways.push(std::move(second));
  return node;
}

void SpecSchema::add(const Field& field, Node schema) {
  Node node = Node::object();
  node.set("description", Node::of(field.description));
  if (schema.find("$ref") != nullptr) {
    node.set("allOf", Node::array()).push(std::move(schema));
  } else {
    node = merged(std::move(node), std::move(schema));
  }
  properties_.set(field.key, std::move(node));
}

void SpecSchema::scalar(const Field& field, Scalar value, std::string* source) {
  Node schema = scalar_schema(field, value);
  if (source != nullptr) schema = with_source(std::move(schema));
  const std::optional<Node> fallback = write_scalar(value);
  if (fallback) {
    Node with_default = Node::object();
    with_default.set("default", *fallback);
    if (schema.find("$ref") != nullptr) {
      with_default.set("allOf", Node::array()).push(std::move(schema));
      schema = std::move(with_default);
    } else {
      schema = merged(std::move(with_default), std::move(schema));
    }
  }
  add(field, std::move(schema));
}

void SpecSchema::section(const Field& field, const std::function<void(SpecVisitor&)>& members) {
  SpecSchema inner;
  members(inner);
  add(field, inner.take());
}

void SpecSchema::items(const Field& field, Items& items) {
  SpecSchema inner;
  items.visit_default(inner);
  Node item = inner.take();
  if (!items.is_keyed()) {
    Node array = typed_schema("array");
    array.set("items", std::move(item));
    add(field, std::move(array));
    return;
  }
  Node object = typed_schema("object");
  Node names = Node::object();
  if (items.names() == ItemNames::kPlain) {
    names.set("pattern", Node::of("^[A-Za-z0-9_-]{1,32}$"));
  } else {
    names.set("minLength", Node::of(std::uint64_t{1}));
    names.set("maxLength", Node::of(std::uint64_t{48}));
  }
  object.set("propertyNames", std::move(names));
  object.set("additionalProperties", any_of(std::move(item), typed_schema("null")));
  add(field, std::move(object));
}

void SpecSchema::choice(const Field& field, Choice&, const KindTable& kinds) {
  add(field, choice_schema(kinds, false));
}

void SpecSchema::choice(const Field& field, std::optional<Choice>&, const KindTable& kinds) {
  add(field, choice_schema(kinds, true));
}

Node SpecSchema::take() { return object_of(std::move(properties_)); }

}  // namespace farfault::config
