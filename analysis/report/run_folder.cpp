#include "analysis/report/run_folder.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "analysis/strict_json.h"
#include "sim/core/text.h"

namespace farfault::report {
namespace {

using analysis::array_member;
using analysis::JsonPlace;
using analysis::member;
using analysis::real_of;
using analysis::ResultFile;
using analysis::SortedJson;
using analysis::text_member;
using analysis::text_of;
using analysis::texts_member;

namespace fs = std::filesystem;

constexpr std::size_t kMostConfigBytes = std::size_t{4} << 20U;
constexpr std::size_t kMostTimelineBytes = std::size_t{128} << 20U;
// A hundred scenarios of ten columns.
constexpr std::size_t kMostFolders = 4096;

const analysis::JsonKind& record_kind() {
  static const analysis::JsonKind kKind = {.noun = "run.json",
                                           .remedy = "give the folder as the run wrote it",
                                           .most_bytes = kMostConfigBytes,
                                           .most_values = 100'000};
  return kKind;
}

const analysis::JsonKind& comparison_file_kind() {
  static const analysis::JsonKind kKind = {
      .noun = "comparison",
      .remedy = "give the folder that \"farfault compare -o\" of this farfault wrote",
      .most_bytes = std::size_t{256} << 20U,
      .most_values = 16'000'000};
  return kKind;
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

std::string optional_text(const SortedJson& object, const char* key, const JsonPlace& place) {
  if (!object.is_object() || !object.contains(key) || object[key].is_null()) return {};
  return text_of(object[key], JsonPlace(place, key));
}

RunRecord parse_record(const std::string& text, const JsonPlace& place) {
  const SortedJson root = analysis::parse_strict(text, place);
  if (!root.is_object()) place.fail("is no object");
  RunRecord out;
  out.git = optional_text(root, "git", place);
  out.compiler = optional_text(root, "compiler", place);
  if (root.contains("argv")) out.argv = texts_member(root, "argv", place);
  if (root.contains("seed")) {
    if (!root["seed"].is_number_integer()) JsonPlace(place, "seed").fail("is no whole number");
    out.seed = root["seed"].dump();
  }
  if (root.contains("trace") && root["trace"].is_object()) {
    const JsonPlace here(place, "trace");
    out.trace_path = optional_text(root["trace"], "path", here);
    out.trace_hash = optional_text(root["trace"], "xxh3_64", here);
  }
  out.start = optional_text(root, "start", place);
  if (root.contains("wall_clock_seconds")) {
    out.wall_clock_seconds = real_of(root["wall_clock_seconds"], JsonPlace(place, "wall_clock_seconds"));
  }
  return out;
}

std::string read_text(const fs::path& file, std::size_t most_bytes, const analysis::JsonKind& kind) {
  const JsonPlace place(file.string(), kind);
  std::string out = analysis::read_bounded(file, most_bytes, place, "check that you may read it");
  if (out.size() > most_bytes) place.fail("is larger than " + std::to_string(most_bytes >> 20U) + " MiB");
  return out;
}

SortedJson read_comparison_file(const fs::path& file, const JsonPlace& place) {
  const std::string text =
      analysis::read_bounded(file, comparison_file_kind().most_bytes, place, "give a folder that holds a compare.json");
  SortedJson root = analysis::parse_strict(text, place);
  if (!root.is_object() || !root.contains("kind")) place.fail("is no comparison: it has no \"kind\"");
  const SortedJson& schema = member(root, "schema", place);
  if (!schema.is_number_integer() || schema != analysis::kComparisonSchema) {
    JsonPlace(place, "schema")
        .fail("is " + (schema.is_number_integer() ? schema.dump() : "no number") +
                  ", and this farfault reads version " + std::to_string(analysis::kComparisonSchema) +
                  " of comparisons",
              "compare again with this farfault");
  }
  return root;
}

/// What compare.json says of a column.
struct ListedColumn {
  std::string name;
  std::string failure;
  ResultFile result;  ///< figures alone, no distributions
};

Unit unit_of(const SortedJson& object, const JsonPlace& place) {
  const std::string name = text_member(object, "unit", place);
  for (const Unit unit : {Unit::kCount, Unit::kBytes, Unit::kTime, Unit::kBandwidth, Unit::kRatio}) {
    if (unit_name(unit) == name) return unit;
  }
  JsonPlace(place, "unit").fail("unknown unit \"" + printable(name) + '"');
}

std::vector<analysis::RestsOn> read_rests_on(const SortedJson& column, const JsonPlace& place) {
  std::vector<analysis::RestsOn> out;
  const JsonPlace array(place, "assumptions");
  for (const SortedJson& item : array_member(column, "assumptions", place)) {
    const JsonPlace here(array, std::to_string(out.size()));
    out.push_back(
        {text_member(item, "parameter", here), text_member(item, "value", here), text_member(item, "source", here)});
  }
  return out;
}

ListedColumn read_listed_column(const SortedJson& object, const JsonPlace& place) {
  ListedColumn out;
  out.name = text_member(object, "name", place);
  out.failure = optional_text(object, "failure", place);
  if (object.contains("failure") && !object["failure"].is_null()) {
    if (out.failure.empty()) out.failure = "failed";
    return out;
  }
  out.result.name = out.name;
  out.result.version = text_member(object, "farfault", place);
  out.result.config_hash = text_member(object, "config_hash", place);
  out.result.workload = text_member(object, "workload", place);
  out.result.policies = texts_member(object, "policies", place);
  out.result.notes = texts_member(object, "notes", place);
  out.result.assumptions = read_rests_on(object, place);
  return out;
}

void read_figures(const SortedJson& comparison, std::vector<ListedColumn>& columns, const JsonPlace& place) {
  const JsonPlace array(place, "figures");
  std::size_t index = 0;
  for (const SortedJson& figure : array_member(comparison, "figures", place)) {
    const JsonPlace here(array, std::to_string(index++));
    const std::string name = text_member(figure, "name", here);
    const Unit unit = unit_of(figure, here);
    const std::string description = text_member(figure, "description", here);
    const SortedJson& values = array_member(figure, "values", here);
    const JsonPlace cells(here, "values");
    if (values.size() != columns.size()) cells.fail("has not one value for each column");
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].is_null()) continue;
      const JsonPlace cell(cells, std::to_string(i));
      Statistic statistic{unit, std::int64_t{0}, description};
      if (values[i].is_number_float()) {
        statistic.value = real_of(values[i], cell);
      } else {
        statistic.value = analysis::integer_of(values[i], cell);
      }
      columns[i].result.statistics.insert_or_assign(name, std::move(statistic));
    }
  }
}

std::vector<fs::path> folders_in(const fs::path& folder, const char* file) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end && out.size() < kMostFolders;
       it.increment(error)) {
    if (is_file(it->path() / file)) out.push_back(it->path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Runs beside a compare.json. A column's is the one with its config hash: runs of equal hashes have equal results.
class RunsBeside {
 public:
  explicit RunsBeside(const fs::path& folder) {
    for (const fs::path& path : folders_in(folder, "results.json")) runs_.push_back({read_run_folder(path), false});
  }

  std::optional<RunFolder> take(const std::string& config_hash) {
    Held* found = nullptr;
    for (Held& held : runs_) {
      if (held.run.result.config_hash != config_hash) continue;
      if (found == nullptr || (found->taken && !held.taken)) found = &held;
    }
    if (found == nullptr) return std::nullopt;
    found->taken = true;
    return found->run;
  }

 private:
  struct Held {
    RunFolder run;
    bool taken;
  };
  std::vector<Held> runs_;
};

/// `beside`: the folder of the runs, or nothing.
ScenarioResults read_scenario(const SortedJson& comparison, const JsonPlace& place, const fs::path& beside) {
  ScenarioResults out;
  out.heading.name = text_member(comparison, "scenario", place);
  out.heading.question = optional_text(comparison, "question", place);
  out.heading.workload = optional_text(comparison, "workload", place);
  out.heading.memory = optional_text(comparison, "memory", place);
  if (comparison.contains("beyond_threshold")) {
    out.beyond_threshold = texts_member(comparison, "beyond_threshold", place);
  }
  const JsonPlace array(place, "columns");
  std::vector<ListedColumn> listed;
  for (const SortedJson& column : array_member(comparison, "columns", place)) {
    listed.push_back(read_listed_column(column, JsonPlace(array, std::to_string(listed.size()))));
  }
  if (listed.empty()) array.fail("has no column");
  read_figures(comparison, listed, place);
  std::optional<RunsBeside> runs;
  if (!beside.empty()) runs.emplace(beside);
  for (ListedColumn& column : listed) {
    ReportColumn& one = out.columns.emplace_back();
    one.name = column.name;
    one.failure = column.failure;
    if (!column.failure.empty()) continue;
    if (runs) one.run = runs->take(column.result.config_hash);
    if (!one.run) {
      one.run.emplace();
      one.run->result = std::move(column.result);
    }
  }
  return out;
}

/// Folders of scenarios by the name in their compare.json.
std::map<std::string, fs::path> scenario_folders(const fs::path& folder) {
  std::map<std::string, fs::path> out;
  for (const fs::path& path : folders_in(folder, "compare.json")) {
    const JsonPlace place((path / "compare.json").string(), comparison_file_kind());
    const SortedJson root = read_comparison_file(path / "compare.json", place);
    const auto comparisons = root.find("comparisons");
    if (comparisons == root.end() || !comparisons->is_array() || comparisons->size() != 1) continue;
    out.emplace(text_member(comparisons->front(), "scenario", place), path);
  }
  return out;
}

std::vector<std::optional<double>> ratios_of(const SortedJson& object, const char* key, std::size_t columns,
                                             const JsonPlace& place) {
  const SortedJson& array = array_member(object, key, place);
  const JsonPlace here(place, key);
  std::vector<std::optional<double>> out;
  for (const SortedJson& item : array) {
    out.emplace_back();
    if (!item.is_null()) out.back() = real_of(item, JsonPlace(here, std::to_string(out.size() - 1)));
  }
  // A change that was not run has none.
  if (!out.empty() && out.size() != columns) here.fail("has not one ratio for each column");
  out.resize(columns);
  return out;
}

SensitivityResults read_sensitivity(const SortedJson& object, const JsonPlace& place) {
  SensitivityResults out;
  out.scenario = text_member(object, "scenario", place);
  out.figure = text_member(object, "figure", place);
  out.factor = real_of(member(object, "factor", place), JsonPlace(place, "factor"));
  const JsonPlace columns(place, "columns");
  for (const SortedJson& column : array_member(object, "columns", place)) {
    const JsonPlace here(columns, std::to_string(out.columns.size()));
    out.columns.push_back(text_member(column, "name", here));
    const SortedJson& value = member(column, "ratio", here);
    out.ratios.push_back(value.is_null() ? std::nullopt : std::optional(real_of(value, JsonPlace(here, "ratio"))));
  }
  const JsonPlace parameters(place, "parameters");
  for (const SortedJson& item : array_member(object, "parameters", place)) {
    const JsonPlace here(parameters, std::to_string(out.parameters.size()));
    SensitivityResults::Parameter parameter;
    parameter.name = text_member(item, "parameter", here);
    parameter.influence = real_of(member(item, "influence", here), JsonPlace(here, "influence"));
    parameter.divided = ratios_of(item, "divided", out.columns.size(), here);
    parameter.multiplied = ratios_of(item, "multiplied", out.columns.size(), here);
    out.parameters.push_back(std::move(parameter));
  }
  const JsonPlace changes(place, "order_changes");
  for (const SortedJson& item : array_member(object, "order_changes", place)) {
    const JsonPlace here(changes, std::to_string(out.order_changes.size()));
    out.order_changes.push_back({text_member(item, "parameter", here), text_member(item, "change", here),
                                 text_member(item, "was_lower", here), text_member(item, "was_higher", here)});
  }
  return out;
}

}  // namespace

std::optional<std::string> comparison_kind(const fs::path& folder) {
  const fs::path file = folder / "compare.json";
  if (!is_file(file)) return std::nullopt;
  const JsonPlace place(file.string(), comparison_file_kind());
  return text_member(read_comparison_file(file, place), "kind", place);
}

RunFolder read_run_folder(const fs::path& path) {
  RunFolder out;
  std::error_code ignored;
  out.path = fs::is_directory(path, ignored) ? path : path.parent_path();
  out.result = analysis::read_result(path);
  const fs::path timeline = out.path / "timeline.json";
  if (is_file(timeline)) {
    out.timeline = parse_timeline(read_text(timeline, kMostTimelineBytes, record_kind()), timeline.string());
  }
  const fs::path config = out.path / "config.resolved.json";
  if (is_file(config)) out.config = read_text(config, kMostConfigBytes, record_kind());
  const fs::path record = out.path / "run.json";
  if (is_file(record)) {
    out.record =
        parse_record(read_text(record, kMostConfigBytes, record_kind()), JsonPlace(record.string(), record_kind()));
  }
  return out;
}

std::vector<ScenarioResults> read_comparison_folder(const fs::path& folder) {
  const fs::path file = folder / "compare.json";
  const JsonPlace place(file.string(), comparison_file_kind());
  const SortedJson root = read_comparison_file(file, place);
  const std::string kind = text_member(root, "kind", place);
  if (kind == "sensitivity") place.fail("is a sensitivity, not a comparison", "give it beside the comparison's folder");
  const SortedJson& comparisons = array_member(root, "comparisons", place);
  const JsonPlace array(place, "comparisons");
  if (comparisons.empty()) array.fail("has no comparison");
  std::map<std::string, fs::path> folders;
  if (kind == "designs" && comparisons.size() > 1) folders = scenario_folders(folder);
  std::vector<ScenarioResults> out;
  for (const SortedJson& comparison : comparisons) {
    const JsonPlace here(array, std::to_string(out.size()));
    fs::path beside;
    if (kind == "designs" && comparisons.size() == 1) beside = folder;
    const auto found = folders.find(text_member(comparison, "scenario", here));
    if (found != folders.end()) beside = found->second;
    out.push_back(read_scenario(comparison, here, beside));
  }
  return out;
}

std::vector<SensitivityResults> read_sensitivities(const fs::path& path) {
  std::error_code ignored;
  const fs::path file = fs::is_directory(path, ignored) ? path / "compare.json" : path;
  const JsonPlace place(file.string(), comparison_file_kind());
  const SortedJson root = read_comparison_file(file, place);
  if (text_member(root, "kind", place) != "sensitivity") {
    place.fail("is no sensitivity", "give what \"farfault compare --sensitivity FIGURE --format json\" printed");
  }
  const JsonPlace array(place, "sensitivities");
  std::vector<SensitivityResults> out;
  for (const SortedJson& item : array_member(root, "sensitivities", place)) {
    out.push_back(read_sensitivity(item, JsonPlace(array, std::to_string(out.size()))));
  }
  return out;
}

ScenarioResults side_by_side(std::vector<RunFolder> runs) {
  ScenarioResults out;
  std::set<std::string> taken;
  for (RunFolder& run : runs) {
    fs::path folder = run.path.lexically_normal();
    if (!folder.has_filename()) folder = folder.parent_path();
    const std::string plain =
        folder.filename().empty() || folder.filename() == "." ? run.result.name : folder.filename().string();
    std::string name = plain;
    for (int number = 2; !taken.insert(name).second; ++number) name = plain + ' ' + std::to_string(number);
    if (out.heading.workload.empty()) out.heading.workload = run.result.workload;
    out.columns.push_back({std::move(name), std::move(run), {}});
  }
  return out;
}

std::vector<analysis::Column> columns_of(const ScenarioResults& scenario) {
  std::vector<analysis::Column> out;
  for (const ReportColumn& column : scenario.columns) {
    out.push_back({column.name, std::nullopt, column.failure});
    if (column.run) out.back().result = column.run->result;
  }
  return out;
}

}  // namespace farfault::report
