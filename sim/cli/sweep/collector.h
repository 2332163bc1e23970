/// From outcomes to rows of the store: the only one who writes there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/sweep_store/store.h"
#include "sim/sweep/outcome.h"
#include "sim/sweep/plan.h"

namespace farfault::cli {

/// Which points of a plan are to run.
struct SweepWork {
  std::vector<std::size_t> positions;  ///< in the plan's order
  std::size_t done = 0;                ///< stored, and kept; stale ones too
  std::size_t failed = 0;              ///< stored, and kept
  std::size_t stale = 0;               ///< stored by another farfault, and kept
  std::size_t gone = 0;                ///< stored, and no point of the plan any more
  std::string stale_version;           ///< one of those
};

struct WorkWishes {
  bool rerun_stale = false;
  bool rerun_failed = true;
};

SweepWork work_of(const sweep::Plan& plan, const std::map<std::string, analysis::StoredPoint>& stored,
                  const std::string& version, const WorkWishes& wishes);

/// Stores outcomes as they come, those that come together in one transaction, and counts them.
class Collector {
 public:
  /// Borrows both.
  Collector(const sweep::Plan& plan, analysis::SweepStore& store);

  /// One that is of no point of the plan, or came before, is dropped. When it returns, they are on disk.
  void take(std::vector<sweep::Outcome> outcomes);

  std::size_t done() const { return done_; }
  std::size_t failed() const { return failed_; }
  /// Of the first few that failed: "position 7 (...): reason".
  const std::vector<std::string>& failures() const { return failures_; }
  /// Patterns of the plan's figures that no figure of any point fitted; none before a point is done.
  std::vector<std::string> unmatched_figures() const;

 private:
  void count(const sweep::Point& point, const analysis::SweepRecord& record);

  const sweep::Plan& plan_;
  analysis::SweepStore& store_;
  std::unordered_map<std::string, std::size_t> positions_;
  std::set<std::string> taken_;
  std::vector<bool> matched_;  ///< by pattern
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace farfault::cli
