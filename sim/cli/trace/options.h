/// What the command line said of a trace verb, as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/options.h"
#include "traces/filters/cache_filter.h"
#include "traces/filters/cut.h"
#include "traces/lru_curve.h"

namespace farfault::cli {

struct TraceInput {
  std::string path;      ///< "-": standard input
  std::string format;    ///< one of traces::formats(); empty: found by the content
  bool salvage = false;  ///< a damaged file up to its damage
};

struct TraceOutput {
  enum class Format : std::uint8_t { kFft, kText, kCsv };
  std::string path;  ///< "-": standard output
  Format format = Format::kFft;
  bool force = false;  ///< replaces a file that is there
};

struct TraceConvertOptions {
  TraceInput in;
  TraceOutput out;
  bool page_runs = false;
};

struct TraceInfoOptions {
  TraceInput in;
  Format format = Format::kTable;
  bool no_reuse = false;
};

struct TraceCurveOptions {
  TraceInput in;
  Format format = Format::kTable;
  std::uint64_t points = 20;
  traces::CurveOptions curve;
};

struct TraceHeadOptions {
  TraceInput in;
  std::uint64_t count = 10;
  std::uint64_t skip = 0;             ///< accesses before the first one shown
  std::optional<std::uint64_t> time;  ///< what is shown begins here, in the trace's unit
};

struct TraceGenerateOptions {
  std::string generator;
  std::vector<std::string> sets;
  std::uint64_t seed = 1;
  TraceOutput out;
};

struct TraceCutOptions {
  TraceInput in;
  TraceOutput out;
  traces::CutOptions cut;
};

struct TraceFilterCacheOptions {
  TraceInput in;
  TraceOutput out;
  traces::CacheOptions cache;
};

struct TraceVerifyOptions {
  TraceInput in;
};

struct TraceOptions {
  TraceConvertOptions convert;
  TraceInfoOptions info;
  TraceCurveOptions curve;
  TraceHeadOptions head;
  TraceGenerateOptions generate;
  TraceCutOptions cut;
  TraceFilterCacheOptions filter_cache;
  TraceVerifyOptions verify;
};

}  // namespace farfault::cli
