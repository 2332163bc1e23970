#include "analysis/report/tables.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "analysis/number.h"
#include "analysis/pattern.h"
#include "analysis/report/escape.h"
#include "analysis/report/facts.h"
#include "analysis/strict_json.h"
#include "sim/core/quantity.h"

namespace farfault::report {
namespace {

using analysis::Cell;
using analysis::Comparison;
using analysis::Row;
using analysis::SortedJson;

constexpr std::size_t kMostConfigShown = std::size_t{512} << 10U;
constexpr std::size_t kMostDifferences = 200;

struct Wanted {
  const char* pattern;
  const char* label;  ///< empty: the figure's name
};

const std::vector<Wanted>& wanted_figures() {
  static const std::vector<Wanted> kWanted = {
      {"time.total", "time"},
      {"optimal.time_share", "best possible time, as a share of this"},
      {"time.device.stall", "devices waiting for page faults"},
      {"time.device.remote", "devices waiting for remote memory"},
      {"time.host.stall", "host waiting for page faults"},
      {"faults.device.raised", "device faults"},
      {"faults.device.batches", "batches of them"},
      {"faults.device.refaults", "pages that faulted again after an eviction"},
      {"faults.cpu.migrate", "host faults on device pages"},
      {"latency.fault.device.p50", "device fault, p50"},
      {"latency.fault.device.p99", "device fault, p99"},
      {"latency.access.device.mean", "device access, mean"},
      {"latency.access.device.p99", "device access, p99"},
      {"latency.access.host.mean", "host access, mean"},
      {"pages.to_device.demand", "pages that came on demand"},
      {"pages.to_device.prefetch", "pages prefetched"},
      {"pages.to_device.prefetch_used", "of these, used"},
      {"pages.to_host.eviction", "pages evicted"},
      {"pages.to_host.cpu_fault", "pages brought back by the host"},
      {"pages.remote_mapped", "pages mapped remotely"},
      {"bytes.link.*.to_device", ""},
      {"bytes.link.*.to_host", ""},
      {"utilisation.link.*", ""},
      {"driver.time.total", "software of driver and kernel"},
      {"kernel.to_device.total", "of these, migrating to devices"},
      {"kernel.to_host.total", "of these, migrating to the host"},
      {"kernel.op.gup.calls", "get_user_pages, calls"},
      {"kernel.op.gup.time", "get_user_pages, time"},
      {"staging.time", "staging"},
      {"staging.bytes_in", "staged in"},
      {"memory.device.peak", "device memory, most"},
      {"memory.device.capacity", "device memory, there is"},
      {"metadata.setup_time", "set-up before the run"},
      {"metadata.struct_page_bytes", "struct pages"},
      {"metadata.tree_bytes", "tree of the design"},
      {"metadata.linear_map_bytes", "linear map"},
      {"reach.device.reachable.bytes", "reachable by devices, of bytes accessed"},
      {"reach.device.migratable.bytes", "migratable to devices, of bytes accessed"},
  };
  return kWanted;
}

bool holds_something(const Row& row) {
  return std::any_of(row.cells.begin(), row.cells.end(),
                     [](const Cell& cell) { return cell.value && !analysis::is_zero(*cell.value); });
}

std::string value_html(const Row& row, const Cell& cell, bool first) {
  if (!cell.value) return "<td class=\"num\">\xE2\x80\x93</td>";
  std::string text;
  if (row.unit == Unit::kRatio &&
      (row.name.starts_with("utilisation.") || row.name.starts_with("reach.") || row.name.ends_with("_share"))) {
    text = percent_text(analysis::as_double(*cell.value));
  } else {
    text = analysis::short_text(row.unit, *cell.value);
  }
  std::string out = "<td class=\"num\" title=\"" +
                    escaped_attribute(analysis::exact_text(*cell.value) + ' ' + std::string(unit_name(row.unit))) +
                    "\">" + escaped(text);
  if (!first && cell.ratio && !analysis::is_zero(*cell.value)) {
    out += "<br><small>" + analysis::ratio_text(*cell.ratio) + "</small>";
  }
  return out + "</td>";
}

std::string column_heads(const Comparison& comparison) {
  if (comparison.columns.size() == 1) return "<th scope=\"col\" class=\"num\">value</th>";
  std::string out;
  for (const analysis::Column& column : comparison.columns) {
    out += "<th scope=\"col\" class=\"num\">" + user_text(column.name, 40) + "</th>";
  }
  return out;
}

std::string failed_cell(const Comparison& comparison, std::size_t column, const std::string& cell) {
  return comparison.columns[column].result ? cell : "<td class=\"num bad\">failed</td>";
}

std::string figure_row(const Comparison& comparison, const std::string& head, const Row& row) {
  std::string out = "<tr><th scope=\"row\">" + head + "</th>";
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    out += failed_cell(comparison, i, value_html(row, row.cells[i], i == 0));
  }
  return out + "</tr>\n";
}

std::string mark_of(const Row& row) { return row.assumed ? " <abbr title=\"rests on assumptions\">*</abbr>" : ""; }

/// "gib" of "/platform/host/..." by first step, and how many.
std::vector<std::pair<std::string, std::size_t>> by_group(const std::vector<analysis::RestsOn>& assumptions) {
  std::map<std::string, std::size_t> groups;
  for (const analysis::RestsOn& assumption : assumptions) {
    ++groups[assumption.parameter.substr(0, assumption.parameter.find('/', 1))];
  }
  return {groups.begin(), groups.end()};
}

const analysis::JsonKind& config_kind() {
  static const analysis::JsonKind kKind = {
      .noun = "config", .remedy = "", .most_bytes = std::size_t{4} << 20U, .most_values = 200'000, .most_depth = 64};
  return kKind;
}

void flatten(const SortedJson& value, const std::string& pointer, std::map<std::string, std::string>& out) {
  if (value.is_object() && value.size() == 2 && value.contains("value") && value.contains("source")) {
    flatten(value["value"], pointer, out);
  } else if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      // What the columns are, and what is said about them, is no parameter.
      if (pointer.empty() && (key == "compare" || key == "name" || key == "description")) continue;
      std::string below = pointer;
      below.append("/").append(key);
      flatten(child, below, out);
    }
  } else if (value.is_string()) {
    out[pointer] = value.get<std::string>();
  } else {
    out[pointer] = value.dump(-1, ' ', false, SortedJson::error_handler_t::replace);
  }
}

