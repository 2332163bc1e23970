/// From the command line of `compare` to scenarios with their columns, all checked before anything runs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analysis/comparison_json.h"
#include "sim/cli/commands.h"
#include "sim/cli/compare/options.h"

namespace farfault::cli {

/// A scenario with values set over it.
struct PlannedColumn {
  std::string name;
  std::vector<std::string> sets;  ///< the column's, then the user's
  RunSpec spec;
};

struct PlannedScenario {
  analysis::Heading heading;  ///< without the workload, which a result tells
  std::vector<PlannedColumn> columns;
  std::function<RunSpec(const std::vector<std::string>& sets)> load;  ///< the scenario again, with other values
};

/// True if folders of results were given rather than a scenario.
bool are_results(const CompareOptions& options);

/// The scenario, or each of a folder of them. Throws InputError for what is wrong in any, Error with exit code 2 for
/// columns that cannot be told apart.
std::vector<PlannedScenario> plan(const CompareOptions& options, const Context& context);

}  // namespace farfault::cli
