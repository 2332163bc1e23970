#include "analysis/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "sim/core/quantity.h"

namespace farfault::analysis {
namespace {

std::string printed(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? std::uint64_t{0} - bits : bits;
}

std::string unsigned_text(Unit unit, Number number) {
  const double real = std::abs(as_double(number));
  const auto* integer = std::get_if<std::int64_t>(&number);
  switch (unit) {
    case Unit::kCount:
      return integer != nullptr ? format_count(magnitude(*integer)) : printed("%.4g", real);
    case Unit::kBytes:
      if (integer != nullptr) return format_short(Bytes(magnitude(*integer)));
      return real < 1.8e19 ? format_short(Bytes(static_cast<std::uint64_t>(std::llround(real))))
                           : printed("%.4g B", real);
    case Unit::kTime:
      if (integer == nullptr) return format_short(SimTime::from_picoseconds(real));
      if (*integer == std::numeric_limits<std::int64_t>::min()) return format_short(SimTime::max());
      return format_short(SimTime::picoseconds(*integer < 0 ? -*integer : *integer));
    case Unit::kBandwidth:
      return format_short(Bandwidth::bytes_per_second(real));
    case Unit::kRatio:
      return printed("%.4g", real);
  }
  return {};
}

}  // namespace

double as_double(Number number) {
  return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

bool is_finite(Number number) { return std::isfinite(as_double(number)); }

bool is_zero(Number number) { return as_double(number) == 0; }

Number difference(Number value, Number base) {
  const auto* a = std::get_if<std::int64_t>(&value);
  const auto* b = std::get_if<std::int64_t>(&base);
  std::int64_t exact = 0;
  if (a != nullptr && b != nullptr && !__builtin_sub_overflow(*a, *b, &exact)) return exact;
  return as_double(value) - as_double(base);
}

std::optional<double> ratio(Number value, Number base) {
  if (!is_finite(value) || !is_finite(base)) return std::nullopt;
  if (value == base || (is_zero(value) && is_zero(base))) return 1.0;
  if (is_zero(base)) return std::nullopt;
  const double out = as_double(value) / as_double(base);
  return std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::string exact_text(Number number) {
  if (const auto* integer = std::get_if<std::int64_t>(&number)) return std::to_string(*integer);
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), std::get<double>(number)).ptr};
}

std::string short_text(Unit unit, Number number) {
  if (!is_finite(number)) return "-";
  if (is_zero(number)) return "0";
  return (as_double(number) < 0 ? "-" : "") + unsigned_text(unit, number);
}

std::string signed_text(Unit unit, Number number) {
  const std::string text = short_text(unit, number);
  return is_finite(number) && as_double(number) > 0 ? '+' + text : text;
}

std::string ratio_text(double ratio) {
  const double off = std::abs(ratio - 1);
  if (off != 0 && off < 0.01) return printed("%.4fx", ratio);
  if (ratio < 0.01 || ratio >= 1000) return printed("%.3gx", ratio);
  return printed(ratio < 100 ? "%.2fx" : "%.0fx", ratio);
}

}  // namespace farfault::analysis
