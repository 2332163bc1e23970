/// What a task of a cluster gets to do, as files: some points, and the plan that they are of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sim/sweep/executor.h"
#include "sim/sweep/files.h"
#include "sim/sweep/plan.h"
#include "sim/sweep/slurm/layout.h"

namespace farfault::sweep::slurm {

/// A chunk's name among those of a sweep: the array that it was submitted with, and the task in it.
struct ChunkId {
  std::uint64_t submission = 0;
  std::uint64_t task = 0;

  /// "3-17": the names of its files begin so.
  std::string text() const;
};

/// Writes what all chunks of the plan have in common, once, and returns its name, which is a hash of what it holds: a
/// chunk that waits in a queue is not given another plan.
std::string write_plan(const Layout& layout, const Plan& plan);

/// Writes a chunk: the points at these positions.
void write_chunk(const Layout& layout, const ChunkId& id, const std::string& plan_name, const Plan& plan,
                 const std::vector<std::size_t>& positions);

/// A plan with the chunk's points alone; their positions count from 0. Throws RunError that names the file.
Plan read_chunk(const std::filesystem::path& chunk_file);

/// Which start of which task this process is, as its environment says: "12_3"; "hand_PID" outside of a job.
std::string task_name();

/// What a task does: has `runner` run the points of a file of FOLDER/slurm/chunks, and writes each outcome to a spool
/// of its own in FOLDER/slurm/spool. Points whose outcomes earlier starts of the task left are not run again. Throws
/// RunError; what `runner` throws.
void run_chunk(const std::filesystem::path& chunk_file, Executor& runner, const std::string& task,
               const std::atomic<bool>* interrupted);

}  // namespace farfault::sweep::slurm
