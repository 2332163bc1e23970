#include "traces/shared_trace.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/packed.h"
#include "sim/core/text.h"

namespace farfault::traces {
namespace {

/// Where records begin. Before them stands how many bytes are used; it is set last, so that what a decoder left that
/// did not get to its end is not taken for a trace.
constexpr std::uint64_t kFirstRecord = sizeof(std::uint64_t);

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

/// Bytes that are read or written at a time.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;

void write_at(int file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw RunError("no memory for a shared trace: " + system_message(errno));
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

constexpr const char* kDamaged = "the memory of a shared trace was damaged";

void add_event(PackedWriter& out, const Event& event) {
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

Event take_event(PackedReader& in) {
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

void add_meta(PackedWriter& out, const TraceMeta& meta) {
  out.add(std::string_view(meta.recorder));
  out.add(std::string_view(meta.original_format));
  out.add(std::string_view(meta.command));
  out.add(meta.exit_status);
  out.add(meta.exit_signal);
  out.add(std::string_view(meta.time_unit));
  out.add(meta.lossy);
}

TraceMeta take_meta(PackedReader& in) {
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
void add_state(PackedWriter& out, const TraceState& state, std::size_t first) {
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

void take_state(PackedReader& in, TraceState& state) {
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

void add_diagnostics(PackedWriter& out, const std::vector<Diagnostic>& diagnostics) {
  out.add(static_cast<std::uint64_t>(diagnostics.size()));
  for (const Diagnostic& d : diagnostics) {
    out.add(std::string_view(d.file));
    out.add(static_cast<std::uint64_t>(d.line));
    for (const std::string* text : {&d.pointer, &d.problem, &d.remedy}) out.add(std::string_view(*text));
  }
}

std::vector<Diagnostic> take_diagnostics(PackedReader& in) {
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

/// Appends records as long as they fit.
class SharedWriter {
 public:
  SharedWriter(int file, std::uint64_t limit) : file_(file), limit_(limit) {}

  /// Each is false if there is no room.
  bool block(const AccessBlock& block) {
    text_.clear();
    text_.add(static_cast<std::uint64_t>(block.events.size()));
    for (const Event& event : block.events) add_event(text_, event);
    return record(SharedKind::kBlock, block.accesses);
  }

  /// Writes what has changed of what the reader tells.
  bool state(const Reader& reader, bool at_end) {
    const bool as_before =
        used_ != kFirstRecord && reader.meta() == state_.meta && reader.agents().size() == state_.agents.size();
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

  /// What was written is a trace.
  void commit() {
    flush();
    write_at(file_, {reinterpret_cast<const char*>(&used_), sizeof used_}, 0);
  }

 private:
  bool record(SharedKind kind, const std::vector<Access>& accesses = {}) {
    const std::string_view text = text_.bytes();
    const SharedRecord head{kind, static_cast<std::uint32_t>(accesses.size()), text.size()};
    const std::uint64_t bytes = sizeof head + accesses.size() * sizeof(Access) + text.size();
    if (used_ > limit_ || bytes > limit_ - used_) return false;
    pending_.append(reinterpret_cast<const char*>(&head), sizeof head);
    pending_.append(reinterpret_cast<const char*>(accesses.data()), accesses.size() * sizeof(Access));
    pending_ += text;
    used_ += bytes;
    if (pending_.size() >= kPieceBytes) flush();
    return true;
  }

  void flush() {
    write_at(file_, pending_, used_ - pending_.size());
    pending_.clear();
  }

  int file_;
  std::uint64_t limit_;
  std::uint64_t used_ = kFirstRecord;  ///< with what is pending
  std::string pending_;
  TraceState state_;
  PackedWriter text_;
};

class SharedReader final : public Reader {
 public:
  explicit SharedReader(int file) : file_(file) {
    // Throws what opening the trace threw.
    take_state_or_throw(record());
  }

  std::string_view format() const override { return state_.format; }
  const std::vector<Agent>& agents() const override { return state_.agents; }
  const TraceLimits& limits() const override { return state_.limits; }
  const TraceMeta& meta() const override { return state_.meta; }

  bool next(AccessBlock& block) override {
    for (;;) {
      const SharedRecord head = record();
      if (head.kind == SharedKind::kBlock) {
        take_block(head, block);
        return true;
      }
      block.clear();
      if (head.kind == SharedKind::kEnd) return false;
      take_state_or_throw(head);
    }
  }

 private:
  /// The next bytes; they stay until the next call.
  std::string_view peek(std::size_t bytes) {
    if (end_ - at_ < bytes) fetch(bytes);
    return {piece_.data() + at_, bytes};
  }

  void fetch(std::size_t bytes) {
    std::memmove(piece_.data(), piece_.data() + at_, end_ - at_);
    end_ -= std::exchange(at_, 0);
    if (piece_.size() < bytes) piece_.resize(bytes);
    while (end_ < bytes) {
      const ssize_t got = ::pread(file_, piece_.data() + end_, piece_.size() - end_, static_cast<off_t>(offset_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) throw RunError("the memory of a shared trace was damaged");
      end_ += static_cast<std::size_t>(got);
      offset_ += static_cast<std::uint64_t>(got);
    }
  }

  SharedRecord record() {
    SharedRecord out;
    std::memcpy(&out, peek(sizeof out).data(), sizeof out);
    return out;
  }

  /// All of a record, its head too.
  std::string_view whole(const SharedRecord& head) {
    return peek(sizeof head + head.accesses * sizeof(Access) + head.text_bytes);
  }

  void take_state_or_throw(const SharedRecord& head) {
    const std::string_view bytes = whole(head);
    PackedReader text(bytes.substr(sizeof head), kDamaged);
    if (head.kind == SharedKind::kError) throw InputError(take_diagnostics(text));
    take_state(text, state_);
    at_ += bytes.size();
  }

  void take_block(const SharedRecord& head, AccessBlock& block) {
    const std::string_view bytes = whole(head);
    const std::size_t accesses = head.accesses * sizeof(Access);
    block.accesses.resize(head.accesses);  // of one size mostly: nothing to clear
    block.events.clear();
    if (accesses != 0) std::memcpy(block.accesses.data(), bytes.data() + sizeof head, accesses);
    PackedReader text(bytes.substr(sizeof head + accesses), kDamaged);
    for (auto left = text.number<std::uint64_t>(); left > 0; --left) block.events.push_back(take_event(text));
    at_ += bytes.size();
  }

  int file_;
  std::uint64_t offset_ = kFirstRecord;  ///< behind the piece
  std::vector<char> piece_ = std::vector<char>(kPieceBytes);
  std::size_t at_ = 0;   ///< of the next byte in it
  std::size_t end_ = 0;  ///< of what was read into it
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

SharedTrace::SharedTrace(std::string description, std::uint64_t limit)
    : description_(std::move(description)), limit_(limit), file_(::memfd_create("farfault-trace", MFD_CLOEXEC)) {
  if (file_ < 0) throw RunError("no memory for a shared trace: " + system_message(errno));
}

SharedTrace::~SharedTrace() { ::close(file_); }

bool SharedTrace::fill(const std::function<std::unique_ptr<Reader>()>& open) {
  SharedWriter writer(file_, limit_);
  if (!write_all(writer, open)) return false;
  writer.commit();
  return true;
}

bool SharedTrace::is_filled() const { return bytes() != 0; }

std::uint64_t SharedTrace::bytes() const {
  std::uint64_t used = 0;
  return ::pread(file_, &used, sizeof used, 0) == sizeof used ? used : 0;
}

std::unique_ptr<Reader> SharedTrace::open() const { return std::make_unique<SharedReader>(file_); }

}  // namespace farfault::traces
