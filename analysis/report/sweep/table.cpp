#include "analysis/report/sweep/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "analysis/number.h"
#include "analysis/pattern.h"
#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::report::sweep {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kMissing = "(none)";
constexpr std::size_t kMostLabel = 32;
/// Values of a number that are levels by themselves; more are gathered to kRanges ranges.
constexpr std::size_t kMostNumbers = 16;
constexpr std::size_t kRanges = 10;
constexpr std::size_t kMostTexts = 24;
/// Ticks nearer than this are not written.
constexpr double kTickGap = 0.055;

std::string printed(double value, const char* format = "%.4g") {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// What numbers of an axis are.
enum class Kind : std::uint8_t { kPlain, kBytes, kTime, kBandwidth, kPercent };

struct Quantity {
  Kind kind = Kind::kPlain;
  double value = 0;
};

std::optional<Quantity> quantity_of(const nlohmann::json& value) {
  if (value.is_number()) return Quantity{Kind::kPlain, value.get<double>()};
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  if (const auto bytes = parse_bytes(text)) return Quantity{Kind::kBytes, static_cast<double>(bytes.value->count())};
  if (const auto time = parse_time(text)) return Quantity{Kind::kTime, static_cast<double>(time.value->picoseconds())};
  if (const auto rate = parse_bandwidth(text)) {
    const double bytes = rate.value->bytes_per_second();
    if (std::isfinite(bytes)) return Quantity{Kind::kBandwidth, bytes};
  }
  if (const auto share = parse_percent(text)) return Quantity{Kind::kPercent, *share.value};
  return std::nullopt;
}

std::string quantity_text(Kind kind, double value) {
  using analysis::short_text;
  switch (kind) {
    case Kind::kPlain:
      return printed(value);
    case Kind::kBytes:
      return short_text(Unit::kBytes, value);
    case Kind::kTime:
      return short_text(Unit::kTime, value);
    case Kind::kBandwidth:
      return short_text(Unit::kBandwidth, value);
    case Kind::kPercent:
      return printed(value * 100) + " %";
  }
  return {};
}

/// A value from 0 at `low` to 1 at `high`, linear or logarithmic.
struct Scale {
  double low = 0;
  double high = 1;
  bool logarithmic = false;

  double place(double value) const {
    if (high == low) return 0.5;
    if (logarithmic) return std::log(value / low) / std::log(high / low);
    return (value - low) / (high - low);
  }
  double value(double place) const {
    return logarithmic ? low * std::pow(high / low, place) : low + (high - low) * place;
  }
};

/// Ticks in the order given, without those that would touch one before.
std::vector<Tick> apart(std::vector<Tick> ticks) {
  std::stable_sort(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) { return a.place < b.place; });
  std::vector<Tick> out;
  for (Tick& tick : ticks) {
    if (out.empty() || tick.place - out.back().place >= kTickGap) out.push_back(std::move(tick));
  }
  return out;
}

std::string label_of(const nlohmann::json& value) {
  return printable(value.is_string() ? value.get_ref<const std::string&>() : value.dump(), kMostLabel);
}

/// Labels that two values share get numbers.
void tell_apart(std::vector<std::string>& labels) {
  std::map<std::string, int> seen;
  for (std::string& label : labels) {
    const int count = ++seen[label];
    if (count > 1) label += " (" + std::to_string(count) + ')';
  }
}

void scale_numbers(Axis& axis, const std::vector<Quantity>& numbers) {
  const Kind kind = numbers.front().kind;
  std::vector<double> values;
  for (const Quantity& number : numbers) values.push_back(number.value);
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const Scale scale{sorted.front(), sorted.back(),
                    sorted.front() > 0 && sorted.back() >= 16 * sorted.front() && sorted.size() > 2};
  for (const std::uint32_t value : axis.value) axis.place.push_back(scale.place(values[value]));
  if (values.size() <= kMostNumbers) {
    std::vector<std::uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](auto i, auto j) { return values[i] < values[j]; });
    std::vector<std::uint32_t> level(values.size());
    for (const std::uint32_t value : order) {
      level[value] = static_cast<std::uint32_t>(axis.levels.size());
      axis.levels.push_back(axis.labels[value]);
      axis.ticks.push_back({scale.place(values[value]), axis.labels[value]});
    }
    for (const std::uint32_t value : axis.value) axis.level.push_back(level[value]);
  } else {
    for (std::size_t bin = 0; bin < kRanges; ++bin) {
      const double step = 1.0 / static_cast<double>(kRanges);
      const double low = scale.value(static_cast<double>(bin) * step);
      const double high = scale.value(static_cast<double>(bin + 1) * step);
      axis.levels.push_back(quantity_text(kind, low) + " to " + quantity_text(kind, high));
    }
    tell_apart(axis.levels);
    for (const double place : axis.place) {
      axis.level.push_back(static_cast<std::uint32_t>(std::min(place * kRanges, kRanges - 1.0)));
    }
    for (const double place : {0.0, 0.25, 0.5, 0.75, 1.0}) {
      axis.ticks.push_back({place, quantity_text(kind, scale.value(place))});
    }
  }
  axis.ticks = apart(std::move(axis.ticks));
}

