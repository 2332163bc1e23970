// nvbandwidth --json: {"nvbandwidth": {"testcases": [{"name", "status", "bandwidth_matrix": [["55.63"]]}]}}.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/calibration/nvbandwidth.h"
#include "analysis/calibration/read.h"
#include "analysis/calibration/scan.h"
#include "sim/core/text.h"

namespace farfault::analysis::calibration {
namespace {

using SortedJson = nlohmann::json;

/// Of a cell, which is a text or a number.
std::optional<double> value_of(const SortedJson& cell) {
  if (cell.is_number()) return cell.get<double>();
  if (cell.is_string()) return number(trimmed(cell.get_ref<const std::string&>()));
  return std::nullopt;
}

void read_test(const SortedJson& test, MeasuredFile& out, Problems& problems) {
  const auto name = test.is_object() ? test.find("name") : test.end();
  if (!test.is_object() || name == test.end() || !name->is_string()) {
    problems.add(0, "/nvbandwidth/testcases has an item without a name");
    return;
  }
  std::optional<Measurement> measured = nvbandwidth_test(name->get_ref<const std::string&>());
  if (!measured) {
    out.remarks.push_back(printable(name->get_ref<const std::string&>()) + ": not used");
    return;
  }
  if (const auto status = test.find("status"); status != test.end() && status->is_string() && *status != "Passed") {
    out.remarks.push_back(measured->name + ": " + printable(status->get_ref<const std::string&>()));
    return;
  }
  std::vector<double> cells;
  const auto matrix = test.find("bandwidth_matrix");
  if (matrix != test.end() && matrix->is_array()) {
    for (const SortedJson& row : *matrix) {
      for (const SortedJson& cell : row.is_array() ? row : SortedJson::array({row})) {
        if (cell == "N/A") continue;
        const std::optional<double> value = value_of(cell);
        if (value && *value > 0 && *value < 1e9) {
          cells.push_back(*value);
        } else {
          problems.add(0, measured->name + ": " +
                              printable(cell.dump(-1, ' ', true, SortedJson::error_handler_t::replace)) +
                              " is no bandwidth above 0");
        }
      }
    }
  }
  if (cells.empty()) problems.add(0, measured->name + " has no values in bandwidth_matrix");
  add_nvbandwidth_cells(*measured, cells, out);
}

}  // namespace

MeasuredFile parse_nvbandwidth_json(std::string_view text, const std::string& file) {
  MeasuredFile out;
  out.file = file;
  Problems problems(file);
  // Bounded: a document of a few levels, or hostile.
  const auto shallow = [](int depth, SortedJson::parse_event_t, SortedJson&) {
    if (depth > 16) throw InputError(Diagnostic{.problem = "is nested too deeply"});
    return true;
  };
  SortedJson document;
  try {
    document = SortedJson::parse(text, shallow);
  } catch (const SortedJson::exception& error) {
    problems.add(0, "is no JSON: " + printable(error.what(), 200),
                 "it was cut off, or something else was printed into it");
  } catch (const InputError&) {
    problems.add(0, "is nested too deeply to be of nvbandwidth");
  }
  problems.throw_if_any();
  const SortedJson* tests = nullptr;
  if (const auto root = document.find("nvbandwidth"); root != document.end() && root->is_object()) {
    if (const auto found = root->find("testcases"); found != root->end() && found->is_array()) tests = &*found;
    if (const auto devices = root->find("GPU Device list");
        devices != root->end() && devices->is_array() && !devices->empty() && devices->front().is_string()) {
      out.device = devices->front().get<std::string>();
    }
  }
  if (tests == nullptr) problems.add(0, "has no /nvbandwidth/testcases", "give the output of nvbandwidth --json");
  problems.throw_if_any();
  for (const SortedJson& test : *tests) read_test(test, out, problems);
  if (out.measurements.empty()) problems.add(0, "holds no test that farfault can use");
  problems.throw_if_any();
  return out;
}

}  // namespace farfault::analysis::calibration
