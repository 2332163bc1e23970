#include "sim/sweep/plan/range.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/core/text.h"
#include "sim/sweep/plan/amount.h"

namespace farfault::sweep {
namespace {

using config::Diagnostics;
using config::join;
using config::Node;

__extension__ using Uint128 = unsigned __int128;

constexpr int kDigits = 4;         ///< of what is rounded
constexpr int kBits = 11;          ///< of sizes in powers of two
constexpr int kExactDigits = 12;   ///< of multiples of a step: a double's last digits are noise
constexpr double kSlack = 1e-9;    ///< by which the last step may miss `to`, for the same reason
constexpr double kLeast = 1e-290;  ///< below, decimal digits are not to be had
constexpr double kMost = 1e300;    ///< so that no difference overflows

constexpr const char* kEndRemedy = "write numbers, or quantities of one kind: \"1 GiB\" and \"64 GiB\"";

/// A range as it was written, all of it right.
struct Range {
  Amount from, to;
  const Node* from_node = nullptr;
  const Node* to_node = nullptr;
  std::size_t steps = 0;       ///< 0: by step or factor
  std::optional<Amount> step;  ///< comparable with the ends
  double factor = 0;           ///< 0: none
  bool log = false;
};

/// To so many decimal digits of `scale`, which is above zero.
double to_digits(double value, double scale, int digits) {
  if (scale < kLeast) return value;
  const int last = static_cast<int>(std::floor(std::log10(scale))) - digits + 1;  // power of ten of the last digit
  if (last >= 0) {
    const double unit = std::pow(10.0, last);
    return std::round(value / unit) * unit;
  }
  // Through text, whose rounding is exact and the same everywhere.
  std::array<char, 512> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed,
                                 std::min(-last, 100));
  double out = value;
  std::from_chars(buffer.data(), end.ptr, out);
  return out;
}

/// To so many bits of `scale`, at least to whole numbers.
double to_bits(double value, double scale) {
  const double unit = std::exp2(std::max(std::floor(std::log2(scale)) - kBits + 1, 0.0));
  return std::round(value / unit) * unit;
}

Amount exact(const Amount& like, std::uint64_t whole) {
  Amount out = like;
  out.whole = whole;
  out.number = static_cast<double>(whole);
  return out;
}

/// A value of the range, rounded for its kind, and not beyond its end.
Amount rounded(const Range& range, double value, double scale, int digits) {
  const Amount& like = range.from;
  if (like.kind == Amount::Kind::kCount) {
    value = std::round(value);
  } else if (like.kind == Amount::Kind::kBytes && like.binary) {
    value = to_bits(value, scale);
  } else {
    value = to_digits(value, scale, digits);
  }
  if (value >= range.to.number) return range.to;
  if (like.is_whole()) return exact(like, static_cast<std::uint64_t>(std::round(value)));
  Amount out = like;
  out.number = value;
  return out;
}

/// The value after `i` of `last` equal distances.
Amount linear_value(const Range& range, std::size_t i, std::size_t last) {
  const Amount& from = range.from;
  const Amount& to = range.to;
  if (from.is_whole() && to.is_whole()) {
    const Uint128 sum = Uint128{from.whole} * (last - i) + Uint128{to.whole} * i;
    if (sum % last == 0) return exact(from, static_cast<std::uint64_t>(sum / last));
  }
  const double distance = (to.number - from.number) / static_cast<double>(last);
  return rounded(range, from.number + distance * static_cast<double>(i), distance, kDigits);
}

Amount log_value(const Range& range, std::size_t i, std::size_t last) {
  const double share = static_cast<double>(i) / static_cast<double>(last);
  const double value = range.from.number * std::pow(range.to.number / range.from.number, share);
  return rounded(range, value, value, kDigits);
}

Amount step_value(const Range& range, std::size_t i) {
  const Amount& from = range.from;
  if (from.is_whole() && range.step->is_whole()) return exact(from, from.whole + range.step->whole * i);
  const double value = from.number + range.step->number * static_cast<double>(i);
  return rounded(range, value, range.step->number, kExactDigits);
}

Amount factor_value(const Range& range, std::size_t i) {
  constexpr double kMostExact = 9007199254740992;  // 2^53
  const double value = range.from.number * std::pow(range.factor, static_cast<double>(i));
  if (value < range.to.number && range.from.is_whole() && value == std::floor(value) && value < kMostExact) {
    return exact(range.from, static_cast<std::uint64_t>(value));
  }
  return rounded(range, value, value, kDigits);
}

/// How many values steps or factors make. Beyond kMostSteps it only matters that they are more.
std::size_t count_of(const Range& range) {
  if (range.steps != 0) return range.steps;
  double more = 0;
  if (range.step && range.from.is_whole() && range.to.is_whole() && range.step->is_whole()) {
    const std::uint64_t whole = (range.to.whole - range.from.whole) / range.step->whole;
    more = static_cast<double>(std::min<std::uint64_t>(whole, kMostSteps));
  } else if (range.step) {
    more = std::floor((range.to.number - range.from.number) / range.step->number + kSlack);
  } else {
    more = std::floor(std::log(range.to.number / range.from.number) / std::log(range.factor) + kSlack);
  }
  return static_cast<std::size_t>(std::min(more, static_cast<double>(kMostSteps))) + 1;
}

class RangeReader {
 public:
  RangeReader(const Node& node, const std::string& pointer, Diagnostics& diagnostics)
      : node_(node), pointer_(pointer), diagnostics_(diagnostics) {}

