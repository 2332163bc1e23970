#include "analysis/validation/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <system_error>
#include <utility>

#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

constexpr std::size_t kLongestExpression = 500;
constexpr int kDeepest = 64;

/// So many of the base unit are so many of this one: both are whole, so that "20 us" is the double nearest to 2e-5.
struct NamedUnit {
  const char* name;
  double base;
  double own;
  int time;
  int data;

  Quantity times(double number) const { return {number * base / own, time, data}; }
};
constexpr std::array<NamedUnit, 15> kUnits = {{{"ps", 1, 1e12, 1, 0},
                                               {"ns", 1, 1e9, 1, 0},
                                               {"us", 1, 1e6, 1, 0},
                                               {"ms", 1, 1e3, 1, 0},
                                               {"s", 1, 1, 1, 0},
                                               {"B", 1, 1, 0, 1},
                                               {"kB", 1e3, 1, 0, 1},
                                               {"MB", 1e6, 1, 0, 1},
                                               {"GB", 1e9, 1, 0, 1},
                                               {"TB", 1e12, 1, 0, 1},
                                               {"KiB", 0x1p10, 1, 0, 1},
                                               {"MiB", 0x1p20, 1, 0, 1},
                                               {"GiB", 0x1p30, 1, 0, 1},
                                               {"TiB", 0x1p40, 1, 0, 1},
                                               {"%", 1, 100, 0, 0}}};

/// Null if there is none of this name.
const NamedUnit* unit_of(std::string_view name) {
  const auto* const it =
      std::find_if(kUnits.begin(), kUnits.end(), [name](const NamedUnit& u) { return u.name == name; });
  return it == kUnits.end() ? nullptr : it;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// The number at the beginning of a text, and how long it is; zero if there is none.
std::pair<double, std::size_t> leading_number(std::string_view text) {
  double value = 0;
  if (text.empty() || !is_digit(text.front())) return {0, 0};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return {0, 0};
  return {value, static_cast<std::size_t>(end - text.data())};
}

class Evaluator {
 public:
  Evaluator(std::string_view text, const FigureSource* figures) : text_(text), figures_(figures) {}

  Quantity run() {
    if (text_.size() > kLongestExpression) fail("is longer than any expression");
    const Quantity out = sum(0);
    if (at_ < text_.size()) fail("cannot be understood from \"" + printable(text_.substr(at_)) + "\" on");
    if (!std::isfinite(out.value)) fail("has no finite value");
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const { throw ExpressionError(in_quotes(text_) + " " + problem); }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("lacks a '") + c + '\'');
  }

  Quantity sum(int depth) {
    if (depth > kDeepest) fail("is nested too deep");
    Quantity out = product(depth);
    while (true) {
      const bool plus = take('+');
      if (!plus && !take('-')) return out;
      const Quantity other = product(depth);
      if (!out.same_dimension(other)) {
        fail("adds " + dimension_text(other) + " to " + dimension_text(out));
      }
      out.value += plus ? other.value : -other.value;
    }
  }

  Quantity product(int depth) {
    Quantity out = factor(depth);
    while (true) {
      const bool times = take('*');
      if (!times && !take('/')) return out;
      const Quantity other = factor(depth);
      if (!times && other.value == 0) fail("divides by zero");
      out.value = times ? out.value * other.value : out.value / other.value;
      out.time += times ? other.time : -other.time;
      out.data += times ? other.data : -other.data;
      if (std::abs(out.time) > kDeepest || std::abs(out.data) > kDeepest) fail("has a strange dimension");
    }
  }

  Quantity factor(int depth) {
    if (depth > kDeepest) fail("is nested too deep");
    if (take('-')) {
      Quantity out = factor(depth + 1);
      out.value = -out.value;
      return out;
    }
    if (take('(')) {
      const Quantity out = sum(depth + 1);
      expect(')');
      return out;
    }
    skip_blanks();
    if (at_ == text_.size()) fail("ends where a value should be");
    if (is_digit(text_[at_])) return number();
    return named(depth);
  }

  Quantity number() {
    const auto [value, length] = leading_number(text_.substr(at_));
    if (length == 0) fail("has a number that is none");
    at_ += length;
    skip_blanks();
    const std::size_t before = at_;
    if (const NamedUnit* const unit = unit_of(word())) return unit->times(value);
    at_ = before;
    return {value, 0, 0};
  }

  /// Letters, digits, dots and underscores; or "%".
  std::string_view word() {
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '%') return text_.substr(at_++, 1);
    if (at_ == text_.size() || !begins_name(text_[at_])) return {};
    while (at_ < text_.size() && (begins_name(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  /// A name that may be in quotes.
  std::string_view name() {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != '\'') return word();
    const std::size_t end = text_.find('\'', ++at_);
    if (end == std::string_view::npos) fail("lacks the end of a name in quotes");
    const std::string_view out = text_.substr(at_, end - at_);
    at_ = end + 1;
    return out;
  }

  struct Figure {
    std::string_view run;
    std::string_view name;
  };
  Figure figure() {
    Figure out{{}, name()};
    if (at_ < text_.size() && text_[at_] == ':') {
      ++at_;
      out.run = out.name;
      out.name = name();
    }
    if (out.name.empty()) fail("lacks the name of a figure");
    return out;
  }

  Quantity named(int depth) {
    const Figure what = figure();
    if (what.run.empty()) {
      if (const NamedUnit* const unit = unit_of(what.name)) return unit->times(1);
    }
    if (figures_ == nullptr) fail("is no constant: \"" + printable(what.name) + "\" is not a unit");
    if (what.run.empty() && what.name == "count_at") {
      expect('(');
      const Figure distribution = figure();
      expect(',');
      const Quantity at = sum(depth + 1);
      expect(')');
      return figures_->count_at(distribution.run, distribution.name, at);
    }
    return figures_->figure(what.run, what.name);
  }

  std::string_view text_;
  const FigureSource* figures_;
  std::size_t at_ = 0;
};

std::string power(const std::string& unit, int exponent) {
  return exponent == 0 ? "" : unit + (exponent == 1 ? "" : '^' + std::to_string(exponent)) + ' ';
}

/// Without an exponent, to four digits or the units' place.
std::string four_digits(double value) {
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-3 || size >= 1e15)) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.4g", value);
    return text.data();
  }
  const int decimals = size == 0 ? 0 : std::max(0, 3 - static_cast<int>(std::floor(std::log10(size))));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  std::string out = text.data();
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

}  // namespace

std::string dimension_text(const Quantity& quantity) {
  if (quantity.time == 0 && quantity.data == 0) return "a number";
  if (quantity.time == 1 && quantity.data == 0) return "a time";
  if (quantity.time == 0 && quantity.data == 1) return "a size";
  if (quantity.time == -1 && quantity.data == 1) return "a rate";
  std::string out = power("s", quantity.time) + power("B", quantity.data);
  out.pop_back();
  return out;
}

Quantity evaluate(std::string_view text, const FigureSource& figures) { return Evaluator(text, &figures).run(); }

Quantity evaluate_constant(std::string_view text) { return Evaluator(text, nullptr).run(); }

std::string text_like(const Quantity& quantity, std::string_view like) {
  std::string_view unit = like.substr(leading_number(like).second);
  while (!unit.empty() && is_blank(unit.front())) unit.remove_prefix(1);
  if (unit.empty()) return four_digits(quantity.value);
  return four_digits(quantity.value / evaluate_constant(unit).value) + ' ' + std::string(unit);
}

}  // namespace farfault::analysis
