#include "sim/cli/interrupt.h"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigaction is POSIX's
#include <unistd.h>

#include <array>
#include <climits>
#include <cstring>
#include <string>

namespace farfault::cli {
namespace {

constexpr std::array<int, 2> kSignals = {SIGINT, SIGTERM};

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch what needs no lock");

// What the handler may read: no std::string.
std::array<char, PATH_MAX> folder{};
std::array<struct sigaction, kSignals.size()> previous{};

void on_signal(int signal_number) {
  if (!interrupted.exchange(true)) return;
  if (folder[0] != '\0') ::rmdir(folder.data());
  // Delivered when the handler returns.
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

}  // namespace

InterruptGuard::InterruptGuard(const std::filesystem::path& empty_folder) {
  const std::string& path = empty_folder.native();
  folder[0] = '\0';
  if (path.size() < folder.size()) std::memcpy(folder.data(), path.c_str(), path.size() + 1);
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
