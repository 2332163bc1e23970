/// How the verbs of `farfault trace` read and write traces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/cli/commands.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/trace/options.h"
#include "traces/byte_sink.h"
#include "traces/reader.h"

namespace farfault::cli {

/// The trace, decoded on a thread of its own; its progress is shown.
std::unique_ptr<traces::Reader> open_input(const TraceInput& in, const Context& context);

/// The same of any reader. `activity` is what the user is told: "reading the trace".
std::unique_ptr<traces::Reader> watched(std::unique_ptr<traces::Reader> reader, std::string activity,
                                        const Context& context);

/// A .fft file that can be read from any place: not a pipe, and not compressed as a whole.
bool is_native_file(const std::string& path);

/// A file that is being written. It is made at once, so that a place where nothing can be written is found before the
/// work, and appears under its name when write() has ended. Ctrl-C ends the process and leaves nothing behind.
class TraceFile {
 public:
  /// Throws InputError where the file is there already or cannot be made, Error (usage) for bytes on a terminal.
  explicit TraceFile(const TraceOutput& out);

  /// Writes all that `reader` has, says on stderr what that was, and returns the number of accesses. A reader of our
  /// standard output who leaves ends it early. REQUIRES: called once.
  std::uint64_t write(traces::Reader& reader, const Context& context);

 private:
  std::uint64_t write_all(traces::Reader& reader, const Context& context);

  TraceOutput out_;
  std::uint64_t bytes_ = 0;
  InterruptGuard guard_;
  std::unique_ptr<traces::ByteSink> sink_;
};

/// A line on stderr, unless it is to be quiet.
void say_unless_quiet(const std::string& text, const Context& context);
/// "1,234 accesses", "1 access".
std::string counted(std::uint64_t n, const std::string& noun);
/// Three digits: "0.0163", "27.4".
std::string short_number(double value);
/// "12.3 %"; "-" of nothing.
std::string percent_of(std::uint64_t part, std::uint64_t whole);

}  // namespace farfault::cli
