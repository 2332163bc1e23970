/// How long kernels run: what was measured of them without faults, and what the replay makes of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/run_spec.h"
#include "sim/core/statistics.h"
#include "sim/core/units.h"
#include "traces/reader.h"

namespace farfault {

/// Kernel launches of a run by name, in no order that depends on time.
class KernelTimes {
 public:
  /// One launch of `kernel` took `time` from its begin to its end.
  void add(const std::string& kernel, SimTime time);
  /// Figures "kernels.launches", "time.kernels", and "time.kernel.NAME" of the first kMaxNames names. Characters that
  /// names of figures do not have become '_'.
  void collect(Statistics& out) const;

  static constexpr std::size_t kMaxNames = 64;

 private:
  std::map<std::string, SimTime> by_name_;
  std::uint64_t launches_ = 0;
  SimTime total_;
};

/// The time that each access of a launch takes to issue where the resident time of the kernel is given
/// (`workload.kernel_times`): that time over the launch's accesses, which a pass over the trace has counted.
class ResidentTimes {
 public:
  ResidentTimes() = default;
  /// Reads all of `reader`.
  ResidentTimes(const std::vector<KernelTime>& given, traces::Reader& reader);

  /// Time of one access, in picoseconds, of launch `number` (from 0) of an agent; nothing if none is given for it.
  std::optional<double> access_picoseconds(std::uint32_t agent, std::uint64_t number, std::string_view kernel) const;

  std::uint64_t accesses() const { return accesses_; }

 private:
  std::optional<SimTime> given_for(std::string_view kernel) const;

  std::vector<KernelTime> given_;
  std::vector<std::vector<std::uint64_t>> launches_;  ///< by agent: accesses of each launch
  std::uint64_t accesses_ = 0;
};

}  // namespace farfault
