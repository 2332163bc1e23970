/// Parameters of a processor's last-level cache, used with `replay.detail: cache`.
#pragma once

#include <cstdint>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

struct LlcSpec {
  Sourced<Bytes> capacity{Bytes::mib(16)};               ///< a multiple of line x ways
  Sourced<Bytes> line{Bytes(64)};                        ///< 1 to 32 of the processor's units; a power of two
  Sourced<std::uint64_t> ways{16};                       ///< 1..1024
  Sourced<SimTime> latency{SimTime::nanoseconds(20)};    ///< of a hit; a miss takes it as well
  Sourced<Bandwidth> bandwidth{Bandwidth::unlimited()};  ///< of what its users ask for, hits and misses
  bool fetch_on_write = true;                            ///< a store to what is not there reads it from memory first
  bool operator==(const LlcSpec&) const = default;
};

inline LlcSpec host_llc() {
  LlcSpec spec;
  spec.capacity = {Bytes::mib(16), "assumption: L3 of a desktop or of a quarter of a server's socket"};
  spec.line = {Bytes(64), "assumption: as x86-64"};
  spec.ways = {16, "assumption: 11 to 20 ways are common"};
  spec.latency = {SimTime::nanoseconds(20), "assumption: 70 cycles at 3.5 GHz"};
  spec.bandwidth = {Bandwidth::gigabytes_per_second(200), "assumption: a few times that of DRAM"};
  spec.fetch_on_write = true;  // read for ownership
  return spec;
}

/// V100, after Jia et al., Dissecting the NVIDIA Volta GPU Architecture via Microbenchmarking (2018).
inline LlcSpec device_l2() {
  LlcSpec spec;
  spec.capacity = {Bytes::mib(6), "assumption: as V100: 6 MiB (NVIDIA, Tesla V100 architecture white paper)"};
  spec.line = {Bytes(128), "assumption: four sectors of 32 B, as on NVIDIA devices since Fermi"};
  spec.ways = {16, "assumption: 16, after Jia et al. 2018 (unverified)"};
  spec.latency = {SimTime::nanoseconds(140),
                  "assumption: as V100: 193 cycles at 1.38 GHz (Jia et al. 2018, unverified)"};
  spec.bandwidth = {Bandwidth::gigabytes_per_second(2155),
                    "assumption: as V100: 2155 GB/s (Jia et al. 2018, unverified)"};
  spec.fetch_on_write = false;  // byte masks
  return spec;
}

}  // namespace farfault
