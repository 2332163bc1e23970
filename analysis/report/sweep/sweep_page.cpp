#include "analysis/report/sweep/sweep_page.h"
#include "analysis/report/escape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <string_view>
#include <utility>

#include "analysis/report/sweep/sweep_charts.h"
#include "analysis/report/sweep/table.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::report {
namespace sweep {
namespace {

constexpr std::size_t kBest = 20;
constexpr std::size_t kFailedListed = 50;
constexpr std::size_t kReasonsListed = 20;
constexpr std::size_t kReason = 200;

std::string count_of(std::size_t n, const char* one, const char* many) {
  return format_count(n) + ' ' + (n == 1 ? one : many);
}

std::string share_text(double share) {
  std::array<char, 32> text{};
  if (share > 0 && share < 0.01) return "less than 1 %";
  std::snprintf(text.data(), text.size(), "%.0f %%", share * 100);
  return text.data();
}

/// "a", "a and b", "a, b and c".
std::string enumeration(const std::vector<std::string>& items) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
  }
  return out;
}

std::string values_of(const Table& table, std::size_t row) {
  std::vector<std::string> parts;
  for (const std::size_t i : table.by_influence) {
    const Axis& axis = table.axes[i];
    if (parts.size() == 8) {
      parts.push_back(count_of(table.axes.size() - 8, "more axis", "more axes"));
      break;
    }
    parts.push_back(axis.name + " = " + axis.labels[axis.value[row]]);
  }
  return enumeration(parts);
}

std::string what_ran(const analysis::Sweep& sweep, const Table& table) {
  std::string out = count_of(sweep.points.size(), "point", "points") + " over " +
                    count_of(table.axes.size(), "axis", "axes") + ": " + format_count(table.points.size()) + " ran";
  if (!table.failed.empty()) out += ", " + format_count(table.failed.size()) + " failed";
  if (table.without_figure != 0) {
    out += ", " + format_count(table.without_figure) + " gave no " + table.figures.front().name;
  }
  return out + '.';
}

std::string best(const Table& table) {
  const Figure& figure = table.figures.front();
  std::string out = "Best " + figure.name + " (" + better_text(figure) + "): " + figure.text(figure.values.front());
  if (table.axes.empty()) return out + '.';
  out += " with " + values_of(table, 0);
  const auto equal =
      static_cast<std::size_t>(std::count(figure.values.begin() + 1, figure.values.end(), figure.values.front()));
  if (equal != 0) out += "; " + count_of(equal, "other point is", "other points are") + " as good";
  return out + '.';
}

/// How the worst and the median compare with the best.
std::string how_much(const Table& table) {
  const Figure& figure = table.figures.front();
  const double best = figure.values.front();
  const double worst = figure.values.back();
  if (best == worst) return "All points have the same " + figure.name + '.';
  std::vector<double> sorted = figure.values;
  std::sort(sorted.begin(), sorted.end());
  const double median = quantile(sorted, 0.5);
  const auto beside = [&](double value, const char* what) {
    const auto ratio = analysis::ratio(value, best);
    return figure.text(value) + (ratio && best > 0 ? ", " + analysis::ratio_text(*ratio) + what : std::string());
  };
  return "The worst point has " + beside(worst, " the best") + "; the median is " + beside(median, "") + '.';
}

std::string what_matters(const Table& table) {
  const Figure& figure = table.figures.front();
  const Axis& most = table.axes[table.by_influence.front()];
  const MainEffect& effect = most.effect;
  if (effect.share <= 0) return "No axis by itself makes a difference to " + figure.name + '.';
  std::string out = "What matters most is " + most.name + ": by itself it explains " + share_text(effect.share) +
                    " of the variance; the mean goes from " + figure.text(effect.levels[effect.lowest].mean) + " at " +
                    most.levels[effect.lowest] + " to " + figure.text(effect.levels[effect.highest].mean) + " at " +
                    most.levels[effect.highest] + '.';
  std::vector<std::string> next;
  double sum = effect.share;
  for (std::size_t i = 1; i < table.by_influence.size(); ++i) {
    const Axis& axis = table.axes[table.by_influence[i]];
    sum += axis.effect.share;
    if (i <= 3 && axis.effect.share >= 0.01) next.push_back(axis.name + " (" + share_text(axis.effect.share) + ')');
  }
  if (!next.empty()) out += " Next: " + enumeration(next) + '.';
  if (next.empty() && table.axes.size() > 1) out += " No other axis explains 1 %.";
  std::vector<std::string> idle;
  for (const Axis& axis : table.axes) {
    if (axis.effect.share <= 0) idle.push_back(axis.name);
  }
  if (!idle.empty()) out += " No difference by itself: " + enumeration(idle) + '.';
  if (table.axes.size() > 1 && sum < 0.9) {
    out += " What axes do by themselves explains " + share_text(sum) + "; the rest is in how they act together.";
  }
  return out;
}

