/// Parameters of things chosen by name (a policy, a generator): described once, checked by config, printed by
/// `describe`, handed to the factory as typed values.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/units.h"

namespace farfault {

using ParameterValue = std::variant<bool, std::uint64_t, double, Bytes, SimTime, Bandwidth, std::string>;

/// What a parameter is. The kind is the alternative that `fallback` holds.
struct ParameterInfo {
  std::string name;
  ParameterValue fallback;  ///< the default
  std::string description;
  std::string source;  ///< paper, kernel or driver file, or "assumption"
  double minimum = 0;  ///< for numbers and quantities, in bytes, ps, bytes/s
  double maximum = 1.8e19;
  std::vector<std::string> choices;  ///< for strings: the legal values, empty if any
  std::vector<Bytes> sizes;          ///< for bytes: the legal values, empty if any in range
};

/// Values by name; every parameter that was described is there.
class Parameters {
 public:
  void set(std::string name, ParameterValue value) { values_.insert_or_assign(std::move(name), std::move(value)); }
  /// REQUIRES: the parameter is there and of kind T (std::logic_error otherwise: a programming error).
  template <class T>
  const T& get(std::string_view name) const {
    const auto it = values_.find(name);
    if (it == values_.end()) throw std::logic_error("no parameter " + std::string(name));
    return std::get<T>(it->second);
  }
  bool contains(std::string_view name) const { return values_.find(name) != values_.end(); }
  const std::map<std::string, ParameterValue, std::less<>>& values() const { return values_; }
  bool operator==(const Parameters&) const = default;

  /// All defaults of a description.
  static Parameters defaults(const std::vector<ParameterInfo>& infos) {
    Parameters out;
    for (const ParameterInfo& info : infos) out.set(info.name, info.fallback);
    return out;
  }

 private:
  std::map<std::string, ParameterValue, std::less<>> values_;
};

}  // namespace farfault
