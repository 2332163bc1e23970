#include "analysis/validation/judge.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

Quantity quantity_of(const Statistic& statistic) {
  const double value = statistic.as_double();
  switch (statistic.unit) {
    case Unit::kTime:
      return {value / 1e12, 1, 0};
    case Unit::kBytes:
      return {value, 0, 1};
    case Unit::kBandwidth:
      return {value, -1, 1};
    case Unit::kCount:
    case Unit::kRatio:
      break;
  }
  return {value, 0, 0};
}

template <class Map>
std::string hint(std::string_view name, const Map& known) {
  std::vector<std::string> names;
  names.reserve(known.size());
  for (const auto& each : known) names.push_back(each.first);
  return name_hint(name, names);
}

/// The figures of the case's runs.
class Results {
 public:
  Results(const RunOutcomes& outcomes, std::string default_run)
      : outcomes_(outcomes), default_run_(std::move(default_run)) {}

  FigureSource source() const {
    return {
        [this](std::string_view run, std::string_view name) { return figure(run, name); },
        [this](std::string_view run, std::string_view name, const Quantity& at) { return count_at(run, name, at); }};
  }

 private:
  const ResultFile& result(std::string_view named) const {
    const std::string run = named.empty() ? default_run_ : std::string(named);
    if (run.empty()) throw ExpressionError("the case has several runs, and the row names none");
    const auto it = outcomes_.find(run);
    if (it == outcomes_.end()) throw ExpressionError("the case has no run \"" + printable(run) + '"');
    if (!it->second.result) throw ExpressionError(it->second.failure.empty() ? "was not run" : it->second.failure);
    return *it->second.result;
  }

  Quantity figure(std::string_view run, std::string_view name) const {
    const ResultFile& of = result(run);
    // Most names are statistics; the distributions' are made on demand.
    if (const auto it = of.statistics.find(name); it != of.statistics.end()) return finite(name, it->second);
    const Figures all = all_figures(of);
    const auto it = all.find(name);
    if (it == all.end()) {
      throw ExpressionError("the results have no figure \"" + printable(name) + "\"; " + hint(name, all));
    }
    return finite(name, it->second);
  }

  static Quantity finite(std::string_view name, const Statistic& statistic) {
    const Quantity out = quantity_of(statistic);
    if (!std::isfinite(out.value)) throw ExpressionError(in_quotes(name) + " has no finite value");
    return out;
  }

  Quantity count_at(std::string_view run, std::string_view name, const Quantity& at) const {
    const ResultFile& of = result(run);
    const auto it = of.distributions.find(name);
    if (it == of.distributions.end()) {
      throw ExpressionError("the results have no distribution \"" + printable(name) + "\"; " +
                            hint(name, of.distributions));
    }
    const Quantity unit = quantity_of({it->second.unit, std::int64_t{1}, {}});
    if (!unit.same_dimension(at)) throw ExpressionError(in_quotes(name) + " is of " + dimension_text(unit));
    const auto value = static_cast<std::uint64_t>(std::llround(std::max(0.0, at.value / unit.value)));
    std::uint64_t count = 0;
    for (const Histogram::Bucket& bucket : it->second.buckets) {
      if (bucket.low <= value && value <= bucket.high) count += bucket.count;
    }
    return {static_cast<double>(count), 0, 0};
  }

  const RunOutcomes& outcomes_;
  std::string default_run_;
};

std::optional<double> error_of(double simulated, const Measurement& measured) {
  const double low = measured.low.value;
  const double high = measured.high.value;
  if (simulated >= low && simulated <= high) return 0;
  const double bound = simulated < low ? low : high;
  if (bound == 0) return std::nullopt;
  return simulated / bound - 1;
}

bool is_within(Tolerance tolerance, double error) {
  constexpr double kRounding = 1e-9;
  const double size = size_of_error(tolerance, error);
  switch (tolerance) {
    case Tolerance::kCalibration:
      return size <= 0.10 + kRounding;
    case Tolerance::kRegular:
    case Tolerance::kKernel:
      return size <= 0.15 + kRounding;
    case Tolerance::kIrregular:
      return size <= 0.5 + kRounding;
    case Tolerance::kExact:
      break;
  }
  return size <= kRounding;
}

JudgedRow judge_row(const MeasuredRow& row, const RunOutcomes& outcomes) {
  JudgedRow out;
  out.row = &row;
  if (!row.left_out.empty()) {
    out.verdict = RowVerdict::kLeftOut;
    return out;
  }
  try {
    const Results results(outcomes, row.run);
    const Quantity simulated = evaluate(row.expression, results.source());
    if (!simulated.same_dimension(row.measured.low)) {
      out.failure = "measured is " + dimension_text(row.measured.low) + ", simulated " + dimension_text(simulated);
      return out;
    }
    out.simulated = simulated;
    out.error = error_of(simulated.value, row.measured);
    out.verdict = out.error && is_within(row.tolerance, *out.error) ? RowVerdict::kWithin : RowVerdict::kMissed;
  } catch (const ExpressionError& error) {
    out.failure = error.what();
  }
  return out;
}

const JudgedRow& row_named(const JudgedCase& judged, const std::string& id) {
  return *std::find_if(judged.rows.begin(), judged.rows.end(),
                       [&id](const JudgedRow& row) { return row.row->id == id; });
}

double middle(const Measurement& measured) { return (measured.low.value + measured.high.value) / 2; }

/// Whether what was measured lower is simulated lower. What is closer than the class's limit may be as close either
/// way.
bool ranks(Tolerance tolerance, const std::pair<double, double>& low, const std::pair<double, double>& high) {
  if (low.second < high.second) return true;
  const bool near = low.first > 0 && is_within(tolerance, high.first / low.first - 1);
  return near && high.second > 0 && is_within(tolerance, low.second / high.second - 1);
}

