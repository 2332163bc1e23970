#include "sim/cli/trace/verbs.h"

namespace farfault::cli {

ExitCode trace(const std::string& verb, const TraceOptions& options, const Context& context) {
  if (verb == "convert") return trace_convert(options.convert, context);
  if (verb == "info") return trace_info(options.info, context);
  if (verb == "curve") return trace_curve(options.curve, context);
  if (verb == "head") return trace_head(options.head, context);
  if (verb == "generate") return trace_generate(options.generate, context);
  if (verb == "cut") return trace_cut(options.cut, context);
  if (verb == "filter-cache") return trace_filter_cache(options.filter_cache, context);
  return trace_verify(options.verify, context);
}

}  // namespace farfault::cli
