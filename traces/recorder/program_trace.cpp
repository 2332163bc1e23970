#include "traces/recorder/program_trace.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>
#include <thread>
#include <utility>

namespace farfault::traces {
namespace {

/// How long a stop may go unnoticed while the program makes no access.
constexpr std::chrono::milliseconds kPatience{100};
/// Valgrind writes each line by itself. A reader that is woken by each would cost it more than the line does; in this
/// time it writes a small part of what the pipe holds.
constexpr std::chrono::milliseconds kRest{2};
constexpr std::size_t kPipeBufferBytes = std::size_t{64} << 10U;

}  // namespace

LogSource::LogSource(ValgrindProcess& process, const std::atomic<bool>& stop, FirstMaps& maps)
    : process_(process), stop_(stop), maps_(maps), buffer_(kPipeBufferBytes) {}

std::size_t LogSource::read(char* to, std::size_t size) {
  while (given_ == whole_) {
    if (!fill()) return 0;
  }
  const std::size_t n = std::min(size, whole_ - given_);
  std::memcpy(to, buffer_.data() + given_, n);
  given_ += n;
  return n;
}

/// False at the end.
bool LogSource::fill() {
  std::memmove(buffer_.data(), buffer_.data() + given_, filled_ - given_);
  filled_ -= std::exchange(given_, 0);
  whole_ = 0;
  for (;;) {
    if (stop_) return false;
    const ValgrindProcess::Wait found = process_.wait_for_log(kPatience);
    if (found == ValgrindProcess::Wait::kBytes) break;
    if (found == ValgrindProcess::Wait::kTimeout) continue;
    take_last_words();
    return whole_ != 0;
  }
  if (!std::exchange(has_begun_, true)) {
    maps_ = {read_maps(process_.id()), executable_of(process_.id())};
    process_.enlarge_pipe();
  } else if (last_read_ < kPipeBufferBytes / 2) {
    std::this_thread::sleep_for(kRest);
  }
  const std::size_t n = process_.read_log(buffer_.data() + filled_, buffer_.size() - filled_);
  last_read_ = n;
  if (n == 0) take_last_words();
  filled_ += n;
  const auto* const last = static_cast<const char*>(::memrchr(buffer_.data(), '\n', filled_));
  if (last != nullptr) whole_ = static_cast<std::size_t>(last - buffer_.data()) + 1;
  // No line of valgrind's is so long; what reads it will say so.
  if (filled_ == buffer_.size()) whole_ = filled_;
  return n != 0 || whole_ != 0;
}

void LogSource::take_last_words() {
  const std::string_view words(buffer_.data(), filled_);
  if (words.starts_with("SYSCALL[") && words.ends_with(')')) {
    whole_ = filled_;
  } else {
    filled_ = 0;
  }
}

ProgramTrace::ProgramTrace(ValgrindProcess& process, const std::atomic<bool>& stop, std::uint64_t stack_bytes,
                           TraceMeta meta)
    : stack_bytes_(stack_bytes),
      reader_(std::make_unique<LogSource>(process, stop, first_maps_)),
      meta_(std::move(meta)) {
  update_limits();
}

bool ProgramTrace::next(AccessBlock& block) {
  const bool more = reader_.next(block);
  if (more && !std::exchange(begun_, true)) add_first_maps(block);
  if (!more) {
    at_end_ = true;
    meta_.exit_status = reader_.meta().exit_status;
    meta_.exit_signal = reader_.meta().exit_signal;
  }
  update_limits();
  return more;
}

void ProgramTrace::update_limits() {
  limits_ = reader_.limits();
  std::erase(limits_.unknown, LackeyReader::kFirstMapsUnknown);
  if (!has_stack_) limits_.unknown.emplace_back("first map of the stack");
}

void ProgramTrace::add_first_maps(AccessBlock& block) {
  std::vector<Event> events = file_maps(first_maps_.maps, first_maps_.own);
  std::optional<Event> stack = stack_map(first_maps_.maps, block.accesses, stack_bytes_);
  has_stack_ = stack.has_value();
  if (stack) events.push_back(*std::move(stack));
  block.events.insert(block.events.begin(), std::make_move_iterator(events.begin()),
                      std::make_move_iterator(events.end()));
}

}  // namespace farfault::traces
