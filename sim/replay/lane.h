/// One agent's accesses on one processor: what a front end replays.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/observer.h"
#include "sim/engine/engine.h"
#include "traces/access.h"

namespace farfault {

/// A point of the trace that some lanes reach, and others, or the same, do not pass before. The lane that comes last
/// does `action`.
struct Barrier {
  explicit Barrier(engine::Engine& engine) : passed(engine) {}
  std::size_t expected = 0;
  std::size_t arrived = 0;
  bool done = false;
  std::function<void()> action;
  engine::Signal passed;
};

/// A kernel that an agent runs.
struct KernelLaunch {
  std::string name;
  std::uint64_t number = 0;    ///< among the agent's launches, from 0
  std::uint64_t resident = 0;  ///< thread blocks that are resident at once; 0: not told
};

/// A thread block of a kernel, whose accesses follow.
struct BlockTurn {
  std::uint64_t block = 0;
  std::uint64_t stage = 0;
};

/// Something between accesses: work that the trace does not show as accesses, or order.
struct LaneMark {
  std::uint32_t position = 0;      ///< before the access with this index; may equal the number of accesses
  std::uint64_t instructions = 0;  ///< to compute
  bool drain = false;              ///< all before must be done before anything behind begins
  bool launch = false;             ///< a kernel launch begins or ends; with drain or a barrier
  bool phase = false;              ///< another part of the assignment begins, for all lanes; with a barrier
  std::shared_ptr<const KernelLaunch> kernel = nullptr;  ///< with launch: what begins here; none: one ends
  std::optional<BlockTurn> turn = std::nullopt;
  std::shared_ptr<Barrier> barrier = nullptr;  ///< to arrive at, to wait at, or both; all before is done then
  /// What the process asks of the kernel here; blocks the lane's actor. The argument is who asks.
  std::shared_ptr<const std::function<void(std::uint32_t)>> system_call = nullptr;
  bool at_once = false;  ///< the call does not block, and waits for nothing that is before it
  bool copies = false;   ///< the call copies memory for the program: its time is that of memory, not of the kernel
  bool arrives = true;
  bool waits = true;
};

struct LaneBlock {
  std::vector<traces::Access> accesses;
  std::vector<LaneMark> marks;  ///< ordered by position

  void clear() {
    accesses.clear();
    marks.clear();
  }
  bool empty() const { return accesses.empty() && marks.empty(); }
};

/// Where one lane's time went. Every span of simulated time of a lane is in exactly one category.
struct LaneTimes {
  SimTime compute;  ///< instructions between accesses, and issuing accesses
  SimTime local;    ///< more, for the processor's own memory
  SimTime remote;   ///< more, for memory across the link
  SimTime stall;    ///< page faults
  SimTime kernel;   ///< system calls of the trace: get_user_pages, pins, fork
  SimTime wait;     ///< other lanes
  SimTime idle;     ///< before the lane's first access and after its last

  SimTime& of(Activity activity) {
    switch (activity) {
      case Activity::kCompute:
        return compute;
      case Activity::kLocal:
        return local;
      case Activity::kRemote:
        return remote;
      case Activity::kStall:
        return stall;
      case Activity::kKernel:
        return kernel;
      case Activity::kWait:
        break;
    }
    return wait;
  }
  SimTime total() const { return compute + local + remote + stall + kernel + wait + idle; }
  LaneTimes& operator+=(const LaneTimes& o) {
    compute += o.compute;
    local += o.local;
    remote += o.remote;
    stall += o.stall;
    kernel += o.kernel;
    wait += o.wait;
    idle += o.idle;
    return *this;
  }
};

/// Filled by the dispatcher, emptied by one front end.
struct Lane {
  std::uint32_t agent = 0;
  std::size_t processor = 0;  ///< 0: the host; d + 1: device d
  std::uint32_t number = 0;   ///< among the lanes, in the order in which they appeared
  std::string name;
  std::deque<LaneBlock> queue;
  LaneBlock filling;  ///< while the dispatcher deals a block out
};

}  // namespace farfault
