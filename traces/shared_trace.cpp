#include "traces/shared_trace.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::traces {
namespace {

/// At the memory's begin. `used` is set last, so that what a decoder left that did not get to its end is not taken for
/// a trace.
struct SharedHead {
  std::uint64_t used = 0;
};

/// What follows the head: records, each at a multiple of its size.
enum class SharedKind : std::uint32_t {
  kState,  ///< what is known of the trace from here on: format, agents, limits, meta
  kBlock,
  kEnd,
  kError,  ///< the diagnostics of an InputError
};
struct SharedRecord {
  SharedKind kind = SharedKind::kEnd;
  std::uint32_t accesses = 0;    ///< of a block: they come first
  std::uint64_t text_bytes = 0;  ///< of what is neither record nor access
};
constexpr std::size_t kRecordBytes = sizeof(SharedRecord);
static_assert(kRecordBytes == sizeof(Access) && sizeof(SharedHead) <= kRecordBytes);

constexpr std::size_t padded(std::size_t bytes) { return (bytes + kRecordBytes - 1) / kRecordBytes * kRecordBytes; }

constexpr std::size_t kDropBytes = std::size_t{4} << 20U;

/// Takes pages that were passed out of this process's page tables. They stay in memory, and may be read again.
class DropBehind {
 public:
  explicit DropBehind(std::byte* memory) : memory_(memory) {}

  void passed(std::size_t offset) {
    if (offset - dropped_ < kDropBytes) return;
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t whole = offset / page * page;
    ::madvise(memory_ + dropped_, whole - dropped_, MADV_DONTNEED);
    dropped_ = whole;
  }

 private:
  std::byte* memory_;
  std::size_t dropped_ = 0;
};

/// Numbers, texts and lists as bytes.
class SharedText {
 public:
  template <class Number>
    requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void add(Number number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
  }
  void add(const std::optional<std::uint32_t>& number) {
    add(number.has_value());
    add(number.value_or(0));
  }
  void add(const std::vector<std::string>& texts) {
    add(static_cast<std::uint64_t>(texts.size()));
    for (const std::string& text : texts) add(std::string_view(text));
  }
  std::string_view bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// Reads what SharedText wrote, in the same order.
class SharedTextReader {
 public:
  explicit SharedTextReader(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  Number number() {
    Number out{};
    const std::string_view bytes = piece(sizeof out);
    std::memcpy(&out, bytes.data(), sizeof out);
    return out;
  }
  std::string text() { return std::string(piece(number<std::uint64_t>())); }
  std::optional<std::uint32_t> optional_number() {
    const bool has = number<bool>();
    const auto value = number<std::uint32_t>();
    return has ? std::optional(value) : std::nullopt;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> out;
    for (auto left = number<std::uint64_t>(); left > 0; --left) out.push_back(text());
    return out;
  }

 private:
  std::string_view piece(std::uint64_t size) {
    if (size > rest_.size()) throw RunError("the memory of a shared trace was damaged");
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

  std::string_view rest_;
};

void add_event(SharedText& out, const Event& event) {
  out.add(event.position);
  out.add(event.agent);
  out.add(event.kind);
  out.add(event.backing);
  out.add(event.protection);
  out.add(event.address);
  out.add(event.length);
  out.add(event.value);
  out.add(event.value2);
  out.add(std::string_view(event.name));
}

Event take_event(SharedTextReader& in) {
  Event out;
  out.position = in.number<std::uint32_t>();
  out.agent = in.number<std::uint16_t>();
  out.kind = in.number<EventKind>();
  out.backing = in.number<Backing>();
  out.protection = in.number<std::uint8_t>();
  out.address = in.number<std::uint64_t>();
  out.length = in.number<std::uint64_t>();
  out.value = in.number<std::uint64_t>();
  out.value2 = in.number<std::uint64_t>();
  out.name = in.text();
  return out;
}

void add_meta(SharedText& out, const TraceMeta& meta) {
  out.add(std::string_view(meta.recorder));
  out.add(std::string_view(meta.original_format));
  out.add(std::string_view(meta.command));
  out.add(meta.exit_status);
  out.add(meta.exit_signal);
  out.add(std::string_view(meta.time_unit));
  out.add(meta.lossy);
}

TraceMeta take_meta(SharedTextReader& in) {
  TraceMeta out;
  out.recorder = in.text();
  out.original_format = in.text();
  out.command = in.text();
  out.exit_status = in.optional_number();
  out.exit_signal = in.optional_number();
  out.time_unit = in.text();
  out.lossy = in.texts();
  return out;
}

/// What a reader tells beside its blocks.
struct TraceState {
  std::string format;
  std::vector<Agent> agents;
  TraceLimits limits;
  TraceMeta meta;
};

/// With the agents from `first` on.
void add_state(SharedText& out, const TraceState& state, std::size_t first) {
  out.add(std::string_view(state.format));
  out.add(static_cast<std::uint64_t>(first));
  out.add(static_cast<std::uint64_t>(state.agents.size() - first));
  for (std::size_t i = first; i < state.agents.size(); ++i) {
    out.add(state.agents[i].kind);
    out.add(std::string_view(state.agents[i].name));
    out.add(state.agents[i].parent);
  }
  out.add(state.limits.unknown);
  add_meta(out, state.meta);
}

void take_state(SharedTextReader& in, TraceState& state) {
  state.format = in.text();
  state.agents.resize(in.number<std::uint64_t>());
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    Agent agent;
    agent.kind = in.number<AgentKind>();
    agent.name = in.text();
    agent.parent = in.number<std::uint32_t>();
    state.agents.push_back(std::move(agent));
  }
  state.limits.unknown = in.texts();
  state.meta = take_meta(in);
}

void add_diagnostics(SharedText& out, const std::vector<Diagnostic>& diagnostics) {
  out.add(static_cast<std::uint64_t>(diagnostics.size()));
  for (const Diagnostic& d : diagnostics) {
    out.add(std::string_view(d.file));
    out.add(static_cast<std::uint64_t>(d.line));
    for (const std::string* text : {&d.pointer, &d.problem, &d.remedy}) out.add(std::string_view(*text));
  }
}

std::vector<Diagnostic> take_diagnostics(SharedTextReader& in) {
  std::vector<Diagnostic> out;
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    Diagnostic d;
    d.file = in.text();
    d.line = in.number<std::uint64_t>();
    for (std::string* text : {&d.pointer, &d.problem, &d.remedy}) *text = in.text();
    out.push_back(std::move(d));
  }
  return out;
}

/// Appends records to the memory as long as they fit.
class SharedWriter {
 public:
  SharedWriter(std::byte* memory, std::size_t limit) : memory_(memory), limit_(limit), behind_(memory) {}

