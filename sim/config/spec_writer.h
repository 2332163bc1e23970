/// Writes a spec as a document, and lists its parameters.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/config/description.h"
#include "sim/config/document.h"

namespace farfault::config {

/// Every member that is not left out, in the order of the description; what has a source as {"value", "source"}.
class SpecWriter : public SpecVisitor {
 public:
  SpecWriter() { open_.push_back(Node::object()); }

  void scalar(const Field& field, Scalar value, std::string* source) override;
  void section(const Field& field, const std::function<void(SpecVisitor&)>& members) override;
  void items(const Field& field, Items& items) override;
  void choice(const Field& field, Choice& choice, const KindTable& kinds) override;
  void choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) override;

  Node take() { return std::move(open_.back()); }

 private:
  std::vector<Node> open_;
};

/// One value of a spec.
struct Listed {
  std::vector<std::string> path;
  std::string value;
  std::string meaning;
  std::string source;  ///< empty where the value has none
};

/// Every scalar, and every choice's kind and parameters, in the order of the description.
class SpecLister : public SpecVisitor {
 public:
  void scalar(const Field& field, Scalar value, std::string* source) override;
  void section(const Field& field, const std::function<void(SpecVisitor&)>& members) override;
  void items(const Field& field, Items& items) override;
  void choice(const Field& field, Choice& choice, const KindTable& kinds) override;
  void choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) override;

  const std::vector<Listed>& listed() const { return listed_; }

 private:
  void add(const std::string& key, const Node& value, std::string meaning, std::string source);

  std::vector<std::string> path_;
  std::vector<Listed> listed_;
};

}  // namespace farfault::config
