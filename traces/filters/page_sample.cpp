#include "traces/filters/page_sample.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>

#include "traces/filters/filter.h"
#include "traces/footprint_counter.h"

namespace farfault::traces {
namespace {

/// Prefetches of more units than that are left as they are: nobody's memory is so large, and going over their units
/// would take seconds. It is all of a 48-bit address space, in 2 MiB.
constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 27U;

/// Blocks of the input for one of the output: some milliseconds.
constexpr std::size_t kMostRead = 256;

/// What TraceMeta::lossy says.
std::string loss_of(double rate) {
  std::array<char, 32> text{};
  return "all but a sample of " +
         std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), rate).ptr) + " of the memory";
}

/// The last byte, or where there is none the first.
std::uint64_t last_byte(const Access& access) {
  const std::uint64_t more = std::max<std::uint32_t>(access.size(), 1) - 1;
  return access.address + std::min(more, kMaxAddress - access.address);
}

}  // namespace

UnitSample::UnitSample(const SampleOptions& options)
    : shift_(static_cast<unsigned>(std::countr_zero(options.unit.count()))),
      key_(mix64(options.seed)),
      limit_(static_cast<std::uint64_t>(std::ceil(std::ldexp(options.rate, 53)))) {}

PageSample::PageSample(std::unique_ptr<Reader> input, const SampleOptions& options)
    : input_(std::move(input)), rate_(options.rate), sample_(options) {
  update_meta();
}

bool PageSample::next(AccessBlock& block) {
  block.clear();
  for (read_ = 0; block.accesses.size() < kBlockAccesses && block.events.size() < kBlockAccesses;) {
    if (!step(block)) return !block.empty();
    if (read_ > kMostRead) break;
  }
  return true;
}

/// Goes on up to the next event or access over several units; false at the end.
bool PageSample::step(AccessBlock& out) {
  if (rest_) {
    go_on(out);
    return true;
  }
  if (!refill()) {
    if (!ended_) update_meta();
    ended_ = true;
    return false;
  }
  const bool has_event = event_ < block_.events.size();
  const std::size_t end = has_event ? block_.events[event_].position : block_.accesses.size();
  if (access_ < end) {
    take_accesses(end, out);
  } else {
    take_event(out);
  }
  return true;
}

/// Whether there is a next record in block_.
bool PageSample::refill() {
  while (access_ == block_.accesses.size() && event_ == block_.events.size()) {
    access_ = 0;
    event_ = 0;
    if (ended_ || !input_->next(block_)) {
      block_.clear();
      return false;
    }
    ++read_;
  }
  return true;
}

void PageSample::take_accesses(std::size_t end, AccessBlock& out) {
  for (; access_ < end && out.accesses.size() < kBlockAccesses; ++access_) {
    const Access& access = block_.accesses[access_];
    const std::uint64_t unit = sample_.unit_of(access.address);
    if (unit != sample_.unit_of(last_byte(access))) [[unlikely]] {
      rest_ = Rest{access.address, end_of(access.address, access.size()), access, std::nullopt};
      ++access_;
      return;
    }
    if (unit != unit_ || !looked_up_) look_up(unit);
    if (kept_) keep(access, out);
  }
}

void PageSample::look_up(std::uint64_t unit) {
  looked_up_ = true;
  unit_ = unit;
  kept_ = sample_.keeps(unit);
}

void PageSample::keep(const Access& access, AccessBlock& out) {
  if (time_) append_time(out);
  if (access.agent < waiting_.size() && waiting_[access.agent].any) append_waiting(access.agent, out);
  out.accesses.push_back(access);
}

