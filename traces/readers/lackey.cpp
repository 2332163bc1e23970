#include "traces/readers/lackey.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "traces/access.h"
#include "traces/readers/cursor.h"
#include "traces/readers/hex.h"
#include "traces/readers/linux_mmap.h"

namespace farfault::traces {
namespace {

/// So that a trace of nothing but system calls comes in blocks, too.
constexpr std::size_t kMaxEventsInBlock = kBlockAccesses;

// The fast way through the lines that make up a trace. ---------------------------------------------------------------

/// Reads "0401ab70,3\n" as lackey prints it: 8 to 16 digits, a comma, one to four digits. Returns what follows, or null
/// if anything is not so: the slow way then says what it is. Reads at most 24 bytes.
inline const char* parse_place(const char* text, std::uint64_t& address, std::uint32_t& size) {
  if (!parse_hex8(text, address)) return nullptr;
  text += 8;
  if (*text != ',') {
    for (unsigned digits = 8; *text != ','; ++text, ++digits) {
      const unsigned value = hex_value(*text);
      if (value >= 16 || digits == 16) return nullptr;
      address = address << 4U | value;
    }
  }
  ++text;
  if (!is_digit(*text)) return nullptr;
  size = static_cast<std::uint32_t>(*text++ - '0');
  for (unsigned digits = 1; *text != '\n'; ++text, ++digits) {
    if (!is_digit(*text) || digits == 4) return nullptr;
    size = size * 10 + static_cast<std::uint32_t>(*text - '0');
  }
  return text + 1;
}

/// The operation of an access line by its second character; 0xff if there is none.
constexpr std::array<std::uint8_t, 256> kLackeyOps = [] {
  std::array<std::uint8_t, 256> ops{};
  ops.fill(0xff);
  ops['L'] = static_cast<std::uint8_t>(Op::kRead);
  ops['S'] = static_cast<std::uint8_t>(Op::kWrite);
  ops['M'] = static_cast<std::uint8_t>(Op::kReadModifyWrite);
  return ops;
}();

bool is_instruction(std::string_view line) { return line.starts_with("I  "); }
bool is_access(std::string_view line) {
  return line.size() > 3 && line[0] == ' ' && line[2] == ' ' && kLackeyOps[static_cast<unsigned char>(line[1])] != 0xff;
}

/// "==123== TEXT" and "--123-- TEXT", by valgrind itself, or "**123** TEXT", by the program through valgrind.
struct Banner {
  std::string_view fence;
  std::uint64_t process = 0;
  std::string_view text;
};

std::optional<Banner> banner_of(std::string_view line) {
  Cursor cursor(line);
  Banner out;
  out.fence = line.substr(0, 2);
  if ((out.fence != "==" && out.fence != "--" && out.fence != "**") || !cursor.take(out.fence)) return std::nullopt;
  const std::optional<std::uint64_t> process = cursor.take_decimal();
  if (!process || !cursor.take(out.fence)) return std::nullopt;
  out.process = *process;
  cursor.take(" ");
  out.text = cursor.rest();
  return out;
}
bool is_banner(std::string_view line) { return banner_of(line).has_value(); }

/// Where in a line of a call the text of an argument begins, "0x10a008(/tmp/a), "; npos if there is none.
std::size_t text_argument(std::string_view line) {
  for (std::size_t at = line.find('('); at != std::string_view::npos; at = line.find('(', at + 1)) {
    if (at != 0 && hex_value(line[at - 1]) < 16) return at + 1;
  }
  return std::string_view::npos;
}

constexpr std::uint64_t kCloneThread = 0x10000;

constexpr std::string_view kChildrenUnknown = "accesses of child processes";
constexpr std::string_view kThreadUnknown = "thread of an access (all are given to \"thread 1\")";

}  // namespace

LackeyReader::LackeyReader(std::unique_ptr<ByteSource> source)
    : chunks_(std::move(source)), agents_{{AgentKind::kCpuThread, "thread 1"}} {
  limits_.unknown = {
      "time of an access",
      std::string(kThreadUnknown),
      std::string(kFirstMapsUnknown),
  };
}

bool LackeyReader::recognises(std::string_view head) {
  constexpr int kLines = 64;
  Cursor text(head);
  for (int i = 0; i < kLines && !text.at_end(); ++i) {
    const std::string_view line = text.take_until("\n");
    text.take("\n");
    if (is_banner(line) && line.find("== Lackey") != std::string_view::npos) return true;
    if (line.starts_with("SYSCALL[")) return true;
    if (is_instruction(line) || is_access(line)) {
      Cursor place(line.substr(3));
      if (place.take_hex() && place.take(",") && place.take_decimal()) return true;
    }
  }
  return false;
}

bool LackeyReader::next(AccessBlock& block) {
  block.events.clear();
  // Not cleared first: a block that comes back with its size needs no initialisation.
  block.accesses.resize(kBlockAccesses);
  filled_ = 0;
  while (!done_ && filled_ < kBlockAccesses && block.events.size() < kMaxEventsInBlock) {
    if (text_ == text_end_) {
      const std::string_view text = chunks_.next(lines_);
      text_ = text.data();
      text_end_ = text_ + text.size();
      if (text.empty()) {
        // What many threads leave behind may fill a block of its own.
        if (!threads_.empty() && !block.events.empty()) break;
        finish(block);
      }
      continue;
    }
    scan(block);
  }
  accesses_ += filled_;
  block.accesses.resize(filled_);
  return !block.empty();
}

void LackeyReader::scan(AccessBlock& block) {
  // In registers while the fast way lasts.
  const char* text = text_;
  const char* const end = text_end_;
  std::size_t lines = lines_;
  std::uint64_t instructions = instructions_;
  std::uint16_t agent = agent_;
  Access* out = block.accesses.data() + filled_;
  Access* const out_end = block.accesses.data() + kBlockAccesses;
  const auto store_state = [&] {
    text_ = text;
    lines_ = lines;
    instructions_ = instructions;
    filled_ = static_cast<std::size_t>(out - block.accesses.data());
  };

  while (text != end) {
    std::uint64_t address = 0;
    std::uint32_t size = 0;
    if (text[0] == 'I' && text[1] == ' ' && text[2] == ' ') {
      const char* const next = parse_place(text + 3, address, size);
      if (next != nullptr) [[likely]] {
        text = next;
        ++lines;
        ++instructions;
        continue;
      }
    } else if (text[0] == ' ' && text[2] == ' ') {
      const std::uint8_t op = kLackeyOps[static_cast<unsigned char>(text[1])];
      const char* const next = op == 0xff ? nullptr : parse_place(text + 3, address, size);
      // parse_place gives at most four digits, so that the size is in bounds.
      if (next != nullptr && size != 0 && address <= kMaxAddress - size && instructions <= Access::kMaxGap) [[likely]] {
        *out++ = Access{address, size << 2U | op, static_cast<std::uint16_t>(instructions), agent};
        text = next;
        ++lines;
        instructions = 0;
        if (out == out_end) break;
        continue;
      }
    }
    const auto* line_end = static_cast<const char*>(std::memchr(text, '\n', static_cast<std::size_t>(end - text)));
    const std::string_view line(text, static_cast<std::size_t>(line_end - text));
    text = line_end + 1;
    ++lines;
    store_state();
    other_line(line, block);
    instructions = instructions_;
    agent = agent_;
    out = block.accesses.data() + filled_;
    if (out == out_end || block.events.size() >= kMaxEventsInBlock) break;
  }
  store_state();
}

void LackeyReader::other_line(std::string_view line, AccessBlock& block) {
  if (is_instruction(line) || is_access(line)) return plain_line(line, block);
  if (line.find_first_not_of(" \t") == std::string_view::npos) return;
  const bool more_text = text_goes_on_;
  text_goes_on_ = false;
  if (line.starts_with("SYSCALL[")) return call_line(line, block);
  if (line.starts_with(" --> ")) return result_line(line, block);
  if (is_banner(line)) return banner_line(line, block);
  // What valgrind says with --trace-sched=yes when a signal takes it out of the program.
  if (line.starts_with("SCHEDSETJMP(")) return;
  if (!more_text) fail_unknown(line);
  text_goes_on_ = true;
  // Of the calls with a text only exec matters, and it has a result only if it failed.
  if (line.find(" --> ") != std::string_view::npos) open_call_.reset();
}

/// An instruction or an access that is not as lackey prints it, or does not fit an Access.
void LackeyReader::plain_line(std::string_view line, AccessBlock& block) {
  if (!is_instruction(line)) return access_line(line, block);
  Cursor cursor(line.substr(3));
  if (!cursor.take_hex() || !cursor.take(",") || !cursor.take_decimal() || !cursor.at_end()) fail_unknown(line);
  ++instructions_;
}

void LackeyReader::access_line(std::string_view line, AccessBlock& block) {
  Cursor cursor(line.substr(3));
  const std::string quoted = in_quotes(line);
  const std::string remedy = "the file is damaged: copy or record it again";
  const std::size_t digits = std::min(cursor.rest().find_first_not_of("0123456789abcdef"), cursor.rest().size());
  if (digits > 16) {
    fail("the address in " + quoted + " has more than 16 hexadecimal digits", remedy);
  }
  const std::optional<std::uint64_t> address = cursor.take_hex();
  if (!address || !cursor.take(",")) fail_unknown(line);
  const std::optional<std::uint64_t> size = cursor.take_decimal();
  if (!size || !cursor.at_end()) fail_unknown(line);
  if (*size == 0) fail("the access " + quoted + " has no size", remedy);
  if (*size > kMaxAccessBytes) {
    fail("the access " + quoted + " is larger than " + std::to_string(kMaxAccessBytes) + " bytes", remedy);
  }
  if (*address > kMaxAddress - *size) fail("the access " + quoted + " goes past the end of the address space", remedy);
  if (instructions_ > Access::kMaxGap) {
    add_event(EventKind::kCompute, block).value = instructions_ - Access::kMaxGap;
    instructions_ = Access::kMaxGap;
  }
  block.accesses[filled_++] =
      Access{*address, static_cast<std::uint32_t>(*size) << 2U | kLackeyOps[static_cast<unsigned char>(line[1])],
             static_cast<std::uint16_t>(instructions_), agent_};
  instructions_ = 0;
}

void LackeyReader::banner_line(std::string_view line, AccessBlock& block) {
  const Banner banner = banner_of(line).value_or(Banner{});
  Cursor text(banner.text);
  if (banner.fence == "**") return marker_line(banner.text, block);
  if (banner.fence == "--") {
    text.skip_spaces();
    if (text.take("SCHED[")) lock_line(line, banner.process, text.rest(), block);
  } else if (text.take("Command: ")) {
    if (meta_.command.empty()) meta_.command = text.rest();
  } else if (text.take("Using Valgrind-")) {
    meta_.recorder = "valgrind-" + std::string(text.take_until(" ")) + " lackey";
  } else if (text.take("Process terminating with default action of signal ")) {
    const std::optional<std::uint64_t> signal = text.take_decimal();
    const bool own = banner.process == process_.value_or(banner.process);
    if (own && signal && *signal < 128) meta_.exit_signal = static_cast<std::uint32_t>(*signal);
  }
}

void LackeyReader::marker_line(std::string_view text, AccessBlock& block) {
  // What a program prints need not end its line, and then goes on without the fence.
  text_goes_on_ = true;
  Cursor cursor(text);
  if (!cursor.take("farfault: ")) return;
  add_event(EventKind::kMarker, block).name = cursor.rest().substr(0, kMaxMarkerBytes);
}

/// `text` is what follows "SCHED[": "2]:  acquired lock (VG_(client_syscall)[async])".
void LackeyReader::lock_line(std::string_view line, std::uint64_t process, std::string_view text, AccessBlock& block) {
  Cursor cursor(text);
  const std::optional<std::uint64_t> thread = cursor.take_decimal();
  if (!thread || !cursor.take("]:")) fail_unknown(line);
  cursor.skip_spaces();
  if (!cursor.take("acquired lock (")) return;
  if (process != scheduled_process_.value_or(process)) return;
  if (*thread >= kMaxThreads) {
    fail("the number of the thread in \"" + printable(line) + "\" is not below " + std::to_string(kMaxThreads),
         "record with --max-threads=" + std::to_string(kMaxThreads) + " or less");
  }
  if (!scheduled_process_) {
    scheduled_process_ = process;
    return run_first_thread(*thread);
  }
  run_thread(*thread, cursor.rest().starts_with("thread_wrapper(starting new thread)"), block);
}

/// It takes over the agent that is there without lines about the lock, and what came before.
void LackeyReader::run_first_thread(std::size_t thread) {
  std::erase(limits_.unknown, kThreadUnknown);
  threads_.resize(thread + 1);
  threads_[thread].agent = agent_;
  thread_ = thread;
}

void LackeyReader::run_thread(std::size_t thread, bool starts, AccessBlock& block) {
  threads_[thread_].instructions = std::exchange(instructions_, 0);
  if (thread >= threads_.size()) threads_.resize(thread + 1);
  Thread& next = threads_[thread];
  if (starts || !next.agent) {
    add_instructions(next, block);
    next.agent = add_agent();
  }
  thread_ = thread;
  agent_ = *next.agent;
  instructions_ = std::exchange(next.instructions, 0);
}

std::uint16_t LackeyReader::add_agent() {
  constexpr std::string_view kTooMany = "thread of some accesses (the last agent stands for all threads from it on)";
  if (agents_.size() < kMaxAgents) {
    agents_.push_back({AgentKind::kCpuThread, "thread " + std::to_string(agents_.size() + 1)});
  } else if (std::find(limits_.unknown.begin(), limits_.unknown.end(), kTooMany) == limits_.unknown.end()) {
    limits_.unknown.emplace_back(kTooMany);
  }
  return static_cast<std::uint16_t>(agents_.size() - 1);
}

void LackeyReader::add_instructions(Thread& thread, AccessBlock& block) {
  if (thread.instructions == 0) return;
  Event& event = add_event(EventKind::kCompute, block);
  event.agent = thread.agent.value_or(0);
  event.value = std::exchange(thread.instructions, 0);
}

void LackeyReader::call_line(std::string_view line, AccessBlock& block) {
  struct Known {
    std::string_view name;
    CallKind kind;
    std::size_t arguments;  ///< at least
  };
  static constexpr std::array kKnown{
      Known{"sys_mmap", CallKind::kMmap, 6},
      Known{"sys_munmap", CallKind::kMunmap, 2},
      Known{"sys_mremap", CallKind::kMremap, 4},
      Known{"sys_mprotect", CallKind::kMprotect, 3},
      Known{"sys_brk", CallKind::kBrk, 1},
      Known{"sys_clone", CallKind::kProcess, 1},
      Known{"sys_fork", CallKind::kProcess, 0},
      Known{"sys_vfork", CallKind::kProcess, 0},
      Known{"exit_group", CallKind::kExit, 1},
      Known{"sys_execve", CallKind::kExec, 0},
      Known{"sys_execveat", CallKind::kExec, 0},
      // Files have names only with --trace-sched=yes: what was recorded without reads as it always did.
      Known{"sys_open", CallKind::kOpen, 0},
      Known{"sys_openat", CallKind::kOpen, 0},
      Known{"sys_creat", CallKind::kOpen, 0},
      Known{"sys_close", CallKind::kClose, 1},
      Known{"sys_dup", CallKind::kDuplicate, 1},
      Known{"sys_dup2", CallKind::kDuplicate, 2},
      Known{"sys_dup3", CallKind::kDuplicate, 2},
      Known{"sys_close_range", CallKind::kCloseMany, 2},
  };
  // A call before it that never got its result (the process was killed in it, or a thread took over).
  open_call_.reset();
  const bool has_outcome = line.find(" --> ") != std::string_view::npos;
  // A text may hold line ends.
  text_goes_on_ = !has_outcome && text_argument(line) != std::string_view::npos;

  Cursor cursor(line);
  cursor.take("SYSCALL[");
  Call call;
  const std::optional<std::uint64_t> process = cursor.take_decimal();
  if (!process || !cursor.take(",")) fail_unknown(line);
  const std::optional<std::uint64_t> thread = cursor.take_decimal();
  if (!thread || !cursor.take("](")) fail_unknown(line);
  cursor.take_until(")");
  if (!cursor.take(")")) fail_unknown(line);
  call.process = *process;
  call.thread = *thread;
  note_process(call.process);
  cursor.skip_spaces();

  if (cursor.take("... [async] ")) {
    const auto waiting = std::find_if(unfinished_calls_.begin(), unfinished_calls_.end(), [&](const Call& other) {
      return other.process == call.process && other.thread == call.thread;
    });
    if (waiting == unfinished_calls_.end()) return;  // of a call that does not matter here
    const Call begun = std::move(*waiting);
    unfinished_calls_.erase(waiting);
    return outcome(line, cursor.rest(), begun, block);
  }

  const std::string_view name = cursor.take_until(" (");
  const auto* known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& k) { return k.name == name; });
  if (known == kKnown.end()) return;
  call.kind = known->kind;
  if (call.kind == CallKind::kExec) {
    if (!has_outcome) open_call_ = call;
    return;
  }
  if (call.kind >= CallKind::kOpen && (!scheduled_process_ || call.process != process_)) return;
  if (call.kind == CallKind::kOpen) return open_line(line, std::move(call), block);
  cursor.skip_spaces();
  if (!cursor.take("(")) fail_call(line);
  // The flags of clone are printed in hexadecimal without a prefix.
  bool bare_hex = name == "sys_clone";
  std::size_t count = 0;
  for (cursor.skip_spaces(); !cursor.take(")"); cursor.skip_spaces()) {
    if (count != 0) {
      if (!cursor.take(",")) fail_call(line);
      cursor.skip_spaces();
    }
    const std::optional<std::uint64_t> value = bare_hex ? cursor.take_hex() : cursor.take_argument();
    if (!value || count == std::size(call.arguments)) fail_call(line);
    call.arguments[count++] = *value;
    bare_hex = false;
  }
  if (count < known->arguments) fail_call(line);

  if (call.kind == CallKind::kProcess) {
    // "clone(fork): process 7606 created child 7608": then both processes print a result, in any order.
    constexpr std::string_view kCreated = "created child ";
    const std::size_t place = cursor.rest().find(kCreated);
    if (place != std::string_view::npos) {
      const std::optional<std::uint64_t> child = Cursor(cursor.rest().substr(place + kCreated.size())).take_decimal();
      if (!child) fail_call(line);
      return add_fork(*child, block);
    }
  }
  call_end(line, cursor.rest(), call, block);
}

