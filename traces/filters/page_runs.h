/// Merges accesses to the same page, so that a trace has far fewer records; what faults and migrations depend on stays.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "traces/filters/filter.h"

namespace farfault::traces {

/// A run is what one agent does to one 4 KiB page with one operation. The last kRuns runs that were begun are open: an
/// access goes into the run that it belongs to, or begins one and so ends the oldest. A run that ends is one access,
/// from the lowest to the highest byte of its accesses, after all their instructions. Runs come out in the order in
/// which they were begun, so pages are touched first in the same order as before. All runs end at every event other
/// than kCompute, whose instructions go to the agent's youngest run. An access that crosses a page's end stays as it
/// is.
///
/// What is lost: the number of accesses, and their order among the open runs. TraceMeta::lossy says so.
class PageRuns final : public Filter {
 public:
  static constexpr std::size_t kRuns = 8;

  explicit PageRuns(std::unique_ptr<Reader> input);

  /// Of the input, so far.
  std::uint64_t accesses() const { return accesses_; }

 private:
  struct Run {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t instructions = 0;
    Op op = Op::kRead;
    std::uint16_t agent = 0;
  };

  void on_access(const Access& access, AccessBlock& out) override;
  void on_event(const Event& event, AccessBlock& out) override;
  bool on_end(AccessBlock& out) override;
  Run& run(std::size_t age) { return runs_[(oldest_ + age) % kRuns]; }
  void end_oldest(AccessBlock& out);

  std::array<Run, kRuns> runs_{};  ///< a ring
  std::size_t oldest_ = 0;
  std::size_t open_ = 0;
  std::uint64_t accesses_ = 0;
};

}  // namespace farfault::traces
