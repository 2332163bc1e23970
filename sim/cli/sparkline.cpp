#include "sim/cli/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

constexpr std::size_t kLabelWidth = 13;  // of the summary
constexpr std::size_t kNameWidth = 18;
constexpr std::size_t kValueWidth = 20;

/// As the C library finds the character set of a locale.
std::string_view locale_name() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "C";
}

std::vector<double> columns_of(const std::vector<double>& values, std::size_t columns) {
  if (columns == 0 || values.size() <= columns) return values;
  std::vector<double> out(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    const std::size_t first = i * values.size() / columns;
    const std::size_t end = (i + 1) * values.size() / columns;
    for (std::size_t at = first; at < end; ++at) out[i] += values[at];
    out[i] /= static_cast<double>(end - first);
  }
  return out;
}

std::string value_text(const Course& course, double value) {
  switch (course.unit) {
    case Unit::kBandwidth:
      return format_short(Bandwidth::bytes_per_second(value));
    case Unit::kBytes:
      return format_short(Bytes(static_cast<std::uint64_t>(std::llround(value))));
    default:
      return format_count(static_cast<std::uint64_t>(std::llround(value))) + "/ms";
  }
}

/// In bytes: names are of ASCII, or shown as such.
std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

}  // namespace

bool has_sparks() {
  const std::string_view name = locale_name();
  for (const char* const charset : {"UTF-8", "utf8", "UTF8", "utf-8"}) {
    if (name.find(charset) != std::string_view::npos) return true;
  }
  return false;
}

std::string spark_text(const std::vector<double>& values, std::size_t columns) {
  constexpr std::array<const char*, 9> kHeights = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::vector<double> shown = columns_of(values, columns);
  double most = 0;
  for (const double value : shown) most = std::max(most, value);
  std::string out;
  for (const double value : shown) {
    // Something is never shown as nothing.
    out += kHeights[value <= 0 ? 0 : static_cast<std::size_t>(std::clamp(std::ceil(8 * value / most), 1.0, 8.0))];
  }
  return out;
}

std::string over_time_text(const std::vector<Course>& courses, std::size_t width) {
  constexpr std::size_t kMost = 64;
  constexpr std::size_t kLeast = 16;
  const std::size_t beside = kLabelWidth + kNameWidth + kValueWidth;
  const std::size_t columns = std::clamp(width > beside ? width - beside : 0, kLeast, kMost);
  std::string out;
  for (const Course& course : courses) {
    const std::vector<double> shown = columns_of(course.values, columns);
    const double most = shown.empty() ? 0 : *std::max_element(shown.begin(), shown.end());
    if (most <= 0) continue;
    out += padded(out.empty() ? "over time" : "", kLabelWidth) +
           padded(printable(course.name, kNameWidth - 2), kNameWidth) + spark_text(shown, 0) +
           std::string(columns - std::min(columns, shown.size()), ' ') + "  to " + value_text(course, most) + '\n';
  }
  return out;
}

}  // namespace farfault::cli
