#include "sim/cli/terminal.h"

#include <fcntl.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

constexpr const char* kClearLine = "\r\x1B[K";
constexpr auto kBarInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(10);

std::string printed_number(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// "0:07", "1:02:03".
std::string duration(double seconds) {
  if (!(seconds < 3.6e6)) return "long";
  const long whole = std::lround(seconds);
  std::array<char, 64> text{};
  if (whole >= 3600) {
    std::snprintf(text.data(), text.size(), "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%ld:%02ld", whole / 60, whole % 60);
  }
  return text.data();
}

std::string rate_text(double per_second) {
  if (per_second >= 1e6) return printed_number("%.1f M accesses/s", per_second / 1e6);
  return printed_number("%.0f k accesses/s", per_second / 1e3);
}

void write_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// What was done, with a bar if `share` of the whole is known (not below 0): at most `width` characters if that is not
/// 0.
std::string with_bar(std::string head, const std::string& tail, double share, std::size_t width) {
  // The bar takes what room there is.
  constexpr std::size_t kLongestBar = 30;
  const std::size_t used = head.size() + tail.size() + 6;
  if (share >= 0 && width > used + 8) {
    const std::size_t cells = std::min(kLongestBar, width - used);
    const auto full = static_cast<std::size_t>(share * static_cast<double>(cells));
    head += " [" + std::string(full, '#') + std::string(cells - full, '.') + ']';
  }
  std::string line = head + "  " + tail;
  if (width != 0 && line.size() > width) line.resize(width);
  return line;
}

/// One line of progress.
std::string progress_text(const std::string& head, const RunProgress& progress, double seconds, std::size_t width) {
  const auto done = static_cast<double>(progress.accesses);
  const double rate = seconds > 0 ? done / seconds : 0;
  std::string tail = format_count(progress.accesses) + " accesses";
  if (rate > 0) tail += ", " + rate_text(rate);
  double share = -1;
  if (progress.total_accesses != 0) {
    share = std::min(1.0, done / static_cast<double>(progress.total_accesses));
    tail = printed_number("%3.0f %%  ", share * 100) + tail;
    if (rate > 0) tail += ", " + duration((static_cast<double>(progress.total_accesses) - done) / rate) + " left";
  }
  return with_bar(head, tail, share, width);
}

std::string progress_text(const std::string& head, const PointsProgress& progress, double seconds, std::size_t width) {
  const std::size_t ended = progress.done + progress.failed;
  std::string tail = format_count(ended) + " of " + format_count(progress.total) + " points";
  if (progress.failed != 0) tail += ", " + format_count(progress.failed) + " failed";
  if (progress.running != 0) tail += ", " + format_count(progress.running) + " running";
  const double rate = seconds > 0 ? static_cast<double>(ended) / seconds : 0;
  if (rate > 0) {
    tail += printed_number(rate >= 10 ? ", %.0f points/s" : ", %.2g points/s", rate);
    tail += ", " + duration(static_cast<double>(progress.total - ended) / rate) + " left";
  }
  const double share = progress.total == 0 ? 1 : static_cast<double>(ended) / static_cast<double>(progress.total);
  return with_bar(head, printed_number("%3.0f %%  ", share * 100) + tail, share, width);
}

std::string progress_text(const traces::RecordProgress& progress, double seconds) {
  std::string out = "recording  " + format_count(progress.accesses) + " accesses";
  if (seconds > 0) out += ", " + rate_text(static_cast<double>(progress.accesses) / seconds);
  return out + ", " + format_short(Bytes(progress.bytes));
}

}  // namespace

bool is_terminal(Stream stream) {
  if (::isatty(static_cast<int>(stream)) == 0) return false;
  const char* const kind = std::getenv("TERM");
  return kind != nullptr && std::string_view(kind) != "dumb";
}

bool use_color(Stream stream, ColorMode mode) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  const char* const no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && is_terminal(stream);
}

std::size_t terminal_width(Stream stream) {
  winsize size{};
  if (!is_terminal(stream) || ::ioctl(static_cast<int>(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) return;
      throw RunError("cannot write to standard output: " + system_message(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void print_error(std::string_view text) {
  const bool color = use_color(Stream::kStderr, ColorMode::kAuto);
  const std::string label = color ? "farfault: \x1B[1;31merror:\x1B[0m " : "farfault: error: ";
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += label + std::string(text.substr(0, end)) + '\n';
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  write_stderr(out);
}

void say(const std::string& text) { write_stderr(text + '\n'); }

void prepare_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    // Read-only, so that writing to a closed stdout stays an error.
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) static_cast<void>(::open("/dev/null", O_RDONLY));
  }
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>(spdlog::color_mode::never);
  auto logger = std::make_shared<spdlog::logger>("farfault", std::move(sink));
  // A bar that is on the screen makes room for the line.
  logger->set_pattern(std::string(is_terminal(Stream::kStderr) ? kClearLine : "") + "farfault: %v");
  spdlog::set_default_logger(std::move(logger));
}

void set_verbosity(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::kQuiet:
      return spdlog::set_level(spdlog::level::err);
    case Verbosity::kNormal:
      return spdlog::set_level(spdlog::level::warn);
    case Verbosity::kVerbose:
      return spdlog::set_level(spdlog::level::debug);
  }
}

void info(const std::string& text) { spdlog::info("{}", text); }

void warn(const std::string& text) { spdlog::warn("warning: {}", text); }

Progress::Progress(Verbosity verbosity, std::string activity)
    : activity_(std::move(activity)),
      enabled_(verbosity != Verbosity::kQuiet),
      bar_(is_terminal(Stream::kStderr)),
      phase_start_(Clock::now()),
      last_(phase_start_) {}

Progress::~Progress() {
  if (drawn_) write_stderr(kClearLine);
}

void Progress::update(const RunProgress& progress) {
  if (progress.phase != phase_) {
    phase_ = progress.phase;
    phase_start_ = Clock::now();
  }
  if (!is_due(bar_ ? Clock::duration(kBarInterval) : Clock::duration(kLineInterval))) return;
  const bool scan = progress.phase == RunProgress::Phase::kScan;
  const std::string head = !activity_.empty() ? activity_ : scan ? "reading the trace" : "replaying";
  show([&](std::size_t width) { return progress_text(head, progress, seconds(), width); });
}

void Progress::update(const PointsProgress& progress) {
  if (!is_due(bar_ ? Clock::duration(kBarInterval) : Clock::duration(kLineInterval))) return;
  show([&](std::size_t width) { return progress_text(activity_, progress, seconds(), width); });
}

void Progress::show(const std::function<std::string(std::size_t)>& text) {
  if (!bar_) return say("farfault: " + text(0));
  const std::size_t width = terminal_width(Stream::kStderr);
  write_stderr(kClearLine + text(width == 0 ? 79 : width - 1));
  drawn_ = true;
}

void Progress::update(const traces::RecordProgress& progress) {
  if (is_due(kLineInterval)) say("farfault: " + progress_text(progress, seconds()));
}

bool Progress::is_due(Clock::duration interval) {
  if (!enabled_) return false;
  const Clock::time_point now = Clock::now();
  if (now - last_ < interval) return false;
  last_ = now;
  return true;
}

}  // namespace farfault::cli
