#include "analysis/report/charts/parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "analysis/report/escape.h"
#include "sim/core/quantity.h"

namespace farfault::report {
namespace {

struct Step {
  double size;
  const char* unit;
};

template <std::size_t N>
Scale fitting(double most, const std::array<Step, N>& steps) {
  const Step* best = steps.data();
  for (const Step& step : steps) {
    if (most >= step.size) best = &step;
  }
  return {best->size, best->unit};
}

std::string formatted(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

}  // namespace

Chart ChartPlace::begin(std::string_view id, std::string title) const {
  Chart out;
  out.id = prefix + std::string(id);
  out.title = std::move(title);
  out.dataset = out.id;
  std::replace(out.dataset.begin(), out.dataset.end(), '-', '_');
  return out;
}

Scale time_scale(double most) {
  static constexpr std::array<Step, 5> kSteps = {{{1, "ps"}, {1e3, "ns"}, {1e6, "us"}, {1e9, "ms"}, {1e12, "s"}}};
  return fitting(most, kSteps);
}

Scale byte_scale(double most) {
  static constexpr std::array<Step, 5> kSteps = {
      {{1, "B"}, {1024, "KiB"}, {1048576, "MiB"}, {1073741824, "GiB"}, {1099511627776, "TiB"}}};
  return fitting(most, kSteps);
}

Scale rate_scale(double most) {
  static constexpr std::array<Step, 4> kSteps = {{{1, "B/s"}, {1e3, "kB/s"}, {1e6, "MB/s"}, {1e9, "GB/s"}}};
  return fitting(most, kSteps);
}

Json rounded(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, value);
  const double short_value = std::strtod(text.data(), nullptr);
  // Whole numbers are written without ".0".
  if (std::abs(short_value) < 9e15 && short_value == std::floor(short_value)) {
    return static_cast<std::int64_t>(short_value);
  }
  return short_value;
}

std::string time_text(double ps) { return format_short(SimTime::from_picoseconds(ps)); }

std::string bytes_text(double bytes) {
  if (!(bytes < 1.8e19)) return formatted("%.4g B", bytes);
  return format_short(Bytes(static_cast<std::uint64_t>(std::llround(std::max(bytes, 0.0)))));
}

std::string rate_text(double bytes_per_second) {
  return bytes_per_second > 0 ? format_short(Bandwidth::bytes_per_second(bytes_per_second)) : "0 B/s";
}

std::string count_text(double count) {
  if (count >= 0 && count < 9e15 && (count == std::floor(count) || count >= 1000)) {
    return format_count(static_cast<std::uint64_t>(std::llround(count)));
  }
  return formatted("%.3g", count);
}

std::string percent_text(double share) {
  const double percent = share * 100;
  if (percent == 0) return "0 %";
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  std::string text = formatted(percent >= 99.95 ? "%.0f" : "%.1f", percent);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text + " %";
}

std::string counted(double count, const std::string& one, const std::string& many) {
  return count_text(count) + ' ' + (count == 1 ? one : many);
}

std::string listed(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? " and " : ", ";
    out += parts[i];
  }
  return out;
}

Json quantity(const char* field, const std::string& title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

Json time_axis(const char* field, const Scale& scale, double end_ps) {
  Json out = quantity(field, "simulated time (" + scale.unit + ")");
  out["scale"] = {{"domain", Json::array({0, rounded(end_ps / scale.divisor)})}, {"nice", false}};
  return out;
}

Json tip(const char* field, const std::string& title, const char* format) {
  Json out = {{"field", field}, {"title", title}};
  if (*format != '\0') {
    out["type"] = "quantitative";
    out["format"] = format;
  } else {
    out["type"] = "nominal";
  }
  return out;
}

Json colour_of(const char* field, const std::vector<std::string>& labels, const std::vector<std::string>& colours,
               const std::string& title) {
  Json out = {{"field", field}, {"type", "nominal"}};
  out["title"] = title.empty() ? Json(nullptr) : Json(title);
  out["scale"] = {{"domain", labels}, {"range", colours}};
  out["sort"] = labels;
  return out;
}

Json decades(double low, double high) {
  Json out = Json::array();
  const bool few = std::log10(high / low) < 2.2;
  for (double power = std::pow(10.0, std::floor(std::log10(low))); power <= high * 1.0001; power *= 10) {
    for (const double step : {1.0, 2.0, 5.0}) {
      if (step != 1.0 && !few) continue;
      if (power * step >= low * 0.9999 && power * step <= high * 1.0001) out.push_back(rounded(power * step));
    }
  }
  return out;
}

std::string time_label() {
  return "datum.value >= 1e9 ? format(datum.value / 1e9, '~g') + ' s' : datum.value >= 1e6 ? format(datum.value / 1e6, "
         "'~g') + ' ms' : datum.value >= 1e3 ? format(datum.value / 1e3, '~g') + ' us' : format(datum.value, '~g') + ' "
         "ns'";
}

std::string bytes_label() {
  return "datum.value >= 1099511627776 ? format(datum.value / 1099511627776, '~g') + ' TiB' : datum.value >= "
         "1073741824 "
         "? format(datum.value / 1073741824, '~g') + ' GiB' : datum.value >= 1048576 ? format(datum.value / 1048576, "
         "'~g') + ' MiB' : datum.value >= 1024 ? format(datum.value / 1024, '~g') + ' KiB' : format(datum.value, '~g') "
         "+ "
         "' B'";
}

Json column_names(const ChartPlace& place, const Chart& chart, const char* field,
                  const std::vector<std::string>& labels) {
  const std::string name = chart.dataset + "_names";
  Dataset& rows = place.datasets[name];
  rows = Dataset{{field}, {}};
  for (const std::string& label : labels) rows.rows.push_back({label});
  return {{"data", {{"name", name}}},
          {"mark", {{"type", "point"}, {"opacity", 0}}},
          {"encoding",
           {{"x", {{"value", 0}}},
            {"y", {{"value", 0}}},
            {"color", {{"field", field}, {"type", "nominal"}, {"sort", nullptr}}}}}};
}

std::string series_colour(std::size_t index) { return "theme:series-" + std::to_string(index % 10 + 1); }

std::vector<std::string> distinct_labels(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    const std::string plain = chart_label(name);
    std::string label = plain.empty() ? "(no name)" : plain;
    for (int number = 2; !taken.insert(label).second; ++number) label = plain + " (" + std::to_string(number) + ')';
    out.push_back(std::move(label));
  }
  return out;
}

}  // namespace farfault::report
