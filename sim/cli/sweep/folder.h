/// The folder of a sweep: its plan, its store, and who works in it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "analysis/sweep_store/store.h"
#include "sim/sweep/plan.h"

namespace farfault::cli {

/// Of the plan, in the folder; sweep.sqlite lies beside it (analysis/sweep_store).
inline constexpr const char* kPlanFile = "sweep.json";

/// Holds a folder for one process that writes to it. Another one gets an InputError that says who is there.
class SweepFolder {
 public:
  /// Makes the folder, or goes on with the sweep that is there. Whatever moment the process dies at, the next one finds
  /// a folder that it can go on with. Throws InputError (exit code 3) for a folder of anything else, for a sweep over
  /// other axes, and where it cannot be written.
  static SweepFolder begin(const std::filesystem::path& path, const sweep::Plan& plan);
  /// One that is there, with its plan as it was when it began.
  static SweepFolder resume(const std::filesystem::path& path);
  SweepFolder(SweepFolder&&) noexcept;
  SweepFolder& operator=(SweepFolder&&) noexcept;
  ~SweepFolder();

  const std::filesystem::path& path() const { return path_; }
  const sweep::Plan& plan() const { return plan_; }
  analysis::SweepStore& store() { return *store_; }

 private:
  class Lock;
  SweepFolder(std::filesystem::path path, std::unique_ptr<Lock> lock);
  void open_store();
  void take_plan(const sweep::Plan& plan);

  std::filesystem::path path_;
  std::unique_ptr<Lock> lock_;
  sweep::Plan plan_;
  std::unique_ptr<analysis::SweepStore> store_;
};

/// The plan of a folder. Throws InputError where there is none, or it cannot be read.
sweep::Plan read_plan(const std::filesystem::path& folder);

/// Process that holds the folder, or 0. Of this machine alone, where the folder is shared.
int who_holds(const std::filesystem::path& folder);

}  // namespace farfault::cli
