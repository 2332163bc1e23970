/// The script of a job, and what sbatch is told of it.
#pragma once

#include <string>
#include <vector>

#include "sim/sweep/slurm/slurm_executor.h"
#include "sim/sweep/slurm/state.h"

namespace farfault::sweep::slurm {

/// A word of bash that stands for this text, whatever it holds.
std::string quoted_word(const std::string& text);

/// bash; its first argument is the number of the submission. Safe for any path.
std::string job_script(const SlurmOptions& options);

/// Arguments of sbatch for a submission: the user's first, so that those that collecting rests on are the last word.
std::vector<std::string> sbatch_arguments(const SlurmOptions& options, const State& state,
                                          const Submission& submission);

}  // namespace farfault::sweep::slurm
