#include "traces/vma_map.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace farfault::traces {
namespace {

constexpr std::uint8_t kReadWrite = 3;

std::uint64_t end_of(const Vma& vma) { return vma.start + vma.length; }

bool alike(const Vma& a, const Vma& b) {
  return a.protection == b.protection && a.backing == b.backing && a.name == b.name;
}

}  // namespace

void VmaMap::apply(const Event& event) {
  const std::uint64_t end = end_of(event.address, event.length);
  switch (event.kind) {
    case EventKind::kMmap:
      return add(Vma{event.address, event.length, event.protection, event.backing, event.name});
    case EventKind::kMunmap:
      return remove(event.address, end);
    case EventKind::kMremap:
      return move(event);
    case EventKind::kMprotect:
      return protect(event.address, end, event.protection);
    case EventKind::kBrk:
      return set_heap(event.address, event.length);
    default:
      return;
  }
}

const Vma* VmaMap::find(std::uint64_t address) const {
  auto at = ranges_.upper_bound(address);
  if (at == ranges_.begin()) return nullptr;
  --at;
  return address < end_of(at->second) ? &at->second : nullptr;
}

std::vector<Event> VmaMap::as_events() const {
  std::vector<Event> out;
  const auto add_event = [&out](EventKind kind, std::uint64_t start, std::uint64_t end) -> Event& {
    Event& event = out.emplace_back();
    event.kind = kind;
    event.address = start;
    event.length = end - start;
    return event;
  };
  if (has_heap_) {
    const std::uint64_t heap_end = end_of(heap_base_, heap_length_);
    add_event(EventKind::kBrk, heap_base_, heap_end);
    // What the program unmapped inside the heap.
    std::uint64_t covered = heap_base_;
    for (auto at = ranges_.lower_bound(heap_base_); covered < heap_end; ++at) {
      const std::uint64_t next = at == ranges_.end() ? heap_end : std::min(at->first, heap_end);
      if (covered < next) add_event(EventKind::kMunmap, covered, next);
      covered = next == heap_end ? heap_end : end_of(at->second);
    }
  }
  for (const auto& [start, vma] : ranges_) {
    if (is_plain_heap(vma)) continue;
    Event& event = add_event(EventKind::kMmap, start, end_of(vma));
    event.protection = vma.protection;
    event.backing = vma.backing;
    event.name = vma.name;
  }
  return out;
}

void VmaMap::add(Vma vma) {
  const std::uint64_t end = end_of(vma.start, vma.length);
  if (end == vma.start) return;
  vma.length = end - vma.start;
  remove(vma.start, end);
  if (ranges_.size() == kMaxRanges) {
    full_ = true;
    return;
  }
  if (vma.name.size() > kMaxNameBytes - name_bytes_) {
    full_ = true;
    vma.name.clear();
  }
  name_bytes_ += vma.name.size();
  const std::uint64_t start = vma.start;
  ranges_.emplace(start, std::move(vma));
}

void VmaMap::remove(std::uint64_t start, std::uint64_t end) {
  if (start >= end) return;
  split(start);
  split(end);
  for (auto at = ranges_.lower_bound(start); at != ranges_.end() && at->first < end;) at = erase(at);
}

void VmaMap::split(std::uint64_t address) {
  const auto after = ranges_.upper_bound(address);
  if (after == ranges_.begin()) return;
  Vma& front = std::prev(after)->second;
  const std::uint64_t end = end_of(front);
  if (address <= front.start || address >= end) return;
  Vma back = front;
  back.start = address;
  back.length = end - address;
  front.length = address - front.start;
  add(std::move(back));
}

VmaMap::Ranges::iterator VmaMap::erase(Ranges::iterator at) {
  name_bytes_ -= at->second.name.size();
  return ranges_.erase(at);
}

void VmaMap::protect(std::uint64_t start, std::uint64_t end, std::uint8_t protection) {
  if (start >= end) return;
  split(start);
  split(end);
  const auto begin = ranges_.lower_bound(start);
  for (auto at = begin; at != ranges_.end() && at->first < end; ++at) at->second.protection = protection;
  // An allocator that opens a reserved range piece by piece would otherwise leave a range a piece.
  auto at = begin == ranges_.begin() ? begin : std::prev(begin);
  while (at != ranges_.end() && at->first < end) {
    if (!merge_with_next(at)) ++at;
  }
}

bool VmaMap::merge_with_next(Ranges::iterator at) {
  const auto next = std::next(at);
  if (next == ranges_.end() || end_of(at->second) != next->first || !alike(at->second, next->second)) return false;
  at->second.length += next->second.length;
  erase(next);
  return true;
}

void VmaMap::move(const Event& event) {
  const Vma* const old = find(event.address);
  Vma moved{event.value, event.value2, kReadWrite, Backing::kUnknown, ""};
  if (old != nullptr) {
    moved = *old;
    moved.start = event.value;
    moved.length = event.value2;
  }
  remove(event.address, end_of(event.address, event.length));
  add(std::move(moved));
}

void VmaMap::set_heap(std::uint64_t base, std::uint64_t length) {
  // Another base is the heap of another program, after exec.
  const bool same = has_heap_ && base == heap_base_;
  const std::uint64_t old_base = std::exchange(heap_base_, base);
  const std::uint64_t old_length = std::exchange(heap_length_, length);
  has_heap_ = true;
  if (!same) {
    remove(old_base, end_of(old_base, old_length));
    return add(Vma{base, length, kReadWrite, Backing::kHeap, ""});
  }
  const std::uint64_t old_end = end_of(base, old_length);
  const std::uint64_t end = end_of(base, length);
  if (end <= old_end) return remove(end, old_end);
  add(Vma{old_end, end - old_end, kReadWrite, Backing::kHeap, ""});
  const auto grown = ranges_.find(old_end);
  if (grown != ranges_.end() && grown != ranges_.begin()) merge_with_next(std::prev(grown));
}

bool VmaMap::is_plain_heap(const Vma& vma) const {
  return vma.backing == Backing::kHeap && vma.protection == kReadWrite && vma.name.empty() && vma.start >= heap_base_ &&
         end_of(vma) <= end_of(heap_base_, heap_length_);
}

}  // namespace farfault::traces
