#include "sim/cli/interrupt.h"
#include "sim/cli/terminal.h"
#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"
#include "sim/core/text.h"
#include "traces/native/check.h"

namespace farfault::cli {

ExitCode trace_verify(const TraceVerifyOptions& options, const Context& context) {
  const InterruptGuard guard({}, InterruptGuard::OnSignal::kExit);
  const std::unique_ptr<traces::Reader> reader = open_input(options.in, context);
  std::uint64_t accesses = 0;
  std::uint64_t events = 0;
  traces::AccessBlock block;
  while (reader->next(block)) {
    accesses += block.accesses.size();
    events += block.events.size();
  }
  std::string text = printable(options.in.path, 400) + ": " + std::string(reader->format()) + ", " +
                     counted(accesses, "access") + ", " + counted(events, "event") + ", " +
                     counted(reader->agents().size(), "agent") + "; ";
  if (reader->format() != "fft") {
    text += "all of it could be read";
  } else {
    text += "all checksums and contents are right";
    if (is_native_file(options.in.path)) {
      text += ", and the index with " + counted(traces::check_native_index(options.in.path), "entry");
    }
  }
  print(text + '\n');
  return ExitCode::kOk;
}

}  // namespace farfault::cli
