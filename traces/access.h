/// The records that a trace is made of, as every reader yields them and the replay consumes them.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sim/core/units.h"

namespace farfault::traces {

/// The last byte of the address space.
inline constexpr std::uint64_t kMaxAddress = std::numeric_limits<std::uint64_t>::max();

/// One past the range, or kMaxAddress where that would wrap.
constexpr std::uint64_t end_of(std::uint64_t start, std::uint64_t length) {
  return length > kMaxAddress - start ? kMaxAddress : start + length;
}

enum class Op : std::uint8_t { kRead = 0, kWrite = 1, kReadModifyWrite = 2, kAtomic = 3 };

/// Whether the operation changes memory.
constexpr bool writes(Op op) { return op != Op::kRead; }

/// One access of one agent, 16 bytes. An access may cross page boundaries; the replay splits it.
struct Access {
  std::uint64_t address = 0;
  std::uint32_t size_and_op = 0;  ///< size in bytes << 2 | Op
  std::uint16_t gap = 0;          ///< instructions of the agent since its last access; longer gaps are kCompute events
  std::uint16_t agent = 0;        ///< index into the trace's agents

  static constexpr std::uint32_t kMaxSize = (1U << 30U) - 1;
  static constexpr std::uint16_t kMaxGap = 0xffff;

  /// REQUIRES: size <= kMaxSize.
  static constexpr Access make(std::uint64_t address, std::uint32_t size, Op op, std::uint16_t gap = 0,
                               std::uint16_t agent = 0) {
    return Access{address, size << 2U | static_cast<std::uint32_t>(op), gap, agent};
  }
  constexpr std::uint32_t size() const { return size_and_op >> 2U; }
  constexpr Op op() const { return static_cast<Op>(size_and_op & 3U); }
  constexpr bool is_write() const { return (size_and_op & 3U) != 0; }
  constexpr bool operator==(const Access&) const = default;
};
static_assert(sizeof(Access) == 16);

/// What happens between accesses. The fields that an event uses are named beside its kind; the others are zero. `agent`
/// is who does it. Numbers are part of the trace format (docs/trace-format.md): new kinds go to the end.
enum class EventKind : std::uint8_t {
  kCompute,       ///< value: instructions that do not fit an access's gap
  kMmap,          ///< address, length, protection, backing, name
  kMunmap,        ///< address, length
  kMremap,        ///< address, length: the old range; value: new address; value2: new length
  kMprotect,      ///< address, length, protection
  kBrk,           ///< address: the heap's base, length: its new size
  kFork,          ///< value: id of the child
  kExit,          ///< value: exit status
  kKernelLaunch,  ///< name; value: index of the agent that launches; value2: thread blocks that are resident at once, 0
                  ///< if unknown. What follows on this agent (a stream) waits for what the launcher did before
  kKernelEnd,     ///< the next kernel of this stream begins when all before is done
  kStreamSync,    ///< value: index of another agent; this one waits for all that the other did before
  kMarker,        ///< name; a phase begins
  kEventRecord,   ///< value: id; done when all that the agent did before is
  kEventWait,     ///< value: id; the agent goes on when the last record of this id is done
  kMemcpy,        ///< address: source, length, value: destination, value2: CopyDirection
  kPrefetch,      ///< address, length; value: processor to prefetch to (0 the host, d + 1 device d)
  kAdvise,        ///< address, length; value: Advice, value2: processor, as for kPrefetch
  kGup,           ///< address, length, value: 1 to write; the kernel takes and drops references (get_user_pages)
  kPin,           ///< address, length, value: 1 to write, value2: 1 for a long-term pin
  kUnpin,         ///< address, length
  kDependency,    ///< what follows on this agent needs what it did before
  kTimestamp,     ///< value: time since the trace's begin, in TraceMeta::time_unit; never falls
  kThreadBlock,  ///< value: number of a thread block in its kernel's grid; value2: stage. What follows on this agent is
                 ///< of that block, and needs what the block did at the stages before
};
inline constexpr std::size_t kEventKindCount = 23;

/// As kMemcpy's value2.
enum class CopyDirection : std::uint8_t { kUnknown, kHostToDevice, kDeviceToHost, kDeviceToDevice, kHostToHost };

/// As kAdvise's value; after cudaMemAdvise.
enum class Advice : std::uint8_t { kNone, kPreferredLocation, kAccessedBy, kReadMostly };

/// What stands behind a range of virtual memory. Decides what may migrate. Numbers are part of the trace format: new
/// kinds go to the end.
enum class Backing : std::uint8_t {
  kUnknown,
  kPrivateAnonymous,
  kHeap,
  kStack,
  kFile,
  kShared,
  kExecutable,
  kHugeTlb,  ///< huge pages of the kernel's pool (hugetlbfs, MAP_HUGETLB), whoever shares them
  kDax,      ///< persistent memory itself (DAX files and devices)
  kSpecial,  ///< pages of a driver or of the kernel: device files, [vvar]
};
inline constexpr std::size_t kBackingCount = 10;

struct Event {
  std::uint32_t position = 0;  ///< happens before the access with this index in its block; may equal the block's size
  std::uint16_t agent = 0;
  EventKind kind = EventKind::kMarker;
  Backing backing = Backing::kUnknown;
  std::uint8_t protection = 0;  ///< PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4
  std::uint64_t address = 0;
  std::uint64_t length = 0;
  std::uint64_t value = 0;
  std::uint64_t value2 = 0;
  std::string name;

  bool operator==(const Event&) const = default;
};

/// A decoded piece of a trace, in the trace's order.
struct AccessBlock {
  std::vector<Access> accesses;
  std::vector<Event> events;  ///< ordered by position

  void clear() {
    accesses.clear();
    events.clear();
  }
  bool empty() const { return accesses.empty() && events.empty(); }
};

/// Readers fill blocks of about this many accesses: 64 KiB, so that a block stays in the first- and second-level cache
/// between decoding and replay.
inline constexpr std::size_t kBlockAccesses = 4096;

enum class AgentKind : std::uint8_t { kCpuThread, kGpuStream, kCtaGroup, kCopyEngine };

/// Whether agents of this kind run on a device.
constexpr bool runs_on_device(AgentKind kind) { return kind == AgentKind::kGpuStream || kind == AgentKind::kCtaGroup; }

inline constexpr std::uint32_t kNoAgent = 0xffffffff;
/// Access::agent has 16 bits.
inline constexpr std::size_t kMaxAgents = 65536;

struct Agent {
  AgentKind kind = AgentKind::kCpuThread;
  std::string name;                 ///< unique in a trace, "thread 1"
  std::uint32_t parent = kNoAgent;  ///< index of the agent that it belongs to: a CTA group's stream

  bool operator==(const Agent&) const = default;
};

}  // namespace farfault::traces