/// A path stands in it as it is: "sys_openat ( 4294967196, 0x4034bb0(/a), 524288 )".
void LackeyReader::open_line(std::string_view line, Call call, AccessBlock& block) {
  constexpr std::string_view kBehind = "), ";
  const std::size_t begin = text_argument(line);
  const std::size_t end = line.rfind(kBehind);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return;
  call.path = line.substr(begin, std::min(end - begin, OpenFiles::kMaxNameBytes + 1));
  Cursor cursor(line.substr(end + kBehind.size()));
  cursor.take_until(")");
  if (cursor.take(")")) call_end(line, cursor.rest(), call, block);
}

/// `text` is what follows a call's arguments.
void LackeyReader::call_end(std::string_view line, std::string_view text, const Call& call, AccessBlock& block) {
  Cursor cursor(text);
  cursor.skip_spaces();
  cursor.take("[sync]");
  cursor.skip_spaces();
  if (cursor.rest().starts_with("-->")) return outcome(line, cursor.rest(), call, block);
  // Something came between the call and its result, as "==1== brk segment overflow in thread #1: ..." does.
  open_call_ = call;
}

void LackeyReader::result_line(std::string_view line, AccessBlock& block) {
  const Call call = open_call_.value_or(Call{});
  const bool matters = open_call_.has_value();
  open_call_.reset();
  if (matters) return outcome(line, line.substr(1), call, block);
  // Of a call that does not matter, but the line must be whole: two processes that write to one file mix theirs.
  Cursor cursor(line);
  if (cursor.take(" --> [async] ...")) return;
  cursor.take_until(")");
  if (!cursor.take(")")) fail_unknown(line);
  cursor.skip_spaces();
  if (!cursor.at_end() && !is_banner(cursor.rest())) fail_unknown(line);
}

