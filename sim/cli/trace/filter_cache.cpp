#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"
#include "sim/core/quantity.h"
#include "traces/filters/cache_filter.h"

namespace farfault::cli {
namespace {

std::string share_text(const char* what, std::uint64_t hits, std::uint64_t misses) {
  return std::string(what) + ": " + format_count(hits) + " hits, " + format_count(misses) + " misses (" +
         percent_of(misses, hits + misses) + ')';
}

}  // namespace

ExitCode trace_filter_cache(const TraceFilterCacheOptions& options, const Context& context) {
  TraceFile file(options.out);
  traces::CacheFilter filter(open_input(options.in, context), options.cache);
  file.write(filter, context);
  const traces::CacheTotals totals = filter.totals();
  say_unless_quiet(share_text("lines read", totals.read_hits, totals.read_misses), context);
  say_unless_quiet(share_text("lines written", totals.write_hits, totals.write_misses), context);
  say_unless_quiet("to memory: " + format_count(totals.fills) + " fills, " + format_count(totals.write_backs) +
                       " write-backs, " + format_count(totals.write_throughs) + " writes past the cache; " +
                       format_count(totals.dirty) + " lines stay dirty",
                   context);
  return ExitCode::kOk;
}

}  // namespace farfault::cli
