/// A trace's accesses with the processors that will run them, in a pass before the replay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/kernel/address_space.h"
#include "sim/config/run_spec.h"
#include "sim/replay/assignment.h"
#include "sim/replay/mapping_events.h"
#include "traces/reader.h"

namespace farfault {

/// Decides as the dispatcher does. Given every access and event of a trace, in its order.
class AssignedScan {
 public:
  /// Borrows the reader and `device_names`, in the order of ids.
  AssignedScan(const traces::Reader& reader, std::vector<AssignRule> rules,
               const std::vector<std::string>& device_names);

  /// 0: the host; d + 1: device d.
  std::size_t processor_of(const traces::Access& access) {
    const Assignment::Targets& targets = targets_of(access.agent);
    const std::uint64_t number = number_++;
    return targets.constant ? targets.processor : Assignment::processor_of(targets, access, number, space_);
  }
  /// Whether mappings have changed.
  bool apply(const traces::Event& event);

  const AddressSpace& space() const { return space_; }
  std::uint64_t accesses() const { return number_; }

 private:
  const Assignment::Targets& targets_of(std::uint32_t agent) {
    if (agent >= agents_.size()) [[unlikely]]
      agents_.resize(agent + std::size_t{1});
    if (!agents_[agent]) [[unlikely]]
      agents_[agent] = assignment_.targets_of(agent);
    return *agents_[agent];
  }

  AddressSpace space_;
  Assignment assignment_;
  MappingEvents mappings_;
  std::vector<std::optional<Assignment::Targets>> agents_;
  std::uint64_t number_ = 0;
};

}  // namespace farfault
