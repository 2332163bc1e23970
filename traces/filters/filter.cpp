#include "traces/filters/filter.h"

#include <algorithm>
#include <utility>

namespace farfault::traces {

Filter::Filter(std::unique_ptr<Reader> input, std::string lossy) : input_(std::move(input)), lossy_(std::move(lossy)) {
  update_meta();
}

bool Filter::next(AccessBlock& block) {
  block.clear();
  while (block.accesses.size() < kBlockAccesses && block.events.size() < kBlockAccesses && step(block)) {
  }
  return !block.empty();
}

/// Goes on by a record or a part of its consequences; false at the end.
bool Filter::step(AccessBlock& out) {
  if (on_more(out)) return true;
  if (stopped_ || !refill()) {
    if (!ended_) update_meta();
    ended_ = true;
    return on_end(out);
  }
  if (event_ < block_.events.size() && block_.events[event_].position <= access_) {
    on_event(block_.events[event_++], out);
  } else {
    on_access(block_.accesses[access_++], out);
  }
  return true;
}

/// Whether there is a next record in block_.
bool Filter::refill() {
  while (access_ == block_.accesses.size() && event_ == block_.events.size()) {
    block_.clear();
    access_ = 0;
    event_ = 0;
    if (ended_ || !input_->next(block_)) return false;
  }
  return true;
}

void Filter::update_meta() {
  meta_ = input_->meta();
  meta_.lossy.push_back(lossy_);
}

void append_access(AccessBlock& out, Access access, std::uint64_t instructions) {
  if (instructions > Access::kMaxGap) {
    Event compute;
    compute.kind = EventKind::kCompute;
    compute.agent = access.agent;
    compute.value = instructions - Access::kMaxGap;
    append_event(out, std::move(compute));
    instructions = Access::kMaxGap;
  }
  access.gap = static_cast<std::uint16_t>(instructions);
  out.accesses.push_back(access);
}

void append_event(AccessBlock& out, Event event) {
  event.position = static_cast<std::uint32_t>(out.accesses.size());
  out.events.push_back(std::move(event));
}

std::uint64_t PendingInstructions::take(std::size_t agent) {
  return agent < pending_.size() ? std::exchange(pending_[agent], 0) : 0;
}

void PendingInstructions::settle(std::size_t agent, AccessBlock& out) {
  const std::uint64_t instructions = take(agent);
  if (instructions == 0) return;
  Event compute;
  compute.kind = EventKind::kCompute;
  compute.agent = static_cast<std::uint16_t>(agent);
  compute.value = instructions;
  append_event(out, std::move(compute));
}

void PendingInstructions::settle(const Event& event, AccessBlock& out) {
  settle(event.agent, out);
  if (event.kind == EventKind::kKernelLaunch || event.kind == EventKind::kStreamSync) settle(event.value, out);
}

bool PendingInstructions::settle_some(AccessBlock& out) {
  const bool any = next_ < pending_.size();
  const std::size_t end = std::min(pending_.size(), next_ + kBlockAccesses);
  for (; next_ < end; ++next_) settle(next_, out);
  return any;
}

}  // namespace farfault::traces