std::string fact_row(const std::string& name, const std::string& value) {
  return value.empty()
             ? ""
             : "<tr><th scope=\"row\">" + name + "</th><td><code>" + user_text(value, 400) + "</code></td></tr>\n";
}

std::string signed_or_value(const Cell& cell, bool first) {
  const auto& shown = first ? cell.value : cell.difference;
  if (!shown) return "\xE2\x80\x93";
  return first ? analysis::short_text(Unit::kTime, *shown) : analysis::signed_text(Unit::kTime, *shown);
}

std::string list_html(const std::map<std::string, std::vector<std::string>>& items, std::size_t everybody) {
  std::string out = "<ul>\n";
  for (const auto& [item, whose] : items) {
    out += "<li>" + user_text(item, 600);
    if (whose.size() < everybody) {
      out += " <small>(";
      for (std::size_t i = 0; i < whose.size(); ++i) out += (i == 0 ? "" : ", ") + user_text(whose[i], 40);
      out += ")</small>";
    }
    out += "</li>\n";
  }
  return out + "</ul>\n";
}

}  // namespace

std::vector<KeyFigure> key_figures(const Comparison& comparison) {
  std::vector<KeyFigure> out;
  for (const Wanted& wanted : wanted_figures()) {
    const bool pattern = std::string_view(wanted.pattern).find('*') != std::string_view::npos;
    if (!pattern) {
      const Row* const row = analysis::find_row(comparison, wanted.pattern);
      if (row != nullptr && holds_something(*row)) out.push_back({wanted.label, row});
      continue;
    }
    for (const Row& row : comparison.rows) {
      // Not those by cause, which end otherwise.
      if (!analysis::matches(wanted.pattern, row.name) || !holds_something(row)) continue;
      const std::size_t begin = row.name.find('.', row.name.find('.') + 1);
      const std::size_t end = row.name.rfind('.');
      if (begin == std::string::npos || end <= begin) continue;
      std::string label = row.name.starts_with("bytes.") ? "moved over " : "peak used of ";
      label.append(row.name, begin + 1, end - begin - 1).append(", ").append(direction_of(row.name.substr(end + 1)));
      out.push_back({std::move(label), &row});
    }
  }
  return out;
}

std::string figures_table(const Comparison& comparison, const std::vector<KeyFigure>& figures) {
  std::string out = "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">figure</th>" +
                    column_heads(comparison) + "</tr></thead>\n<tbody>\n";
  for (const KeyFigure& figure : figures) {
    const std::string head = "<span title=\"" + escaped_attribute(figure.row->name + ": " + figure.row->description) +
                             "\">" + user_text(figure.label, 80) + "</span>" + mark_of(*figure.row);
    out += figure_row(comparison, head, *figure.row);
  }
  return out + "</tbody></table></div>\n";
}

