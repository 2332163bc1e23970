/// Folders that `farfault run` and `farfault compare` wrote, read for a report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analysis/compare.h"
#include "analysis/comparison_json.h"
#include "analysis/report/timeline.h"
#include "analysis/result_file.h"

namespace farfault::report {

/// What run.json tells: of the program, the machine and the day. Empty where it does not.
struct RunRecord {
  std::string git;
  std::string compiler;
  std::vector<std::string> argv;
  std::string seed;
  std::string trace_path;
  std::string trace_hash;
  std::string start;
  std::optional<double> wall_clock_seconds;
};

/// The files of a run. All but results.json may be absent.
struct RunFolder {
  std::filesystem::path path;
  analysis::ResultFile result;
  std::optional<Timeline> timeline;
  std::string config;  ///< the text of config.resolved.json; empty if there is none
  std::optional<RunRecord> record;
};

/// A column of a comparison, with the run behind it where its folder is at hand.
struct ReportColumn {
  std::string name;
  std::optional<RunFolder> run;
  std::string failure;  ///< why there is none; empty if there is
};

/// A scenario with its columns, the first of which is what the others are compared with.
struct ScenarioResults {
  analysis::Heading heading;
  std::vector<ReportColumn> columns;
  std::vector<std::string> beyond_threshold;  ///< sentences of the command that compared
};

/// What a comparison's sensitivity says (docs/compare.md): the parts of its JSON that a report shows.
struct SensitivityResults {
  struct Parameter {
    std::string name;
    double influence = 0;
    std::vector<std::optional<double>> divided;  ///< ratio for each column
    std::vector<std::optional<double>> multiplied;
  };
  struct OrderChange {
    std::string parameter;
    std::string change;
    std::string was_lower;
    std::string was_higher;
  };
  std::string scenario;
  std::string figure;
  double factor = 2;
  std::vector<std::string> columns;
  std::vector<std::optional<double>> ratios;  ///< unchanged
  std::vector<Parameter> parameters;          ///< most influential first
  std::vector<OrderChange> order_changes;
};

/// "designs", "results", "set-up" or "sensitivity" of the compare.json in the folder; nothing if there is none.
/// Throws InputError if it cannot be read.
std::optional<std::string> comparison_kind(const std::filesystem::path& folder);

/// A folder with a results.json, or that file. Throws InputError, with all that read_result() and parse_timeline()
/// find.
RunFolder read_run_folder(const std::filesystem::path& path);

/// A folder with a compare.json, of kind "designs", "results" or "set-up". Columns are in its order; the runs behind
/// them are found by their config hash in folders beside it, and are made from its figures where there is no folder.
/// Scenarios of several are in its order too. Throws InputError.
std::vector<ScenarioResults> read_comparison_folder(const std::filesystem::path& folder);

/// A file that `farfault compare --sensitivity FIGURE --format json` printed, or a folder with a compare.json of that
/// kind. Throws InputError.
std::vector<SensitivityResults> read_sensitivities(const std::filesystem::path& path);

/// Runs side by side under the names of their folders, as `farfault compare A B` does. REQUIRES: at least one.
ScenarioResults side_by_side(std::vector<RunFolder> runs);

/// As analysis::compare() takes them.
std::vector<analysis::Column> columns_of(const ScenarioResults& scenario);

}  // namespace farfault::report
