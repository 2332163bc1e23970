#include "sim/core/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/core/text.h"

namespace farfault {
namespace {

__extension__ using Uint128 = unsigned __int128;

// No quantity needs a longer text; the limit keeps the cost of hostile input bounded.
constexpr std::size_t kLongestText = 200;

/// One unit is factor * 10^-decimals base units (bytes, picoseconds, bytes per second, 1).
struct UnitInfo {
  std::string_view name;
  std::uint64_t factor;
  int decimals = 0;
};

constexpr std::array<UnitInfo, 11> kByteUnits = {{{"B", 1},
                                                  {"kB", 1'000},
                                                  {"MB", 1'000'000},
                                                  {"GB", 1'000'000'000},
                                                  {"TB", 1'000'000'000'000},
                                                  {"PB", 1'000'000'000'000'000},
                                                  {"KiB", 1ULL << 10U},
                                                  {"MiB", 1ULL << 20U},
                                                  {"GiB", 1ULL << 30U},
                                                  {"TiB", 1ULL << 40U},
                                                  {"PiB", 1ULL << 50U}}};

constexpr std::array<UnitInfo, 7> kTimeUnits = {{{"ps", 1},
                                                 {"ns", 1'000},
                                                 {"us", 1'000'000},
                                                 {"ms", 1'000'000'000},
                                                 {"s", 1'000'000'000'000},
                                                 {"min", 60'000'000'000'000},
                                                 {"h", 3'600'000'000'000'000}}};

constexpr std::array<UnitInfo, 16> kBandwidthUnits = {{{"B/s", 1},
                                                       {"kB/s", 1'000},
                                                       {"MB/s", 1'000'000},
                                                       {"GB/s", 1'000'000'000},
                                                       {"TB/s", 1'000'000'000'000},
                                                       {"PB/s", 1'000'000'000'000'000},
                                                       {"KiB/s", 1ULL << 10U},
                                                       {"MiB/s", 1ULL << 20U},
                                                       {"GiB/s", 1ULL << 30U},
                                                       {"TiB/s", 1ULL << 40U},
                                                       {"PiB/s", 1ULL << 50U},
                                                       {"bit/s", 125, 3},
                                                       {"kbit/s", 125},
                                                       {"Mbit/s", 125'000},
                                                       {"Gbit/s", 125'000'000},
                                                       {"Tbit/s", 125'000'000'000}}};

constexpr std::array<UnitInfo, 1> kPercentUnits = {{{"%", 1, 2}}};

/// What is being read, for the choice of units and the words of errors.
struct Kind {
  std::string_view noun;
  std::string_view example;
  std::string_view example_unit;
  std::span<const UnitInfo> units;
  bool plain_zero;  ///< "0" needs no unit (or is wrong with any)
};

constexpr Kind kSizeKind{"a size", "16 GiB", "GiB", kByteUnits, true};
constexpr Kind kTimeKind{"a time", "1.2 us", "us", kTimeUnits, true};
constexpr Kind kBandwidthKind{"a bandwidth", "25 GB/s", "GB/s", kBandwidthUnits, true};
constexpr Kind kPercentKind{"a percentage", "50 %", "%", kPercentUnits, false};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// ASCII only, whatever the locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The non-negative number digits * 10^-scale. No leading zeros; zero has no digits.
struct Decimal {
  std::string digits;
  int scale = 0;

  bool is_zero() const { return digits.empty(); }

  void strip_leading_zeros() { digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size())); }

  /// Exact. Decimal digits are kept rather than a binary integer, so that scaling by ten is free and nothing overflows.
  void multiply(std::uint64_t factor) {
    std::string product;
    std::uint64_t carry = 0;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
      carry += factor * static_cast<std::uint64_t>(*digit - '0');  // < 2^56: no factor is above 3.6e15
      product.push_back(static_cast<char>('0' + carry % 10));
      carry /= 10;
    }
    for (; carry != 0; carry /= 10) product.push_back(static_cast<char>('0' + carry % 10));
    digits.assign(product.rbegin(), product.rend());
    strip_leading_zeros();
  }

  /// The part before the decimal point, or nothing if it is above 2^64 - 1.
  std::optional<std::uint64_t> whole() const {
    const int length = static_cast<int>(digits.size()) - scale;
    if (is_zero() || length <= 0) return 0;
    if (length > 20) return std::nullopt;
    std::string text = digits.substr(0, static_cast<std::size_t>(length));
    text.resize(static_cast<std::size_t>(length), '0');
    std::uint64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc()) return std::nullopt;
    return value;
  }

  bool has_fraction() const {
    if (scale <= 0) return false;
    const std::size_t length = std::min(static_cast<std::size_t>(scale), digits.size());
    return digits.find_first_not_of('0', digits.size() - length) != std::string::npos;
  }

  bool fraction_is_half_or_more() const {
    if (scale <= 0 || static_cast<std::size_t>(scale) > digits.size()) return false;
    return digits[digits.size() - static_cast<std::size_t>(scale)] >= '5';
  }

  /// The nearest double; nothing if that is infinite, or zero for a number that is not zero.
  std::optional<double> nearest_double() const {
    if (is_zero()) return 0.0;
    const std::string text = digits + 'e' + std::to_string(-scale);
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || value == 0 || std::isinf(value)) return std::nullopt;
    return value;
  }
};

/// Reads digits [. digits] [e [+-] digits] from the front of the text; nothing if there is no number.
std::optional<Decimal> take_number(std::string_view& text) {
  Decimal number;
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) number.digits.push_back(text[at++]);
  if (at == 0) return std::nullopt;
  if (at + 1 < text.size() && text[at] == '.' && is_digit(text[at + 1])) {
    ++at;
    for (; at < text.size() && is_digit(text[at]); ++at, ++number.scale) number.digits.push_back(text[at]);
  }
  if (at < text.size() && lower(text[at]) == 'e') {
    std::size_t end = at + 1;
    const bool negative = end < text.size() && text[end] == '-';
    if (end < text.size() && (text[end] == '-' || text[end] == '+')) ++end;
    if (end < text.size() && is_digit(text[end])) {
      int exponent = 0;
      // The bound is beyond every range, and keeps the sum with the scale inside int.
      for (; end < text.size() && is_digit(text[end]); ++end)
        exponent = std::min(exponent * 10 + (text[end] - '0'), 99'999);
      number.scale += negative ? exponent : -exponent;
      at = end;
    }
  }
  number.strip_leading_zeros();
  text.remove_prefix(at);
  return number;
}

/// The unit's letters without what people mix up: case, "bit" and "b", "ps" and "/s".
std::string squeezed(std::string_view unit) {
  std::string out;
  for (const char c : unit) out.push_back(lower(c));
  if (const std::size_t at = out.find("bit"); at != std::string::npos) out.replace(at, 3, "b");
  if (out.size() > 2 && out.ends_with("bps")) out.replace(out.size() - 2, 2, "/s");
  return out;
}

/// "did you mean \"GiB\"? (units: B, kB, ...)"
std::string unit_remedy(std::string_view unit, const Kind& kind) {
  const std::string wanted = squeezed(unit);
  std::vector<std::string_view> meant;
  for (const UnitInfo& known : kind.units) {
    if (squeezed(known.name) == wanted) meant.push_back(known.name);
  }
  if (meant.empty()) {
    for (const UnitInfo& known : kind.units) {
      if (squeezed(known.name).starts_with(wanted)) meant.push_back(known.name);
    }
  }
  std::string list;
  for (const UnitInfo& known : kind.units) {
    if (!list.empty()) list += ", ";
    list += known.name;
  }
  if (meant.empty() || meant.size() > 3) return "units: " + list;
  std::string out = "did you mean ";
  for (std::size_t i = 0; i < meant.size(); ++i) {
    if (i != 0) out += i + 1 == meant.size() ? " or " : ", ";
    out += in_quotes(meant[i]);
  }
  return out + "? (units: " + list + ")";
}

const UnitInfo* find_unit(std::string_view name, const Kind& kind) {
  // The micro sign U+00B5, and the Greek letter mu U+03BC that many keyboards give instead.
  if (name == "\xC2\xB5s" || name == "\xCE\xBCs") name = "us";
  const auto it = std::find_if(kind.units.begin(), kind.units.end(), [&](const UnitInfo& u) { return u.name == name; });
  return it == kind.units.end() ? nullptr : &*it;
}

/// The end of most messages: such as "16 GiB".
std::string such_as(const Kind& kind) { return "such as \"" + std::string(kind.example) + '"'; }

/// What is wrong with a text that does not begin with a digit, or goes wrong inside its number.
std::string number_problem(std::string_view text, const Kind& kind) {
  if (text.front() == '-')
    return in_quotes(text) + " is negative; write " + std::string(kind.noun) + ' ' + such_as(kind);
  return in_quotes(text) + " is not " + std::string(kind.noun) + "; write a decimal number and a unit, " +
         such_as(kind);
}

/// Number times unit in base units, exact, or the problem. REQUIRES: text is trimmed.
Parsed<Decimal> read(std::string_view text, const Kind& kind) {
  if (text.empty()) return {std::nullopt, "the text is empty; write " + std::string(kind.noun) + ' ' + such_as(kind)};
  if (text.size() > kLongestText) {
    return {std::nullopt, in_quotes(text) + " is too long for " + std::string(kind.noun) +
                              "; write a number and a unit, " + such_as(kind)};
  }
  std::string_view rest = text;
  std::optional<Decimal> number = take_number(rest);
  if (!number) return {std::nullopt, number_problem(text, kind)};
  const std::string_view number_text = text.substr(0, text.size() - rest.size());
  // "1.2.3 B", "1,000 B", "0x10 B": the number did not end where its writer meant.
  const bool hexadecimal = number_text == "0" && !rest.empty() && lower(rest.front()) == 'x';
  if (hexadecimal || (!rest.empty() && std::string_view(".,_'").find(rest.front()) != std::string_view::npos)) {
    return {std::nullopt, number_problem(text, kind)};
  }
  rest = trimmed(rest);
  if (rest.empty()) {
    if (kind.plain_zero && number->is_zero()) return {std::move(number), {}};
    return {std::nullopt, in_quotes(text) + " is a number without a unit; write " +
                              in_quotes(std::string(number_text) + ' ' + std::string(kind.example_unit))};
  }
  const UnitInfo* unit = find_unit(rest, kind);
  if (unit == nullptr) {
    return {std::nullopt,
            in_quotes(text) + " has the unknown unit " + in_quotes(rest) + "; " + unit_remedy(rest, kind)};
  }
  number->multiply(unit->factor);
  number->scale += unit->decimals;
  return {std::move(number), {}};
}

/// value / unit with all its decimals and no trailing zeros. REQUIRES: unit is a power of ten.
std::string exact_quotient(std::uint64_t value, std::uint64_t unit) {
  std::string out = std::to_string(value / unit);
  std::uint64_t rest = value % unit;
  if (rest == 0) return out;
  out += '.';
  while (rest != 0) {
    unit /= 10;
    out.push_back(static_cast<char>('0' + rest / unit));
    rest %= unit;
  }
  return out;
}

/// The value in the first unit that shows it below `limit`, three significant digits (four from 1000 on).
/// REQUIRES: units ascend.
std::string short_in(std::uint64_t value, std::span<const UnitInfo> units, std::uint64_t limit) {
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::uint64_t unit = units[i].factor;
    // Hundredths below 10, tenths below 100, else whole units. The choice is made before rounding: 9.999 becomes "10".
    const std::uint64_t step = value / unit < 10 ? 100 : value / unit < 100 ? 10 : 1;
    const auto rounded = static_cast<std::uint64_t>((Uint128{value} * step + unit / 2) / unit);
    // Rounding first is what carries 999.95 ns to "1 us".
    if (rounded >= limit * step && i + 1 < units.size()) continue;
    return exact_quotient(rounded, step) + ' ' + std::string(units[i].name);
  }
  return {};
}

/// digits * 10^exponent with the point after the first digit: 2.5e10 is {"25", 10}. REQUIRES: finite, above zero.
struct Scientific {
  std::string digits;
  int exponent = 0;
};

Scientific scientific(double value, std::optional<int> precision) {
  std::array<char, 64> buffer{};
  char* const first = buffer.data();
  char* const last = first + buffer.size();
  const auto result = precision ? std::to_chars(first, last, value, std::chars_format::scientific, *precision)
                                : std::to_chars(first, last, value, std::chars_format::scientific);
  const std::string_view text(first, static_cast<std::size_t>(result.ptr - first));
  const std::size_t e = text.find('e');
  Scientific out;
  for (const char c : text.substr(0, e)) {
    if (c != '.') out.digits.push_back(c);
  }
  while (out.digits.size() > 1 && out.digits.back() == '0') out.digits.pop_back();
  std::string_view exponent = text.substr(e + 1);
  if (exponent.front() == '+') exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), out.exponent);
  return out;
}

std::string bandwidth_text(Bandwidth bandwidth, std::optional<int> precision) {
  if (bandwidth.is_unlimited()) return "unlimited";
  double rate = bandwidth.bytes_per_second();
  if (std::isnan(rate)) return "nan B/s";
  if (rate == 0) return "0 B/s";
  const std::string sign = rate < 0 ? "-" : "";
  rate = std::abs(rate);
  if (std::isinf(rate)) return "-unlimited";
  auto [digits, exponent] = scientific(rate, precision);
  if (exponent < -4 || exponent > 18) {
    if (digits.size() > 1) digits.insert(1, 1, '.');
    return sign + digits + 'e' + std::to_string(exponent) + " B/s";
  }
  // The first six units are B/s, kB/s .. PB/s: choosing one moves the decimal point, so the text stays exact.
  const std::size_t unit = exponent < 0 ? 0 : std::min<std::size_t>(static_cast<std::size_t>(exponent) / 3, 5);
  const int point = exponent + 1 - 3 * static_cast<int>(unit);  // digits before the point
  if (point <= 0) {
    digits.insert(0, static_cast<std::size_t>(1 - point), '0');
    digits.insert(1, 1, '.');
  } else if (static_cast<std::size_t>(point) >= digits.size()) {
    digits.resize(static_cast<std::size_t>(point), '0');
  } else {
    digits.insert(static_cast<std::size_t>(point), 1, '.');
  }
  return sign + digits + ' ' + std::string(kBandwidthUnits[unit].name);
}

std::uint64_t magnitude(SimTime time) {
  const auto ps = static_cast<std::uint64_t>(time.picoseconds());
  return time.picoseconds() < 0 ? std::uint64_t{0} - ps : ps;
}

}  // namespace

Parsed<Bytes> parse_bytes(std::string_view text) {
  text = trimmed(text);
  const Parsed<Decimal> number = read(text, kSizeKind);
  if (!number) return {std::nullopt, number.problem};
  const std::optional<std::uint64_t> count = number.value->whole();
  if (!count) {
    return {std::nullopt,
            in_quotes(text) + " is too large; the largest size is 18446744073709551615 B (just under 16384 PiB)"};
  }
  if (number.value->has_fraction()) {
    return {std::nullopt, in_quotes(text) + " is not a whole number of bytes; the nearest below is \"" +
                              format_exact(Bytes(*count)) + '"'};
  }
  return {Bytes(*count), {}};
}

Parsed<SimTime> parse_time(std::string_view text) {
  text = trimmed(text);
  const Parsed<Decimal> number = read(text, kTimeKind);
  if (!number) return {std::nullopt, number.problem};
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::optional<std::uint64_t> whole = number.value->whole();
  const std::uint64_t up = number.value->fraction_is_half_or_more() ? 1 : 0;
  if (!whole || *whole > kMost - up) {
    return {std::nullopt, in_quotes(text) + " is too long; the longest time is " + format_exact(SimTime::max()) +
                              " (about 106 days)"};
  }
  return {SimTime::picoseconds(static_cast<std::int64_t>(*whole + up)), {}};
}

Parsed<Bandwidth> parse_bandwidth(std::string_view text) {
  text = trimmed(text);
  if (text == "unlimited") return {Bandwidth::unlimited(), {}};
  std::string lowered;
  for (const char c : text.substr(0, 10)) lowered.push_back(lower(c));
  if (lowered == "unlimited" || lowered == "inf" || lowered == "infinity" || lowered == "infinite") {
    return {std::nullopt, in_quotes(text) + " is not a bandwidth; write \"unlimited\""};
  }
  const Parsed<Decimal> number = read(text, kBandwidthKind);
  if (!number) return {std::nullopt, number.problem};
  if (number.value->is_zero()) {
    return {std::nullopt, in_quotes(text) + " is no bandwidth; write a rate above zero, or \"unlimited\""};
  }
  const std::optional<double> rate = number.value->nearest_double();
  if (!rate) return {std::nullopt, in_quotes(text) + " is out of range; write a bandwidth " + such_as(kBandwidthKind)};
  return {Bandwidth::bytes_per_second(*rate), {}};
}

Parsed<double> parse_percent(std::string_view text) {
  text = trimmed(text);
  const Parsed<Decimal> number = read(text, kPercentKind);
  if (!number) return {std::nullopt, number.problem};
  const std::optional<double> ratio = number.value->nearest_double();
  if (!ratio) return {std::nullopt, in_quotes(text) + " is out of range; write a percentage " + such_as(kPercentKind)};
  return {*ratio, {}};
}

std::string format_exact(Bytes bytes) {
  // Descending; at each magnitude the binary unit is tried first.
  constexpr std::array<std::size_t, 10> kOrder = {10, 5, 9, 4, 8, 3, 7, 2, 6, 1};
  const std::uint64_t count = bytes.count();
  for (const std::size_t index : kOrder) {
    const auto& [name, unit, decimals] = kByteUnits[index];
    // Two decimals at most: 1.25 GiB reads well, 976.5625 KiB is better as 1 MB.
    if (count < unit || (count % unit) * 100 % unit != 0) continue;
    const std::string fraction = exact_quotient(count % unit * 100 / unit, 100).substr(1);  // "0.25" without the 0
    return std::to_string(count / unit) + fraction + ' ' + std::string(name);
  }
  return std::to_string(count) + " B";
}

std::string format_exact(SimTime time) {
  if (time == SimTime::zero()) return "0 s";
  const std::uint64_t ps = magnitude(time);
  std::size_t unit = 4;  // seconds: minutes and hours would not be exact decimals
  while (ps < kTimeUnits[unit].factor) --unit;
  return (time < SimTime::zero() ? "-" : "") + exact_quotient(ps, kTimeUnits[unit].factor) + ' ' +
         std::string(kTimeUnits[unit].name);
}

std::string format_exact(Bandwidth bandwidth) { return bandwidth_text(bandwidth, std::nullopt); }

std::string format_short(Bytes bytes) {
  constexpr std::array<UnitInfo, 6> kUnits = {kByteUnits[0], kByteUnits[6], kByteUnits[7],
                                              kByteUnits[8], kByteUnits[9], kByteUnits[10]};
  return short_in(bytes.count(), kUnits, 1024);
}

std::string format_short(SimTime time) {
  if (time == SimTime::zero()) return "0 s";
  return (time < SimTime::zero() ? "-" : "") + short_in(magnitude(time), kTimeUnits, 1000);
}

std::string format_short(Bandwidth bandwidth) { return bandwidth_text(bandwidth, 2); }

std::string format_count(std::uint64_t n) {
  std::string out = std::to_string(n);
  for (std::size_t at = out.size(); at > 3;) {
    at -= 3;
    out.insert(at, 1, ',');
  }
  return out;
}

}  // namespace farfault
