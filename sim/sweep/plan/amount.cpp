#include "sim/sweep/plan/amount.h"

#include <cmath>
#include <string_view>
#include <utility>

#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::sweep {
namespace {

using config::Node;

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Amount whole_amount(Amount::Kind kind, std::uint64_t whole) {
  Amount out;
  out.kind = kind;
  out.whole = whole;
  out.number = static_cast<double>(whole);
  return out;
}

std::optional<Amount> real_amount(Amount::Kind kind, double number) {
  if (!std::isfinite(number)) return std::nullopt;
  Amount out;
  out.kind = kind;
  out.number = number;
  return out;
}

std::optional<Amount> percent_amount(std::string_view text, std::size_t sign) {
  const Parsed<double> ratio = parse_percent(text.substr(0, sign + 1));
  if (!ratio) return std::nullopt;
  std::optional<Amount> out = real_amount(Amount::Kind::kPercent, *ratio.value * 100);
  if (out) out->share_of = without_blanks(text.substr(sign + 1));
  return out;
}

std::optional<Amount> text_amount(std::string_view text) {
  if (const std::size_t sign = text.find('%'); sign != std::string_view::npos) return percent_amount(text, sign);
  if (const Parsed<Bytes> bytes = parse_bytes(text)) {
    Amount out = whole_amount(Amount::Kind::kBytes, bytes.value->count());
    out.binary = text.find("iB") != std::string_view::npos;
    return out;
  }
  if (const Parsed<SimTime> time = parse_time(text)) {
    return whole_amount(Amount::Kind::kTime, static_cast<std::uint64_t>(time.value->picoseconds()));
  }
  if (const Parsed<Bandwidth> rate = parse_bandwidth(text); rate && !rate.value->is_unlimited()) {
    return real_amount(Amount::Kind::kBandwidth, rate.value->bytes_per_second());
  }
  return std::nullopt;
}

}  // namespace

std::optional<Amount> amount_of(const Node& value) {
  switch (value.kind) {
    case Node::Kind::kUnsigned:
      return whole_amount(Amount::Kind::kCount, value.number);
    case Node::Kind::kNegative:
    case Node::Kind::kReal:
      return real_amount(Amount::Kind::kReal, value.real);
    case Node::Kind::kString:
      return text_amount(value.text);
    default:
      return std::nullopt;
  }
}

Node value_of(const Amount& amount) {
  switch (amount.kind) {
    case Amount::Kind::kCount:
      return Node::of(amount.whole);
    case Amount::Kind::kReal:
      return Node::of(amount.number);
    case Amount::Kind::kBytes:
      return Node::of(format_exact(Bytes(amount.whole)));
    case Amount::Kind::kTime:
      return Node::of(format_exact(SimTime::picoseconds(static_cast<std::int64_t>(amount.whole))));
    case Amount::Kind::kBandwidth:
      return Node::of(format_exact(Bandwidth::bytes_per_second(amount.number)));
    case Amount::Kind::kPercent:
      break;
  }
  std::string text = Node::of(amount.number).text + " %";
  if (!amount.share_of.empty()) text += ' ' + amount.share_of;
  return Node::of(std::move(text));
}

bool are_comparable(const Amount& a, const Amount& b) {
  const auto is_plain = [](const Amount& amount) {
    return amount.kind == Amount::Kind::kCount || amount.kind == Amount::Kind::kReal;
  };
  return (a.kind == b.kind && a.share_of == b.share_of) || (is_plain(a) && is_plain(b));
}

bool is_less(const Amount& a, const Amount& b) {
  return a.is_whole() && b.is_whole() ? a.whole < b.whole : a.number < b.number;
}

bool are_equal(const Amount& a, const Amount& b) { return are_comparable(a, b) && !is_less(a, b) && !is_less(b, a); }

}  // namespace farfault::sweep
