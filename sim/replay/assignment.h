/// Which processor runs an access: the scenario's assignment rules, applied to a trace's agents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/kernel/address_space.h"
#include "sim/config/run_spec.h"
#include "traces/reader.h"

namespace farfault {

/// Processor 0 is the host, processor d + 1 is device d.
class Assignment {
 public:
  struct Target {
    const AssignRule* rule = nullptr;
    std::size_t processor = 0;  ///< where it sends the agent
  };
  /// The rules as they apply to one agent.
  struct Targets {
    std::vector<Target> rules;
    bool constant = false;      ///< the first rule takes everything
    std::size_t processor = 0;  ///< where the first rule sends the agent; the host if there is none
  };

  /// `device_names` in the order of ids. Borrows it and the reader.
  Assignment(std::vector<AssignRule> rules, const std::vector<std::string>& device_names, const traces::Reader& reader);
  Assignment(const Assignment&) = delete;
  Assignment& operator=(const Assignment&) = delete;

  /// To be decided when the agent is first met, since kAutoProcessor goes by the agents that the reader knows then.
  /// Throws RunError for a rule that sends to an unknown processor. Valid as long as this is.
  Targets targets_of(std::uint32_t agent) const;
  /// `number` is that of the access in the trace, from 0.
  static std::size_t processor_of(const Targets& targets, const traces::Access& access, std::uint64_t number,
                                  const AddressSpace& space);
  /// Access numbers at which a rule begins or ends, ascending.
  std::vector<std::uint64_t> phase_starts() const;

 private:
  std::size_t processor_by_kind(std::uint32_t agent) const;
  std::size_t processor_named(const std::string& name, std::uint32_t agent) const;

  std::vector<AssignRule> rules_;
  const std::vector<std::string>& device_names_;
  const traces::Reader& reader_;
};

}  // namespace farfault