/// REQUIRES: `text` is the part of `line` that begins at "-->".
void LackeyReader::outcome(std::string_view line, std::string_view text, const Call& call, AccessBlock& block) {
  Cursor cursor(text);
  if (!cursor.take("--> ")) fail_call(line);
  if (cursor.take("[async] ...")) {
    if (unfinished_calls_.size() == kMaxUnfinishedCalls) {
      fail("more than " + std::to_string(kMaxUnfinishedCalls) + " system calls have no result yet",
           "the file is damaged: copy or record it again");
    }
    unfinished_calls_.push_back(call);
    return;
  }
  if (!cursor.take("[pre-success] ")) cursor.take("[pre-fail] ");
  const bool success = cursor.take("Success(0x");
  if (!success && !cursor.take("Failure(0x")) fail_call(line);
  const std::optional<std::uint64_t> result = cursor.take_hex();
  if (!result) fail_call(line);
  cursor.take_until(")");  // a second word of the result, on some machines
  if (!cursor.take(")")) fail_call(line);
  cursor.skip_spaces();
  // A new thread may take the lock before the line of the call that made it ends.
  if (!cursor.at_end() && !is_banner(cursor.rest())) fail_call(line);
  if (success) apply(line, call, *result, block);
}

void LackeyReader::apply(std::string_view line, const Call& call, std::uint64_t result, AccessBlock& block) {
  const auto& arguments = call.arguments;
  switch (call.kind) {
    case CallKind::kMmap: {
      const std::uint64_t length = range_length(line, result, arguments[1]);
      Event& event = add_event(EventKind::kMmap, block);
      event.address = result;
      event.length = length;
      event.protection = static_cast<std::uint8_t>(arguments[2] & kProtectionBits);
      if ((arguments[3] & kMapAnonymous) == 0) event.name = files_.name(arguments[4]);
      event.backing = backing_of(arguments[3], event.protection, event.name);
      return;
    }
    case CallKind::kMunmap:
    case CallKind::kMprotect: {
      const std::uint64_t length = range_length(line, arguments[0], arguments[1]);
      const bool unmaps = call.kind == CallKind::kMunmap;
      Event& event = add_event(unmaps ? EventKind::kMunmap : EventKind::kMprotect, block);
      event.address = arguments[0];
      event.length = length;
      if (!unmaps) event.protection = static_cast<std::uint8_t>(arguments[2] & kProtectionBits);
      return;
    }
    case CallKind::kMremap: {
      const std::uint64_t old_length = range_length(line, arguments[0], arguments[1]);
      const std::uint64_t new_length = range_length(line, result, arguments[2]);
      Event& event = add_event(EventKind::kMremap, block);
      event.address = arguments[0];
      event.length = old_length;
      event.value = result;
      event.value2 = new_length;
      return;
    }
    case CallKind::kBrk:
      return apply_brk(result, block);
    case CallKind::kProcess:
      if (result == 0) return;  // the child's view of it
      if ((arguments[0] & kCloneThread) != 0) {
        add_event(EventKind::kMarker, block).name = "starts thread " + std::to_string(result);
      } else {
        add_fork(result, block);
      }
      return;
    case CallKind::kExit:
      // A child's end is not the trace's.
      if (call.process != process_) return;
      meta_.exit_status = static_cast<std::uint32_t>(arguments[0] & 0xffU);
      add_event(EventKind::kExit, block).value = *meta_.exit_status;
      return;
    case CallKind::kExec:
      return;
    case CallKind::kOpen:
      return files_.open(result, call.path);
    case CallKind::kClose:
      return files_.close(arguments[0]);
    case CallKind::kCloseMany:
      return files_.close_all();
    case CallKind::kDuplicate:
      return files_.duplicate(arguments[0], result);
  }
}