void scale_texts(Axis& axis) {
  const std::size_t count = axis.labels.size();
  const std::size_t shown = count <= kMostTexts ? count : kMostTexts - 1;
  axis.levels.assign(axis.labels.begin(), axis.labels.begin() + static_cast<std::ptrdiff_t>(shown));
  if (shown < count) axis.levels.push_back(std::to_string(count - shown) + " others");
  // The first value is at the top: texts read downwards.
  const auto place = [&](std::size_t level) {
    return axis.levels.size() < 2 ? 0.5 : 1 - static_cast<double>(level) / static_cast<double>(axis.levels.size() - 1);
  };
  for (const std::uint32_t value : axis.value) {
    axis.level.push_back(std::min(value, static_cast<std::uint32_t>(axis.levels.size() - 1)));
    axis.place.push_back(place(axis.level.back()));
  }
  for (std::size_t i = 0; i < axis.levels.size(); ++i) axis.ticks.push_back({place(i), axis.levels[i]});
  axis.ticks = apart(std::move(axis.ticks));
}

/// Nothing if all rows have one value.
std::optional<Axis> make_axis(const analysis::Sweep& sweep, std::size_t position,
                              const std::vector<std::size_t>& rows) {
  const analysis::SweepAxis& from = sweep.axes[position];
  Axis axis;
  axis.name = printable(from.title.empty() ? from.path : from.title, 160);
  // Values that only failed points have are left out; the order stays.
  std::vector<bool> used(from.values.size(), false);
  bool missing = false;
  for (const std::size_t row : rows) {
    const std::uint32_t value = sweep.points[row].axes[position];
    if (value == analysis::kNoAxisValue) {
      missing = true;
    } else {
      used[value] = true;
    }
  }
  std::vector<std::uint32_t> index(from.values.size(), 0);
  std::vector<Quantity> numbers;
  for (std::size_t value = 0; value < from.values.size(); ++value) {
    if (!used[value]) continue;
    index[value] = static_cast<std::uint32_t>(axis.labels.size());
    const auto json = nlohmann::json::parse(from.values[value], nullptr, false);
    axis.labels.push_back(json.is_discarded() ? printable(from.values[value], kMostLabel) : label_of(json));
    if (const auto number = quantity_of(json)) numbers.push_back(*number);
  }
  const auto none = static_cast<std::uint32_t>(axis.labels.size());
  if (missing) axis.labels.emplace_back(kMissing);
  if (axis.labels.size() < 2) return std::nullopt;
  for (const std::size_t row : rows) {
    const std::uint32_t value = sweep.points[row].axes[position];
    axis.value.push_back(value == analysis::kNoAxisValue ? none : index[value]);
  }
  tell_apart(axis.labels);
  axis.numeric = numbers.size() == axis.labels.size() &&
                 std::all_of(numbers.begin(), numbers.end(),
                             [&](const Quantity& number) { return number.kind == numbers.front().kind; });
  if (axis.numeric) {
    scale_numbers(axis, numbers);
  } else {
    scale_texts(axis);
  }
  return axis;
}

