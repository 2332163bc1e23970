#include "sim/replay/block_queues.h"

#include <algorithm>

namespace farfault {

void BlockQueues::begin_kernel(std::uint64_t resident) {
  resident_ = resident == 0 ? std::numeric_limits<std::uint64_t>::max() : resident;
  in_block_ = false;
}

void BlockQueues::turn(std::uint64_t block, std::uint64_t stage) {
  processor_ = place(block);
  in_block_ = true;
  block_ = block;
  stage_ = stage;
}

std::uint32_t BlockQueues::place(std::uint64_t block) const {
  // Neighbouring blocks go to different micro-TLBs.
  const std::uint64_t number = block % queues_.size();
  const auto own = static_cast<std::uint32_t>(number % blocked_.size() * sharers_ + number / blocked_.size());
  if (contexts_.empty()) return own;
  if (const auto it = contexts_.find(block); it != contexts_.end()) return it->second.processor;
  const std::uint64_t share = (resident_ - 1) / queues_.size() + 1;
  if (queues_[own].blocks < share) return own;
  const auto least = std::min_element(queues_.begin(), queues_.end(),
                                      [](const Queue& a, const Queue& b) { return a.blocks < b.blocks; });
  return static_cast<std::uint32_t>(least - queues_.begin());
}

bool BlockQueues::full() const {
  if (accesses_ >= kMostAccesses) return true;
  return in_block_ && contexts_.size() >= resident_ && !contexts_.contains(block_);
}

void BlockQueues::push(const ParkedAccess& access, bool tried) {
  const auto [it, fresh] = contexts_.try_emplace(block_);
  Context& context = it->second;
  if (fresh) {
    context.processor = processor_;
    context.stage = stage_;
    ++queues_[processor_].blocks;
  }
  ++accesses_;
  if (context.stage != stage_ || context.next != context.later.size()) {
    context.later.push_back({access, stage_});
    return;
  }
  Queue& queue = queues_[context.processor];
  ++context.queued;
  tried ? queue.waiting.push_back({access, block_}) : queue.ready.push_back({access, block_});
}

void BlockQueues::replay() {
  for (Queue& queue : queues_) {
    queue.ready.insert(queue.ready.begin(), queue.waiting.begin(), queue.waiting.end());
    queue.waiting.clear();
  }
  blocked_.assign(blocked_.size(), false);
}

void BlockQueues::done(std::uint64_t block) {
  --accesses_;
  const auto it = contexts_.find(block);
  if (--it->second.queued != 0 || next_stage(block, it->second)) return;
  --queues_[it->second.processor].blocks;
  contexts_.erase(it);
}

bool BlockQueues::next_stage(std::uint64_t block, Context& context) {
  if (context.next == context.later.size()) return false;
  context.stage = context.later[context.next].stage;
  while (context.next != context.later.size() && context.later[context.next].stage == context.stage) {
    queues_[context.processor].ready.push_back({context.later[context.next].access, block});
    ++context.next;
    ++context.queued;
  }
  if (context.next == context.later.size()) {
    context.later.clear();
    context.next = 0;
  }
  return true;
}

}  // namespace farfault
