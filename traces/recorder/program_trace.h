/// The trace of a program that runs under valgrind right now.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "traces/readers/lackey.h"
#include "traces/recorder/process_maps.h"
#include "traces/recorder/valgrind_process.h"

namespace farfault::traces {

/// The mappings of a program when the first words of its log came.
struct FirstMaps {
  std::vector<ProcessMap> maps;
  std::string own;  ///< valgrind's executable
};

/// Valgrind's log as bytes, in whole lines: what the program was killed in the middle of is left out, but for a system
/// call that never came back. It ends where the log ends, or when `stop` is set. Notes the first maps. Memory: 64 KiB.
class LogSource final : public ByteSource {
 public:
  /// REQUIRES: the arguments outlive the source.
  LogSource(ValgrindProcess& process, const std::atomic<bool>& stop, FirstMaps& maps);

  std::size_t read(char* to, std::size_t size) override;
  const std::string& name() const override { return name_; }

 private:
  bool fill();
  void take_last_words();

  std::string name_ = "valgrind's log";
  ValgrindProcess& process_;
  const std::atomic<bool>& stop_;
  FirstMaps& maps_;
  bool has_begun_ = false;
  std::vector<char> buffer_;
  std::size_t given_ = 0;      ///< of the buffer
  std::size_t whole_ = 0;      ///< of the buffer, in whole lines
  std::size_t filled_ = 0;     ///< of the buffer
  std::size_t last_read_ = 0;  ///< bytes
};

/// What LackeyReader makes of the log, with the maps that the program begins with in front. Ends early when `stop` is
/// set. Memory: LackeyReader's, LogSource's, and the first maps'.
class ProgramTrace final : public Reader {
 public:
  /// REQUIRES: `process` and `stop` outlive the trace.
  ProgramTrace(ValgrindProcess& process, const std::atomic<bool>& stop, std::uint64_t stack_bytes, TraceMeta meta);

  std::string_view format() const override { return reader_.format(); }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return reader_.agents(); }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

  /// Whether something was read of the program itself.
  bool has_begun() const { return begun_; }
  /// Whether next() has returned false.
  bool at_end() const { return at_end_; }
  bool ended_by_exec() const { return reader_.ended_by_exec(); }

 private:
  void update_limits();
  void add_first_maps(AccessBlock& block);

  std::uint64_t stack_bytes_;
  FirstMaps first_maps_;
  LackeyReader reader_;
  TraceMeta meta_;
  TraceLimits limits_;
  bool begun_ = false;
  bool has_stack_ = true;
  bool at_end_ = false;
};

}  // namespace farfault::traces
