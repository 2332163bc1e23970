#include "analysis/report/comparison_page.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "analysis/number.h"
#include "analysis/report/charts/parts.h"
#include "analysis/report/charts/result_charts.h"
#include "analysis/report/charts/timeline_charts.h"
#include "analysis/report/escape.h"
#include "analysis/report/facts.h"
#include "analysis/report/tables.h"
#include "analysis/report/verdict.h"
#include "sim/core/quantity.h"

namespace farfault::report {
namespace {

// Lines that can be told apart in one chart.
constexpr std::size_t kMostLines = 10;
constexpr std::size_t kMostDirections = 6;
// Cells of heat maps of all columns together.
constexpr std::size_t kHeatMaps = 4;
constexpr HeatSize kHeatOfColumn = {64, 100};
// Scenarios that have charts; more have their tables.
constexpr std::size_t kMostScenarioCharts = 24;
constexpr std::size_t kMostTornadoes = 6;

constexpr const char* kNoTimelines =
    "No column has a timeline.json: compare again with -o and without --no-timeline to see this.";

/// A scenario as the page needs it.
struct OneScenario {
  const ScenarioResults& results;
  analysis::Comparison comparison;
  std::vector<std::string> labels;  ///< of columns, in charts
  const SensitivityResults* sensitivity = nullptr;
};

std::string title_of(const ScenarioResults& scenario) {
  if (!scenario.heading.name.empty()) return scenario.heading.name;
  return scenario.heading.workload.empty() ? "Runs side by side" : "Runs of " + scenario.heading.workload;
}

std::vector<std::string> names_of_columns(const ScenarioResults& scenario) {
  std::vector<std::string> out;
  out.reserve(scenario.columns.size());
  for (const ReportColumn& column : scenario.columns) out.push_back(column.name);
  return out;
}

std::vector<RunTimeline> timelines_of(const OneScenario& one) {
  std::vector<RunTimeline> out;
  for (std::size_t i = 0; i < one.results.columns.size() && out.size() < kMostLines; ++i) {
    const auto& run = one.results.columns[i].run;
    if (run && run->timeline) out.push_back({one.labels[i], &*run->timeline});
  }
  return out;
}

std::vector<Figures> figures_of(const OneScenario& one) {
  std::vector<Figures> out;
  out.reserve(one.results.columns.size());
  for (const ReportColumn& column : one.results.columns) {
    out.push_back(column.run ? column.run->result.statistics : Figures());
  }
  return out;
}

/// Bars of one kind of lanes: a bar a column.
std::optional<Chart> lanes_chart(const ChartPlace& place, const OneScenario& one, const std::string& kind) {
  std::vector<LanesTime> bars;
  for (std::size_t i = 0; i < one.results.columns.size(); ++i) {
    const auto& run = one.results.columns[i].run;
    if (!run) continue;
    LanesTime lanes = lanes_time(run->result.statistics, kind, one.labels[i]);
    if (lanes.lanes > 0) bars.push_back(std::move(lanes));
  }
  return time_breakdown(place, "time-" + kind,
                        kind == "device" ? "Where the devices' time went" : "Where the host's time went", bars);
}

std::optional<Chart> latency_chart(const ChartPlace& place, const OneScenario& one, const std::string& distribution,
                                   const std::string& id, const std::string& title) {
  std::vector<LatencyLine> lines;
  for (std::size_t i = 0; i < one.results.columns.size() && lines.size() < kMostLines; ++i) {
    const auto& run = one.results.columns[i].run;
    if (!run) continue;
    const auto it = run->result.distributions.find(distribution);
    if (it != run->result.distributions.end() && it->second.count > 0) lines.push_back({one.labels[i], &it->second});
  }
  return latency_cdf(place, id, title, lines, "column", one.labels);
}

/// Directions of links that any column moved something over, with the first column's peak.
std::vector<LinkDirection> directions_of(const OneScenario& one) {
  std::vector<LinkDirection> out;
  std::set<std::string> seen;
  for (const ReportColumn& column : one.results.columns) {
    if (!column.run) continue;
    for (LinkDirection& link : link_directions(column.run->result.statistics)) {
      if (seen.insert(link.link + '.' + link.direction).second) out.push_back(std::move(link));
    }
  }
  return out;
}

std::optional<Chart> time_chart(const ChartPlace& place, const OneScenario& one) {
  const analysis::Row* const row = analysis::find_row(one.comparison, "time.total");
  return row == nullptr ? std::nullopt : figure_bars(place, "time", "Time", *row, one.labels);
}

std::optional<Chart> ratios_chart(const ChartPlace& place, const OneScenario& one) {
  std::vector<std::pair<std::string, const analysis::Row*>> rows;
  for (const KeyFigure& figure : key_figures(one.comparison)) {
    const bool varies = std::any_of(figure.row->cells.begin(), figure.row->cells.end(), [](const analysis::Cell& cell) {
      return cell.ratio && *cell.ratio > 0 && *cell.ratio != 1.0;
    });
    if (varies) rows.emplace_back(chart_label(figure.label), figure.row);
  }
  return ratio_dots(place, rows, one.labels);
}

Section side_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"side-by-side",
              "Side by side",
              figures_table(one.comparison, key_figures(one.comparison)) + all_figures_table(one.comparison),
              {}};
  add_chart(out.charts, time_chart(place, one));
  add_chart(out.charts, ratios_chart(place, one));
  return out;
}

