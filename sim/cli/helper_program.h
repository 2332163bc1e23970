/// Programs of others that do a part of the work: gnuplot, Node.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/program_path.h"

namespace farfault::cli {

/// An empty folder, removed at the end.
class TemporaryFolder {
 public:
  /// `what` is a part of its name. Throws RunError if there is no place for it.
  explicit TemporaryFolder(const std::string& what);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Throws RunError, naming the folder.
void write_helper_file(const std::filesystem::path& path, std::string_view text);
/// Empty if there is none.
std::string read_helper_file(const std::filesystem::path& path);

struct HelperRun {
  bool succeeded = false;
  std::string messages;  ///< what it printed, on stdout and stderr
};

/// Runs a program in a folder, its input empty, and waits for it. Throws RunError if it cannot be started, Interrupted
/// if the user has had enough, which ends the program as well.
HelperRun run_helper(const std::string& program, const std::vector<std::string>& arguments,
                     const TemporaryFolder& folder);

}  // namespace farfault::cli
