/// Makes a JSON Schema (draft 7) from the description of a spec.
#pragma once

#include <string>
#include <vector>

#include "sim/config/description.h"
#include "sim/config/document.h"

namespace farfault::config {

/// The schema of one object: visit its members, then take() it.
class SpecSchema : public SpecVisitor {
 public:
  void scalar(const Field& field, Scalar value, std::string* source) override;
  void section(const Field& field, const std::function<void(SpecVisitor&)>& members) override;
  void items(const Field& field, Items& items) override;
  void choice(const Field& field, Choice& choice, const KindTable& kinds) override;
  void choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) override;

  /// {"type": "object", "properties": ..., "additionalProperties": false}.
  Node take();
  Node& properties() { return properties_; }

 private:
  void add(const Field& field, Node schema);

  Node properties_ = Node::object();
};

/// {"anyOf": [first, second]}.
Node any_of(Node first, Node second);

}  // namespace farfault::config
