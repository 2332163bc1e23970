#include "analysis/compare.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "analysis/assumed.h"
#include "analysis/attribution.h"
#include "analysis/pattern.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

constexpr const char* kTotal = "time.total";

[[noreturn]] void refuse_units(const std::string& name, const Column& column, Unit unit, Unit other) {
  throw InputError(Diagnostic{.file = printable(column.name, 400),
                              .pointer = "/statistics/" + printable(name),
                              .problem = "is in " + std::string(unit_name(unit)) + ", and in " +
                                         std::string(unit_name(other)) + " in another result",
                              .remedy = "compare results of one version of farfault"});
}

/// A row for each name that a column has, without cells.
std::vector<Row> empty_rows(const std::vector<Column>& columns, const std::vector<Figures>& figures) {
  std::map<std::string, Row, std::less<>> rows;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (const auto& [name, figure] : figures[i]) {
      const auto [it, is_new] = rows.try_emplace(name, Row{name, figure.unit, figure.description, false, {}});
      if (!is_new && it->second.unit != figure.unit) refuse_units(name, columns[i], figure.unit, it->second.unit);
    }
  }
  std::vector<Row> out;
  out.reserve(rows.size());
  for (auto& [name, row] : rows) out.push_back(std::move(row));
  return out;
}

void fill(Row& row, const std::vector<Column>& columns, const std::vector<Figures>& figures) {
  std::vector<std::optional<Number>> values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto it = figures[i].find(row.name);
    values.push_back(it == figures[i].end() ? std::nullopt : std::optional<Number>(it->second.value));
    row.assumed = row.assumed || (columns[i].result && rests_on_assumptions(row.name, columns[i].result->assumptions));
  }
  row.cells = cells_of(values);
}

bool is_empty(const Row& row) {
  return std::all_of(row.cells.begin(), row.cells.end(),
                     [](const Cell& cell) { return !cell.value || is_zero(*cell.value); });
}

/// "migration steps +3.1 ms"; nothing that makes no difference.
std::vector<std::string> changes(const std::vector<Component>& components, std::size_t column, When when) {
  std::vector<std::pair<double, std::string>> found;
  for (const Component& component : components) {
    const auto& change = component.cells[column].difference;
    if (component.when != when || !change || is_zero(*change)) continue;
    found.emplace_back(std::abs(as_double(*change)), signed_text(Unit::kTime, *change) + ' ' + component.name);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> out;
  out.reserve(found.size());
  for (auto& [size, text] : found) out.push_back(std::move(text));
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string sentence(const Comparison& comparison, std::size_t column) {
  const std::string name = printable(comparison.columns[column].name);
  const std::string first = printable(comparison.columns.front().name);
  if (!comparison.columns[column].result)
    return name + " failed: " + printable(comparison.columns[column].failure, 400);
  if (!comparison.columns.front().result) return name + " has nothing to compare with: " + first + " failed";
  const Row* const total = find_row(comparison, kTotal);
  if (total == nullptr || !total->cells[column].difference)
    return name + " cannot be compared with " + first + " in time";
  const Cell& cell = total->cells[column];
  std::string out = name;
  if (is_zero(*cell.difference)) {
    out += " takes exactly the time of " + first;
  } else {
    out += " takes " + (cell.ratio ? ratio_text(*cell.ratio) + " the time of " : "another time than ") + first + " (" +
           signed_text(Unit::kTime, *cell.difference) + ')';
  }
  const std::string during = joined(changes(comparison.components, column, When::kDuring));
  if (!during.empty()) out += ": " + during;
  const std::string within = joined(changes(comparison.components, column, When::kWithin));
  if (!within.empty()) out += "; within these " + within;
  const std::string before = joined(changes(comparison.components, column, When::kBefore));
  if (!before.empty()) out += "; before the run " + before;
  return out;
}

}  // namespace

std::string_view when_name(When when) {
  switch (when) {
    case When::kDuring:
      return "during";
    case When::kBefore:
      return "before";
    case When::kWithin:
      return "within";
  }
  throw std::logic_error("no such time");
}

Comparison compare(std::vector<Column> columns) {
  if (columns.empty()) throw std::logic_error("nothing to compare");
  std::vector<Figures> figures;
  figures.reserve(columns.size());
  for (const Column& column : columns) figures.push_back(column.result ? all_figures(*column.result) : Figures());
  Comparison out;
  out.rows = empty_rows(columns, figures);
  for (Row& row : out.rows) fill(row, columns, figures);
  out.components = attribute(figures);
  out.columns = std::move(columns);
  return out;
}

std::vector<const Row*> select_rows(const Comparison& comparison, const std::vector<std::string>& patterns,
                                    bool zeros) {
  std::vector<const Row*> out;
  std::set<std::string_view> taken;
  for (const std::string& pattern : patterns) {
    for (const Row& row : comparison.rows) {
      if (!matches(pattern, row.name) || (!zeros && is_empty(row)) || !taken.insert(row.name).second) continue;
      out.push_back(&row);
    }
  }
  return out;
}

std::vector<std::string> in_words(const Comparison& comparison) {
  std::vector<std::string> out;
  if (!comparison.rows.empty() && find_row(comparison, kTotal) == nullptr) return out;
  for (std::size_t i = 1; i < comparison.columns.size(); ++i) out.push_back(sentence(comparison, i));
  return out;
}

std::vector<std::string> figure_names(const Comparison& comparison) {
  std::vector<std::string> out;
  out.reserve(comparison.rows.size());
  for (const Row& row : comparison.rows) out.push_back(row.name);
  return out;
}

const Row* find_row(const Comparison& comparison, std::string_view name) {
  const auto it = std::lower_bound(comparison.rows.begin(), comparison.rows.end(), name,
                                   [](const Row& row, std::string_view wanted) { return row.name < wanted; });
  return it != comparison.rows.end() && it->name == name ? &*it : nullptr;
}

}  // namespace farfault::analysis
