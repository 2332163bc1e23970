/// Reads the kernel log of an instrumented NVIDIA UVM driver: the faults that the driver took from the device's fault
/// buffer, batch by batch. Lines are records of /dev/kmsg, `priority,sequence,microseconds,flags;text`:
///
///     4,34763351536,2567418458442,-;s,        a batch begins
///     4,34763351537,2567418458447,-;f,7fb144000000,1606348764141810176,0,1,2,1,0,0,0,127,1,0,1,63    a fault
///     4,34763351593,2567418459273,-;b,        the batch is served
///     4,34763351638,2567418472724,-;uvm range destroy va_range->node.start, va_range->size: 0x7fb144000000, 2097152
///
/// The numbers of a fault: address (hexadecimal), GPU timestamp (ns), fault type, access type, access mask, instances,
/// client type, MMU engine type, client, MMU engine, micro-TLB, GPC, channel, subcontext. Other texts are skipped.
///
/// Access types are those of the driver's uvm_fault_access_type_t: 0 prefetch, 1 read, 2 write, 3 weak atomic, 4 strong
/// atomic. In the logs that this was written after, 64 faults have type 1 with access mask 2 (bit 1) and 32 have type 2
/// with mask 4 (bit 2), which is what a vector addition of 32 pages a vector must raise.
///
/// A fault is an access of one byte: it tells a page, and that at least a byte of it was wanted. Its agent is the
/// micro-TLB that it came from ("gpc 0 utlb 1"; "hub utlb 1" for copy engines and their like). Batches and the end of
/// ranges are events of agent 0, the driver.
///
/// The driver logs a batch sorted by address, so its faults are put back in the order of their GPU timestamps. Those of
/// a later batch may be older than the last of the one before (they waited in the buffer): their time then stands
/// still.
///
/// The log shows no threads, but replaying it needs to know which faults waited for others: a thread's store is issued
/// only when the loads of its operands are done, and faults in one batch did not wait for each other. So where a
/// micro-TLB's faults of a batch have a write among them and those of batches before had reads since the last such
/// place, a kDependency event precedes the batch's first fault of that micro-TLB.
///
/// Written after: logs and driver sources of github.com/tallendev/uvm-eval 632b47b (drivers 460.27.04, 525.60.13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "traces/reader.h"
#include "traces/readers/byte_source.h"
#include "traces/readers/cursor.h"
#include "traces/readers/filling.h"
#include "traces/readers/lines.h"

namespace farfault::traces {

/// Memory: the ByteSource's, 256 KiB of text, one batch, and the agents.
class UvmLogReader final : public Reader {
 public:
  /// The driver's own default is 256.
  static constexpr std::size_t kMaxBatchFaults = 4096;

  explicit UvmLogReader(std::unique_ptr<ByteSource> source);

  /// Whether one of the lines is a record of the kernel log with a fault, or the begin or the end of a batch.
  static bool recognises(std::string_view head);

  std::string_view format() const override { return "uvm-log"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return agents_.agents(); }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

 private:
  struct Fault {
    std::uint64_t address = 0;
    std::uint64_t time = 0;
    std::uint32_t number = 0;  ///< in its batch, as logged
    std::uint16_t agent = 0;
    std::uint8_t access_type = 0;
    bool dependent = false;  ///< needs what its agent did before
  };
  /// By agent.
  struct Reads {
    bool before = false;          ///< in batches before, since the last dependency
    bool write_in_batch = false;  ///< in the batch that is being closed
  };

  bool read_line(AccessBlock& block);
  void fault_line(Cursor text);
  void range_line(Cursor text, AccessBlock& block);
  void after_batch(Event event, AccessBlock& block);
  void close_batch();
  void leave_batch(AccessBlock& block);
  void emit(const Fault& fault, AccessBlock& block);
  std::uint16_t agent_of(std::uint64_t client_type, std::uint64_t gpc, std::uint64_t micro_tlb);
  [[noreturn]] void fail(const std::string& what) const;

  Lines lines_;
  std::string_view line_;
  std::vector<Fault> batch_;
  std::size_t emitted_ = 0;           ///< of a batch that is closed
  bool closed_ = false;               ///< the batch is whole and sorted
  std::optional<Event> after_batch_;  ///< what its end was seen by
  std::vector<Reads> reads_;
  bool any_ = false;  ///< a fault was seen
  Timeline timeline_;
  AgentTable agents_;
  TraceLimits limits_;
  TraceMeta meta_;
};

}  // namespace farfault::traces
