#include "sim/config/spec_writer.h"

#include <utility>

#include "sim/config/scalars.h"

namespace farfault::config {

void SpecWriter::scalar(const Field& field, Scalar value, std::string* source) {
  if (field.left_out) return;
  std::optional<Node> node = write_scalar(value);
  if (!node) return;
  if (source == nullptr) {
    open_.back().set(field.key, std::move(*node));
    return;
  }
  Node sourced = Node::object();
  sourced.set("value", std::move(*node));
  sourced.set("source", Node::of(*source));
  open_.back().set(field.key, std::move(sourced));
}

void SpecWriter::section(const Field& field, const std::function<void(SpecVisitor&)>& members) {
  open_.push_back(Node::object());
  members(*this);
  Node node = std::move(open_.back());
  open_.pop_back();
  open_.back().set(field.key, std::move(node));
}

void SpecWriter::items(const Field& field, Items& items) {
  if (items.size() == 0 && !items.is_written_empty()) return;
  Node all = items.is_keyed() ? Node::object() : Node::array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    open_.push_back(Node::object());
    items.visit(i, *this);
    Node item = std::move(open_.back());
    open_.pop_back();
    if (items.is_keyed()) {
      all.set(items.key(i), std::move(item));
    } else {
      all.push(std::move(item));
    }
  }
  open_.back().set(field.key, std::move(all));
}

void SpecWriter::choice(const Field& field, Choice& choice, const KindTable&) {
  Node node = Node::object();
  node.set("kind", Node::of(choice.kind));
  for (const auto& [name, value] : choice.parameters.values()) node.set(name, write_parameter(value));
  open_.back().set(field.key, std::move(node));
}

void SpecWriter::choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) {
  if (choice) this->choice(field, *choice, kinds);
}

void SpecLister::add(const std::string& key, const Node& value, std::string meaning, std::string source) {
  Listed row{path_, value.is_string() ? value.text : to_json(value), std::move(meaning), std::move(source)};
  row.path.push_back(key);
  listed_.push_back(std::move(row));
}

void SpecLister::scalar(const Field& field, Scalar value, std::string* source) {
  if (const auto node = write_scalar(value)) add(field.key, *node, field.description, source == nullptr ? "" : *source);
}

void SpecLister::section(const Field& field, const std::function<void(SpecVisitor&)>& members) {
  path_.push_back(field.key);
  members(*this);
  path_.pop_back();
}

void SpecLister::items(const Field& field, Items& items) {
  path_.push_back(field.key);
  for (std::size_t i = 0; i < items.size(); ++i) {
    path_.push_back(items.is_keyed() ? items.key(i) : std::to_string(i));
    items.visit(i, *this);
    path_.pop_back();
  }
  path_.pop_back();
}

void SpecLister::choice(const Field& field, Choice& choice, const KindTable&) {
  path_.push_back(field.key);
  add("kind", Node::of(choice.kind), field.description, "");
  for (const auto& [name, value] : choice.parameters.values()) add(name, write_parameter(value), "", "");
  path_.pop_back();
}

void SpecLister::choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) {
  if (choice) this->choice(field, *choice, kinds);
}

}  // namespace farfault::config
