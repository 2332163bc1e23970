/// Result files of a run, and the folder that holds them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/load.h"
#include "sim/core/content_hash.h"
#include "sim/replay/simulation.h"

namespace farfault {

/// Version of results.json; rises when a reader of the old one would misread the new one.
inline constexpr int kResultsSchema = 1;

/// results.json: every figure with value, unit and description, the distributions with their percentiles and buckets,
/// the assumptions that the run rests on, and the hash of the resolved config. Nothing of the machine or the day: the
/// same spec, trace and program give the same bytes.
std::string results_json(const RunSpec& spec, const RunResult& result, std::string_view version);

/// text_hash() of the resolved config, in which a trace is named as the scenario names it.
std::string config_hash(const RunSpec& spec);

/// What to do where the folder for the results exists already.
enum class IfExists : std::uint8_t {
  kRefuse,
  kReplace,  ///< if it is empty or holds a results.json, compare.json or figures.json: a folder that farfault made
  kNumber,   ///< take the first of NAME-2, NAME-3, ... that does not exist
};

/// A folder that appears whole or not at all: files are written to a temporary folder beside it, flushed to disk, and
/// the folder is renamed by commit(). Without commit() nothing remains. Nothing outside of the folder is touched; a
/// target that is a symbolic link is refused.
class OutputDirectory {
 public:
  /// Fails early: throws InputError (exit code 3) if `target` exists and may not be replaced, is no plain folder name,
  /// or if its parent cannot be made or written to.
  OutputDirectory(const std::filesystem::path& target, IfExists if_exists);
  ~OutputDirectory();
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;

  /// `name` is a plain file name, or behind names of folders, which are made: "separate_radix/results.json". Throws
  /// RunError, naming file and cause, if not all of it can be written.
  void write(std::string_view name, std::string_view contents);
  /// Throws RunError; then the old folder, if any, is still there. Returns where the old folder remains if it could not
  /// be removed after it was replaced, or an empty path.
  std::filesystem::path commit();

  /// With kNumber, the number is decided by commit().
  const std::filesystem::path& target() const { return target_; }
  /// For handlers of signals that end the process at once.
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  void make_parents();
  void make_temporary();
  void make_folders_of(const std::filesystem::path& name);
  void rename_to_new_name();
  std::filesystem::path replace_old();

  std::filesystem::path target_;
  std::filesystem::path temporary_;
  std::vector<std::filesystem::path> made_parents_;  ///< innermost last
  std::vector<std::filesystem::path> made_folders_;  ///< in the temporary one, innermost last
  IfExists if_exists_;
  bool committed_ = false;
};

/// The first of `base`, `base-2`, `base-3`, ... that does not exist.
std::filesystem::path fresh_directory(const std::filesystem::path& base);

}  // namespace farfault
