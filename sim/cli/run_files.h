/// The files of a run, which `run` writes for itself and `compare` for each of its columns.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/replay/simulation.h"

namespace farfault::cli {

/// What a run was, beside its results: the only file that differs from one run to the next.
struct RunRecord {
  std::time_t start = std::time(nullptr);
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  std::string trace_hash;  ///< empty if no trace is replayed, or no files are written
  std::string timeline;    ///< text of timeline.json; empty if none was asked for
  double simulation_seconds = 0;
  std::uint64_t accesses = 0;
};

/// simulate(), with its duration in the record, and its timeline if it has an options.timeline.
RunResult simulate_recorded(const RunSpec& spec, const Context& context, const SimulationOptions& options,
                            RunRecord& record);

struct RunFile {
  std::string name;
  std::string contents;
};

/// config.resolved.json, results.json, summary.txt, run.json and, if the record has one, timeline.json.
std::vector<RunFile> run_files(const RunSpec& spec, const RunResult& result, const RunRecord& record,
                               const Context& context);

}  // namespace farfault::cli
