#include "models/memory/chunk_allocator.h"

#include <algorithm>

namespace farfault {
namespace {

constexpr unsigned kBigPage = pages_of(ChunkSize::k64KiB);

/// First page of a wholly free 64 KiB piece; 512 if there is none.
unsigned free_big_page(const PageMask& free) {
  for (unsigned w = 0; w < PageMask::kWords; ++w) {
    const std::uint64_t bits = free.words()[w];
    for (unsigned piece = 0; piece < 4; ++piece) {
      if ((bits >> (piece * kBigPage) & 0xffffU) == 0xffffU) return w * 64 + piece * kBigPage;
    }
  }
  return kPagesPerBlock;
}

/// First free page, preferring a 64 KiB piece that is broken already. REQUIRES: some page is free.
unsigned best_page(const PageMask& free) {
  unsigned whole = kPagesPerBlock;
  for (unsigned page = free.next(0); page < kPagesPerBlock;) {
    const unsigned piece = page & ~(kBigPage - 1);
    if ((free.words()[piece / 64] >> (piece % 64) & 0xffffU) != 0xffffU) return page;
    if (whole == kPagesPerBlock) whole = page;
    page = free.next(piece + kBigPage);
  }
  return whole;
}

}  // namespace

ChunkAllocator::ChunkAllocator(Bytes capacity) : capacity_(capacity / kPageSize), free_(capacity_) {
  const std::uint64_t roots = (capacity_ + kPagesPerBlock - 1) / kPagesPerBlock;
  roots_.resize(roots);
  last_root_pages_ = static_cast<unsigned>(capacity_ - (roots - 1) * kPagesPerBlock);
  // Listed from the last to the first, so that frames are handed out from address zero upwards.
  for (std::uint64_t i = roots; i-- > 0;) {
    const unsigned pages = i + 1 == roots ? last_root_pages_ : kPagesPerBlock;
    roots_[i].free = PageMask::range(0, pages);
    list(static_cast<std::uint32_t>(i), class_of(static_cast<std::uint32_t>(i)));
  }
}

ChunkAllocator::Class ChunkAllocator::class_of(std::uint32_t root) const {
  const PageMask& free = roots_[root].free;
  if (free.none()) return Class::kFull;
  if (free.full()) return Class::kWhole;
  return free_big_page(free) < kPagesPerBlock ? Class::kBigPages : Class::kPages;
}

void ChunkAllocator::list(std::uint32_t root, Class cls) {
  Root& r = roots_[root];
  std::uint32_t& head = heads_[static_cast<std::size_t>(cls)];
  r.listed = cls;
  r.previous = kNone;
  r.next = head;
  if (head != kNone) roots_[head].previous = root;
  head = root;
  if (cls == Class::kWhole) whole_pages_ += kPagesPerBlock;
}

void ChunkAllocator::unlist(std::uint32_t root) {
  Root& r = roots_[root];
  if (r.previous != kNone) {
    roots_[r.previous].next = r.next;
  } else {
    heads_[static_cast<std::size_t>(r.listed)] = r.next;
  }
  if (r.next != kNone) roots_[r.next].previous = r.previous;
  if (r.listed == Class::kWhole) whole_pages_ -= kPagesPerBlock;
}

void ChunkAllocator::relist(std::uint32_t root) {
  const Class cls = class_of(root);
  if (cls == roots_[root].listed) return;
  unlist(root);
  list(root, cls);
}

std::uint32_t ChunkAllocator::take(std::uint32_t root, unsigned first, unsigned pages) {
  roots_[root].free &= ~PageMask::range(first, first + pages);
  free_ -= pages;
  peak_ = std::max(peak_, used_pages());
  relist(root);
  return root * kPagesPerBlock + first;
}

std::optional<std::uint32_t> ChunkAllocator::allocate(ChunkSize size) {
  const auto head = [this](Class cls) { return heads_[static_cast<std::size_t>(cls)]; };
  if (size == ChunkSize::k4KiB) {
    for (const Class cls : {Class::kPages, Class::kBigPages, Class::kWhole}) {
      if (head(cls) != kNone) return take(head(cls), best_page(roots_[head(cls)].free), 1);
    }
  } else if (size == ChunkSize::k64KiB) {
    for (const Class cls : {Class::kBigPages, Class::kWhole}) {
      if (head(cls) != kNone) return take(head(cls), free_big_page(roots_[head(cls)].free), kBigPage);
    }
  } else if (head(Class::kWhole) != kNone) {
    return take(head(Class::kWhole), 0, kPagesPerBlock);
  }
  return std::nullopt;
}

void ChunkAllocator::free(std::uint32_t first, unsigned pages) {
  const std::uint32_t root = first / kPagesPerBlock;
  const unsigned in_root = first % kPagesPerBlock;
  roots_[root].free |= PageMask::range(in_root, in_root + pages);
  free_ += pages;
  relist(root);
}

double ChunkAllocator::fragmentation() const {
  return free_ == 0 ? 0.0 : 1.0 - static_cast<double>(whole_pages_) / static_cast<double>(free_);
}

}  // namespace farfault
