#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"
#include "sim/core/quantity.h"
#include "traces/filters/page_runs.h"

namespace farfault::cli {

ExitCode trace_convert(const TraceConvertOptions& options, const Context& context) {
  TraceFile file(options.out);
  std::unique_ptr<traces::Reader> reader = open_input(options.in, context);
  if (!options.page_runs) {
    file.write(*reader, context);
    return ExitCode::kOk;
  }
  traces::PageRuns runs(std::move(reader));
  const std::uint64_t written = file.write(runs, context);
  if (written != 0) {
    say_unless_quiet("page runs: " + counted(runs.accesses(), "access") + " before, " +
                         short_number(static_cast<double>(runs.accesses()) / static_cast<double>(written)) + " in one",
                     context);
  }
  return ExitCode::kOk;
}

}  // namespace farfault::cli
