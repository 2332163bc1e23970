#include "models/kernel/trees/xarray.h"

#include <bit>
#include <iterator>

namespace farfault {

namespace {

constexpr std::uint64_t kMask = ChunkTree::kSlots - 1;

/// Some slots of one node: xa_index, xa_shift and xa_sibs of an operation's state.
struct Run {
  std::uint64_t index = 0;
  unsigned shift = 0;
  unsigned siblings = 0;
  std::uint64_t length() const { return (siblings + std::uint64_t{1}) << shift; }
};

/// xas_set_range(): the first entry of what [first, last] is stored as.
Run first_run(std::uint64_t first, std::uint64_t last) {
  unsigned shift = 0;
  std::uint64_t siblings = last - first;
  std::uint64_t offset = kMask;
  std::uint64_t at = first;
  while ((at & kMask) == 0) {
    if (siblings < kMask || (siblings == kMask && offset < kMask)) break;
    shift += ChunkTree::kSlotBits;
    if (offset == kMask) offset = siblings & kMask;
    siblings >>= ChunkTree::kSlotBits;
    at >>= ChunkTree::kSlotBits;
  }
  offset = at & kMask;
  if (offset + siblings > kMask) siblings = kMask - offset;
  if (((at + siblings + 1) << shift) - 1 > last) siblings -= 1;
  return {first, shift, static_cast<unsigned>(siblings)};
}

/// xas_set_order() as xa_store_range() uses it: what xas_create() makes room for before the first entry is stored.
Run room_for(std::uint64_t last) {
  const auto order = static_cast<unsigned>(std::countr_zero(last + 1));
  const unsigned above = order % ChunkTree::kSlotBits;
  return {last >> order << order, order - above, (1U << above) - 1};
}

/// xas_max(): a run that begins at 0 gets a node above it, since the root pointer only holds an entry of one index.
std::uint64_t height_index(const Run& run) {
  if (run.shift == 0 && run.siblings == 0) return run.index;
  const std::uint64_t mask = run.length() - 1;
  const std::uint64_t max = run.index | mask;
  return max == mask ? max + 1 : max;
}

}  // namespace

XArray::XArray(NodeCache& cache) : tree_(cache) {}

bool XArray::store_range(std::uint64_t first, std::uint64_t last, std::uint64_t value) {
  const auto above = ranges_.upper_bound(last);
  if (above != ranges_.begin() && std::prev(above)->second >= first) return false;
  ranges_.emplace(first, last);
  const Run room = room_for(last);
  tree_.grow(height_index(room));
  tree_.make_path(room.index, room.shift);
  for (std::uint64_t at = first; at <= last;) {
    const Run run = first_run(at, last);
    tree_.grow(height_index(run));
    tree_.store(run.index, run.shift, run.siblings, value);
    ++entries_;
    at += run.length();
  }
  return true;
}

std::optional<std::uint64_t> XArray::load(std::uint64_t index) { return tree_.load(index); }

bool XArray::erase_range(std::uint64_t first, std::uint64_t last) {
  const auto range = ranges_.find(first);
  if (range == ranges_.end() || range->second != last) return false;
  ranges_.erase(range);
  for (std::uint64_t at = first; at <= last;) {
    const Run run = first_run(at, last);
    tree_.erase(at);
    --entries_;
    at += run.length();
  }
  return true;
}

}  // namespace farfault