void LackeyReader::add_fork(std::uint64_t child, AccessBlock& block) {
  add_event(EventKind::kFork, block).value = child;
  if (!std::exchange(has_children_, true) && !several_processes_) limits_.unknown.emplace_back(kChildrenUnknown);
}

/// The result of brk is the break, changed or not.
void LackeyReader::apply_brk(std::uint64_t result, AccessBlock& block) {
  if (heap_base_ && result == heap_end_) return;
  // Below the base it is another program's: the process called exec.
  if (!heap_base_ || result < *heap_base_) heap_base_ = result;
  heap_end_ = result;
  Event& event = add_event(EventKind::kBrk, block);
  event.address = *heap_base_;
  event.length = heap_end_ - *heap_base_;
}

Event& LackeyReader::add_event(EventKind kind, AccessBlock& block) {
  Event& event = block.events.emplace_back();
  event.kind = kind;
  event.agent = agent_;
  event.position = static_cast<std::uint32_t>(filled_);
  return event;
}

std::uint64_t LackeyReader::range_length(std::string_view line, std::uint64_t address, std::uint64_t length) const {
  const std::optional<std::uint64_t> rounded = length_in_pages(address, length);
  if (!rounded) {
    fail("the range in \"" + printable(line) + "\" goes past the end of the address space",
         "the file is damaged: copy or record it again");
  }
  return *rounded;
}

