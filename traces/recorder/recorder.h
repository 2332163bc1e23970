/// Records the accesses of a program: runs it under valgrind's lackey and encodes the log as it comes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "traces/native/writer.h"
#include "traces/recorder/valgrind_process.h"

namespace farfault::traces {

struct RecordOptions {
  std::vector<std::string> command;           ///< the program, found as a shell does, and its arguments
  std::uint64_t skip = 0;                     ///< accesses at the beginning that are left out
  std::optional<std::uint64_t> max_accesses;  ///< the program is ended after so many that are not left out
  std::string recorder;                       ///< of TraceMeta; valgrind's version is added
};

struct RecordProgress {
  std::uint64_t accesses = 0;  ///< written so far
  std::uint64_t bytes = 0;     ///< of the trace so far
};

struct RecordResult {
  enum class End : std::uint8_t {
    kProgram,      ///< it ended itself, or a signal did
    kExec,         ///< it called exec; what it became ran on unrecorded
    kMaxAccesses,  ///< as asked for
    kStopped,      ///< by the flag
    kDamaged,      ///< valgrind's log could not be read any further
  };
  End end = End::kProgram;
  std::uint64_t accesses = 0;
  std::uint64_t instructions = 0;            ///< of the accesses that are in the trace
  std::optional<std::uint32_t> exit_status;  ///< of the program; neither if the recorder ended it
  std::optional<std::uint32_t> exit_signal;
  bool has_children = false;  ///< the program started processes, which are not in the trace
  std::string damage;         ///< with kDamaged: what could not be read
  double seconds = 0;
};

/// One program, once. Not thread-safe.
class Recorder {
 public:
  /// Looks for valgrind and the program. Throws RunError if one of them is missing. REQUIRES: the command is not empty.
  explicit Recorder(RecordOptions options);

  /// Runs the program to its end, or until `stop` is set, or until it has made enough accesses, and finishes the trace.
  /// The trace begins with the maps that the program begins with. `watch` may be null; it is called now and then.
  /// Throws RunError if the program does not get as far as its first access, or the trace cannot be written; the
  /// program is ended then. REQUIRES: called once, with a writer that nothing was written to.
  RecordResult run(NativeWriter& writer, const std::atomic<bool>& stop,
                   const std::function<void(const RecordProgress&)>& watch = {});

 private:
  void finish(NativeWriter& writer, const Reader& reader, const ProcessEnd& end, RecordResult& result) const;

  RecordOptions options_;
  std::string valgrind_;  ///< path
};

/// The command as a shell would take it: words with other than plain characters are quoted. Cut behind 64 KiB.
std::string shell_text(const std::vector<std::string>& command);

}  // namespace farfault::traces