/// The sum of bytes.link.LINK.to_DIRECTION; not of their parts by cause, which have a name more.
std::optional<analysis::SweepFigure> link_bytes(const analysis::Sweep& sweep) {
  analysis::SweepFigure out;
  out.name = kLinkBytes;
  out.unit = Unit::kBytes;
  out.description = "bytes over all links, both directions";
  std::vector<double> sums(sweep.points.size(), kNone);
  for (const analysis::SweepFigure& figure : sweep.figures) {
    const bool to_device = analysis::matches("bytes.link.*.to_device", figure.name);
    if (!to_device && !analysis::matches("bytes.link.*.to_host", figure.name)) continue;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (!analysis::is_finite(figure.values[i])) continue;
      sums[i] = (std::isnan(sums[i]) ? 0 : sums[i]) + analysis::as_double(figure.values[i]);
    }
  }
  if (std::all_of(sums.begin(), sums.end(), [](double sum) { return std::isnan(sum); })) return std::nullopt;
  out.values.assign(sums.begin(), sums.end());
  return out;
}

bool varies(const analysis::Sweep& sweep, const analysis::SweepFigure& figure) {
  std::optional<double> first;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    if (sweep.points[i].status != analysis::PointStatus::kDone || !analysis::is_finite(figure.values[i])) continue;
    const double value = analysis::as_double(figure.values[i]);
    if (first && *first != value) return true;
    first = value;
  }
  return false;
}

/// The figures of the page, the first of which ranks.
std::vector<analysis::SweepFigure> choose(const analysis::Sweep& sweep, const std::vector<std::string>& wanted) {
  const std::optional<analysis::SweepFigure> bytes = link_bytes(sweep);
  const auto find = [&](const std::string& name) {
    return name == kLinkBytes && bytes ? &*bytes : analysis::find_figure(sweep, name);
  };
  std::vector<analysis::SweepFigure> out;
  std::set<std::string> taken;
  for (const std::string& name : wanted) {
    const analysis::SweepFigure* figure = find(name);
    if (figure == nullptr) {
      std::vector<std::string> known;
      for (const analysis::SweepFigure& one : sweep.figures) known.push_back(one.name);
      throw InputError(Diagnostic{.file = printable(sweep.name, 400),
                                  .problem = "has no figure " + in_quotes(name),
                                  .remedy = name_hint(name, known)});
    }
    if (taken.insert(name).second) out.push_back(*figure);
  }
  if (!out.empty()) return out;
  if (const auto* time = find("time.total")) out.push_back(*time);
  for (const char* name : {kLinkBytes, "faults.device.raised"}) {
    const analysis::SweepFigure* figure = find(name);
    if (figure != nullptr && varies(sweep, *figure)) out.push_back(*figure);
  }
  for (const analysis::SweepFigure& figure : sweep.figures) {
    if (out.empty() && varies(sweep, figure)) out.push_back(figure);
  }
  if (out.empty()) {
    throw InputError(Diagnostic{.file = printable(sweep.name, 400),
                                .problem = "has no point with a figure that could be shown",
                                .remedy = "see why its points failed, or name figures that they have"});
  }
  return out;
}

struct Step {
  double scale;
  const char* name;
};

/// The unit in which most of the values are between 1 and 1000.
Step step_for(Unit unit, double typical) {
  static constexpr std::array<Step, 5> kTimes = {{{1e-12, "s"}, {1e-9, "ms"}, {1e-6, "us"}, {1e-3, "ns"}, {1, "ps"}}};
  static constexpr std::array<Step, 4> kSizes = {
      {{1.0 / (1U << 30U), "GiB"}, {1.0 / (1U << 20U), "MiB"}, {1.0 / (1U << 10U), "KiB"}, {1, "B"}}};
  static constexpr std::array<Step, 4> kRates = {{{1e-9, "GB/s"}, {1e-6, "MB/s"}, {1e-3, "kB/s"}, {1, "B/s"}}};
  const auto pick = [typical](const auto& steps) {
    for (const Step& step : steps) {
      if (typical * step.scale >= 1) return step;
    }
    return steps.back();
  };
  switch (unit) {
    case Unit::kTime:
      return pick(kTimes);
    case Unit::kBytes:
      return pick(kSizes);
    case Unit::kBandwidth:
      return pick(kRates);
    case Unit::kCount:
      return {1, "count"};
    case Unit::kRatio:
      break;
  }
  return {1, "ratio"};
}