Section columns_time_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"time-parts", "Where the time went", attribution_table(one.comparison), {}};
  add_chart(out.charts, difference_parts(place, one.comparison, one.labels));
  add_chart(out.charts, lanes_chart(place, one, "device"));
  add_chart(out.charts, lanes_chart(place, one, "host"));
  return out;
}

Section columns_latency_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"latency", "Latency", {}, {}};
  add_chart(out.charts, latency_chart(place, one, "latency.access.device", "latency-device", "Device accesses"));
  add_chart(out.charts, latency_chart(place, one, "latency.fault.device", "latency-fault-device",
                                      "Device faults, raised to replayed"));
  add_chart(out.charts, latency_chart(place, one, "latency.access.host", "latency-host", "Host accesses"));
  add_chart(out.charts,
            latency_chart(place, one, "latency.fault.cpu", "latency-fault-host", "Host faults on device pages"));
  if (out.charts.empty())
    out.html = missing(
        "No column's results.json with a distribution of latencies is at hand: give a folder that \"farfault compare "
        "-o\" wrote.");
  if (one.results.columns.size() > kMostLines)
    out.html += missing("Charts of lines show the first " + std::to_string(kMostLines) + " columns.");
  return out;
}

Section columns_bandwidth_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"bandwidth", "Bandwidth over time", {}, {}};
  const std::vector<RunTimeline> runs = timelines_of(one);
  const std::vector<LinkDirection> links = directions_of(one);
  if (links.empty() || runs.empty()) {
    out.html = missing(links.empty() ? "Nothing moved over a link." : kNoTimelines);
    return out;
  }
  for (std::size_t i = 0; i < std::min(links.size(), kMostDirections); ++i) {
    add_chart(out.charts, bandwidth_lines(place, "bandwidth-" + std::to_string(i), runs, links[i]));
  }
  if (links.size() > kMostDirections) {
    out.html = missing("Shown are " + std::to_string(kMostDirections) + " of " + std::to_string(links.size()) +
                       " directions of links; the page of each column has more.");
  }
  return out;
}

Section columns_activity_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"activity", "Faults and migrations over time", {}, {}};
  const std::vector<RunTimeline> runs = timelines_of(one);
  if (runs.empty()) {
    out.html = missing(kNoTimelines);
    return out;
  }
  add_chart(out.charts, faults_lines(place, runs));
  add_chart(out.charts, moved_lines(place, "moved-in", "Pages that came to devices", "pages.to_device.", runs));
  add_chart(out.charts, moved_lines(place, "evicted", "Pages evicted", "pages.to_host.eviction", runs));
  add_chart(out.charts,
            moved_lines(place, "thrash", "Pages that faulted again after an eviction", "pages.refault", runs));
  if (out.charts.empty()) out.html = missing("Nothing faulted and nothing moved.");
  return out;
}

