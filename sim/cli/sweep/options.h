/// What the command line of `farfault sweep` said, as plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/options.h"
#include "sim/core/units.h"

namespace farfault::cli {

enum class SweepExecutor : std::uint8_t { kLocal, kSlurm };

struct SweepOptions {
  // farfault sweep SWEEP
  std::string given;  ///< a file, a name of `farfault list sweeps`, or - for stdin
  std::vector<std::string> sets;
  std::optional<std::string> output;
  bool dry_run = false;
  bool rerun_stale = false;
  bool keep_failed = false;  ///< points that failed are not run again
  SweepExecutor executor = SweepExecutor::kLocal;
  std::optional<std::uint64_t> jobs;
  Bytes memory;                    ///< of all points that run at once; 0: what the machine has free
  Bytes point_memory;              ///< of a point; 0: all of it
  SimTime point_time;              ///< of the clock on the wall, a point; 0: as long as it takes
  Format format = Format::kTable;  ///< of --dry-run, status, export

  // --optimize
  std::vector<std::string> optimize;  ///< figures; several: the Pareto front
  std::optional<double> budget;       ///< in full runs
  bool exhaustive = false;            ///< also runs all points, and says how far off the search was

  // --executor slurm
  std::string partition;
  std::string account;
  std::string qos;
  std::string time;                 ///< of a task, as sbatch takes it
  std::string task_memory;          ///< the same
  std::vector<std::string> sbatch;  ///< more arguments
  std::vector<std::string> setup;   ///< lines before farfault: "module load gcc"
  std::uint64_t chunk = 0;          ///< points a task; 0: as many as make sense
  std::uint64_t tasks_at_once = 0;  ///< 0: as the cluster likes
  std::uint64_t retries = 3;
  SimTime poll;         ///< between two looks at the queue; 0: the executor's
  bool detach = false;  ///< submits and leaves

  // farfault sweep status, export, collect, cancel FOLDER; work CHUNK
  std::string folder;
  std::vector<std::string> figures;  ///< patterns, of export
  bool provenance = false;           ///< export: also where, when, how long
};

}  // namespace farfault::cli