Figure make_figure(const analysis::SweepFigure& from, const std::vector<std::size_t>& rows) {
  Figure out;
  out.name = printable(from.name, 80);
  out.what = printable(from.description, 160);
  out.unit = from.unit;
  // Of times, bytes and counts there is rather less wanted.
  out.more_is_better = from.unit == Unit::kBandwidth;
  std::vector<double> sorted;
  for (const std::size_t row : rows) {
    out.values.push_back(analysis::as_double(from.values[row]));
    if (!std::isfinite(out.values.back())) out.values.back() = kNone;
    if (!std::isnan(out.values.back())) sorted.push_back(out.values.back());
  }
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) sorted.push_back(0);
  const Step step = step_for(from.unit, std::abs(quantile(sorted, 0.25)));
  out.scale = step.scale;
  out.title = safe_title(from.name) + " (" + step.name + ')';
  out.logarithmic = sorted.front() > 0 && sorted.back() >= 30 * sorted.front();
  const Scale scale{sorted.front(), sorted.back(), out.logarithmic};
  for (const double value : out.values) out.place.push_back(std::isnan(value) ? kNone : scale.place(value));
  if (sorted.front() == sorted.back()) {
    out.ticks.push_back({0.5, out.text(sorted.front())});
  } else {
    for (const double place : {0.0, 0.25, 0.5, 0.75, 1.0}) out.ticks.push_back({place, out.text(scale.value(place))});
  }
  return out;
}

/// Titles that two axes or figures share get numbers: tooltips are told apart by them.
void unique_titles(Table& table) {
  std::set<std::string> taken;
  const auto give = [&taken](std::string& title) {
    const std::string base = title;
    for (int i = 2; !taken.insert(title).second; ++i) title = base + " (" + std::to_string(i) + ')';
  };
  for (Figure& figure : table.figures) give(figure.title);
  for (Axis& axis : table.axes) give(axis.title);
}

}  // namespace

std::string Figure::text(double value) const {
  if (unit == Unit::kCount && std::isfinite(value) && std::abs(value) < 9e15) {
    return analysis::short_text(unit, static_cast<std::int64_t>(std::llround(value)));
  }
  return analysis::short_text(unit, value);
}

std::string safe_title(const std::string& text) {
  constexpr std::size_t kMost = 48;
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(" ._-/()%+*,:").find(c) != std::string_view::npos;
    out += plain ? c : '_';
    if (out.size() == kMost) return out.substr(0, kMost - 3) + "...";
  }
  return out.empty() ? "(no name)" : out;
}

Table make_table(const analysis::Sweep& sweep, const std::vector<std::string>& wanted) {
  const std::vector<analysis::SweepFigure> chosen = choose(sweep, wanted);
  Table table;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    if (sweep.points[i].status == analysis::PointStatus::kFailed) {
      table.failed.push_back(i);
    } else if (!analysis::is_finite(chosen.front().values[i])) {
      ++table.without_figure;
    } else {
      table.points.push_back(i);
    }
  }
  if (table.points.empty()) {
    throw InputError(Diagnostic{.file = printable(sweep.name, 400),
                                .problem = "has no point with a " + printable(chosen.front().name),
                                .remedy = "see why its points failed, or name a figure that they have"});
  }
  const double sign = chosen.front().unit == Unit::kBandwidth ? -1 : 1;
  std::stable_sort(table.points.begin(), table.points.end(), [&](std::size_t a, std::size_t b) {
    return sign * analysis::as_double(chosen.front().values[a]) < sign * analysis::as_double(chosen.front().values[b]);
  });
  for (const analysis::SweepFigure& figure : chosen) table.figures.push_back(make_figure(figure, table.points));
  for (std::size_t i = 0; i < sweep.axes.size(); ++i) {
    std::optional<Axis> axis = make_axis(sweep, i, table.points);
    if (!axis) {
      const analysis::SweepAxis& from = sweep.axes[i];
      table.constant.push_back(printable(from.title.empty() ? from.path : from.title, 160));
      continue;
    }
    axis->title = safe_title(axis->name);
    axis->effect = main_effect(axis->level, table.figures.front().values, axis->levels.size());
    table.by_influence.push_back(table.axes.size());
    table.axes.push_back(std::move(*axis));
  }
  std::stable_sort(table.by_influence.begin(), table.by_influence.end(), [&](std::size_t a, std::size_t b) {
    return table.axes[a].effect.share > table.axes[b].effect.share;
  });
  unique_titles(table);
  return table;
}

}  // namespace farfault::report::sweep
