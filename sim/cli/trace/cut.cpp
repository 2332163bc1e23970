#include "traces/filters/cut.h"

#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"

namespace farfault::cli {

ExitCode trace_cut(const TraceCutOptions& options, const Context& context) {
  TraceFile file(options.out);
  traces::Cut cut(open_input(options.in, context), options.cut);
  file.write(cut, context);
  return ExitCode::kOk;
}

}  // namespace farfault::cli
