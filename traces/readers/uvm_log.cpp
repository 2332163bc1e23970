#include "traces/readers/uvm_log.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/units.h"
#include "traces/readers/line_errors.h"

namespace farfault::traces {
namespace {

constexpr std::uint16_t kDriver = 0;
constexpr std::string_view kRangeDestroy = "uvm range destroy va_range->node.start, va_range->size: ";

enum AccessType : std::uint8_t { kPrefetch, kRead, kWrite, kAtomicWeak, kAtomicStrong };

bool changes_memory(std::uint8_t access_type) { return access_type >= kWrite; }

Op op_of(std::uint8_t access_type) {
  if (access_type == kRead) return Op::kRead;
  return access_type == kWrite ? Op::kWrite : Op::kAtomic;
}

/// Takes "4,34763351536,2567418458442,-;" off the line's front.
bool take_prefix(Cursor& line) {
  Cursor ahead = line;
  for (int i = 0; i < 3; ++i) {
    if (!ahead.take_decimal() || !ahead.take(",")) return false;
  }
  const std::string_view flags = ahead.take_until(";");
  if (flags.empty() || !ahead.take(";")) return false;
  line = ahead;
  return true;
}

/// Dictionary lines of a record ("  SUBSYSTEM=pci") are indented.
bool belongs_to_record_before(std::string_view line) {
  return line.starts_with(' ') || line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

UvmLogReader::UvmLogReader(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {
  agents_.index_of("driver", [] { return Agent{AgentKind::kCpuThread, "uvm driver"}; });
  limits_.unknown = {
      "accesses that did not fault, or joined a fault of their micro-TLB",
      "size of an access (1 byte each: a fault tells a page)",
      "threads, warps and streams (an agent is a micro-TLB)",
      "order of faults with the same GPU timestamp",
      "accesses of the host",
      "allocations, and frees but for those of whole ranges",
      "kernel launches",
      "device of a fault (one device is assumed)",
  };
  meta_.time_unit = "ns";
}

bool UvmLogReader::recognises(std::string_view head) {
  Cursor text(head);
  while (!text.at_end()) {
    Cursor line(text.take_until("\n"));
    text.take("\n");
    if (!take_prefix(line)) continue;
    if (line.rest() == "s," || line.rest() == "b," || line.take(kRangeDestroy)) return true;
    if (line.take("f,") && line.take_hex() && line.take(",") && line.take_decimal() && line.take(",")) return true;
  }
  return false;
}

bool UvmLogReader::next(AccessBlock& block) {
  block.clear();
  while (!is_full(block)) {
    if (!closed_) {
      if (read_line(block)) continue;
      if (batch_.empty()) break;
      close_batch();
    } else if (emitted_ < batch_.size()) {
      emit(batch_[emitted_++], block);
    } else {
      leave_batch(block);
    }
  }
  return !block.empty();
}

void UvmLogReader::leave_batch(AccessBlock& block) {
  closed_ = false;
  batch_.clear();
  emitted_ = 0;
  if (!after_batch_) return;
  after_batch_->position = static_cast<std::uint32_t>(block.accesses.size());
  block.events.push_back(*std::exchange(after_batch_, std::nullopt));
}

bool UvmLogReader::read_line(AccessBlock& block) {
  if (!lines_.next(line_)) {
    if (any_) return false;
    throw InputError(
        Diagnostic{lines_.name(), 0, "", "the log has no fault (" + std::to_string(lines_.number()) + " lines)",
                   "record with the instrumented UVM driver, and keep its lines (\"s,\", \"f,...\", \"b,\")"});
  }
  Cursor line(line_);
  if (!take_prefix(line)) {
    if (!belongs_to_record_before(line_)) fail("not a record of /dev/kmsg");
  } else if (line.take("f,")) {
    fault_line(line);
  } else if (line.take("s,")) {
    Event event;
    event.name = "batch begins";
    after_batch(std::move(event), block);
  } else if (line.take("b,")) {
    Event event;
    event.name = "batch ends";
    after_batch(std::move(event), block);
  } else if (line.take(kRangeDestroy)) {
    range_line(line, block);
  }
  return true;
}

void UvmLogReader::fault_line(Cursor text) {
  enum Field : std::size_t { kTime, kFaultType, kAccessType, kMask, kInstances, kClientType, kMicroTlb = 9, kGpc };
  std::array<std::uint64_t, 13> fields{};
  const std::optional<std::uint64_t> address = text.take_hex();
  bool good = address.has_value();
  for (std::uint64_t& field : fields) {
    const std::optional<std::uint64_t> value = good && text.take(",") ? text.take_decimal() : std::nullopt;
    good = value.has_value();
    field = value.value_or(0);
  }
  if (!good || !text.at_end()) fail("not a fault of 14 fields");
  if (fields[kAccessType] > kAtomicStrong) fail("access type " + std::to_string(fields[kAccessType]) + " unknown");
  if (*address > std::numeric_limits<std::uint64_t>::max() - kPageSize.count()) fail("address out of range");
  if (batch_.size() == kMaxBatchFaults) {
    fail_at(lines_, "the batch has more than " + std::to_string(kMaxBatchFaults) + " faults",
            "lines are missing from the log: record it with a larger kernel log (log_buf_len)");
  }
  any_ = true;
  batch_.push_back({*address, fields[kTime], static_cast<std::uint32_t>(batch_.size()),
                    agent_of(fields[kClientType], fields[kGpc], fields[kMicroTlb]),
                    static_cast<std::uint8_t>(fields[kAccessType])});
}

void UvmLogReader::range_line(Cursor text, AccessBlock& block) {
  const std::optional<std::uint64_t> address = text.take("0x") ? text.take_hex() : std::nullopt;
  const std::optional<std::uint64_t> length = address && text.take(", ") ? text.take_decimal() : std::nullopt;
  if (!length || !text.at_end()) fail("not a range");
  if (*address % kPageSize.count() != 0 || *length % kPageSize.count() != 0 || *length == 0 ||
      *length > std::numeric_limits<std::uint64_t>::max() - *address) {
    fail("the range does not consist of whole pages");
  }
  Event event;
  event.kind = EventKind::kMunmap;
  event.address = *address;
  event.length = *length;
  after_batch(std::move(event), block);
}

/// An event of the driver, behind the faults that were logged before it.
void UvmLogReader::after_batch(Event event, AccessBlock& block) {
  event.agent = kDriver;
  if (batch_.empty()) {
    event.position = static_cast<std::uint32_t>(block.accesses.size());
    block.events.push_back(std::move(event));
    return;
  }
  after_batch_ = std::move(event);
  close_batch();
}

void UvmLogReader::close_batch() {
  std::sort(batch_.begin(), batch_.end(),
            [](const Fault& a, const Fault& b) { return a.time != b.time ? a.time < b.time : a.number < b.number; });
  reads_.resize(agents_.agents().size());
  for (const Fault& fault : batch_) {
    if (changes_memory(fault.access_type)) reads_[fault.agent].write_in_batch = true;
  }
  for (Fault& fault : batch_) {
    Reads& reads = reads_[fault.agent];
    fault.dependent = reads.write_in_batch && reads.before;
    if (fault.dependent) reads.before = false;
  }
  // Only now, so that reads and writes of one batch do not wait for each other.
  for (const Fault& fault : batch_) {
    Reads& reads = reads_[fault.agent];
    reads.write_in_batch = false;
    if (fault.access_type == kRead) reads.before = true;
  }
  closed_ = true;
}

void UvmLogReader::emit(const Fault& fault, AccessBlock& block) {
  if (fault.dependent) add_event(block, EventKind::kDependency, fault.agent);
  timeline_.advance(fault.time, fault.agent, block);
  if (fault.access_type == kPrefetch) {
    Event& event = add_event(block, EventKind::kPrefetch, fault.agent);
    event.address = fault.address & ~(kPageSize.count() - 1);
    event.length = kPageSize.count();
    event.value = 1;
    return;
  }
  block.accesses.push_back(Access::make(fault.address, kFaultBytes, op_of(fault.access_type), 0, fault.agent));
}

std::uint16_t UvmLogReader::agent_of(std::uint64_t client_type, std::uint64_t gpc, std::uint64_t micro_tlb) {
  if (client_type > 1) fail("client type " + std::to_string(client_type) + " unknown");
  const bool hub = client_type == 1;
  const std::string name = (hub ? "hub utlb " : "gpc " + std::to_string(gpc) + " utlb ") + std::to_string(micro_tlb);
  const std::optional<std::uint16_t> index =
      agents_.index_of(name, [&] { return Agent{hub ? AgentKind::kCopyEngine : AgentKind::kGpuStream, name}; });
  if (!index) fail("more than " + std::to_string(kMaxAgents) + " micro-TLBs");
  return *index;
}

void UvmLogReader::fail(const std::string& what) const {
  fail_line(lines_, line_, what,
            "a line is PRIORITY,SEQUENCE,MICROSECONDS,-;TEXT as /dev/kmsg gives it, with the texts of the instrumented "
            "driver");
}

}  // namespace farfault::traces
