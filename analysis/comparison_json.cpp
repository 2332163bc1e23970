#include "analysis/comparison_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

using Json = nlohmann::ordered_json;

/// Names may come from a config or a path: what is not UTF-8 must not end the command.
std::string json_text(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + '\n'; }

Json number_json(const std::optional<Number>& number) {
  if (!number) return nullptr;
  return std::visit([](auto value) { return Json(value); }, *number);
}

Json real_json(const std::optional<double>& number) { return number ? Json(*number) : Json(nullptr); }

void add_cells(Json& out, const std::vector<Cell>& cells) {
  out["values"] = out["ratios"] = out["differences"] = Json::array();
  for (const Cell& cell : cells) {
    out["values"].push_back(number_json(cell.value));
    out["ratios"].push_back(real_json(cell.ratio));
    out["differences"].push_back(number_json(cell.difference));
  }
}

Json column_json(const Column& column) {
  Json out;
  out["name"] = column.name;
  out["failure"] = column.result ? Json(nullptr) : Json(column.failure);
  if (!column.result) return out;
  out["farfault"] = column.result->version;
  out["config_hash"] = column.result->config_hash;
  out["workload"] = column.result->workload;
  out["policies"] = column.result->policies;
  out["notes"] = column.result->notes;
  out["assumptions"] = Json::array();
  for (const RestsOn& assumption : column.result->assumptions) {
    out["assumptions"].push_back(
        {{"parameter", assumption.parameter}, {"value", assumption.value}, {"source", assumption.source}});
  }
  return out;
}

Json heading_json(const Heading& heading) {
  Json out;
  out["scenario"] = heading.name;
  out["question"] = heading.question;
  out["workload"] = heading.workload;
  if (!heading.memory.empty()) out["memory"] = heading.memory;
  return out;
}

/// All rows unless some were asked for; exports leave out nothing else.
std::vector<const Row*> rows_of(const Titled& titled) {
  return select_rows(titled.comparison, titled.patterns.empty() ? std::vector<std::string>{"*"} : titled.patterns,
                     true);
}

Json titled_json(const Titled& titled) {
  Json out = heading_json(titled.heading);
  out["columns"] = Json::array();
  for (const Column& column : titled.comparison.columns) out["columns"].push_back(column_json(column));
  out["figures"] = Json::array();
  for (const Row* row : rows_of(titled)) {
    Json figure;
    figure["name"] = row->name;
    figure["unit"] = unit_name(row->unit);
    figure["assumed"] = row->assumed;
    add_cells(figure, row->cells);
    figure["description"] = row->description;
    out["figures"].push_back(std::move(figure));
  }
  out["attribution"] = Json::array();
  for (const Component& component : titled.comparison.components) {
    Json item;
    item["component"] = component.name;
    item["when"] = when_name(component.when);
    add_cells(item, component.cells);
    item["description"] = component.description;
    out["attribution"].push_back(std::move(item));
  }
  out["in_words"] = in_words(titled.comparison);
  out["beyond_threshold"] = Json::array();
  for (const Verdict& verdict : titled.verdicts) {
    if (verdict.kind != Verdict::Kind::kHolds) out["beyond_threshold"].push_back(verdict.words);
  }
  return out;
}

template <class T>
std::string optional_text(const std::optional<T>& value) {
  return value ? exact_text(Number(*value)) : std::string();
}

void add_lines(std::string& out, const Titled& titled, const std::string& figure, Unit unit, bool assumed,
               const std::string& description, const std::vector<Cell>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    out += csv_line({titled.heading.name, titled.heading.memory, figure, std::string(unit_name(unit)),
                     titled.comparison.columns[i].name, optional_text(cell.value), optional_text(cell.ratio),
                     optional_text(cell.difference), assumed ? "true" : "false", description});
  }
}

Json range_json(const std::optional<RangeEnd>& end, double factor) {
  if (!end) return nullptr;
  Json out;
  out["ratio"] = end->ratio;
  out["parameter"] = end->parameter.empty() ? Json(nullptr) : Json(end->parameter);
  out["change"] = end->parameter.empty() ? Json(nullptr) : Json(change_text(end->change, factor));
  return out;
}

