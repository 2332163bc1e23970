/// Reads a document into a spec, and reports everything in it that is not as described.
#pragma once

#include <string>
#include <vector>

#include "sim/config/description.h"
#include "sim/config/diagnostics.h"
#include "sim/config/document.h"

namespace farfault::config {

/// Members that the document does not have keep what they hold, so the spec's defaults are the config's defaults.
class SpecReader : public SpecVisitor {
 public:
  /// `pointer` is that of `root` in the merged document. REQUIRES: root is an object; root and diagnostics outlive
  /// this.
  SpecReader(const Node& root, std::string pointer, Diagnostics& diagnostics);

  void scalar(const Field& field, Scalar value, std::string* source) override;
  void section(const Field& field, const std::function<void(SpecVisitor&)>& members) override;
  void items(const Field& field, Items& items) override;
  void choice(const Field& field, Choice& choice, const KindTable& kinds) override;
  void choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) override;

  /// Reports the keys of the root that nothing asked for. Call it once, after the last member.
  void finish();

 private:
  struct Frame {
    const Node* node;
    std::string pointer;
    std::vector<std::string> known;  ///< keys that were asked for
  };

  /// The member, which counts as known from now on; null if it is not there.
  const Node* take(const std::string& key);
  std::string pointer_to(const std::string& key) const { return join(frames_.back().pointer, key); }
  void enter(const Node& node, std::string pointer);
  /// Reports unknown keys.
  void leave();
  bool expect_object(const Node& node, const std::string& pointer);

  void sourced(const Field& field, const Scalar& value, std::string& source, const Node& node);
  void read_choice(const Node& node, const std::string& pointer, Choice& choice, const KindTable& kinds);
  void read_parameters(const Node& node, const std::string& pointer, Choice& choice, const KindTable::Kind& kind);
  void drop_or_report(const Node& node, const std::string& pointer, const Choice& choice, const KindTable::Kind& kind);

  std::vector<Frame> frames_;
  Diagnostics& diagnostics_;
};

}  // namespace farfault::config
