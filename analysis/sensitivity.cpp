#include "analysis/sensitivity.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <system_error>
#include <utility>

#include "sim/core/quantity.h"

namespace farfault::analysis {
namespace {

std::string real_text(double value) { return exact_text(value); }

bool is_whole(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

ScaledValue scaled_whole(std::string_view text, double scale) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  if (value == 0) return {{}, "is zero"};
  const double scaled = static_cast<double>(value) * scale;
  // A real number of 1 is written as "1" too.
  if (value == 1 && scale < 1) return {{real_text(scaled)}, {}};
  if (scaled >= 9e18) return {{}, "would be beyond all numbers"};
  const std::int64_t rounded = std::max<std::int64_t>(1, std::llround(scaled));
  if (rounded == value) return {{}, "rounds to the same number"};
  return {{std::to_string(rounded)}, {}};
}

ScaledValue scaled_real(double value, double scale) {
  if (value == 0) return {{}, "is zero"};
  const double scaled = value * scale;
  if (!std::isfinite(scaled)) return {{}, "would be beyond all numbers"};
  ScaledValue out{{real_text(scaled)}, {}};
  if (value < 1 && scaled > 1) out.texts.emplace_back("1");
  return out;
}

ScaledValue scaled_quantity(std::string_view text, double scale) {
  constexpr double kMost = 9.2e18;
  if (const auto time = parse_time(text)) {
    const double ps = static_cast<double>(time.value->picoseconds()) * scale;
    if (ps == 0) return {{}, "is zero"};
    if (ps >= kMost) return {{}, "would be beyond all times"};
    return {{format_exact(SimTime::picoseconds(std::max<std::int64_t>(1, std::llround(ps))))}, {}};
  }
  if (const auto bytes = parse_bytes(text)) {
    const double count = static_cast<double>(bytes.value->count()) * scale;
    if (count == 0) return {{}, "is zero"};
    if (count >= kMost) return {{}, "would be beyond all sizes"};
    return {{format_exact(Bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(1, std::llround(count)))))}, {}};
  }
  if (const auto rate = parse_bandwidth(text); rate && !rate.value->is_unlimited()) {
    return {{format_exact(*rate.value * scale)}, {}};
  }
  return {{}, "is no number"};
}

/// Ratio of each column in one run.
std::vector<std::optional<double>> ratios_of(const std::vector<std::optional<Number>>& values,
                                             const std::vector<std::optional<Number>>& unchanged) {
  std::vector<std::optional<double>> out;
  out.reserve(values.size());
  const std::optional<Number>& base = values.size() == 1 ? unchanged.front() : values.front();
  for (const std::optional<Number>& value : values) {
    out.push_back(value && base ? ratio(*value, *base) : std::nullopt);
  }
  return out;
}

void widen(SensitivityColumn& column, double ratio, const std::string& parameter, Change change) {
  const RangeEnd end{ratio, parameter, change};
  if (!column.least || ratio < column.least->ratio) column.least = end;
  if (!column.most || ratio > column.most->ratio) column.most = end;
}

void find_order_changes(const std::vector<std::optional<Number>>& unchanged, const Variation& variation,
                        std::vector<OrderChange>& out) {
  const auto below = [](const std::optional<Number>& a, const std::optional<Number>& b) {
    return a && b && as_double(*a) < as_double(*b);
  };
  for (std::size_t i = 0; i < unchanged.size(); ++i) {
    for (std::size_t j = 0; j < unchanged.size(); ++j) {
      if (!below(unchanged[i], unchanged[j]) || !below(variation.values[j], variation.values[i])) continue;
      out.push_back({variation.parameter, variation.change, i, j});
    }
  }
}

}  // namespace

ScaledValue scaled_value(std::string_view text, double factor, Change change) {
  const double scale = change == Change::kMultiplied ? factor : 1 / factor;
  ScaledValue out;
  double real = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), real);
  if (is_whole(text)) {
    out = scaled_whole(text, scale);
  } else if (result.ec == std::errc() && result.ptr == text.data() + text.size() && std::isfinite(real)) {
    out = scaled_real(real, scale);
  } else {
    out = scaled_quantity(text, scale);
  }
  std::erase(out.texts, std::string(text));
  if (out.texts.empty() && out.problem.empty()) out.problem = "rounds to the same value";
  return out;
}

std::string change_text(Change change, double factor) {
  return (change == Change::kMultiplied ? 'x' : '/') + exact_text(factor);
}

Sensitivity analyse(const std::vector<std::string>& names, const std::vector<std::optional<Number>>& unchanged,
                    const std::vector<Variation>& variations) {
  Sensitivity out;
  const std::vector<std::optional<double>> base = ratios_of(unchanged, unchanged);
  for (std::size_t i = 0; i < names.size(); ++i) {
    SensitivityColumn column{names[i], unchanged[i], base[i], {}, {}};
    if (base[i]) widen(column, *base[i], "", Change::kDivided);
    out.columns.push_back(column);
  }
  std::map<std::string, Influence> parameters;
  for (const Variation& variation : variations) {
    Influence& influence =
        parameters.try_emplace(variation.parameter, Influence{variation.parameter, 0, {}, {}}).first->second;
    const std::vector<std::optional<double>> ratios = ratios_of(variation.values, unchanged);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!ratios[i] || !base[i]) continue;
      widen(out.columns[i], *ratios[i], variation.parameter, variation.change);
      if (*base[i] != 0) influence.influence = std::max(influence.influence, std::abs(*ratios[i] / *base[i] - 1));
    }
    (variation.change == Change::kDivided ? influence.divided : influence.multiplied) = ratios;
    find_order_changes(unchanged, variation, out.order_changes);
  }
  for (auto& [name, influence] : parameters) out.parameters.push_back(std::move(influence));
  std::stable_sort(out.parameters.begin(), out.parameters.end(),
                   [](const Influence& a, const Influence& b) { return a.influence > b.influence; });
  return out;
}

}  // namespace farfault::analysis
