#include "sim/replay/timeline/batch_tracker.h"

#include <algorithm>
#include <iterator>

namespace farfault::timeline {

void BatchTracker::on_fault(const FaultSeen& fault) {
  if (faults_.size() == kMostFaults) faults_.pop_front();
  faults_.push_back(fault);
}

std::size_t BatchTracker::sort_until(SimTime now) {
  const auto newer = std::stable_partition(faults_.begin(), faults_.end(),
                                           [now](const FaultSeen& fault) { return fault.raised <= now; });
  std::stable_sort(faults_.begin(), newer, [](const FaultSeen& a, const FaultSeen& b) { return a.raised < b.raised; });
  return static_cast<std::size_t>(newer - faults_.begin());
}

void BatchTracker::remove(std::size_t faults) {
  const auto end = faults_.begin() + static_cast<std::ptrdiff_t>(faults);
  std::transform(faults_.begin(), end, std::back_inserter(gone_), [](const FaultSeen& fault) { return fault.raised; });
  faults_.erase(faults_.begin(), end);
}

void BatchTracker::on_flush(std::uint64_t entries, SimTime now) {
  remove(std::min<std::size_t>(sort_until(now), entries));
}

void BatchTracker::on_demand(BlockNumber block, SimTime now) {
  if (planned_.size() < kMostBlocks) planned_.emplace(block, now);
}

void BatchTracker::on_copy(const Copy& copy) {
  if (copies_.size() < kMostCopies) copies_.push_back(copy);
}

std::vector<BatchTracker::BlockFaults> BatchTracker::on_batch(const BatchSpan& batch) {
  next_ = batch.number + 1;
  replay_is_due_ = true;
  // Those that are newer came while the batch was served.
  const std::size_t visible = sort_until(batch.start);
  const std::size_t there = std::min<std::size_t>(visible, batch.entries + batch.waiting);
  const std::size_t read = std::min<std::size_t>(there, batch.entries);
  const auto first = faults_.begin() + static_cast<std::ptrdiff_t>(visible - there);
  const auto end = first + static_cast<std::ptrdiff_t>(read);
  std::map<BlockNumber, BlockFaults> blocks;
  for (auto it = first; it != end; ++it) {
    BlockFaults& block = blocks.emplace(it->block, BlockFaults{*it, 0}).first->second;
    ++block.faults;
  }
  remove(visible - there + read);
  std::vector<BlockFaults> out;
  std::transform(blocks.begin(), blocks.end(), std::back_inserter(out), [](const auto& each) { return each.second; });
  return out;
}

const BatchTracker::Copy* BatchTracker::copy_of(BlockNumber block, SimTime start) const {
  const auto planned = planned_.find(block);
  if (planned == planned_.end()) return nullptr;
  const SimTime date = std::max(start, planned->second);
  const auto it = std::find_if(copies_.begin(), copies_.end(), [date](const Copy& copy) { return copy.asked >= date; });
  return it == copies_.end() ? nullptr : &*it;
}

void BatchTracker::forget() {
  planned_.clear();
  copies_.clear();
}

}  // namespace farfault::timeline
