/// The production driver's guard against thrashing: processors that take a page from each other take turns, each a nap
/// long; if that goes on, the page is pinned where all of them reach it.
///
/// After uvm_perf_thrashing.c of NVIDIA's open-gpu-kernel-modules 595.45.04:
///  - An event is a migration of pages of a block to a processor: by its faults, beside them, or by access counters,
///    but not by eviction. (Revocations of permissions are events as well; here there are none beside migrations.) It
///    counts for its pages if the event before it in the block was another processor's, at most `lapse` ago.
///  - A page with `threshold` counted events thrashes. The processor of the last of these is not throttled.
///  - A fault of another processor on the page is throttled: not served for a nap of `lapse` x `nap`. A CPU thread
///    sleeps; a device's access faults again after each replay, in vain. After the nap it is
///    served, and becomes the one that is not throttled unless others still are.
///  - After `pin_threshold` throttles the next fault pins the page. It stays for `lapse` x `pin` in memory that all
///    processors reach, which is the host's here: no processor of the model reaches a peer's memory by a fault. (The
///    driver prefers the preferred location, which users set, or the faulting processor's memory if all reach it.)
///    Devices' faults are mapped remotely. Then the mappings go, and the page begins anew.
///  - `lapse` x `epoch` after the last event of thrashing, a block without pinned pages forgets what it knows, at most
///    `max_resets` times.
///
/// The moves that a batch or a CPU fault makes in one block are one event here; the driver tells its detection of each
/// contiguous piece.
#pragma once

#include <cstdint>
#include <memory>

#include "models/policies/thrashing/thrashing_guard.h"

namespace farfault {

/// Names and defaults are those of the driver's module parameters, uvm_perf_thrashing_NAME.
struct ThrottlePinParameters {
  std::uint64_t threshold = 3;
  std::uint64_t pin_threshold = 10;
  SimTime lapse = SimTime::microseconds(500);
  std::uint64_t nap = 1;       ///< in lapses
  std::uint64_t epoch = 2000;  ///< in lapses
  std::uint64_t pin = 300;     ///< in lapses
  std::uint64_t max_resets = 4;
};

/// REQUIRES: threshold, pin_threshold <= 255; lapse x epoch and lapse x pin are dates (below 100 days). Memory: 36 KiB
/// for each block whose pages more than one processor wants.
std::unique_ptr<ThrashingGuard> make_throttle_pin(const ThrottlePinParameters& parameters);

}  // namespace farfault
