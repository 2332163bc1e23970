/// Reads what `valgrind --tool=lackey --trace-mem=yes --trace-syscalls=yes` writes, best with --trace-sched=yes.
///
///     I  0401ab70,3            an instruction of 3 bytes
///      L 1ffeffed88,8          a load
///      S 1ffeffed88,8          a store
///      M 04033e06,1            a load and a store
///     SYSCALL[18199,1](11) sys_munmap ( 0x483c000, 53191 )[sync] --> Success(0x0)
///     --18199--   SCHED[2]:  acquired lock (VG_(client_syscall)[async])
///     **18199** farfault: NAME    the program marks a phase (traces/recorder/farfault_marker.h)
///     ==18199== Command: ./a   and other words of valgrind itself
///
/// Valgrind runs one thread at a time, the one that holds its lock. Where the lines about the lock are there
/// (--trace-sched=yes), each access is of the thread that took it last, and threads are agents in the order in which
/// they started; otherwise all is of one agent, "thread 1".
///
/// Instructions become the gap before the next access; what does not fit a gap becomes a kCompute event, so that no
/// instruction is lost. Of the system calls those that change the address space or the processes become events; calls
/// that failed do not. Lengths of ranges are rounded up to whole 4 KiB pages, as the kernel does.
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
#include "traces/readers/open_files.h"

namespace farfault::traces {

/// Memory: the ByteSource's, 256 KiB of text, at most kMaxUnfinishedCalls calls that wait for their result, the
/// agents' names and OpenFiles'.
class LackeyReader final : public Reader {
 public:
  /// Valgrind's own bound is 512; hand-written traces may touch more at once.
  static constexpr std::uint64_t kMaxAccessBytes = std::uint64_t{1} << 20U;
  static constexpr std::size_t kMaxUnfinishedCalls = 1024;
  /// That live at once. Valgrind's own bound is 500, unless --max-threads says otherwise.
  static constexpr std::size_t kMaxThreads = kBlockAccesses;
  /// Longer names of markers are cut.
  static constexpr std::size_t kMaxMarkerBytes = 1024;
  /// What limits() says of the maps that a process begins with.
  static constexpr std::string_view kFirstMapsUnknown =
      "first maps of the executable (0x108000 or 0x400000), the loader (0x4000000) and the stack (below 0x1fff001000)";

  explicit LackeyReader(std::unique_ptr<ByteSource> source);

  /// Whether a text that begins like this is worth reading as lackey's: one of its first lines is like one of lackey's.
  static bool recognises(std::string_view head);

  std::string_view format() const override { return "lackey"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }
  /// The command and valgrind's version as valgrind printed them, and how the program ended.
  const TraceMeta& meta() const override { return meta_; }
  /// Whether the program called exec at the trace's end: what it became was not recorded.
  bool ended_by_exec() const { return ended_by_exec_; }

 private:
  enum class CallKind : std::uint8_t {
    kMmap,
    kMunmap,
    kMremap,
    kMprotect,
    kBrk,
    kProcess,
    kExit,
    kExec,
    kOpen,
    kClose,
    kCloseMany,
    kDuplicate
  };

  /// A system call that matters here.
  struct Call {
    CallKind kind = CallKind::kMmap;
    std::uint64_t process = 0;
    std::uint64_t thread = 0;
    std::uint64_t arguments[6] = {};
    std::string path;  ///< of kOpen
  };

  /// A thread of valgrind, by the number that valgrind gives it; numbers are used again.
  struct Thread {
    std::optional<std::uint16_t> agent;
    std::uint64_t instructions = 0;  ///< since its last access; the current thread's are in instructions_
  };

  void scan(AccessBlock& block);
  void other_line(std::string_view line, AccessBlock& block);
  void plain_line(std::string_view line, AccessBlock& block);
  void access_line(std::string_view line, AccessBlock& block);
  void banner_line(std::string_view line, AccessBlock& block);
  void marker_line(std::string_view text, AccessBlock& block);
  void lock_line(std::string_view line, std::uint64_t process, std::string_view text, AccessBlock& block);
  void run_first_thread(std::size_t thread);
  void run_thread(std::size_t thread, bool starts, AccessBlock& block);
  std::uint16_t add_agent();
  void add_instructions(Thread& thread, AccessBlock& block);
  void call_line(std::string_view line, AccessBlock& block);
  void open_line(std::string_view line, Call call, AccessBlock& block);
  void call_end(std::string_view line, std::string_view text, const Call& call, AccessBlock& block);
  void result_line(std::string_view line, AccessBlock& block);
  void outcome(std::string_view line, std::string_view text, const Call& call, AccessBlock& block);
  void apply(std::string_view line, const Call& call, std::uint64_t result, AccessBlock& block);
  void apply_brk(std::uint64_t result, AccessBlock& block);
  void add_fork(std::uint64_t child, AccessBlock& block);
  Event& add_event(EventKind kind, AccessBlock& block);
  std::uint64_t range_length(std::string_view line, std::uint64_t address, std::uint64_t length) const;
  void note_process(std::uint64_t process);
  void finish(AccessBlock& block);

  [[noreturn]] void fail(std::string problem, std::string remedy) const;
  [[noreturn]] void fail_unknown(std::string_view line) const;
  [[noreturn]] void fail_call(std::string_view line) const;

  LineChunks chunks_;
  const char* text_ = nullptr;  ///< what is left of the current piece
  const char* text_end_ = nullptr;
  std::size_t lines_ = 0;           ///< lines that were read
  std::size_t filled_ = 0;          ///< accesses in the block that is being filled
  std::uint64_t instructions_ = 0;  ///< since the last access
  std::uint64_t accesses_ = 0;      ///< of the blocks before
  bool done_ = false;

  std::vector<Thread> threads_;                     ///< by number; empty while no line about the lock was read
  std::size_t thread_ = 0;                          ///< that holds the lock
  std::uint16_t agent_ = 0;                         ///< of that thread
  std::optional<std::uint64_t> scheduled_process_;  ///< whose lines about the lock count: the first one's

  std::optional<Call> open_call_;       ///< printed, its result not yet: it comes as the next " --> " line
  bool text_goes_on_ = false;           ///< texts of the program may hold line ends: what follows may be more of one
  std::vector<Call> unfinished_calls_;  ///< "[async] ...": the result comes with process and thread
  OpenFiles files_;
  std::optional<std::uint64_t> heap_base_;
  std::uint64_t heap_end_ = 0;
  std::optional<std::uint64_t> process_;  ///< the first one
  bool several_processes_ = false;
  bool has_children_ = false;  ///< as far as is known
  bool ended_by_exec_ = false;

  TraceMeta meta_;
  std::vector<Agent> agents_;
  TraceLimits limits_;
};

}  // namespace farfault::traces