JudgedOrder judge_order(const OrderCheck& check, const JudgedCase& judged) {
  JudgedOrder out;
  out.check = &check;
  std::vector<std::pair<double, double>> values;  // measured, simulated
  for (const std::string& id : check.rows) {
    const JudgedRow& row = row_named(judged, id);
    if (!row.simulated) return out;
    values.emplace_back(middle(row.row->measured), row.simulated->value);
  }
  out.holds = true;
  const Tolerance tolerance = row_named(judged, check.rows.front()).row->tolerance;
  for (const auto& a : values) {
    for (const auto& b : values) out.holds = out.holds && (a.first >= b.first || ranks(tolerance, a, b));
  }
  const auto least = *std::min_element(values.begin(), values.end());
  for (const auto& [measured, simulated] : values) {
    const std::string comma = out.measured.empty() ? "" : ", ";
    const auto ratio = [](double value, double base) { return base == 0 ? "-" : text_like({value / base, 0, 0}, "1"); };
    out.measured += comma + ratio(measured, least.first);
    out.simulated += comma + ratio(simulated, least.second);
  }
  return out;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

ClassSummary summarise_class(const std::vector<JudgedCase>& cases, Tolerance tolerance, Use used) {
  ClassSummary out;
  out.tolerance = tolerance;
  out.used = used;
  std::vector<double> errors;
  for (const JudgedCase& judged : cases) {
    for (const JudgedRow& row : judged.rows) {
      if (row.row->tolerance != tolerance || row.row->used != used) continue;
      out.within += row.verdict == RowVerdict::kWithin ? 1U : 0U;
      out.missed += row.verdict == RowVerdict::kMissed ? 1U : 0U;
      out.failed += row.verdict == RowVerdict::kFailed ? 1U : 0U;
      if (!row.error) continue;
      errors.push_back(std::abs(*row.error));
      if (out.worst && errors.back() <= *out.worst) continue;
      out.worst = errors.back();
      out.worst_row = row.row->id;
    }
  }
  out.median = median(std::move(errors));
  return out;
}

Statistic count_figure(std::size_t value) { return {Unit::kCount, static_cast<std::int64_t>(value), {}}; }

}  // namespace

std::string_view verdict_name(RowVerdict verdict) {
  switch (verdict) {
    case RowVerdict::kWithin:
      return "ok";
    case RowVerdict::kMissed:
      return "MISS";
    case RowVerdict::kLeftOut:
      return "left out";
    case RowVerdict::kFailed:
      break;
  }
  return "failed";
}

double size_of_error(Tolerance tolerance, double error) {
  if (tolerance != Tolerance::kIrregular || error >= 0) return std::abs(error);
  return error <= -1 ? HUGE_VAL : 1 / (1 + error) - 1;
}

JudgedCase judge_case(ValidationCase of, const RunOutcomes& outcomes) {
  JudgedCase out;
  out.of = std::move(of);
  out.rows.reserve(out.of.rows.size());
  for (const MeasuredRow& row : out.of.rows) out.rows.push_back(judge_row(row, outcomes));
  for (const OrderCheck& check : out.of.orders) out.orders.push_back(judge_order(check, out));
  return out;
}

Summary summarise(const std::vector<JudgedCase>& cases) {
  Summary out;
  for (std::size_t i = 0; i < kToleranceCount; ++i) {
    for (const Use used : {Use::kFit, Use::kPrediction}) {
      ClassSummary summary = summarise_class(cases, static_cast<Tolerance>(i), used);
      out.within += summary.within;
      out.missed += summary.missed;
      out.failed += summary.failed;
      if (summary.within + summary.missed + summary.failed > 0) out.classes.push_back(std::move(summary));
    }
  }
  for (const JudgedCase& judged : cases) {
    for (const JudgedRow& row : judged.rows) out.left_out += row.verdict == RowVerdict::kLeftOut ? 1U : 0U;
    for (const JudgedOrder& order : judged.orders) ++(order.holds ? out.orders_held : out.orders_broken);
  }
  return out;
}

std::vector<WorstRow> worst_rows(const std::vector<JudgedCase>& cases, std::size_t most) {
  std::vector<WorstRow> out;
  for (const JudgedCase& judged : cases) {
    for (const JudgedRow& row : judged.rows) {
      if (row.verdict == RowVerdict::kMissed) out.push_back({&judged, &row});
    }
  }
  const auto size = [](const WorstRow& worst) {
    return worst.row->error ? size_of_error(Tolerance::kIrregular, *worst.row->error) : HUGE_VAL;
  };
  std::stable_sort(out.begin(), out.end(), [&](const WorstRow& a, const WorstRow& b) { return size(a) > size(b); });
  if (out.size() > most) out.resize(most);
  return out;
}

Figures summary_figures(const Summary& summary) {
  Figures out;
  out.emplace("rows.within", count_figure(summary.within));
  out.emplace("rows.missed", count_figure(summary.missed));
  out.emplace("rows.failed", count_figure(summary.failed));
  out.emplace("rows.left_out", count_figure(summary.left_out));
  out.emplace("orders.held", count_figure(summary.orders_held));
  out.emplace("orders.broken", count_figure(summary.orders_broken));
  for (const ClassSummary& each : summary.classes) {
    const std::string end = '.' + std::string(tolerance_name(each.tolerance)) + '.' + std::string(use_name(each.used));
    if (each.median) out.emplace("median" + end, Statistic{Unit::kRatio, *each.median, {}});
    if (each.worst) out.emplace("worst" + end, Statistic{Unit::kRatio, *each.worst, {}});
  }
  return out;
}

}  // namespace farfault::analysis