  std::size_t used() const { return used_; }

  /// Each is false if there is no room.
  bool block(const AccessBlock& block) {
    text_.clear();
    text_.add(static_cast<std::uint64_t>(block.events.size()));
    for (const Event& event : block.events) add_event(text_, event);
    return record(SharedKind::kBlock, &block.accesses);
  }

  /// Writes what has changed of what the reader tells.
  bool state(const Reader& reader, bool at_end) {
    const bool as_before =
        used_ != kRecordBytes && reader.meta() == state_.meta && reader.agents().size() == state_.agents.size();
    if (as_before && !at_end) return true;
    // Whoever tells an agent anew does so at the end alone.
    const std::vector<Agent>& told = state_.agents;
    const std::vector<Agent>& agents = reader.agents();
    const bool more = told.size() <= agents.size() && (!at_end || std::equal(told.begin(), told.end(), agents.begin()));
    const std::size_t first = more ? told.size() : 0;
    state_ = {std::string(reader.format()), agents, reader.limits(), reader.meta()};
    text_.clear();
    add_state(text_, state_, first);
    return record(SharedKind::kState);
  }

  bool error(const InputError& error) {
    text_.clear();
    add_diagnostics(text_, error.diagnostics());
    return record(SharedKind::kError);
  }

  bool end() {
    text_.clear();
    return record(SharedKind::kEnd);
  }

 private:
  bool record(SharedKind kind, const std::vector<Access>* accesses = nullptr) {
    const std::size_t count = accesses != nullptr ? accesses->size() : 0;
    const std::string_view text = text_.bytes();
    const std::size_t room = limit_ - used_;
    if (text.size() > room || count > room / sizeof(Access)) return false;
    const std::size_t bytes = kRecordBytes + count * sizeof(Access) + padded(text.size());
    if (bytes > room) return false;
    const SharedRecord head{kind, static_cast<std::uint32_t>(count), text.size()};
    std::byte* at = memory_ + used_;
    std::memcpy(at, &head, kRecordBytes);
    at += kRecordBytes;
    if (count != 0) std::memcpy(at, accesses->data(), count * sizeof(Access));
    at += count * sizeof(Access);
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    used_ += bytes;
    behind_.passed(used_);
    return true;
  }