std::string trade_off(const Table& table) {
  const Figure& a = table.figures[0];
  const Figure& b = table.figures[1];
  const std::vector<std::size_t> front = front_of(table);
  if (front.empty()) return "No point has both " + a.name + " and " + b.name + '.';
  const auto both = [&](std::size_t row) { return a.text(a.values[row]) + " with " + b.text(b.values[row]); };
  const bool one =
      a.values[front.front()] == a.values[front.back()] && b.values[front.front()] == b.values[front.back()];
  if (one) {
    return "Nothing is traded off between " + a.name + " and " + b.name +
           ": the best in one is the best in the other (" + both(front.front()) + ").";
  }
  return a.name + " and " + b.name + " are a trade-off: " + format_count(front.size()) +
         " points are beaten by no other in both, from " + both(front.front()) + " to " + both(front.back()) + '.';
}

/// Reasons with how often, the most frequent first.
std::vector<std::pair<std::string, std::size_t>> reasons(const analysis::Sweep& sweep, const Table& table) {
  std::map<std::string, std::size_t> counts;
  for (const std::size_t i : table.failed) {
    const std::string reason = printable(sweep.points[i].reason, kReason);
    ++counts[reason.empty() ? "no reason given" : reason];
  }
  std::vector<std::pair<std::string, std::size_t>> out(counts.begin(), counts.end());
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

std::string failures(const analysis::Sweep& sweep, const Table& table) {
  const auto all = reasons(sweep, table);
  std::vector<std::string> parts;
  std::size_t told = 0;
  for (const auto& [reason, count] : all) {
    if (parts.size() == 3) break;
    parts.push_back(format_count(count) + " (" + reason + ')');
    told += count;
  }
  if (told < table.failed.size()) {
    parts.push_back(count_of(table.failed.size() - told, "for another reason", "for other reasons"));
  }
  return "Failed: " + enumeration(parts) + '.';
}

std::vector<std::string> sentences(const analysis::Sweep& sweep, const Table& table) {
  std::vector<std::string> out = {best(table)};
  if (table.points.size() > 1) out.push_back(how_much(table));
  if (!table.axes.empty()) out.push_back(what_matters(table));
  if (table.figures.size() > 1 && table.points.size() > 1) out.push_back(trade_off(table));
  out.push_back(what_ran(sweep, table));
  if (!table.failed.empty()) out.push_back(failures(sweep, table));
  if (!table.constant.empty()) {
    std::vector<std::string> names(
        table.constant.begin(),
        table.constant.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(5, table.constant.size())));
    if (names.size() < table.constant.size())
      names.push_back(format_count(table.constant.size() - names.size()) + " more");
    out.push_back("The same in all points that ran: " + enumeration(names) + '.');
  }
  return out;
}

std::string cell(const std::string& text, bool number = false) {
  return std::string(number ? "<td class=\"number\">" : "<td>") + "<bdi>" + escaped(text) + "</bdi></td>";
}

std::string heads(const std::vector<std::string>& titles) {
  std::string out = "<thead><tr>";
  for (const std::string& title : titles) out += "<th scope=\"col\"><bdi>" + escaped(title) + "</bdi></th>";
  return out + "</tr></thead>";
}

