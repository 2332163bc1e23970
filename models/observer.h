/// Who watches a run without taking part in it: time lines and series.
///
/// Calls come in the order of the events, intervals when they end. Nothing that an observer does changes the run, and
/// without one nothing is told. What is planned at a date and carried out later is told at both: pages change their
/// place in the books when they are planned, bytes are told with the interval in which they moved.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "models/driver/service.h"
#include "models/link/traffic.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

class Link;

/// Who does things: has an owner id of the machine (Machine::new_owner).
enum class WorkerKind : std::uint8_t {
  kDriver,      ///< a device's driver worker
  kReserve,     ///< who keeps a reserve of device memory free
  kHostThread,  ///< replays accesses on the host
  kStream,      ///< replays accesses on a device
};

/// What a thread or stream does with its time.
enum class Activity : std::uint8_t {
  kCompute,  ///< instructions, and issuing accesses
  kLocal,    ///< more, for its own memory
  kRemote,   ///< more, for memory over a link
  kStall,    ///< page faults
  kKernel,   ///< system calls
  kWait,     ///< other lanes
};
inline constexpr std::size_t kActivityCount = 6;
constexpr std::string_view activity_name(Activity activity) {
  constexpr std::array<std::string_view, kActivityCount> kNames = {"compute", "local",  "remote",
                                                                   "stall",   "kernel", "wait"};
  return kNames[static_cast<std::size_t>(activity)];
}

/// One call of a copy engine: asked <= started <= moving <= ended. From `started` on it has an engine; its set-up
/// lasts until `moving`, then its bytes move.
struct CopySpan {
  const Link& link;
  LinkDirection direction;
  std::uint32_t owner;  ///< who waits for it; 0: nobody with an id
  std::uint64_t jobs = 0;
  std::uint64_t pieces = 0;
  Traffic bytes;  ///< by cause
  SimTime asked;
  SimTime started;
  SimTime moving;
  SimTime ended;
};

struct FaultSeen {
  DeviceId device;
  std::uint32_t owner;  ///< the stream
  BlockNumber block;
  unsigned page = 0;  ///< in the block
  bool write = false;
  SimTime raised;  ///< may lie a little ahead of the date of the call
};

struct BatchSpan {
  DeviceId device;
  std::uint32_t owner;           ///< the driver's worker
  std::uint64_t number = 0;      ///< of the device, from 0
  std::uint64_t entries = 0;     ///< read from the buffer
  std::uint64_t duplicates = 0;  ///< of these
  std::uint64_t blocks = 0;      ///< of 2 MiB
  std::uint64_t waiting = 0;     ///< entries left in the buffer when it was read
  SimTime start;                 ///< the buffer was read
  SimTime end;                   ///< all is served; its replay may yet have to be sent
};

class Observer {
 public:
  virtual ~Observer() = default;

  /// Before anything else is told of this worker. `device` is that of a driver, reserve or stream.
  virtual void on_worker(std::uint32_t /*owner*/, WorkerKind /*kind*/, std::string_view /*name*/, DeviceId /*device*/) {
  }

  virtual void on_copy(const CopySpan& /*copy*/) {}
  /// Loads and stores over a link, moved in the interval.
  virtual void on_remote(const Link& /*link*/, LinkDirection /*direction*/, Bytes /*bytes*/, SimTime /*start*/,
                         SimTime /*end*/) {}
  /// A processor's traffic to its own memory, without copies. Processor 0 is the host, d + 1 device d.
  virtual void on_local(std::size_t /*processor*/, Bytes /*bytes*/, SimTime /*start*/, SimTime /*end*/) {}

  virtual void on_fault(const FaultSeen& /*fault*/) {}
  virtual void on_batch(const BatchSpan& /*batch*/) {}
  /// Entries in the device's fault buffer from now on.
  virtual void on_fault_queue(DeviceId /*device*/, std::uint64_t /*waiting*/, SimTime /*now*/) {}
  virtual void on_replay(DeviceId /*device*/, SimTime /*now*/) {}
  /// Software of a service, one stage after the other from `start` on, before its copies.
  virtual void on_software(std::uint32_t /*owner*/, SimTime /*start*/, const StageTimes& /*stages*/) {}
  /// A host thread's access to a page in device memory, until it is back.
  virtual void on_cpu_fault(std::uint32_t /*owner*/, BlockNumber /*block*/, unsigned /*page*/, SimTime /*start*/,
                            SimTime /*end*/) {}
  /// What a worker calls for: "gup", "pin", "fork", "stage", "memcpy", ...
  virtual void on_call(std::uint32_t /*owner*/, std::string_view /*what*/, SimTime /*start*/, SimTime /*end*/) {}

  /// Pages that will come to the device, or leave it, as planned: kDemand, kPrefetch, kAccessCounter, kStaging;
  /// kEviction, kCpuFault, kPeer, kGup, kCow, kPrefetch. `again`: how many of them had been evicted before.
  virtual void on_to_device(DeviceId /*device*/, BlockNumber /*block*/, const PageMask& /*pages*/, Cause /*cause*/,
                            std::uint64_t /*again*/, SimTime /*now*/) {}
  virtual void on_from_device(DeviceId /*device*/, BlockNumber /*block*/, const PageMask& /*pages*/, Cause /*cause*/,
                              SimTime /*now*/) {}
  /// The books of a processor's memory change: 0 is the host, d + 1 device d. Exact: sums are what is resident.
  virtual void on_resident(std::size_t /*processor*/, BlockNumber /*block*/, const PageMask& /*added*/,
                           const PageMask& /*removed*/, SimTime /*now*/) {}

  /// A stretch of a thread's or stream's time. Those of one worker do not overlap; between them it is idle.
  virtual void on_activity(std::uint32_t /*owner*/, Activity /*activity*/, SimTime /*start*/, SimTime /*end*/) {}
  /// A kernel of the trace, from its launch to its end.
  virtual void on_kernel(std::uint32_t /*owner*/, std::string_view /*name*/, SimTime /*start*/, SimTime /*end*/) {}
  /// An access that stands for `weight` of its processor.
  virtual void on_access(std::size_t /*processor*/, VirtualAddress /*address*/, std::uint64_t /*weight*/,
                         SimTime /*now*/) {}
};

}  // namespace farfault
