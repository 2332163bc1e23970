#include "traces/recorder/recorder.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/core/units.h"
#include "traces/filters/cut.h"
#include "traces/recorder/find_program.h"
#include "traces/recorder/program_trace.h"
#include "traces/recorder/valgrind_process.h"

namespace farfault::traces {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxCommandBytes = std::size_t{64} << 10U;

/// Of the main thread: the limit that a shell sets with ulimit -s, of 1 MiB to 1 GiB.
std::uint64_t stack_bytes() {
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 20U;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30U;
  constexpr std::uint64_t kPageMask = kPageSize.count() - 1;
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0) return kLeast;
  return std::clamp<std::uint64_t>(limit.rlim_cur, kLeast, kMost) & ~kPageMask;
}

/// Writes what comes until nothing more comes, and counts it.
void write_all(Reader& reader, NativeWriter& writer, const std::function<void(const RecordProgress&)>& watch,
               RecordResult& result) {
  AccessBlock block;
  while (reader.next(block)) {
    writer.write(block, reader.agents());
    result.accesses += block.accesses.size();
    for (const Access& access : block.accesses) result.instructions += access.gap;
    for (const Event& event : block.events) {
      if (event.kind == EventKind::kCompute) result.instructions += event.value;
      if (event.kind == EventKind::kFork) result.has_children = true;
    }
    if (watch) watch({result.accesses, writer.bytes()});
  }
}

std::unique_ptr<Reader> cut(std::unique_ptr<Reader> reader, const RecordOptions& options) {
  if (options.skip == 0 && !options.max_accesses) return reader;
  CutOptions part;
  part.accesses.from = options.skip;
  const std::uint64_t most = Interval::kOpen - 1 - std::min(options.skip, Interval::kOpen - 1);
  if (options.max_accesses) part.accesses.to = options.skip + std::min(*options.max_accesses, most);
  return std::make_unique<Cut>(std::move(reader), part);
}

/// Whether the program ended, and not `stop` came first.
bool wait_for_end(ValgrindProcess& process, const std::atomic<bool>& stop) {
  while (!process.ended()) {
    if (stop) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

[[noreturn]] void fail_at_start(const std::string& program, ValgrindProcess& process, const std::atomic<bool>& stop) {
  if (stop || !wait_for_end(process, stop)) throw Interrupted();
  const ProcessEnd& end = *process.ended();
  const std::string how =
      end.signal ? "signal " + std::to_string(*end.signal) : "exit status " + std::to_string(end.status.value_or(0));
  throw RunError(printable(program) + ": valgrind could not run it (" + how +
                 ", no access recorded); what valgrind says of it stands above");
}

/// What the trace does not tell because of its end.
std::string lost_at_end(const RecordResult& result) {
  if (result.end == RecordResult::End::kStopped) return "what the program did after the recording was interrupted";
  if (result.end == RecordResult::End::kDamaged) return "what the program did after valgrind's log became unreadable";
  return "";
}

bool is_plain(char c) {
  constexpr std::string_view kPlain = "%+,-./:=@_";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kPlain.find(c) != std::string_view::npos;
}

}  // namespace

Recorder::Recorder(RecordOptions options) : options_(std::move(options)) {
  // Debian's valgrind is a script around valgrind.bin that changes the program's environment.
  std::optional<std::string> valgrind = find_program("valgrind.bin");
  if (!valgrind) valgrind = find_program("valgrind");
  if (!valgrind) {
    throw RunError(
        "valgrind, which records, is not in PATH; install it (Debian's package valgrind: apt-get install valgrind)");
  }
  valgrind_ = *std::move(valgrind);
  const std::string& program = options_.command.front();
  if (!find_program(program)) {
    throw RunError(printable(program, 400) + ": cannot be recorded: " + why_not_found(program) +
                   "; give the path of a program, or a name in PATH");
  }
}

RecordResult Recorder::run(NativeWriter& writer, const std::atomic<bool>& stop,
                           const std::function<void(const RecordProgress&)>& watch) {
  using End = RecordResult::End;
  const Clock::time_point begin = Clock::now();
  TraceMeta meta;
  const std::string version = valgrind_version(valgrind_);
  meta.recorder = options_.recorder + (version.empty() ? "" : ", " + version);
  meta.command = shell_text(options_.command);
  const std::uint64_t stack = stack_bytes();
  ValgrindProcess process(valgrind_, options_.command, stack);
  auto trace = std::make_unique<ProgramTrace>(process, stop, stack, std::move(meta));
  const ProgramTrace& program = *trace;
  const std::unique_ptr<Reader> reader = cut(std::move(trace), options_);
  writer.begin(reader->meta(), reader->limits());

  RecordResult result;
  try {
    write_all(*reader, writer, watch, result);
    result.end = !program.at_end() ? End::kMaxAccesses : program.ended_by_exec() ? End::kExec : End::kProgram;
  } catch (const InputError& error) {
    if (!program.has_begun()) fail_at_start(options_.command.front(), process, stop);
    result.end = End::kDamaged;
    result.damage = error.what();
  }
  const bool by_itself = result.end == End::kProgram || result.end == End::kExec;
  if (stop || (by_itself && !wait_for_end(process, stop))) result.end = End::kStopped;
  process.end();
  finish(writer, *reader, *process.ended(), result);
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

void Recorder::finish(NativeWriter& writer, const Reader& reader, const ProcessEnd& end, RecordResult& result) const {
  if (result.accesses == 0) {
    if (result.end == RecordResult::End::kStopped) throw Interrupted();
    throw RunError("the program made no more than the " + std::to_string(options_.skip) +
                   " accesses that are skipped; there is nothing to record");
  }
  TraceMeta meta = reader.meta();
  TraceLimits limits = reader.limits();
  const std::string lost = lost_at_end(result);
  if (!lost.empty()) limits.unknown.push_back(lost);
  meta.exit_status.reset();
  meta.exit_signal.reset();
  if (result.end == RecordResult::End::kProgram || result.end == RecordResult::End::kExec) {
    meta.exit_status = result.exit_status = end.status;
    meta.exit_signal = result.exit_signal = end.signal;
  }
  writer.finish(meta, limits);
}

std::string shell_text(const std::vector<std::string>& command) {
  std::string out;
  for (const std::string& word : command) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
      out += word;
    } else {
      out += '\'';
      for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
      out += '\'';
    }
    if (out.size() > kMaxCommandBytes) return out.substr(0, kMaxCommandBytes) + "...";
  }
  return out;
}

}  // namespace farfault::traces