  /// Nothing, with a diagnostic, if anything is wrong.
  std::optional<Range> read() {
    if (!read_ends() || !read_spacing() || !read_scale()) return std::nullopt;
    return std::move(range_);
  }

 private:
  bool wrong(const Node& at, const std::string& key, std::string problem, std::string remedy) {
    diagnostics_.add(at, key.empty() ? pointer_ : join(pointer_, key), std::move(problem), std::move(remedy));
    return false;
  }

  bool read_ends() {
    range_.from_node = node_.find("from");
    range_.to_node = node_.find("to");
    if (range_.from_node == nullptr) return wrong(node_, "", "is a range without \"from\"", kEndRemedy);
    if (range_.to_node == nullptr) return wrong(node_, "", "is a range without \"to\"", kEndRemedy);
    const std::optional<Amount> from = amount_of(*range_.from_node);
    const std::optional<Amount> to = amount_of(*range_.to_node);
    if (!from) return wrong(*range_.from_node, "from", flat_text(*range_.from_node) + " is no number", kEndRemedy);
    if (!to) return wrong(*range_.to_node, "to", flat_text(*range_.to_node) + " is no number", kEndRemedy);
    if (!are_comparable(*from, *to)) {
      return wrong(*range_.to_node, "to",
                   flat_text(*range_.to_node) + " is of another kind than " + flat_text(*range_.from_node), kEndRemedy);
    }
    if (!is_less(*from, *to)) {
      return wrong(*range_.to_node, "to", flat_text(*range_.to_node) + " is not above " + flat_text(*range_.from_node),
                   "write the smaller end as \"from\"");
    }
    if (std::abs(from->number) > kMost || std::abs(to->number) > kMost) {
      return wrong(node_, "", "ends at numbers that are too large", "stay below 1e300");
    }
    range_.from = *from;
    range_.to = *to;
    unite_kinds(range_.from, range_.to);
    return true;
  }

  static std::string flat_text(const Node& node) { return printable(config::flat_json(node)); }

  /// 0 to 1.0 goes through fractions: both ends are then reals.
  static void unite_kinds(Amount& a, Amount& b) {
    if (a.kind == b.kind) return;
    a.kind = Amount::Kind::kReal;
    b.kind = Amount::Kind::kReal;
  }

  bool read_spacing() {
    const Node* const steps = node_.find("steps");
    const Node* const step = node_.find("step");
    const Node* const factor = node_.find("factor");
    const int given =
        static_cast<int>(steps != nullptr) + static_cast<int>(step != nullptr) + static_cast<int>(factor != nullptr);
    if (given != 1) {
      return wrong(node_, "", given == 0 ? "is a range without a spacing" : "is a range with more than one spacing",
                   "write one of \"steps\" (a number of values), \"step\" and \"factor\"");
    }
    if (steps != nullptr) return read_steps(*steps);
    return step != nullptr ? read_step(*step) : read_factor(*factor);
  }

