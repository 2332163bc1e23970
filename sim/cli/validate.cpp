#include <utility>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"
#include "sim/replay/setup_figures.h"

namespace farfault::cli {

ExitCode validate(const ValidateOptions& options, const Context& context) {
  const RunSpec spec = load_given_scenario(options.scenario, options.sets, context);
  try {
    check_setup(spec, context.catalogue);
  } catch (const InputError& error) {
    std::vector<Diagnostic> diagnostics = error.diagnostics();
    for (Diagnostic& each : diagnostics) each.file = printable(options.scenario, 400);
    throw InputError(std::move(diagnostics));
  }
  if (options.format == Format::kJson) {
    print(resolved_json(spec));
    return ExitCode::kOk;
  }
  Table table{{"scenario", "config_hash", "assumptions"}, {}};
  const std::size_t assumed = assumptions(spec).size();
  table.rows.push_back({spec.name, config_hash(spec), std::to_string(assumed)});
  if (options.format == Format::kTable) {
    print(printable(options.scenario, 400) + ": a valid scenario, \"" + printable(spec.name) + "\"; config hash " +
          config_hash(spec) + ", rests on " + std::to_string(assumed) +
          (assumed == 1 ? " assumption\n" : " assumptions\n"));
  } else {
    print(formatted(table, options.format, context.common.color));
  }
  return ExitCode::kOk;
}

}  // namespace farfault::cli
