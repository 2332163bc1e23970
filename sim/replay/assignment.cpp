#include "sim/replay/assignment.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "sim/core/error.h"
#include "sim/replay/vma_kinds.h"

namespace farfault {
namespace {

bool takes_everything(const AssignRule& rule) {
  return !rule.from_address && !rule.to_address && !rule.vma && rule.from_access == 0 && !rule.to_access;
}

bool matches(const AssignRule& rule, const traces::Access& access, std::uint64_t number, const AddressSpace& space) {
  if (number < rule.from_access || (rule.to_access && number >= *rule.to_access)) return false;
  if (rule.from_address && access.address < rule.from_address->value()) return false;
  if (rule.to_address && access.address >= rule.to_address->value()) return false;
  if (rule.vma) {
    const auto kind = space.kind_at(VirtualAddress(access.address));
    if (kind.value_or(vma_number(traces::Backing::kUnknown)) != vma_number(*rule.vma)) return false;
  }
  return true;
}

}  // namespace

Assignment::Assignment(std::vector<AssignRule> rules, const std::vector<std::string>& device_names,
                       const traces::Reader& reader)
    : rules_(std::move(rules)), device_names_(device_names), reader_(reader) {}

Assignment::Targets Assignment::targets_of(std::uint32_t agent) const {
  Targets mine;
  const std::string name = agent < reader_.agents().size() ? reader_.agents()[agent].name : std::to_string(agent);
  for (const AssignRule& rule : rules_) {
    if (fnmatch(rule.agent.c_str(), name.c_str(), 0) != 0) continue;
    mine.rules.push_back({&rule, processor_named(rule.to, agent)});
    if (takes_everything(rule)) break;
  }
  mine.constant = mine.rules.empty() || takes_everything(*mine.rules.front().rule);
  mine.processor = mine.rules.empty() ? 0 : mine.rules.front().processor;
  return mine;
}

std::size_t Assignment::processor_of(const Targets& targets, const traces::Access& access, std::uint64_t number,
                                     const AddressSpace& space) {
  if (targets.constant) return targets.processor;
  for (const Target& target : targets.rules) {
    if (matches(*target.rule, access, number, space)) return target.processor;
  }
  return 0;
}

std::vector<std::uint64_t> Assignment::phase_starts() const {
  std::vector<std::uint64_t> starts;
  for (const AssignRule& rule : rules_) {
    if (rule.from_access != 0) starts.push_back(rule.from_access);
    if (rule.to_access) starts.push_back(*rule.to_access);
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

std::size_t Assignment::processor_named(const std::string& name, std::uint32_t agent) const {
  if (name == "host") return 0;
  if (name == kAutoProcessor) return processor_by_kind(agent);
  const auto it = std::find(device_names_.begin(), device_names_.end(), name);
  if (it == device_names_.end()) throw RunError("assignment to an unknown processor: " + name);
  return static_cast<std::size_t>(it - device_names_.begin()) + 1;
}

std::size_t Assignment::processor_by_kind(std::uint32_t agent) const {
  if (device_names_.empty()) return 0;
  const std::vector<traces::Agent>& agents = reader_.agents();
  if (agent < agents.size() && traces::runs_on_device(agents[agent].kind)) return 1;
  const bool has_streams = std::any_of(agents.begin(), agents.end(),
                                       [](const traces::Agent& each) { return traces::runs_on_device(each.kind); });
  return has_streams ? 0 : 1;
}

}  // namespace farfault
