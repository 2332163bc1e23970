/// What the descriptions of specs are written with: one line for each member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/config/description.h"
#include "sim/core/sourced.h"

namespace farfault::config {

inline constexpr double kKib = 1024;
inline constexpr double kMib = 1024 * kKib;
inline constexpr double kMost = 1.8e19;

/// Converts to every type, in thought only.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor): it must be implicit to stand for any member
};

/// The number of members of an aggregate: the most initialisers that it takes.
template <class Spec, class... Initialisers>
consteval std::size_t member_count() {
  if constexpr (requires { Spec{Initialisers{}..., Anything{}}; }) {
    return member_count<Spec, Initialisers..., Anything>();
  } else {
    return sizeof...(Initialisers);
  }
}

template <class T>
void value(SpecVisitor& v, const Field& field, T& member) {
  v.scalar(field, &member, nullptr);
}

template <class T>
void value(SpecVisitor& v, const Field& field, Sourced<T>& member) {
  v.scalar(field, &member.value, &member.source);
}

template <class Enum>
void choice_of(SpecVisitor& v, const Field& field, Enum& member, std::span<const std::string_view> names) {
  static_assert(sizeof(Enum) == 1);
  v.scalar(field, EnumRef{reinterpret_cast<std::uint8_t*>(&member), names}, nullptr);  // a byte may alias anything
}

/// A list of named structs. Item must have a `name`.
template <class Item>
class NamedItems : public Items {
 public:
  using Describe = void (*)(SpecVisitor& visitor, Item& item);
  NamedItems(std::vector<Item>& items, std::string_view noun, Describe describe, ItemNames names = ItemNames::kPlain)
      : items_(items), noun_(noun), describe_(describe), names_(names) {}
  bool is_keyed() const override { return true; }
  std::string_view noun() const override { return noun_; }
  ItemNames names() const override { return names_; }
  std::size_t size() const override { return items_.size(); }
  void clear() override { items_.clear(); }
  void append(std::string_view key) override {
    items_.emplace_back();
    items_.back().name = key;
  }
  std::string key(std::size_t index) const override { return items_[index].name; }
  void visit(std::size_t index, SpecVisitor& visitor) override { describe_(visitor, items_[index]); }
  void visit_default(SpecVisitor& visitor) override {
    Item item;
    describe_(visitor, item);
  }

 private:
  std::vector<Item>& items_;
  std::string_view noun_;
  Describe describe_;
  ItemNames names_;
};

}  // namespace farfault::config
