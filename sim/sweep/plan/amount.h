/// JSON values as numbers of something, which ranges go through and conditions compare.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/config/document.h"

namespace farfault::sweep {

struct Amount {
  enum class Kind : std::uint8_t { kCount, kReal, kBytes, kTime, kBandwidth, kPercent };

  Kind kind = Kind::kReal;
  std::uint64_t whole = 0;  ///< kCount, kBytes, kTime in picoseconds
  double number = 0;        ///< of every kind; kBandwidth in bytes a second, kPercent in percent
  bool binary = false;      ///< kBytes that were written in KiB, MiB, ...
  std::string share_of;     ///< kPercent: what follows the sign, "of footprint"

  /// Whether `whole` is exact.
  bool is_whole() const { return kind == Kind::kCount || kind == Kind::kBytes || kind == Kind::kTime; }
};

/// Nothing for what is no finite number of anything: names, objects, "unlimited".
std::optional<Amount> amount_of(const config::Node& value);

/// The value as a config has it: 7, 0.25, "16 GiB", "3.162 us", "25 % of footprint".
config::Node value_of(const Amount& amount);

/// Whether both are of one kind, so that one can be less than the other. Numbers with and without a fraction are.
bool are_comparable(const Amount& a, const Amount& b);
/// REQUIRES: are_comparable().
bool is_less(const Amount& a, const Amount& b);
bool are_equal(const Amount& a, const Amount& b);

}  // namespace farfault::sweep
