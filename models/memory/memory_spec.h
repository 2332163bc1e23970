/// Parameters of a memory (DRAM of the host, VRAM of a device).
#pragma once

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

struct MemorySpec {
  Sourced<Bytes> capacity{Bytes::gib(64)};                            ///< > 0
  Sourced<Bandwidth> bandwidth{Bandwidth::gigabytes_per_second(48)};  ///< sustained, reads and writes together; > 0
  Sourced<SimTime> latency{SimTime::nanoseconds(90)};                 ///< idle, of one access
  bool operator==(const MemorySpec&) const = default;
};

}  // namespace farfault
