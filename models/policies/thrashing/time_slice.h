/// A residency time slice against ping-pong between CPU and device, which bounds its rate from both sides.
///
/// A chunk that has come to a device stays for a slice: a CPU fault on it waits until the slice is over, and the CPU's
/// latency is the price. A chunk that a CPU fault has brought back stays on the host for a slice: the device's faults
/// there are mapped remotely, and the mappings go when the slice is over. So a chunk moves at most twice in two slices.
/// A slice begins with a chunk's first page and is not made longer by those that follow. Eviction, pins and other
/// devices take pages whenever they want.
///
/// Source: the fixed residency that review asks of device-private memory (how long may a device keep a page?); the
/// production driver throttles both sides alike, by another rule (uvm_perf_thrashing.c).
#pragma once

#include <memory>

#include "models/policies/thrashing/thrashing_guard.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB; slice >= 0. Memory: 16 bytes per chunk and device of each block
/// that migrates.
std::unique_ptr<ThrashingGuard> make_time_slice(SimTime slice, Bytes granularity);

}  // namespace farfault
