#include <utility>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/validate/cases.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"
#include "sim/replay/setup_figures.h"

namespace farfault::cli {
namespace {

RunSpec checked(const std::string& scenario, const ValidateOptions& options, const Context& context) {
  RunSpec spec = load_given_scenario(scenario, options.sets, context);
  try {
    check_setup(spec, context.catalogue);
  } catch (const InputError& error) {
    std::vector<Diagnostic> diagnostics = error.diagnostics();
    for (Diagnostic& each : diagnostics) each.file = printable(scenario, 400);
    throw InputError(std::move(diagnostics));
  }
  return spec;
}

/// All of them, so that what is wrong in any is told at once.
std::vector<RunSpec> check_all(const ValidateOptions& options, const Context& context) {
  std::vector<RunSpec> out;
  std::vector<Diagnostic> faults;
  for (const std::string& scenario : options.scenarios) {
    try {
      out.push_back(checked(scenario, options, context));
    } catch (const InputError& error) {
      faults.insert(faults.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  return out;
}

ExitCode validate_scenarios(const ValidateOptions& options, const Context& context) {
  const std::vector<RunSpec> specs = check_all(options, context);
  if (options.format == Format::kJson) {
    if (specs.size() > 1) throw Error(ExitCode::kUsage, "--format json resolves one scenario; give one");
    print(resolved_json(specs.front()));
    return ExitCode::kOk;
  }
  Table table{{"scenario", "config_hash", "assumptions"}, {}};
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const RunSpec& spec = specs[i];
    const std::size_t assumed = assumptions(spec).size();
    table.rows.push_back({spec.name, config_hash(spec), std::to_string(assumed)});
    if (options.format != Format::kTable) continue;
    print(printable(options.scenarios[i], 400) + ": a valid scenario, \"" + printable(spec.name) + "\"; config hash " +
          config_hash(spec) + ", rests on " + std::to_string(assumed) +
          (assumed == 1 ? " assumption\n" : " assumptions\n"));
  }
  if (options.format != Format::kTable) print(formatted(table, options.format, context.common.color));
  return ExitCode::kOk;
}

}  // namespace

ExitCode validate(const ValidateOptions& options, const Context& context) {
  if (options.scenarios.empty()) return validate_cases(options, context);
  const bool of_cases = !options.cases.empty() || options.folder || options.fast || options.list || options.jobs ||
                        !options.fail_if.empty();
  if (of_cases) {
    throw Error(ExitCode::kUsage,
                "a scenario is checked, not run: --case, --cases, --fast, --list, -j and --fail-if are for the "
                "validation cases, which run where no scenario is given");
  }
  return validate_scenarios(options, context);
}

}  // namespace farfault::cli