void PageSample::take_event(AccessBlock& out) {
  Event event = std::move(block_.events[event_++]);
  if (let_wait(event)) return;
  if (event.kind == EventKind::kPrefetch && event.length != 0) {
    const std::uint64_t end = end_of(event.address, event.length);
    if (sample_.unit_of(end) - sample_.unit_of(event.address) < kMostUnits) {
      rest_ = Rest{event.address, end, {}, std::move(event)};
      return;
    }
  }
  // A kernel's blocks end with it.
  const bool ends_blocks = event.kind == EventKind::kKernelLaunch || event.kind == EventKind::kKernelEnd;
  if (ends_blocks && event.agent < waiting_.size()) waiting_[event.agent].block.reset();
  if (time_) append_time(out);
  append_event(out, std::move(event));
}

/// Whether the event is one of those that wait for what follows.
bool PageSample::let_wait(Event& event) {
  if (event.kind == EventKind::kTimestamp) {
    time_ = std::move(event);
    return true;
  }
  const bool dependency = event.kind == EventKind::kDependency;
  const bool block = event.kind == EventKind::kThreadBlock;
  if (!dependency && !block && event.kind != EventKind::kCompute) return false;
  if (event.agent >= waiting_.size()) waiting_.resize(event.agent + std::size_t{1});
  Waiting& waiting = waiting_[event.agent];
  waiting.any = true;
  if (dependency) {
    waiting.dependency = std::move(event);
  } else if (block) {
    waiting.block = std::move(event);
  } else {
    waiting.instructions += static_cast<double>(event.value) * rate_;
  }
  return true;
}

void PageSample::append_waiting(std::uint16_t agent, AccessBlock& out) {
  Waiting& waiting = waiting_[agent];
  waiting.any = false;
  if (waiting.dependency) append_event(out, *std::exchange(waiting.dependency, std::nullopt));
  if (waiting.block) append_event(out, *std::exchange(waiting.block, std::nullopt));
  const double whole = std::floor(waiting.instructions);
  if (whole < 1) return;
  waiting.instructions -= whole;
  Event compute;
  compute.kind = EventKind::kCompute;
  compute.agent = agent;
  compute.value = static_cast<std::uint64_t>(std::min(whole, 1e18));
  append_event(out, std::move(compute));
}

void PageSample::append_time(AccessBlock& out) { append_event(out, *std::exchange(time_, std::nullopt)); }

/// The next run of units that are in the sample, if there is one.
void PageSample::go_on(AccessBlock& out) {
  Rest& rest = *rest_;
  const std::uint64_t last = sample_.unit_of(rest.end - 1);
  std::uint64_t unit = sample_.unit_of(rest.start);
  while (unit <= last && !sample_.keeps(unit)) ++unit;
  if (unit > last) return rest_.reset();
  const std::uint64_t from = std::max(rest.start, sample_.start_of(unit));
  while (unit <= last && sample_.keeps(unit)) ++unit;
  const std::uint64_t to = unit > last ? rest.end : sample_.start_of(unit);
  if (rest.event) {
    Event event = *rest.event;
    event.address = from;
    event.length = to - from;
    append_event(out, std::move(event));
  } else {
    keep(
        Access::make(from, static_cast<std::uint32_t>(to - from), rest.access.op(), rest.access.gap, rest.access.agent),
        out);
    rest.access.gap = 0;
  }
  if (to >= rest.end) return rest_.reset();
  rest.start = to;
}

void PageSample::update_meta() {
  meta_ = input_->meta();
  meta_.lossy.push_back(loss_of(rate_));
}

SampleScan scan_sample(Reader& reader, const std::string& trace, std::uint64_t block_limit,
                       const SampleOptions& options) {
  const FootprintCounter counter = count_footprint(
      reader, trace, block_limit, "raise the limit if the memory is there, or cut the trace (farfault trace cut)");
  const UnitSample sample(options);
  SampleScan out{counter.scan(), 0, 0};
  std::unordered_set<std::uint64_t> units;
  counter.touched().for_each([&](std::uint64_t page) {
    const std::uint64_t unit = sample.unit_of(page << kPageShift);
    if (!sample.keeps(unit)) return;
    ++out.pages;
    units.insert(unit);
  });
  out.units = units.size();
  return out;
}

}  // namespace farfault::traces