  bool read_steps(const Node& node) {
    if (node.kind != Node::Kind::kUnsigned || node.number < 2 || node.number > kMostSteps) {
      return wrong(node, "steps", flat_text(node) + " is no number of values from end to end",
                   "write a whole number from 2 to " + std::to_string(kMostSteps));
    }
    range_.steps = static_cast<std::size_t>(node.number);
    return true;
  }

  bool read_step(const Node& node) {
    range_.step = amount_of(node);
    // "25 %" is a step between shares of anything.
    if (range_.step && range_.step->kind == Amount::Kind::kPercent && range_.step->share_of.empty()) {
      range_.step->share_of = range_.from.share_of;
    }
    if (!range_.step || !are_comparable(*range_.step, range_.from) || range_.step->number <= 0) {
      return wrong(node, "step", flat_text(node) + " is no step from " + flat_text(*range_.from_node),
                   "write an amount of that kind above zero");
    }
    if (range_.step->kind != range_.from.kind) {  // 0 to 1 by 0.25
      for (Amount* const amount : {&range_.from, &range_.to, &*range_.step}) amount->kind = Amount::Kind::kReal;
    }
    return true;
  }

  bool read_factor(const Node& node) {
    const std::optional<Amount> factor = amount_of(node);
    const bool is_plain = factor && (factor->kind == Amount::Kind::kCount || factor->kind == Amount::Kind::kReal);
    if (!is_plain || factor->number <= 1) {
      return wrong(node, "factor", flat_text(node) + " is no factor between values", "write a number above 1");
    }
    range_.factor = factor->number;
    return true;
  }

  bool read_scale() {
    range_.log = range_.factor != 0;
    if (const Node* const scale = node_.find("scale")) {
      const bool is_log = scale->is_string() && scale->text == "log";
      if (!is_log && !(scale->is_string() && scale->text == "linear")) {
        return wrong(*scale, "scale", flat_text(*scale) + " is no scale", "write \"linear\" or \"log\"");
      }
      if ((range_.step && is_log) || (range_.factor != 0 && !is_log)) {
        return wrong(*scale, "scale", range_.step ? "a step is linear" : "a factor is logarithmic", "remove it");
      }
      range_.log = is_log;
    }
    if (!range_.log || range_.from.number > 0) return true;
    return wrong(*range_.from_node, "from", "a logarithmic range cannot begin at or below zero",
                 "begin above zero, or make it linear");
  }

  const Node& node_;
  const std::string& pointer_;
  Diagnostics& diagnostics_;
  Range range_;
};

Node value_at(const Range& range, std::size_t i, std::size_t count) {
  if (i == 0) return *range.from_node;
  const std::size_t last = count - 1;
  if (range.steps != 0 && i == last) return *range.to_node;
  if (range.step) return value_of(step_value(range, i));
  if (range.factor != 0) return value_of(factor_value(range, i));
  return value_of(range.log ? log_value(range, i, last) : linear_value(range, i, last));
}

}  // namespace

std::vector<Node> range_values(const Node& node, const std::string& pointer, Diagnostics& diagnostics) {
  const std::optional<Range> range = RangeReader(node, pointer, diagnostics).read();
  if (!range) return {};
  const std::size_t count = count_of(*range);
  if (count > kMostSteps) {
    diagnostics.add(node, pointer, "is a range of more than " + std::to_string(kMostSteps) + " values",
                    "make larger steps");
    return {};
  }
  std::vector<Node> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(value_at(*range, i, count));
    out.back().source = node.source;
    out.back().line = node.line;
    if (i == 0 || flat_json(out[i]) != flat_json(out[i - 1])) continue;
    diagnostics.add(node, pointer, "has " + printable(flat_json(out[i])) + " twice once its values are rounded",
                    "make fewer steps, or write fractions (0.0 to 1.0) where they are meant");
    return {};
  }
  return out;
}

}  // namespace farfault::sweep
