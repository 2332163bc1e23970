/// Values of figures: exact integers where they are counts, bytes or picoseconds, doubles where they are not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "sim/core/statistics.h"

namespace farfault::analysis {

using Number = std::variant<std::int64_t, double>;

double as_double(Number number);
/// A result file writes null for what is no finite number.
bool is_finite(Number number);
bool is_zero(Number number);

/// value - base; exact for integers whose difference fits.
Number difference(Number value, Number base);
/// value / base; 1 where both are zero. Nothing where the base alone is zero, or something is not finite.
std::optional<double> ratio(Number value, Number base);

/// Exact text in the base unit: "1234567", or the shortest decimal text that reads back as the same double.
std::string exact_text(Number number);
/// For people: "12.4 us", "1,234", "0.078".
std::string short_text(Unit unit, Number number);
/// The same with its sign: "+3.1 ms", "-12", "0".
std::string signed_text(Unit unit, Number number);
/// "1.02x"; more digits close to 1, where designs often lie: "1.0003x".
std::string ratio_text(double ratio);

}  // namespace farfault::analysis
