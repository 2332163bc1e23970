/// Where in a sweep's folder what it has on a cluster lies.
#pragma once

#include <filesystem>

namespace farfault::sweep::slurm {

/// The parts of FOLDER/slurm.
struct Layout {
  std::filesystem::path root;  ///< FOLDER/slurm

  explicit Layout(const std::filesystem::path& folder) : root(folder / "slurm") {}
  std::filesystem::path chunks() const { return root / "chunks"; }
  std::filesystem::path spool() const { return root / "spool"; }
  std::filesystem::path logs() const { return root / "logs"; }
  std::filesystem::path state() const { return root / "state.json"; }
  std::filesystem::path script() const { return root / "job.sh"; }
  std::filesystem::path lock() const { return root / "lock"; }
  /// There once somebody cancelled the sweep.
  std::filesystem::path cancelled() const { return root / "cancelled"; }
};

}  // namespace farfault::sweep::slurm
