#include "models/tlb/tlbs.h"

namespace farfault {

Translator::Result Translator::beyond_l1(PageNumber page, EntrySize size) {
  Result result;
  if (l2_.look_up(page, size)) {
    result.way = TlbWay::kL2;
  } else {
    result.way = TlbWay::kWalk;
    result.reads = walks_.walk(page.block(), size);
    walk_reads_ += result.reads;
    l2_.fill(page, size);
  }
  l1_.fill(page, size);
  return result;
}

Tlbs::Tlbs(const TlbSpec& spec, const PageTableSpec& table, TlbSharing sharing)
    : spec_(spec), table_(table), sharing_(sharing) {}

Translator& Tlbs::add_lane() {
  if (sharing_ == TlbSharing::kPrivate || l2_.empty()) {
    l2_.push_back(std::make_unique<TlbLevel>(spec_.l2));
    walks_.push_back(std::make_unique<WalkCache>(spec_.walk_cache.value, table_));
  }
  lanes_.push_back(std::make_unique<Translator>(spec_.l1, *l2_.back(), *walks_.back()));
  return *lanes_.back();
}

void Tlbs::invalidate(BlockNumber block, const PageMask& pages, std::uint64_t entries) {
  ++invalidated_.invalidations;
  const bool all = entries > spec_.flush_ceiling.value;
  if (all) ++invalidated_.flushes;
  const auto take_out = [&](TlbLevel& level) {
    if (all) {
      level.clear();
    } else {
      invalidated_.dropped += level.drop(block, pages);
    }
  };
  for (const auto& lane : lanes_) take_out(lane->l1_);
  for (const auto& level : l2_) take_out(*level);
  for (const auto& walks : walks_) walks->clear();
}

TlbCounters Tlbs::counters() const {
  TlbCounters sum = invalidated_;
  for (const auto& lane : lanes_) {
    sum.l1_hits += lane->l1_.hits();
    sum.l1_misses += lane->l1_.misses();
    sum.walk_reads += lane->walk_reads_;
  }
  for (const auto& level : l2_) {
    sum.l2_hits += level->hits();
    sum.l2_misses += level->misses();
  }
  return sum;
}

}  // namespace farfault