std::string all_figures_table(const Comparison& comparison) {
  std::string rows;
  std::size_t count = 0;
  for (const Row& row : comparison.rows) {
    if (!holds_something(row)) continue;
    ++count;
    rows += figure_row(comparison,
                       "<code title=\"" + escaped_attribute(row.description) + "\">" + user_text(row.name, 120) +
                           "</code>" + mark_of(row),
                       row);
  }
  return folded("All " + format_count(count) + " figures that are not zero",
                "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">figure</th>" + column_heads(comparison) +
                    "</tr></thead>\n<tbody>\n" + rows + "</tbody></table></div>\n");
}

std::string assumptions_html(const std::vector<analysis::RestsOn>& assumptions) {
  if (assumptions.empty()) return "<p>There are none: every parameter has a measurement or a document behind it.</p>\n";
  std::string out = "<p>" + counted(static_cast<double>(assumptions.size()), "parameter has", "parameters have") +
                    " a value that nobody measured. What carries a * rests on them.</p>\n<ul>\n";
  for (const auto& [group, count] : by_group(assumptions)) {
    out += "<li>" + format_count(count) + " under <code>" + user_text(group, 80) + "</code></li>\n";
  }
  out += "</ul>\n";
  std::string table =
      "<div class=\"table\"><table class=\"sortable\">\n<thead><tr><th scope=\"col\">parameter</th><th "
      "scope=\"col\">value</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n";
  for (const analysis::RestsOn& assumption : assumptions) {
    std::string_view source = assumption.source;
    if (source.starts_with("assumption: ")) source.remove_prefix(12);
    table += "<tr><th scope=\"row\"><code>" + user_text(assumption.parameter, 120) + "</code></th><td>" +
             user_text(assumption.value, 80) + "</td><td>" + user_text(source, 400) + "</td></tr>\n";
  }
  return out + folded("All of them, with values and reasons", table + "</tbody></table></div>\n");
}

std::string attribution_table(const Comparison& comparison) {
  std::string rows;
  for (const analysis::Component& component : comparison.components) {
    const bool empty = std::all_of(component.cells.begin(), component.cells.end(),
                                   [](const Cell& cell) { return !cell.value || analysis::is_zero(*cell.value); });
    if (empty) continue;
    const char* const when = component.when == analysis::When::kBefore   ? " (before the run)"
                             : component.when == analysis::When::kWithin ? " (within the others)"
                                                                         : "";
    rows += "<tr><th scope=\"row\"><span title=\"" + escaped_attribute(component.description) + "\">" +
            escaped(component.name + when) + "</span></th>";
    for (std::size_t i = 0; i < component.cells.size(); ++i) {
      rows += failed_cell(comparison, i, "<td class=\"num\">" + signed_or_value(component.cells[i], i == 0) + "</td>");
    }
    rows += "</tr>\n";
  }
  if (rows.empty()) return {};
  std::string out = "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">component</th>" +
                    column_heads(comparison) + "</tr></thead>\n<tbody>\n" + rows + "</tbody></table></div>\n";
  const std::vector<std::string> sentences = analysis::in_words(comparison);
  if (sentences.empty()) return out;
  std::string list = "<ul>\n";
  for (const std::string& sentence : sentences) list += "<li>" + user_text(sentence, 1000) + "</li>\n";
  return out + folded("The same in words", list + "</ul>\n");
}