void LackeyReader::note_process(std::uint64_t process) {
  if (!process_) process_ = process;
  if (process == *process_ || several_processes_) return;
  several_processes_ = true;
  std::erase(limits_.unknown, kChildrenUnknown);
  limits_.unknown.emplace_back("process of an access (the trace holds several; their events are taken as one's)");
}

void LackeyReader::finish(AccessBlock& block) {
  done_ = true;
  if (accesses_ + filled_ == 0) {
    throw InputError(Diagnostic{chunks_.name(), 0, "",
                                "the trace has no memory access (" + std::to_string(lines_) + " lines)",
                                "record it with valgrind --tool=lackey --trace-mem=yes"});
  }
  if (instructions_ != 0) add_event(EventKind::kCompute, block).value = std::exchange(instructions_, 0);
  for (Thread& thread : threads_) add_instructions(thread, block);
  ended_by_exec_ = open_call_ && open_call_->kind == CallKind::kExec && open_call_->process == process_;
  if (ended_by_exec_) limits_.unknown.emplace_back("what the program did after it called exec");
  if (!process_) limits_.unknown.emplace_back("maps (recorded without --trace-syscalls=yes)");
}

void LackeyReader::fail(std::string problem, std::string remedy) const {
  throw InputError(Diagnostic{chunks_.name(), lines_, "", std::move(problem), std::move(remedy)});
}

void LackeyReader::fail_unknown(std::string_view line) const {
  const std::string quoted = in_quotes(line);
  if (text_ == text_end_ && chunks_.last_line_unterminated()) {
    fail("the last line is cut short: " + quoted, "the file is truncated: copy it again, or remove that line");
  }
  fail("not a line of valgrind's lackey: " + quoted,
       "if output of the program or of a second process is mixed in, record with --log-file=FILE and "
       "--child-silent-after-fork=yes");
}

void LackeyReader::fail_call(std::string_view line) const {
  fail("cannot make out the system call in \"" + printable(line, 160) + "\"",
       "if a second process wrote to the same file, record with --child-silent-after-fork=yes");
}

}  // namespace farfault::traces
