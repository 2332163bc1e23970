#include "models/driver/fault_buffer.h"

#include <algorithm>

namespace farfault {

SimTime FaultBuffer::earliest() const {
  SimTime first = SimTime::max();
  for (const Fault& fault : faults_) first = std::min(first, fault.raised);
  return first;
}

void FaultBuffer::fetch(SimTime now, std::size_t limit, std::vector<Fault>& batch) {
  // Micro-TLBs write side by side, so the order of the pushes is not that of the dates.
  const auto older = [](const Fault& a, const Fault& b) { return a.raised < b.raised; };
  if (!std::is_sorted(faults_.begin(), faults_.end(), older)) std::stable_sort(faults_.begin(), faults_.end(), older);
  auto end = faults_.begin();
  while (end != faults_.end() && end->raised <= now && static_cast<std::size_t>(end - faults_.begin()) < limit) ++end;
  batch.assign(faults_.begin(), end);
  faults_.erase(faults_.begin(), end);
}

std::size_t FaultBuffer::flush(SimTime until) {
  return std::erase_if(faults_, [until](const Fault& fault) { return fault.raised <= until; });
}

}  // namespace farfault
