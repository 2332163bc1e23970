#include "sim/cli/interrupt.h"
#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"
#include "traces/filters/cut.h"
#include "traces/limited_reader.h"
#include "traces/native/reader.h"
#include "traces/text_form.h"

namespace farfault::cli {
namespace {

/// At the place where it begins. A .fft file is opened there; of others everything before is read.
std::unique_ptr<traces::Reader> open_at(const TraceHeadOptions& options, const Context& context) {
  const bool at_front = options.skip == 0 && !options.time;
  if (!at_front && is_native_file(options.in.path)) {
    const traces::NativeFile file(options.in.path, {options.in.salvage});
    return watched(options.time ? file.open_at_time(*options.time) : file.open_at_access(options.skip),
                   "reading the trace", context);
  }
  std::unique_ptr<traces::Reader> reader = open_input(options.in, context);
  if (at_front) return reader;
  traces::CutOptions cut;
  cut.accesses.from = options.skip;
  cut.time.from = options.time.value_or(0);
  return std::make_unique<traces::Cut>(std::move(reader), cut);
}

}  // namespace

ExitCode trace_head(const TraceHeadOptions& options, const Context& context) {
  const InterruptGuard guard({}, InterruptGuard::OnSignal::kExit);
  const std::unique_ptr<traces::Reader> reader = traces::limit_reader(open_at(options, context), options.count);
  const auto sink = traces::create_file("-", false);
  try {
    traces::write_text(*reader, *sink);
  } catch (const traces::ReaderLeft&) {
    return ExitCode::kOk;
  }
  return ExitCode::kOk;
}

}  // namespace farfault::cli
