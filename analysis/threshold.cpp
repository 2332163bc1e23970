#include "analysis/threshold.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "analysis/number.h"
#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

constexpr std::size_t kLongestThreshold = 200;
constexpr const char* kExample = "write a figure, a comparison and a limit, such as 'time.total > 1.05x'";

/// Reads a threshold from its beginning to its end.
class ThresholdParser {
 public:
  explicit ThresholdParser(std::string_view text) : text_(text) {}

  Threshold parse() {
    if (text_.size() > kLongestThreshold || printable(text_, 4 * kLongestThreshold) != text_) {
      throw Error(ExitCode::kUsage, "--fail-if: \"" + printable(text_) + "\" is no threshold; " + kExample);
    }
    Threshold out;
    out.text = std::string(text_);
    skip_blanks();
    out.figure = figure();
    out.order = order();
    skip_blanks();
    if (at_ == text_.size()) fail("a limit is missing; 1.05x, +5%, or a value with its unit");
    limit(out);
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ExitCode::kUsage, "--fail-if: " + problem + "; " + kExample + "\n  " + std::string(text_) + "\n  " +
                                      std::string(at_, ' ') + '^');
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }

  std::string figure() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_blank(text_[at_]) &&
           std::string_view("<>=").find(text_[at_]) == std::string_view::npos)
      ++at_;
    if (at_ == begin) fail("the name of a figure is missing");
    const std::string name(text_.substr(begin, at_ - begin));
    skip_blanks();
    return name;
  }

  Order order() {
    if (at_ == text_.size() || (text_[at_] != '<' && text_[at_] != '>')) fail("expected <, <=, > or >= here");
    const bool less = text_[at_++] == '<';
    const bool equal = at_ < text_.size() && text_[at_] == '=';
    if (equal) ++at_;
    if (less) return equal ? Order::kLessOrEqual : Order::kLess;
    return equal ? Order::kGreaterOrEqual : Order::kGreater;
  }

  std::string_view rest() const {
    std::string_view out = text_.substr(at_);
    while (!out.empty() && is_blank(out.back())) out.remove_suffix(1);
    return out;
  }

  /// The whole of the text as a decimal number.
  static std::optional<double> number(std::string_view text) {
    double value = 0;
    const bool begins = !text.empty() && (text.front() >= '0' && text.front() <= '9');
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = begins && result.ec == std::errc() && result.ptr == text.data() + text.size();
    return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
  }

  void limit(Threshold& out) {
    const std::string_view text = rest();
    if (text.front() == '+' || text.front() == '-') return change(out, text);
    if (text.back() == 'x') return factor(out, text);
    if (const auto plain = number(text)) {
      out.limit = *plain;
    } else if (text.back() == '%') {
      const Parsed<double> share = parse_percent(text);
      if (!share) fail(share.problem);
      set(out, Unit::kRatio, *share.value);
    } else if (const auto time = parse_time(text)) {
      set(out, Unit::kTime, static_cast<double>(time.value->picoseconds()));
    } else if (const auto bytes = parse_bytes(text)) {
      set(out, Unit::kBytes, static_cast<double>(bytes.value->count()));
    } else if (const auto rate = parse_bandwidth(text)) {
      set(out, Unit::kBandwidth, rate.value->bytes_per_second());
    } else {
      fail("\"" + std::string(text) + "\" is no limit");
    }
  }

  static void set(Threshold& out, Unit unit, double value) {
    out.unit = unit;
    out.limit = value;
  }

  void factor(Threshold& out, std::string_view text) const {
    text.remove_suffix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    const auto value = number(text);
    if (!value) fail("expected a decimal number before the x");
    out.relative = true;
    out.limit = *value;
  }

  void change(Threshold& out, std::string_view text) const {
    const bool more = text.front() == '+';
    const Parsed<double> share = parse_percent(text.substr(1));
    if (!share) fail("behind the sign: " + share.problem);
    if (!more && *share.value > 1) fail("nothing is more than 100 % less");
    out.relative = true;
    out.limit = more ? 1 + *share.value : 1 - *share.value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_beyond(long double value, Order order, long double limit) {
  switch (order) {
    case Order::kLess:
      return value < limit;
    case Order::kLessOrEqual:
      return value <= limit;
    case Order::kGreater:
      return value > limit;
    case Order::kGreaterOrEqual:
      return value >= limit;
  }
  return false;
}

/// 64 bits of mantissa: integers compare exactly.
long double as_long_double(Number number) {
  return std::visit([](auto value) { return static_cast<long double>(value); }, number);
}

const char* example_of(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return "16 MiB";
    case Unit::kTime:
      return "3 ms";
    case Unit::kBandwidth:
      return "10 GB/s";
    case Unit::kRatio:
      return "5 %";
    case Unit::kCount:
      break;
  }
  return "1000";
}

void check_unit(const Threshold& threshold, const Row& row) {
  if (threshold.relative || threshold.unit == row.unit) return;
  const bool plain = row.unit == Unit::kCount || row.unit == Unit::kRatio;
  if (!threshold.unit && (plain || threshold.limit == 0)) return;
  throw Error(ExitCode::kUsage, "--fail-if: \"" + threshold.text + "\": " + row.name + " is in " +
                                    std::string(unit_name(row.unit)) + "; write a limit such as " +
                                    example_of(row.unit) + ", or 1.05x");
}

Verdict verdict_on(const Threshold& threshold, const Comparison& comparison, const Row& row, std::size_t column) {
  Verdict out;
  out.column = column;
  const Cell& cell = row.cells[column];
  const std::string name = printable(comparison.columns[column].name) + ": ";
  const auto& first = row.cells.front().value;
  if (!cell.value || (threshold.relative && !first)) {
    const std::string who = cell.value ? printable(comparison.columns.front().name) : "it";
    out.kind = Verdict::Kind::kMissing;
    out.words = name + who + " has no " + row.name + ", so '" + threshold.text + "' cannot be judged";
    return out;
  }
  long double limit = threshold.limit;
  if (threshold.relative) limit *= as_long_double(*first);
  if (!is_beyond(as_long_double(*cell.value), threshold.order, limit)) return out;
  out.kind = Verdict::Kind::kBeyond;
  out.words = name + row.name + " is " + short_text(row.unit, *cell.value) +
              (cell.ratio ? ", " + ratio_text(*cell.ratio) : "") + "; beyond '" + threshold.text + '\'';
  return out;
}

}  // namespace

Threshold parse_threshold(std::string_view text) { return ThresholdParser(text).parse(); }

std::vector<Verdict> judge(const Threshold& threshold, const Comparison& comparison) {
  const Row* const row = find_row(comparison, threshold.figure);
  if (row == nullptr) {
    throw Error(ExitCode::kUsage, "--fail-if: no result has a figure \"" + printable(threshold.figure) + "\"; " +
                                      name_hint(threshold.figure, figure_names(comparison)));
  }
  check_unit(threshold, *row);
  std::vector<Verdict> out;
  for (std::size_t i = 1; i < comparison.columns.size(); ++i) {
    if (comparison.columns[i].result) out.push_back(verdict_on(threshold, comparison, *row, i));
  }
  return out;
}

}  // namespace farfault::analysis
