#include "sim/cli/interrupt.h"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX's
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <string>

#include "sim/cli/terminal.h"
#include "sim/core/error.h"

namespace farfault::cli {
namespace {

constexpr std::array<int, 2> kSignals = {SIGINT, SIGTERM};

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch what needs no lock");

// What the handler may read: no std::string.
std::array<char, PATH_MAX> partial_path{};
bool exits = false;
const char* last_words = "";
std::array<struct sigaction, kSignals.size()> previous{};

void on_signal(int signal_number) {
  if (!interrupted.exchange(true) && !exits) return;
  // One of them fails.
  if (partial_path[0] != '\0' && ::unlink(partial_path.data()) != 0) ::rmdir(partial_path.data());
  if (exits) {
    static_cast<void>(!::write(STDERR_FILENO, last_words, std::strlen(last_words)));
    ::_exit(static_cast<int>(ExitCode::kInterrupted));
  }
  // Delivered when the handler returns.
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

}  // namespace

InterruptGuard::InterruptGuard(const std::filesystem::path& partial, OnSignal what) {
  const std::string& path = partial.native();
  partial_path[0] = '\0';
  if (path.size() < partial_path.size()) std::memcpy(partial_path.data(), path.c_str(), path.size() + 1);
  exits = what == OnSignal::kExit;
  // Over a bar that may be on the screen.
  last_words =
      is_terminal(Stream::kStderr) ? "\r\x1B[Kfarfault: error: interrupted\n" : "farfault: error: interrupted\n";
  struct sigaction action{};
  action.sa_handler = &on_signal;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &previous[i]);
    if (previous[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
  }
}

InterruptGuard::~InterruptGuard() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &previous[i], nullptr);
}

const std::atomic<bool>& InterruptGuard::flag() { return interrupted; }

}  // namespace farfault::cli
