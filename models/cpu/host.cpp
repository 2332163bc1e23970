#include "models/cpu/host.h"

#include <algorithm>

#include "sim/core/error.h"
#include "sim/core/quantity.h"

namespace farfault {

void Host::hold(std::uint64_t pages) {
  held_ += pages;
  peak_ = std::max(peak_, held_);
  if (kPageSize * held_ <= spec_.memory.capacity.value) return;
  throw InputError(Diagnostic{
      .pointer = "/platform/host/memory/capacity",
      .problem =
          "the workload's pages do not fit: host memory of " + format_exact(spec_.memory.capacity.value) + " is full",
      .remedy = "give the host more memory (--set platform.host.memory.capacity=...), or replay a smaller workload"});
}

}  // namespace farfault