  std::byte* memory_;
  std::size_t limit_;
  std::size_t used_ = kRecordBytes;  // behind the head
  DropBehind behind_;
  TraceState state_;
  SharedText text_;
};

class SharedReader final : public Reader {
 public:
  explicit SharedReader(std::byte* memory) : memory_(memory), behind_(memory) {
    // Throws what opening the trace threw.
    take_state_or_throw(record());
  }

  std::string_view format() const override { return state_.format; }
  const std::vector<Agent>& agents() const override { return state_.agents; }
  const TraceLimits& limits() const override { return state_.limits; }
  const TraceMeta& meta() const override { return state_.meta; }

  bool next(AccessBlock& block) override {
    block.clear();
    for (;;) {
      const SharedRecord head = record();
      if (head.kind == SharedKind::kEnd) return false;
      if (head.kind == SharedKind::kBlock) {
        take_block(head, block);
        return true;
      }
      take_state_or_throw(head);
    }
  }

 private:
  SharedRecord record() const {
    SharedRecord out;
    std::memcpy(&out, memory_ + at_, kRecordBytes);
    return out;
  }

  SharedTextReader text_of(const SharedRecord& head) const {
    const std::byte* const text = memory_ + at_ + kRecordBytes + head.accesses * sizeof(Access);
    return SharedTextReader({reinterpret_cast<const char*>(text), head.text_bytes});
  }

  void go_on(const SharedRecord& head) {
    at_ += kRecordBytes + head.accesses * sizeof(Access) + padded(head.text_bytes);
    behind_.passed(at_);
  }

  void take_state_or_throw(const SharedRecord& head) {
    SharedTextReader text = text_of(head);
    if (head.kind == SharedKind::kError) throw InputError(take_diagnostics(text));
    take_state(text, state_);
    go_on(head);
  }

  void take_block(const SharedRecord& head, AccessBlock& block) {
    const auto* const accesses = reinterpret_cast<const Access*>(memory_ + at_ + kRecordBytes);
    block.accesses.assign(accesses, accesses + head.accesses);
    SharedTextReader text = text_of(head);
    for (auto left = text.number<std::uint64_t>(); left > 0; --left) block.events.push_back(take_event(text));
    go_on(head);
  }

  std::byte* memory_;
  std::size_t at_ = kRecordBytes;
  DropBehind behind_;
  TraceState state_;
};

/// False if there is no room.
bool write_all(SharedWriter& out, const std::function<std::unique_ptr<Reader>()>& open) {
  try {
    const std::unique_ptr<Reader> reader = open();
    if (!out.state(*reader, false)) return false;
    AccessBlock block;
    while (reader->next(block)) {
      if (!out.state(*reader, false) || !out.block(block)) return false;
    }
    return out.state(*reader, true) && out.end();
  } catch (const InputError& error) {
    return out.error(error);
  }
}

}  // namespace

SharedTrace::SharedTrace(std::string description, std::size_t limit)
    : description_(std::move(description)), limit_(std::max(padded(limit), kRecordBytes)) {
  void* const memory =
      ::mmap(nullptr, limit_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw RunError("cannot reserve memory for a shared trace: " + system_message(errno));
  memory_ = static_cast<std::byte*>(memory);
}

SharedTrace::~SharedTrace() { ::munmap(memory_, limit_); }

bool SharedTrace::fill(const std::function<std::unique_ptr<Reader>()>& open) {
  SharedWriter writer(memory_, limit_);
  if (!write_all(writer, open)) return false;
  const SharedHead head{writer.used()};
  std::memcpy(memory_, &head, sizeof head);
  return true;
}

bool SharedTrace::is_filled() const { return bytes() != 0; }

std::size_t SharedTrace::bytes() const {
  SharedHead head;
  std::memcpy(&head, memory_, sizeof head);
  return head.used;
}

std::unique_ptr<Reader> SharedTrace::open() const { return std::make_unique<SharedReader>(memory_); }

}  // namespace farfault::traces