std::string best_table(const Table& table) {
  std::vector<std::string> titles = {"rank", "point"};
  for (const Figure& figure : table.figures) titles.push_back(figure.name);
  for (const std::size_t i : table.by_influence) titles.push_back(table.axes[i].name);
  std::string out = "<div class=\"table\"><table>" + heads(titles) + "<tbody>";
  for (std::size_t row = 0; row < std::min(kBest, table.points.size()); ++row) {
    out += "<tr>" + cell(format_count(row + 1), true) + cell(format_count(table.points[row] + 1), true);
    for (const Figure& figure : table.figures) out += cell(figure.text(figure.values[row]), true);
    for (const std::size_t i : table.by_influence) {
      const Axis& axis = table.axes[i];
      out += cell(axis.labels[axis.value[row]], axis.numeric);
    }
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

std::string axis_text(const analysis::Sweep& sweep, std::size_t point, std::size_t axis) {
  const std::uint32_t value = sweep.points[point].axes[axis];
  if (value == analysis::kNoAxisValue) return "-";
  const Json json = Json::parse(sweep.axes[axis].values[value], nullptr, false);
  return printable(json.is_string() ? json.get_ref<const std::string&>() : sweep.axes[axis].values[value], 48);
}

std::string failed_tables(const analysis::Sweep& sweep, const Table& table) {
  const auto all = reasons(sweep, table);
  std::string out = "<div class=\"table\"><table>" + heads({"points", "reason"}) + "<tbody>";
  for (std::size_t i = 0; i < std::min(kReasonsListed, all.size()); ++i) {
    out += "<tr>" + cell(format_count(all[i].second), true) + cell(all[i].first) + "</tr>";
  }
  out += "</tbody></table></div>";
  if (all.size() > kReasonsListed) {
    out += "<p>" + count_of(all.size() - kReasonsListed, "more reason", "more reasons") + ".</p>";
  }
  const std::size_t listed = std::min(kFailedListed, table.failed.size());
  out += "<details><summary>" +
         (listed == table.failed.size() ? "The points that failed"
                                        : "The first " + format_count(listed) + " points that failed") +
         "</summary><div class=\"table\"><table>";
  std::vector<std::string> titles = {"point", "reason"};
  for (const analysis::SweepAxis& axis : sweep.axes)
    titles.push_back(printable(axis.title.empty() ? axis.path : axis.title, 160));
  out += heads(titles) + "<tbody>";
  for (std::size_t i = 0; i < listed; ++i) {
    const std::size_t point = table.failed[i];
    out += "<tr>" + cell(format_count(point + 1), true) + cell(printable(sweep.points[point].reason, kReason));
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) out += cell(axis_text(sweep, point, axis));
    out += "</tr>";
  }
  return out + "</tbody></table></div></details>";
}

Section verdict_section(const analysis::Sweep& sweep, const Table& table) {
  const std::vector<std::string> said = sentences(sweep, table);
  std::string html = "<p class=\"lead\">" + escaped(said.front()) + "</p><ul>";
  for (std::size_t i = 1; i < said.size(); ++i) html += "<li>" + escaped(said[i]) + "</li>";
  return {"verdict", "Verdict", html + "</ul>", {}};
}

}  // namespace
}  // namespace sweep

std::vector<std::string> sweep_page_figures(const SweepPageOptions& options) {
  const std::vector<std::string> links = {"bytes.link.*.to_device", "bytes.link.*.to_host"};
  std::vector<std::string> out;
  if (options.figures.empty()) {
    // All others are for sweeps of set-ups, which have no time.total.
    return {};
  }
  for (const std::string& name : options.figures) {
    if (name == sweep::kLinkBytes) {
      out.insert(out.end(), links.begin(), links.end());
    } else {
      out.push_back(name);
    }
  }
  return out;
}

std::vector<std::string> sweep_verdict(const analysis::Sweep& sweep, const SweepPageOptions& options) {
  return sweep::sentences(sweep, sweep::make_table(sweep, options.figures));
}

SweepContent sweep_page(const analysis::Sweep& sweep, const SweepPageOptions& options) {
  const sweep::Table table = sweep::make_table(sweep, options.figures);
  SweepContent out;
  const auto name = sweep.meta.find("name");
  out.title = "Sweep " + printable(name != sweep.meta.end() && !name->second.empty() ? name->second : sweep.name, 120);
  out.sections.push_back(sweep::verdict_section(sweep, table));
  sweep::add_points(table, out.datasets);
  if (!table.axes.empty()) {
    Section matters{"sweep-axes", "What each axis does", {}, {}};
    if (table.axes.size() > 1) matters.charts.push_back(sweep::influence_chart(table, out.datasets));
    matters.charts.push_back(sweep::response_chart(table, out.datasets));
    out.sections.push_back(std::move(matters));
  }
  if (table.axes.size() > 1) {
    out.sections.push_back({"sweep-pairs", "Axes together", {}, sweep::heat_map_charts(table, out.datasets)});
  }
  if (table.figures.size() > 1 && !sweep::front_of(table).empty()) {
    out.sections.push_back({"sweep-trade-off", "What trades off", {}, {sweep::pareto_chart(table, out.datasets)}});
  }
  Section all{"sweep-points", "All points", {}, {}};
  if (!table.axes.empty()) all.charts.push_back(sweep::parallel_chart(table, out.datasets));
  all.charts.push_back(sweep::distribution_chart(table, out.datasets));
  out.sections.push_back(std::move(all));
  const std::size_t listed = std::min(sweep::kBest, table.points.size());
  out.sections.push_back({"sweep-best",
                          listed == 1 ? std::string("The best point") : "The best " + format_count(listed) + " points",
                          sweep::best_table(table),
                          {}});
  if (!table.failed.empty()) {
    out.sections.push_back({"sweep-failed", "Points that failed", sweep::failed_tables(sweep, table), {}});
  }
  return out;
}

}  // namespace farfault::report