std::string reproduce_html(const RunFolder& run) {
  std::string out;
  const analysis::ResultFile& result = run.result;
  if (run.record && !run.record->argv.empty()) {
    std::string command;
    for (const std::string& word : run.record->argv) command += (command.empty() ? "" : " ") + shell_word(word);
    constexpr std::size_t kLongestCommand = 16384;
    if (command.size() > kLongestCommand) command = command.substr(0, kLongestCommand) + "\xE2\x80\xA6";
    out += "<pre class=\"wrap\"><bdi>" + escaped(command) + "</bdi></pre>\n";
  } else {
    out += missing("The command is not known: there is no run.json beside the results.");
  }
  out += "<div class=\"table\"><table><tbody>\n";
  out += fact_row("farfault",
                  result.version + (run.record && !run.record->git.empty() ? ", commit " + run.record->git : ""));
  if (run.record) out += fact_row("compiler", run.record->compiler);
  out += fact_row("scenario", result.name);
  out += fact_row("config hash", result.config_hash);
  out += fact_row("workload", result.workload);
  if (run.record) {
    out += fact_row("trace", run.record->trace_path);
    out += fact_row("trace hash (XXH3)", run.record->trace_hash);
    out += fact_row("seed", run.record->seed);
    out += fact_row("started", run.record->start);
    if (run.record->wall_clock_seconds)
      out += fact_row("took", count_text(*run.record->wall_clock_seconds) + " s of real time");
  }
  for (const std::string& policy : result.policies) {
    const std::size_t space = policy.find(' ');
    out += fact_row(escaped(policy.substr(0, space)), space == std::string::npos ? policy : policy.substr(space + 1));
  }
  return out +
         "</tbody></table></div>\n<p>The same scenario, trace and program give the same results, byte for byte.</p>\n";
}

std::string notes_html(const std::vector<ReportColumn>& columns) {
  std::map<std::string, std::vector<std::string>> notes;
  std::map<std::string, std::vector<std::string>> unknown;
  std::size_t runs = 0;
  for (const ReportColumn& column : columns) {
    if (!column.run) continue;
    ++runs;
    for (const std::string& note : column.run->result.notes) notes[note].push_back(column.name);
    for (const std::string& item : column.run->result.trace_unknown) unknown[item].push_back(column.name);
  }
  std::string out;
  if (!notes.empty()) out += "<h3>Notes</h3>\n" + list_html(notes, runs);
  if (!unknown.empty()) out += "<h3>What the trace does not tell</h3>\n" + list_html(unknown, runs);
  return out;
}

std::string config_html(const std::string& config, const std::string& summary) {
  if (config.empty()) return {};
  if (config.size() > kMostConfigShown) {
    return folded(summary, missing("It is larger than 512 KiB; config.resolved.json in the results has it."));
  }
  return folded(summary, "<pre>" + escaped(config) + "</pre>");
}

std::string config_differences(const std::vector<ReportColumn>& columns) {
  std::vector<std::map<std::string, std::string>> configs;
  std::vector<std::string> names;
  std::set<std::string> pointers;
  for (const ReportColumn& column : columns) {
    if (!column.run || column.run->config.empty()) continue;
    const analysis::JsonPlace place((column.run->path / "config.resolved.json").string(), config_kind());
    flatten(analysis::parse_strict(column.run->config, place), "", configs.emplace_back());
    names.push_back(column.name);
    for (const auto& [pointer, value] : configs.back()) pointers.insert(pointer);
  }
  if (configs.size() < 2) return {};
  std::string rows;
  std::size_t count = 0;
  for (const std::string& pointer : pointers) {
    const auto value_in = [&pointer](const std::map<std::string, std::string>& config) {
      const auto it = config.find(pointer);
      return it == config.end() ? std::string() : it->second;
    };
    const std::string first = value_in(configs.front());
    if (std::all_of(configs.begin(), configs.end(), [&](const auto& config) { return value_in(config) == first; }))
      continue;
    if (++count > kMostDifferences) continue;
    rows += "<tr><th scope=\"row\"><code>" + user_text(pointer, 120) + "</code></th>";
    for (const auto& config : configs) {
      const std::string value = value_in(config);
      rows += "<td>" + (value.empty() ? "\xE2\x80\x93" : user_text(value, 80)) + "</td>";
    }
    rows += "</tr>\n";
  }
  if (count == 0) return "<p>The configs of the columns are the same.</p>\n";
  std::string out = "<div class=\"table\"><table>\n<thead><tr><th scope=\"col\">parameter</th>";
  for (const std::string& name : names) out += "<th scope=\"col\">" + user_text(name, 40) + "</th>";
  out += "</tr></thead>\n<tbody>\n" + rows + "</tbody></table></div>\n";
  if (count > kMostDifferences)
    out += missing(format_count(count - kMostDifferences) + " more differences are not listed.");
  const std::string summary =
      count == 1 ? "The parameter in which" : "The " + format_count(count) + " parameters in which";
  return folded(summary + " the columns differ", out);
}

std::string missing(const std::string& what) { return "<p class=\"soft\">" + escaped(what) + "</p>\n"; }

std::string folded(const std::string& summary, const std::string& html) {
  return "<details><summary>" + escaped(summary) + "</summary>\n" + html + "</details>\n";
}

}  // namespace farfault::report
