#include "models/driver/fault_buffer.h"

#include <algorithm>

namespace farfault {

SimTime FaultBuffer::earliest() const {
  SimTime first = SimTime::max();
  for (const Fault& fault : faults_) first = std::min(first, fault.raised);
  return first;
}

void FaultBuffer::fetch(SimTime now, std::size_t limit, std::vector<Fault>& batch) {
  batch.clear();
  auto keep = faults_.begin();
  auto it = faults_.begin();
  for (; it != faults_.end() && batch.size() < limit; ++it) {
    if (it->raised <= now) {
      batch.push_back(*it);
    } else {
      *keep++ = *it;
    }
  }
  faults_.erase(keep, it);
}

std::size_t FaultBuffer::flush() {
  const std::size_t dropped = faults_.size();
  faults_.clear();
  return dropped;
}

}  // namespace farfault
