/// Outcomes on their way from a task of a cluster to who stores them: files to which one process appends, and of which
/// another one reads what is whole. A record is its length (4 bytes), its XXH3-64 (8 bytes), both little-endian, and
/// encode(outcome).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "sim/sweep/files.h"
#include "sim/sweep/outcome.h"

namespace farfault::sweep::slurm {

class SpoolWriter {
 public:
  /// Makes FOLDER/NAME_N.spool, N the first that is free: a task that Slurm starts again does not write behind what the
  /// first one tore. Throws RunError.
  SpoolWriter(const std::filesystem::path& folder, const std::string& name);
  /// When it returns, the outcome is on the disk. Throws RunError: a full disk.
  void append(const Outcome& outcome);
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
};

/// Reads the spools of a folder again and again, each record once.
class SpoolReader {
 public:
  explicit SpoolReader(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// Calls `take` for every record that became whole, of files whose names begin with `prefix`. What is torn is left:
  /// it may be in the middle of being written. Throws RunError for a record that is whole and no outcome.
  void read(const std::string& prefix, const std::function<void(Outcome outcome)>& take);
  /// Removes the files whose names begin with `prefix`.
  void remove(const std::string& prefix);

 private:
  std::filesystem::path folder_;
  std::map<std::string, std::size_t> offsets_;  ///< by name: what was read
};

}  // namespace farfault::sweep::slurm
