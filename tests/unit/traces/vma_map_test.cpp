#include "traces/vma_map.h"

#include <doctest/doctest.h>

#include <random>

namespace farfault::traces {
namespace vma_map_test {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kTop = ~std::uint64_t{0};

Event event(EventKind kind, std::uint64_t address, std::uint64_t length) {
  Event out;
  out.kind = kind;
  out.address = address;
  out.length = length;
  return out;
}

Event mmap(std::uint64_t address, std::uint64_t length, std::uint8_t protection = 3,
           Backing backing = Backing::kPrivateAnonymous, std::string name = "") {
  Event out = event(EventKind::kMmap, address, length);
  out.protection = protection;
  out.backing = backing;
  out.name = std::move(name);
  return out;
}

Event munmap(std::uint64_t address, std::uint64_t length) { return event(EventKind::kMunmap, address, length); }
Event brk(std::uint64_t base, std::uint64_t size) { return event(EventKind::kBrk, base, size); }

Event mprotect(std::uint64_t address, std::uint64_t length, std::uint8_t protection) {
  Event out = event(EventKind::kMprotect, address, length);
  out.protection = protection;
  return out;
}

Event mremap(std::uint64_t address, std::uint64_t length, std::uint64_t to, std::uint64_t new_length) {
  Event out = event(EventKind::kMremap, address, length);
  out.value = to;
  out.value2 = new_length;
  return out;
}

Vma vma(std::uint64_t start, std::uint64_t length, std::uint8_t protection = 3,
        Backing backing = Backing::kPrivateAnonymous, std::string name = "") {
  return {start, length, protection, backing, std::move(name)};
}

VmaMap map_of(const std::vector<Event>& events) {
  VmaMap out;
  for (const Event& e : events) out.apply(e);
  return out;
}

std::vector<Vma> after(const std::vector<Event>& events) {
  const VmaMap map = map_of(events);
  std::vector<Vma> out;
  for (const auto& [start, range] : map.ranges()) {
    CHECK(start == range.start);
    out.push_back(range);
  }
  return out;
}

using Vmas = std::vector<Vma>;

TEST_CASE("traces: a map of ranges finds what holds an address") {
  const VmaMap map = map_of({mmap(0x2000, 0x2000, 5, Backing::kExecutable, "/bin/a"), mmap(0x8000, 0x1000)});
  CHECK(map.find(0) == nullptr);
  CHECK(map.find(0x1fff) == nullptr);
  REQUIRE(map.find(0x2000) != nullptr);
  CHECK(*map.find(0x2000) == vma(0x2000, 0x2000, 5, Backing::kExecutable, "/bin/a"));
  CHECK(map.find(0x3fff) == map.find(0x2000));
  CHECK(map.find(0x4000) == nullptr);
  CHECK(*map.find(0x8fff) == vma(0x8000, 0x1000));
  CHECK(map.find(0x9000) == nullptr);
  CHECK(map.find(kTop) == nullptr);
  CHECK_FALSE(map.full());
}

TEST_CASE("traces: unmapping cuts ranges at both ends and in the middle") {
  CHECK(after({mmap(0x1000, 0x5000, 3, Backing::kFile, "f"), munmap(0x3000, 0x1000)}) ==
        Vmas{vma(0x1000, 0x2000, 3, Backing::kFile, "f"), vma(0x4000, 0x2000, 3, Backing::kFile, "f")});
  CHECK(after({mmap(0x1000, 0x5000), munmap(0, 0x2000)}) == Vmas{vma(0x2000, 0x4000)});
  CHECK(after({mmap(0x1000, 0x5000), munmap(0x5000, 0x9000)}) == Vmas{vma(0x1000, 0x4000)});
  CHECK(after({mmap(0x1000, 0x1000), mmap(0x2000, 0x1000), mmap(0x3000, 0x1000), munmap(0x1000, 0x3000)}).empty());
  CHECK(after({mmap(0x1000, 0x5000), munmap(0x2000, 0)}) == Vmas{vma(0x1000, 0x5000)});
  CHECK(after({munmap(0x2000, 0x1000)}).empty());
}

TEST_CASE("traces: mapping over a range replaces that part, and equal neighbours stay two allocations") {
  CHECK(after({mmap(0x1000, 0x5000), mmap(0x2000, 0x1000, 1, Backing::kFile)}) ==
        Vmas{vma(0x1000, 0x1000), vma(0x2000, 0x1000, 1, Backing::kFile), vma(0x3000, 0x3000)});
  CHECK(after({mmap(0x1000, 0x1000), mmap(0x2000, 0x1000)}) == Vmas{vma(0x1000, 0x1000), vma(0x2000, 0x1000)});
  CHECK(after({mmap(0x1000, 0)}).empty());
}

TEST_CASE("traces: mprotect splits, and joins what it made equal") {
  CHECK(after({mmap(0x1000, 0x5000), mprotect(0x2000, 0x1000, 0)}) ==
        Vmas{vma(0x1000, 0x1000), vma(0x2000, 0x1000, 0), vma(0x3000, 0x3000)});
  CHECK(after({mmap(0x1000, 0x5000), mprotect(0x2000, 0x1000, 0), mprotect(0x2000, 0x1000, 3)}) ==
        Vmas{vma(0x1000, 0x5000)});
  CHECK(after({mmap(0x1000, 0x1000), mmap(0x2000, 0x1000), mmap(0x5000, 0x1000), mprotect(0, 0x9000, 1)}) ==
        Vmas{vma(0x1000, 0x2000, 1), vma(0x5000, 0x1000, 1)});
  CHECK(after({mmap(0x1000, 0x1000), mprotect(0x2000, 0x1000, 0), mprotect(0x1000, 0, 0)}) ==
        Vmas{vma(0x1000, 0x1000)});
  // As malloc opens a thread's arena: one range opened and one still closed, however often.
  VmaMap arena = map_of({mmap(0x10000, 0x10000, 0)});
  for (std::uint64_t i = 0; i < 8; ++i) arena.apply(mprotect(0x10000 + i * kPage, kPage, 3));
  CHECK(arena.ranges().size() == 2);
}

TEST_CASE("traces: mremap moves and grows and shrinks a range with all that it is") {
  const auto file = [](std::uint64_t start, std::uint64_t length) {
    return vma(start, length, 1, Backing::kFile, "data");
  };
  const Event mapped = mmap(0x10000, 0x4000, 1, Backing::kFile, "data");
  CHECK(after({mapped, mremap(0x10000, 0x4000, 0x80000, 0x8000)}) == Vmas{file(0x80000, 0x8000)});
  CHECK(after({mapped, mremap(0x10000, 0x4000, 0x10000, 0x8000)}) == Vmas{file(0x10000, 0x8000)});
  CHECK(after({mapped, mremap(0x10000, 0x4000, 0x10000, 0x1000)}) == Vmas{file(0x10000, 0x1000)});
  // A part of it, over something else.
  CHECK(after({mapped, mmap(0x80000, 0x1000), mremap(0x11000, 0x1000, 0x80000, 0x1000)}) ==
        Vmas{file(0x10000, 0x1000), file(0x12000, 0x2000), file(0x80000, 0x1000)});
  // An old length of 0 duplicates a shared range.
  CHECK(after({mapped, mremap(0x10000, 0, 0x80000, 0x4000)}) == Vmas{file(0x10000, 0x4000), file(0x80000, 0x4000)});
  // What was never seen to be mapped.
  CHECK(after({mremap(0x10000, 0x1000, 0x80000, 0x2000)}) == Vmas{vma(0x80000, 0x2000, 3, Backing::kUnknown)});
}

TEST_CASE("traces: brk grows and shrinks one heap, and another base is another program's") {
  const auto heap = [](std::uint64_t start, std::uint64_t length) { return vma(start, length, 3, Backing::kHeap); };
  CHECK(after({brk(0x10000, 0)}).empty());
  CHECK(after({brk(0x10000, 0), brk(0x10000, 0x3000), brk(0x10000, 0x5000)}) == Vmas{heap(0x10000, 0x5000)});
  CHECK(after({brk(0x10000, 0x5000), brk(0x10000, 0x1000)}) == Vmas{heap(0x10000, 0x1000)});
  CHECK(after({brk(0x10000, 0x5000), brk(0x10000, 0)}).empty());
  CHECK(after({brk(0x10000, 0x5000), brk(0x8000, 0x1000)}) == Vmas{heap(0x8000, 0x1000)});
  CHECK(after({brk(0x10000, 0x3000), mprotect(0x12000, 0x1000, 1), brk(0x10000, 0x4000)}) ==
        Vmas{heap(0x10000, 0x2000), vma(0x12000, 0x1000, 1, Backing::kHeap), heap(0x13000, 0x1000)});
}

TEST_CASE("traces: other events change no mapping") {
  CHECK(after({mmap(0x1000, 0x1000), event(EventKind::kExit, 0x1000, 0x1000), event(EventKind::kPin, 0x1000, 0x1000),
               event(EventKind::kMarker, 0x1000, 0x1000)}) == Vmas{vma(0x1000, 0x1000)});
}

TEST_CASE("traces: ranges at the end of the address space do not wrap") {
  const std::uint64_t last = kTop - 0xfff;
  const VmaMap map = map_of({mmap(last, 0x9000), mmap(kTop, 5)});
  CHECK(map.ranges().size() == 1);
  CHECK(map.find(last)->length == 0xfff);
  CHECK(after({mmap(last, 0x9000), munmap(0, kTop)}).empty());
  CHECK(after({brk(last, 0x8000), mremap(last, kTop, 0x1000, 0x1000)}) == Vmas{vma(0x1000, 0x1000, 3, Backing::kHeap)});
}

TEST_CASE("traces: ranges and names beyond the bound are left out, and the map says so") {
  VmaMap map;
  for (std::uint64_t i = 0; i < VmaMap::kMaxRanges; ++i) map.apply(mmap(2 * i * kPage, kPage));
  CHECK_FALSE(map.full());
  map.apply(mmap(2 * VmaMap::kMaxRanges * kPage, kPage));
  CHECK(map.full());
  CHECK(map.ranges().size() == VmaMap::kMaxRanges);

  VmaMap names = map_of({mmap(0, 2 * kPage, 3, Backing::kFile, std::string(VmaMap::kMaxNameBytes / 2, 'n'))});
  names.apply(mprotect(kPage, kPage, 1));
  CHECK_FALSE(names.full());
  names.apply(mmap(8 * kPage, kPage, 3, Backing::kFile, "n"));
  CHECK(names.full());
  CHECK(names.find(8 * kPage)->name.empty());
  // Room that comes back is used.
  names.apply(munmap(0, kPage));
  names.apply(mmap(9 * kPage, kPage, 3, Backing::kFile, "n"));
  CHECK(names.find(9 * kPage)->name == "n");
}

TEST_CASE("traces: a map given as events makes the same map again") {
  std::mt19937_64 random(1);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  constexpr std::uint64_t kPages = 64;
  for (int round = 0; round < 300; ++round) {
    VmaMap map;
    for (int i = 0; i < 30; ++i) {
      const std::uint64_t address = below(kPages) * kPage;
      const std::uint64_t length = below(8) * kPage;
      switch (below(5)) {
        case 0:
          map.apply(mmap(address, length, static_cast<std::uint8_t>(below(2) + 2),
                         below(2) == 0 ? Backing::kHeap : Backing::kFile, below(2) == 0 ? "" : "name"));
          break;
        case 1:
          map.apply(munmap(address, length));
          break;
        case 2:
          map.apply(mprotect(address, length, static_cast<std::uint8_t>(below(2) + 2)));
          break;
        case 3:
          map.apply(mremap(address, length, below(kPages) * kPage, below(8) * kPage));
          break;
        default:
          map.apply(brk((16 + below(20) / 19 * 16) * kPage, length));
      }
      std::uint64_t covered = 0;
      for (const auto& [start, range] : map.ranges()) {
        CHECK(start >= covered);
        covered = start + range.length;
      }
    }
    const VmaMap again = map_of(map.as_events());
    for (std::uint64_t address = 0; address < 2 * kPages * kPage; address += kPage) {
      const Vma* const one = map.find(address);
      const Vma* const other = again.find(address);
      REQUIRE((one == nullptr) == (other == nullptr));
      if (one == nullptr) continue;
      CHECK(one->protection == other->protection);
      CHECK(one->backing == other->backing);
      CHECK(one->name == other->name);
    }
  }
}

TEST_CASE("traces: a heap without pages keeps its base among a map's events") {
  CHECK(map_of({brk(0x10000, 0)}).as_events() == std::vector<Event>{brk(0x10000, 0)});
  CHECK(map_of({}).as_events().empty());
}

}  // namespace vma_map_test
}  // namespace farfault::traces
