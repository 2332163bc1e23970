#include "sim/replay/assigned_scan.h"

#include <utility>

namespace farfault {
namespace {

/// Whether the dispatcher decides an agent's targets at such an event.
bool meets_agent(traces::EventKind kind) {
  switch (kind) {
    case traces::EventKind::kCompute:
    case traces::EventKind::kFork:
    case traces::EventKind::kGup:
    case traces::EventKind::kPin:
    case traces::EventKind::kUnpin:
      return true;
    default:
      return false;
  }
}

}  // namespace

AssignedScan::AssignedScan(const traces::Reader& reader, std::vector<AssignRule> rules,
                           const std::vector<std::string>& device_names)
    : assignment_(std::move(rules), device_names, reader), mappings_(space_) {}

bool AssignedScan::apply(const traces::Event& event) {
  if (meets_agent(event.kind)) targets_of(event.agent);
  return mappings_.apply(event);
}

}  // namespace farfault
