/// stdout for data, stderr for people.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sim/cli/options.h"
#include "sim/replay/simulation.h"
#include "traces/recorder/recorder.h"

namespace farfault::cli {

enum class Stream : std::uint8_t { kStdout = 1, kStderr = 2 };

/// A terminal that understands escapes.
bool is_terminal(Stream stream);
/// --color, then NO_COLOR, then whether the stream is a terminal.
bool use_color(Stream stream, ColorMode mode);
/// Columns of the terminal; 0 if it is none.
std::size_t terminal_width(Stream stream);

/// Writes data to stdout, all of it. Throws RunError where that fails; a reader who has left (`| head`) is no failure.
void print(std::string_view text);

/// "farfault: error: TEXT" for each line.
void print_error(std::string_view text);
/// A line to stderr.
void say(const std::string& text);

/// Opens the three standard streams where the caller closed them, so that no result file takes their number, and sends
/// the log (the engine's too) to stderr. REQUIRES: called first.
void prepare_streams();
void set_verbosity(Verbosity verbosity);
/// Lines of the log: "farfault: TEXT". info() only with -v.
void info(const std::string& text);
void warn(const std::string& text);

/// Of a sweep.
struct PointsProgress {
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t running = 0;
  std::size_t total = 0;
};

/// How far a run is: a bar on a terminal, else a line of the log every ten seconds.
class Progress {
 public:
  /// `activity` is what the line begins with, where it is not what the phase says: "writing the trace".
  explicit Progress(Verbosity verbosity, std::string activity = {});
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(const RunProgress& progress);
  void update(const PointsProgress& progress);
  /// Of a recording: never a bar, for the program may write to the same terminal.
  void update(const traces::RecordProgress& progress);

 private:
  using Clock = std::chrono::steady_clock;
  /// Shows what `text` makes of a width; 0 is any.
  void show(const std::function<std::string(std::size_t width)>& text);
  /// Whether it is time to show something again.
  bool is_due(Clock::duration interval);
  double seconds() const { return std::chrono::duration<double>(last_ - phase_start_).count(); }

  std::string activity_;
  bool enabled_;
  bool bar_;
  bool drawn_ = false;
  RunProgress::Phase phase_ = RunProgress::Phase::kScan;
  Clock::time_point phase_start_;
  Clock::time_point last_;
};

}  // namespace farfault::cli
