/// A JSON document in memory in which every value knows the file and the line that it came from, also after values of
/// several files were merged into one document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace farfault::config {

/// Where values were written. A file's values may stand elsewhere in the merged document than in the file:
/// configs/platforms/x.json has /host where the document has /platform/host.
struct Source {
  std::string file;        ///< as messages name it
  int layer = 0;           ///< a higher layer overrides a lower one
  std::string mounted_at;  ///< the part of a document's pointer ...
  std::string written_at;  ///< ... that the file has this for
};
using SourcePtr = std::shared_ptr<const Source>;

/// Layers of a run's document. The files that a scenario is based on count down from kScenarioLayer.
inline constexpr int kScenarioLayer = 100;
inline constexpr int kOverrideLayer = 200;

/// A JSON value. Objects keep the order of their file.
struct Node {
  enum class Kind : std::uint8_t { kNull, kBoolean, kUnsigned, kNegative, kReal, kString, kArray, kObject };
  struct Key {
    std::string name;
    std::size_t line = 0;
  };

  Kind kind = Kind::kNull;
  bool boolean = false;
  std::uint64_t number = 0;  ///< kUnsigned
  double real = 0;           ///< kReal, and kNegative
  std::string text;          ///< kString; for kReal and kNegative the number as it was written
  std::vector<Key> keys;     ///< kObject: one for each item
  std::vector<Node> items;   ///< kArray, kObject
  SourcePtr source;          ///< may be null: made by the program
  std::size_t line = 0;      ///< 1-based; 0 is unknown

  static Node object() { return with_kind(Kind::kObject); }
  static Node array() { return with_kind(Kind::kArray); }
  static Node of(std::string value);
  static Node of(const char* value) { return of(std::string(value)); }
  static Node of(std::uint64_t value);
  static Node of(bool value);
  /// REQUIRES: finite.
  static Node of(double value);

  bool is_object() const { return kind == Kind::kObject; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_null() const { return kind == Kind::kNull; }

  /// The member of an object; null if this is no object or has no such member.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  /// Appends, or replaces the value of a member that is there. Returns the member. REQUIRES: an object.
  Node& set(std::string_view key, Node value);
  /// Does nothing if there is no such member.
  void erase(std::string_view key);
  Node& push(Node value);

 private:
  static Node with_kind(Kind kind);
};

/// The kind in words, for messages: "a number", "an object".
std::string kind_text(const Node& node);

/// `pointer` with one more step; the key is escaped as RFC 6901 says.
std::string join(std::string_view pointer, std::string_view key);
std::string join(std::string_view pointer, std::size_t index);

/// The pointer at which the file has what the document has at `pointer`.
std::string written_pointer(const SourcePtr& source, std::string_view pointer);

/// The same values as of another source. Lines stay.
void set_source(Node& node, const SourcePtr& source);

/// `over` on top of `base`: objects merge member by member, everything else replaces.
Node merged(Node base, Node over);

/// A JSON schema that asks for a type and no more: {"type": type}.
Node typed_schema(const char* type);

/// JSON text, members one a line, two spaces of indentation, short arrays on one line; no newline at the end.
std::string to_json(const Node& node);

/// JSON text on one line: {"kind": "zipf", "passes": [1, 2]}.
std::string flat_json(const Node& node);

}  // namespace farfault::config
