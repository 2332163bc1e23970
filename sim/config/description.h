/// What the keys of a config are: one list for each spec struct, walked by visitors that read, write, print or make a
/// schema. Whoever adds a member to a spec adds one line to its description, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/config/catalogue.h"
#include "sim/config/run_spec.h"
#include "sim/core/parameters.h"

namespace farfault::config {

/// A key of an object and what may stand there.
struct Field {
  std::string key;
  std::string description = {};  ///< one sentence without its full stop
  double minimum = 0;            ///< of numbers, bytes, picoseconds and bytes per second
  double maximum = 1.8e19;
  bool power_of_two = false;
  bool ratio = false;                     ///< a number that may also be written in percent
  std::vector<std::string> choices = {};  ///< the legal strings; empty: any
  std::vector<Bytes> sizes = {};          ///< the legal sizes; empty: any in range
  std::string noun = {};                  ///< of the choices: "design"
  std::string listing = {};               ///< the command that lists the choices: "farfault list designs"
  bool left_out = false;                  ///< a resolved config need not have it: it is what it is without
};

/// An enum whose values count from zero, with their names in that order.
struct EnumRef {
  std::uint8_t* value;
  std::span<const std::string_view> names;
};
/// "addresses": ["0x1000", "0x2000"].
struct AddressRangeRef {
  std::optional<VirtualAddress>* from;
  std::optional<VirtualAddress>* to;
};
/// "accesses": [0, 1000], where the second may be null.
struct AccessRangeRef {
  std::uint64_t* from;
  std::optional<std::uint64_t>* to;
};
/// A member of a spec that is one JSON value.
using Scalar = std::variant<bool*, std::uint64_t*, double*, Bytes*, SimTime*, Bandwidth*, std::string*, EnumRef,
                            std::vector<std::uint64_t>*, std::vector<std::string>*, std::optional<std::uint64_t>*,
                            std::optional<std::string>*, std::optional<traces::Backing>*, AddressRangeRef,
                            AccessRangeRef, DeviceCapacity*, std::vector<CopyPoint>*, LatencyCurve*>;

/// What a slot may be filled with.
struct KindTable {
  struct Kind {
    std::string name;
    std::string summary;
    std::vector<ParameterInfo> parameters;
  };
  std::string noun;     ///< "eviction policy"
  std::string listing;  ///< "farfault list eviction"
  std::vector<Kind> kinds;

  const Kind* find(std::string_view name) const;
  std::vector<std::string> names() const;
};

/// Everything that a scenario may choose by name. Empty tables are enough to write a spec.
struct KindTables {
  KindTable placement, prefetch, eviction, thrashing, generator;
  std::vector<std::string> designs;
};
KindTables kind_tables(const Catalogue& catalogue);

class SpecVisitor;

/// What the names of keyed items may be.
enum class ItemNames : std::uint8_t {
  kPlain,  ///< letters, digits, - and _: they become parts of statistics' names and of paths in --set
  kTitle,  ///< any printable text without blanks at its ends: people read it
};

/// A vector of structs, seen by visitors as an object by name (links, devices) or as an array (assignment rules).
class Items {
 public:
  virtual ~Items() = default;
  virtual bool is_keyed() const = 0;
  /// What an item is, for messages: "device".
  virtual std::string_view noun() const = 0;
  virtual ItemNames names() const { return ItemNames::kPlain; }
  virtual std::size_t size() const = 0;
  /// Whether a resolved config has the key where there are no items.
  virtual bool is_written_empty() const { return true; }
  virtual void clear() = 0;
  /// `key` is ignored where there are none.
  virtual void append(std::string_view key) = 0;
  virtual std::string key(std::size_t index) const = 0;
  virtual void visit(std::size_t index, SpecVisitor& visitor) = 0;
  /// An item with its defaults, which is in no list: for schemas.
  virtual void visit_default(SpecVisitor& visitor) = 0;
};

class SpecVisitor {
 public:
  virtual ~SpecVisitor() = default;
  /// `source` is where the value's source goes, or null where it has none.
  virtual void scalar(const Field& field, Scalar value, std::string* source) = 0;
  virtual void section(const Field& field, const std::function<void(SpecVisitor&)>& members) = 0;
  virtual void items(const Field& field, Items& items) = 0;
  virtual void choice(const Field& field, Choice& choice, const KindTable& kinds) = 0;
  virtual void choice(const Field& field, std::optional<Choice>& choice, const KindTable& kinds) = 0;
};

void describe(SpecVisitor& visitor, PlatformSpec& spec);
void describe(SpecVisitor& visitor, KernelSpec& spec);
void describe(SpecVisitor& visitor, DesignSpec& spec, const KindTables& kinds);
void describe(SpecVisitor& visitor, InjectSpec& spec);
void describe(SpecVisitor& visitor, RunSpec& spec, const KindTables& kinds);

/// The names of traces::Backing in configs.
std::span<const std::string_view> backing_names();

/// A parameter of a kind as a field.
Field field_of(const ParameterInfo& info);
Scalar scalar_of(ParameterValue& value);

}  // namespace farfault::config