/// The address space of some columns: rather what differs, so faults and what is resident, not the accesses.
Section columns_addresses_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"addresses", "Address space over time", {}, {}};
  std::size_t shown = 0;
  std::size_t columns = 0;
  for (std::size_t i = 0; i < one.results.columns.size(); ++i) {
    const auto& run = one.results.columns[i].run;
    if (!run || !run->timeline || !run->timeline->heat_map) continue;
    ++columns;
    if (shown == kHeatMaps) continue;
    ++shown;
    const std::string number = std::to_string(i);
    const auto end = static_cast<double>(run->timeline->end_ps);
    add_chart(out.charts, heat_map(place, *run->timeline->heat_map, end,
                                   {"resident.device", "heat-resident-" + number,
                                    "What is in device memory: " + one.labels[i], "share of the row", true},
                                   kHeatOfColumn));
    add_chart(out.charts, heat_map(place, *run->timeline->heat_map, end,
                                   {"faults.device", "heat-faults-" + number, "Faults of devices: " + one.labels[i],
                                    "faults", false},
                                   kHeatOfColumn));
  }
  if (columns > shown)
    out.html = missing("Shown are the first " + std::to_string(shown) + " of " + std::to_string(columns) +
                       " columns; a report of one column's folder has all layers.");
  if (columns == 0) out.html = missing(kNoTimelines);
  if (columns > 0 && out.charts.empty()) out.html += missing("No page was in device memory and none faulted.");
  return out;
}

Section columns_metadata_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"metadata", "What the kernel designs cost", {}, {}};
  const std::vector<Figures> figures = figures_of(one);
  add_chart(out.charts, metadata_memory(place, figures, one.labels));
  add_chart(out.charts, metadata_setup(place, figures, one.labels));
  if (out.charts.empty())
    out.html = missing("No column's design makes struct pages, a tree or a map for device memory.");
  return out;
}

Section sensitivity_section(const ChartPlace& place, const OneScenario& one) {
  Section out{"sensitivity", "Sensitivity to assumptions", {}, {}};
  if (one.sensitivity == nullptr) {
    out.html = missing("Not given: \"farfault compare SCENARIO --sensitivity time.total --format json\" makes it.");
    return out;
  }
  const std::vector<std::string> labels = distinct_labels(one.sensitivity->columns);
  const std::size_t first = labels.size() == 1 ? 0 : 1;
  for (std::size_t i = first; i < std::min(labels.size(), first + kMostTornadoes); ++i) {
    add_chart(out.charts, tornado(place, *one.sensitivity, i, labels));
  }
  if (out.charts.empty()) out.html = missing("No assumption that was changed changes a ratio.");
  return out;
}

/// All that identifies the runs; the first column's in full, the differences of the others.
std::string columns_reproduce(const OneScenario& one, bool config) {
  std::string out;
  for (const ReportColumn& column : one.results.columns) {
    if (!column.run) continue;
    out += reproduce_html(*column.run);
    break;
  }
  std::string rows;
  for (const ReportColumn& column : one.results.columns) {
    rows += "<tr><th scope=\"row\">" + user_text(column.name, 60) + "</th><td><code>" +
            (column.run ? user_text(column.run->result.config_hash, 40) : "failed") + "</code></td></tr>\n";
  }
  out += folded("Config hashes of all columns",
                "<div class=\"table\"><table><tbody>\n" + rows + "</tbody></table></div>\n");
  out += config_differences(one.results.columns);
  for (const ReportColumn& column : one.results.columns) {
    if (!config || !column.run || column.run->config.empty()) continue;
    out += config_html(column.run->config, "Resolved config of the first column, with the source of each value");
    break;
  }
  return out + notes_html(one.results.columns);
}

std::string beyond_html(const ScenarioResults& scenario) {
  std::string out;
  for (const std::string& sentence : scenario.beyond_threshold)
    out += "<p class=\"notice\">" + user_text(sentence, 400) + "</p>\n";
  return out;
}

std::string question_html(const ScenarioResults& scenario) {
  return scenario.heading.question.empty() ? "" : "<p>" + user_text(scenario.heading.question, 1000) + "</p>\n";
}

std::vector<const analysis::ResultFile*> results_of(const ScenarioResults& scenario) {
  std::vector<const analysis::ResultFile*> out;
  for (const ReportColumn& column : scenario.columns) {
    if (column.run) out.push_back(&column.run->result);
  }
  return out;
}

void add_one_scenario(Page& page, const OneScenario& one) {
  const ChartPlace place{"", page.datasets, one.labels};
  page.sections.push_back({"verdict",
                           "Verdict",
                           paragraphs(comparison_verdict(one.comparison, one.sensitivity)) + beyond_html(one.results),
                           {}});
  page.sections.push_back({"question", "The question", question_html(one.results), {}});
  if (page.sections.back().html.empty()) page.sections.pop_back();
  page.sections.push_back(
      {"assumptions", "Assumptions", assumptions_html(all_assumptions(results_of(one.results))), {}});
  page.sections.push_back(side_section(place, one));
  page.sections.push_back(columns_time_section(place, one));
  page.sections.push_back(columns_latency_section(place, one));
  page.sections.push_back(columns_bandwidth_section(place, one));
  page.sections.push_back(columns_activity_section(place, one));
  page.sections.push_back(columns_addresses_section(place, one));
  page.sections.push_back(columns_metadata_section(place, one));
  page.sections.push_back(sensitivity_section(place, one));
  page.sections.push_back({"reproduce", "Reproduce", columns_reproduce(one, true), {}});
}