Json ratios_json(const std::vector<std::optional<double>>& ratios) {
  Json out = Json::array();
  for (const auto& ratio : ratios) out.push_back(real_json(ratio));
  return out;
}

Json sensitivity_json(const SensitivityReport& report) {
  Json out = heading_json(report.heading);
  out["figure"] = report.figure;
  out["unit"] = unit_name(report.unit);
  out["factor"] = report.factor;
  out["columns"] = Json::array();
  for (const SensitivityColumn& column : report.sensitivity.columns) {
    out["columns"].push_back({{"name", column.name},
                              {"value", number_json(column.value)},
                              {"ratio", real_json(column.ratio)},
                              {"least", range_json(column.least, report.factor)},
                              {"most", range_json(column.most, report.factor)}});
  }
  out["parameters"] = Json::array();
  for (const Influence& influence : report.sensitivity.parameters) {
    out["parameters"].push_back({{"parameter", influence.parameter},
                                 {"influence", influence.influence},
                                 {"divided", ratios_json(influence.divided)},
                                 {"multiplied", ratios_json(influence.multiplied)}});
  }
  out["order_changes"] = Json::array();
  for (const OrderChange& change : report.sensitivity.order_changes) {
    out["order_changes"].push_back({{"parameter", change.parameter},
                                    {"change", change_text(change.change, report.factor)},
                                    {"was_lower", report.sensitivity.columns[change.lower].name},
                                    {"was_higher", report.sensitivity.columns[change.higher].name}});
  }
  out["not_changed"] = Json::array();
  for (const auto& [parameter, why] : report.skipped)
    out["not_changed"].push_back({{"parameter", parameter}, {"why", why}});
  out["failures"] = report.failures;
  return out;
}

}  // namespace

std::string comparisons_json(const std::string& kind, const std::vector<Titled>& comparisons) {
  Json out;
  out["schema"] = kComparisonSchema;
  out["kind"] = kind;
  out["comparisons"] = Json::array();
  for (const Titled& titled : comparisons) out["comparisons"].push_back(titled_json(titled));
  return json_text(out);
}

std::string comparisons_csv(const std::vector<Titled>& comparisons) {
  std::string out = "scenario,memory,figure,unit,column,value,ratio,difference,assumed,description\n";
  for (const Titled& titled : comparisons) {
    for (const Row* row : rows_of(titled)) {
      add_lines(out, titled, row->name, row->unit, row->assumed, row->description, row->cells);
    }
    const bool assumed =
        std::any_of(titled.comparison.columns.begin(), titled.comparison.columns.end(),
                    [](const Column& column) { return column.result && !column.result->assumptions.empty(); });
    for (const Component& component : titled.comparison.components) {
      const std::string name = "attribution." + component.name;
      add_lines(out, titled, name, Unit::kTime, assumed, component.description, component.cells);
    }
  }
  return out;
}

std::string sensitivities_json(const std::vector<SensitivityReport>& reports) {
  Json out;
  out["schema"] = kComparisonSchema;
  out["kind"] = "sensitivity";
  out["sensitivities"] = Json::array();
  for (const SensitivityReport& report : reports) out["sensitivities"].push_back(sensitivity_json(report));
  return json_text(out);
}

std::string sensitivities_csv(const std::vector<SensitivityReport>& reports) {
  std::string out = "scenario,figure,parameter,change,column,ratio,influence\n";
  for (const SensitivityReport& report : reports) {
    for (const Influence& influence : report.sensitivity.parameters) {
      for (const auto& [change, ratios] :
           {std::pair(Change::kDivided, &influence.divided), {Change::kMultiplied, &influence.multiplied}}) {
        for (std::size_t i = 0; i < ratios->size(); ++i) {
          out += csv_line({report.heading.name, report.figure, influence.parameter, change_text(change, report.factor),
                           report.sensitivity.columns[i].name, optional_text((*ratios)[i]),
                           exact_text(influence.influence)});
        }
      }
    }
  }
  return out;
}

}  // namespace farfault::analysis
