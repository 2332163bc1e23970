#include "sim/cli/commands.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/things.h"

namespace farfault::cli {

ExitCode list(const ListOptions& options, const Context& context) {
  Table table{{"kind", "name", "summary"}, {}};
  std::string names;
  for (const std::string_view kind : kinds()) {
    if (!options.kind.empty() && options.kind != kind) continue;
    for (const Thing& thing : things_of(kind, context)) {
      table.rows.push_back({thing.kind, thing.name, thing.summary});
      names += thing.name + '\n';
    }
  }
  print(options.names ? names : formatted(table, options.format, context.common.color));
  return ExitCode::kOk;
}

}  // namespace farfault::cli
