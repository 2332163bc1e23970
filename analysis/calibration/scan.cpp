#include "analysis/calibration/scan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "sim/core/text.h"

namespace farfault::analysis::calibration {
namespace {

constexpr std::size_t kMostProblems = 50;

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 7> kTimes = {
    {{"ps", 1e-12}, {"ns", 1e-9}, {"us", 1e-6}, {"\xC2\xB5s", 1e-6}, {"\xCE\xBCs", 1e-6}, {"ms", 1e-3}, {"s", 1}}};
constexpr std::array<Unit, 9> kRates = {{{"B/s", 1},
                                         {"kB/s", 1e3},
                                         {"MB/s", 1e6},
                                         {"GB/s", 1e9},
                                         {"TB/s", 1e12},
                                         {"KiB/s", 1024.0},
                                         {"MiB/s", 1048576.0},
                                         {"GiB/s", 1073741824.0},
                                         {"TiB/s", 1099511627776.0}}};

template <std::size_t n>
std::optional<double> factor_of(const std::array<Unit, n>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

bool is_space(char c) { return is_blank(c) || c == '\r'; }

}  // namespace

bool Lines::next(std::string_view& line) {
  if (rest_.empty()) return false;
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  line = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  ++number_;
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    std::size_t end = 0;
    while (end < text.size() && !is_space(text[end])) ++end;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

std::optional<double> number(std::string_view text) {
  // from_chars takes "nan" and "infinity" as well.
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  double out = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc() || stop != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

std::optional<double> time_unit(std::string_view unit) { return factor_of(kTimes, unit); }

std::optional<double> rate_unit(std::string_view unit) { return factor_of(kRates, unit); }

void Problems::add(std::size_t line, std::string problem, std::string remedy) {
  if (kept_.size() >= kMostProblems) {
    ++dropped_;
    return;
  }
  kept_.push_back({file_, line, {}, std::move(problem), std::move(remedy)});
}

void Problems::throw_if_any() const {
  if (kept_.empty()) return;
  std::vector<Diagnostic> all = kept_;
  if (dropped_ != 0) all.push_back({file_, 0, {}, "and " + std::to_string(dropped_) + " more problems", {}});
  throw InputError(std::move(all));
}

}  // namespace farfault::analysis::calibration
