/// The verbs of `farfault trace`, as commands.h has the other subcommands.
#pragma once

#include <string>

#include "sim/cli/commands.h"
#include "sim/cli/trace/options.h"

namespace farfault::cli {

/// Runs one of the verbs below, by its name on the command line.
ExitCode trace(const std::string& verb, const TraceOptions& options, const Context& context);

ExitCode trace_convert(const TraceConvertOptions& options, const Context& context);
ExitCode trace_info(const TraceInfoOptions& options, const Context& context);
ExitCode trace_curve(const TraceCurveOptions& options, const Context& context);
ExitCode trace_head(const TraceHeadOptions& options, const Context& context);
ExitCode trace_generate(const TraceGenerateOptions& options, const Context& context);
ExitCode trace_cut(const TraceCutOptions& options, const Context& context);
ExitCode trace_filter_cache(const TraceFilterCacheOptions& options, const Context& context);
ExitCode trace_verify(const TraceVerifyOptions& options, const Context& context);

}  // namespace farfault::cli
