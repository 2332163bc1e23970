#include "traces/reuse_distance.h"

#include <algorithm>
#include <bit>

namespace farfault::traces {
namespace {

constexpr std::size_t kFewestSlots = 4096;

}  // namespace

std::optional<ReuseDistances::Counts> ReuseDistances::counts() const {
  return full_ ? std::nullopt : std::optional(counts_);
}

std::optional<std::vector<std::uint64_t>> ReuseDistances::by_distance() const {
  if (full_) return std::nullopt;
  std::vector<std::uint64_t> out = by_distance_;
  if (out.empty()) out.resize(1);
  out[0] = counts_.below[0];
  return out;
}

void ReuseDistances::touch_other(std::uint64_t page) {
  const auto end = recent_.begin() + static_cast<std::ptrdiff_t>(recent_size_);
  const auto place = static_cast<std::size_t>(std::find(recent_.begin(), end, page) - recent_.begin());
  if (place < recent_size_) {
    ++counts_.below[1];
    if (every_distance_) count_exactly(place);
    return make_recent(page, place);
  }
  if (full_) return;
  const auto [known, is_new] = slots_.try_emplace(page, kNoSlot);
  if (is_new) {
    ++counts_.first;
    full_ = slots_.size() > page_limit_;
  } else {
    count(recent_size_ + take_out(known->second));
    known.value() = kNoSlot;
  }
  if (recent_size_ < kRecent) {
    ++recent_size_;
  } else {
    append(recent_.back());
  }
  make_recent(page, recent_size_ - 1);
}

/// Moves the pages before `from` back by one, over what stands there.
void ReuseDistances::make_recent(std::uint64_t page, std::size_t from) {
  std::move_backward(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(from),
                     recent_.begin() + static_cast<std::ptrdiff_t>(from) + 1);
  recent_[0] = page;
}

void ReuseDistances::count_exactly(std::uint64_t distance) {
  if (distance >= by_distance_.size()) by_distance_.resize(distance + 1);
  ++by_distance_[distance];
}

void ReuseDistances::count(std::uint64_t distance) {
  if (every_distance_) count_exactly(distance);
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    if (distance < kBounds[i]) {
      ++counts_.below[i];
      return;
    }
  }
  ++counts_.beyond;
}

/// Frees the slot, and returns how many taken ones are behind it.
std::uint64_t ReuseDistances::take_out(std::uint32_t slot) {
  const std::size_t word = slot / 64;
  const std::uint64_t bit = std::uint64_t{1} << slot % 64;
  auto up_to = static_cast<std::uint64_t>(std::popcount(taken_[word] & (bit | (bit - 1))));
  for (std::size_t i = word; i != 0; i &= i - 1) up_to += sums_[i - 1];
  const std::uint64_t behind = old_pages_ - up_to;
  taken_[word] &= ~bit;
  add_to_sums(word, ~std::uint32_t{0});
  --old_pages_;
  return behind;
}

/// A page that is no longer recent: younger than all old ones.
void ReuseDistances::append(std::uint64_t page) {
  if (next_slot_ == pages_.size()) close_gaps();
  pages_[next_slot_] = page;
  taken_[next_slot_ / 64] |= std::uint64_t{1} << next_slot_ % 64;
  add_to_sums(next_slot_ / 64, 1);
  slots_[page] = static_cast<std::uint32_t>(next_slot_++);
  ++old_pages_;
}

/// Gives the old pages the first slots, in their order, and makes room for as many more.
void ReuseDistances::close_gaps() {
  std::size_t kept = 0;
  for (std::size_t slot = 0; slot < next_slot_; ++slot) {
    if ((taken_[slot / 64] >> slot % 64 & 1U) == 0) continue;
    pages_[kept] = pages_[slot];
    slots_[pages_[kept]] = static_cast<std::uint32_t>(kept);
    ++kept;
  }
  next_slot_ = kept;
  const std::size_t words = std::max(kFewestSlots, 2 * kept) / 64 + 1;
  pages_.resize(words * 64);
  taken_.assign(words, 0);
  sums_.assign(words, 0);
  for (std::size_t slot = 0; slot < kept; ++slot) taken_[slot / 64] |= std::uint64_t{1} << slot % 64;
  for (std::size_t word = 0; word * 64 < kept; ++word) {
    add_to_sums(word, static_cast<std::uint32_t>(std::popcount(taken_[word])));
  }
}

void ReuseDistances::add_to_sums(std::size_t word, std::uint32_t difference) {
  for (std::size_t i = word + 1; i <= sums_.size(); i += i & (0 - i)) sums_[i - 1] += difference;
}

}  // namespace farfault::traces