std::string names_html(const analysis::Comparison& comparison, const std::vector<std::size_t>& columns) {
  constexpr std::size_t kMostNamed = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(columns.size(), kMostNamed); ++i) {
    out += (i == 0 ? "" : ", ") + user_text(comparison.columns[columns[i]].name, 40);
  }
  if (columns.size() > kMostNamed) out += " and " + std::to_string(columns.size() - kMostNamed) + " more";
  return out;
}

/// Columns of all scenarios where they have the same ones: times, with the best marked.
std::string matrix_html(const std::vector<OneScenario>& scenarios) {
  const auto names = [](const OneScenario& one) { return names_of_columns(one.results); };
  const std::vector<std::string> columns = names(scenarios.front());
  const bool same =
      std::all_of(scenarios.begin(), scenarios.end(), [&](const OneScenario& one) { return names(one) == columns; });
  if (!same) return {};
  std::string out = "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">scenario</th>";
  for (const std::string& column : columns) out += "<th scope=\"col\" class=\"num\">" + user_text(column, 40) + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const OneScenario& one : scenarios) {
    const Ranking ranking = rank(one.comparison);
    const analysis::Row* const row = analysis::find_row(one.comparison, "time.total");
    out += "<tr><th scope=\"row\">" + user_text(title_of(one.results), 60) + "</th>";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!one.comparison.columns[i].result) {
        out += "<td class=\"num bad\">failed</td>";
        continue;
      }
      const bool best =
          !ranking.all_tie && std::find(ranking.fastest.begin(), ranking.fastest.end(), i) != ranking.fastest.end();
      const std::string text = row != nullptr && row->cells[i].value
                                   ? analysis::short_text(Unit::kTime, *row->cells[i].value)
                                   : "\xE2\x80\x93";
      out += best ? "<td class=\"num good\"><strong>" + text + "</strong></td>" : "<td class=\"num\">" + text + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string overview_table(const std::vector<OneScenario>& scenarios) {
  std::string out =
      "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">scenario</th><th scope=\"col\">first column</th><th "
      "scope=\"col\">fastest</th>"
      "<th scope=\"col\">slowest</th><th scope=\"col\">where it comes from, against the "
      "first</th></tr></thead>\n<tbody>\n";
  for (std::size_t s = 0; s < scenarios.size(); ++s) {
    const OneScenario& one = scenarios[s];
    const Ranking ranking = rank(one.comparison);
    const analysis::Row* const row = analysis::find_row(one.comparison, "time.total");
    const auto time = [row](std::size_t column) {
      return analysis::short_text(Unit::kTime, *row->cells[column].value);
    };
    const auto ratio = [row](std::size_t column) {
      const auto& value = row->cells[column].ratio;
      return value && column != 0 ? ", " + analysis::ratio_text(*value) : std::string();
    };
    out += "<tr><th scope=\"row\"><a href=\"#scenario-" + std::to_string(s + 1) + "\">" +
           user_text(title_of(one.results), 60) + "</a></th>";
    const std::string first = user_text(one.results.columns.front().name, 40);
    const bool has_first = row != nullptr && row->cells.front().value.has_value();
    out += "<td>" + first + (has_first ? "<br>" + time(0) : "") + "</td>";
    std::string source;
    if (ranking.order.empty()) {
      out += "<td>no time</td><td>no time</td>";
    } else if (ranking.all_tie) {
      out += "<td colspan=\"2\">no difference beyond 0.1 %</td>";
    } else {
      const std::size_t best = ranking.fastest.front();
      const std::size_t worst = ranking.slowest.front();
      out += "<td class=\"good\">" + names_html(one.comparison, ranking.fastest) + "<br>" + time(best) + ratio(best) +
             "</td>";
      out += "<td>" + names_html(one.comparison, ranking.slowest) + "<br>" + time(worst) + ratio(worst) + "</td>";
      if (has_first) {
        const std::size_t told = best == 0 ? worst : best;
        source = user_text(one.results.columns[told].name, 40) + ": " + escaped(largest_parts(one.comparison, told, 2));
      }
    }
    if (!ranking.failed.empty())
      source += (source.empty() ? "" : "<br>") + std::string("<span class=\"bad\">failed: ") +
                names_html(one.comparison, ranking.failed) + "</span>";
    out += "<td>" + source + "</td></tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

Section overview_section(const ChartPlace& place, const std::vector<OneScenario>& scenarios) {
  Section out{"overview", "Overview", matrix_html(scenarios) + overview_table(scenarios), {}};
  std::vector<std::string> names;
  names.reserve(scenarios.size());
  for (const OneScenario& one : scenarios) names.push_back(title_of(one.results));
  const std::vector<std::string> labels = distinct_labels(names);
  std::vector<ScenarioRatio> ratios;
  for (std::size_t s = 0; s < scenarios.size(); ++s) {
    const OneScenario& one = scenarios[s];
    const analysis::Row* const row = analysis::find_row(one.comparison, "time.total");
    const Ranking ranking = rank(one.comparison);
    for (const std::size_t column : ranking.order) {
      if (!row->cells[column].ratio) continue;
      const bool best = !ranking.all_tie &&
                        std::find(ranking.fastest.begin(), ranking.fastest.end(), column) != ranking.fastest.end();
      ratios.push_back({labels[s], one.labels[column], *row->cells[column].ratio,
                        analysis::short_text(Unit::kTime, *row->cells[column].value), best});
    }
  }
  add_chart(out.charts, scenario_ratios(place, ratios));
  return out;
}

Section scenario_section(Page& page, const OneScenario& one, std::size_t number) {
  const std::string id = std::to_string(number);
  const ChartPlace place{"s" + id + "-", page.datasets, one.labels};
  Section out{"scenario-" + id, title_of(one.results), {}, {}};
  out.html = question_html(one.results) + paragraphs(comparison_verdict(one.comparison, one.sensitivity)) +
             beyond_html(one.results);
  out.html += figures_table(one.comparison, key_figures(one.comparison));
  out.html += folded("Where the time went, as a table", attribution_table(one.comparison));
  out.html += folded("Reproduce", columns_reproduce(one, false));
  if (number > kMostScenarioCharts) {
    out.html += missing("Charts of this scenario are left out to keep the page small: report its folder alone.");
    return out;
  }
  add_chart(out.charts, time_chart(place, one));
  add_chart(out.charts, difference_parts(place, one.comparison, one.labels));
  add_chart(out.charts, lanes_chart(place, one, "device"));
  add_chart(out.charts,
            latency_chart(place, one, "latency.access.device", "latency-device", "Latency of device accesses"));
  if (one.sensitivity != nullptr) {
    const std::vector<std::string> labels = distinct_labels(one.sensitivity->columns);
    add_chart(out.charts, tornado(place, *one.sensitivity, labels.size() == 1 ? 0 : 1, labels));
  }
  return out;
}

void add_scenarios(Page& page, const std::vector<OneScenario>& scenarios) {
  std::vector<ScenarioVerdict> verdicts;
  std::vector<const analysis::ResultFile*> results;
  for (const OneScenario& one : scenarios) {
    verdicts.push_back({title_of(one.results), &one.comparison});
    for (const analysis::ResultFile* const result : results_of(one.results)) results.push_back(result);
  }
  page.sections.push_back({"verdict", "Verdict", paragraphs(overview_verdict(verdicts)), {}});
  page.sections.push_back({"assumptions", "Assumptions", assumptions_html(all_assumptions(results)), {}});
  page.sections.push_back(overview_section({"", page.datasets, {}}, scenarios));
  std::size_t number = 0;
  for (const OneScenario& one : scenarios) page.sections.push_back(scenario_section(page, one, ++number));
}

/// Set-ups without a run: costs over sizes of memory.
void add_set_ups(Page& page, const std::vector<OneScenario>& set_ups) {
  const ChartPlace place{"", page.datasets};
  std::vector<const analysis::ResultFile*> results;
  Section costs{"metadata", "What the kernel designs cost", {}, {}};
  struct Cost {
    const char* figure;
    const char* id;
    const char* title;
    Unit unit;
  };
  const std::array<Cost, 5> kinds = {
      {{"metadata.setup_time", "cost-setup", "Time to add the memory", Unit::kTime},
       {"metadata.struct_page_bytes", "cost-struct-pages", "Memory for struct pages", Unit::kBytes},
       {"metadata.linear_map_bytes", "cost-linear-map", "Memory for the linear map", Unit::kBytes},
       {"metadata.tree_bytes", "cost-tree", "Memory for the tree", Unit::kBytes},
       {"metadata.address_space", "cost-addresses", "Physical addresses taken", Unit::kBytes}}};
  for (const Cost& kind : kinds) {
    std::vector<CostPoint> points;
    for (const OneScenario& one : set_ups) {
      for (std::size_t i = 0; i < one.results.columns.size(); ++i) {
        const auto& run = one.results.columns[i].run;
        if (run)
          points.push_back({one.results.heading.memory, one.labels[i], figure(run->result.statistics, kind.figure)});
      }
    }
    add_chart(costs.charts, cost_over_memory(place, kind.id, kind.title, points, kind.unit));
  }
  std::string tables;
  for (const OneScenario& one : set_ups) {
    for (const analysis::ResultFile* const result : results_of(one.results)) results.push_back(result);
    const std::string heading = one.results.heading.memory.empty()
                                    ? ""
                                    : "<h3>Devices of " + user_text(one.results.heading.memory, 40) + "</h3>\n";
    tables += heading;
    std::vector<KeyFigure> rows;
    for (const analysis::Row* const row : analysis::select_rows(one.comparison, {"metadata.*"}, false))
      rows.push_back({row->name, row});
    tables += figures_table(one.comparison, rows);
    for (const ReportColumn& column : one.results.columns) {
      if (!column.run) tables += "<p>" + user_text(column.name, 60) + ": " + user_text(column.failure, 300) + "</p>\n";
    }
  }
  // Of the largest memory: that is where costs show.
  page.sections.push_back({"verdict",
                           "Verdict",
                           paragraphs(set_up_verdict(set_ups.back().comparison, set_ups.back().results.heading.memory)),
                           {}});
  page.sections.push_back({"assumptions", "Assumptions", assumptions_html(all_assumptions(results)), {}});
  page.sections.push_back(std::move(costs));
  page.sections.push_back({"figures", "All figures", tables, {}});
}

bool is_set_up(const ScenarioResults& scenario) { return !scenario.heading.memory.empty(); }

const SensitivityResults* sensitivity_for(const ScenarioResults& scenario, const std::vector<SensitivityResults>& all,
                                          bool only) {
  for (const SensitivityResults& one : all) {
    if (one.scenario == scenario.heading.name) return &one;
  }
  return only && all.size() == 1 ? &all.front() : nullptr;
}

}  // namespace

Page make_comparison_page(const std::vector<ScenarioResults>& scenarios,
                          const std::vector<SensitivityResults>& sensitivities) {
  if (scenarios.empty()) throw std::logic_error("no scenario to report");
  std::vector<OneScenario> all;
  all.reserve(scenarios.size());
  for (const ScenarioResults& scenario : scenarios) {
    all.push_back({scenario, analysis::compare(columns_of(scenario)), distinct_labels(names_of_columns(scenario)),
                   sensitivity_for(scenario, sensitivities, scenarios.size() == 1)});
  }
  Page page;
  const bool set_ups = std::all_of(scenarios.begin(), scenarios.end(), &is_set_up);
  const ScenarioResults& first = scenarios.front();
  page.title = scenarios.size() > 1 && !set_ups ? std::to_string(scenarios.size()) + " scenarios" : title_of(first);
  if (set_ups) {
    page.subtitle =
        "Set-ups of " + counted(static_cast<double>(first.columns.size()), "design", "designs") + " without a run";
    add_set_ups(page, all);
  } else if (scenarios.size() == 1) {
    page.subtitle = "A comparison of " + counted(static_cast<double>(first.columns.size()), "column", "columns");
    if (!first.heading.workload.empty()) page.subtitle += " on " + first.heading.workload;
    add_one_scenario(page, all.front());
  } else {
    page.subtitle = "The columns of each are compared with its first";
    add_scenarios(page, all);
  }
  std::set<std::string> versions;
  for (const ScenarioResults& scenario : scenarios) {
    for (const analysis::ResultFile* const result : results_of(scenario)) versions.insert(result->version);
  }
  for (const std::string& version : versions) page.footer.push_back("farfault " + version);
  return page;
}

}  // namespace farfault::report
