#include "models/cache/sector_cache.h"

#include <bit>

namespace farfault {
namespace {

constexpr unsigned kDirtyShift = 32;
constexpr std::uint64_t kValid = 0xffffffffU;

std::uint64_t count(std::uint64_t bits) { return static_cast<std::uint64_t>(std::popcount(bits)); }

}  // namespace

SectorCache::SectorCache(const LlcSpec& spec, Bytes sector)
    : spec_(spec),
      sector_shift_(static_cast<unsigned>(std::countr_zero(sector.count()))),
      line_shift_(static_cast<unsigned>(std::countr_zero(spec.line.value / sector))),
      lines_(spec.capacity.value / spec.line.value, spec.ways.value) {}

std::uint64_t SectorCache::set_of(std::uint64_t line) const {
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15U;
  const std::uint64_t round = line / lines_.sets();
  return lines_.set_of(lines_.set_of(line) + (round * kGoldenRatio >> 32U));
}

SectorCache::Outcome SectorCache::access(std::uint64_t sector, bool write) {
  const std::uint64_t line = sector >> line_shift_;
  const std::uint64_t valid = std::uint64_t{1} << (sector & ((std::uint64_t{1} << line_shift_) - 1));
  const std::uint64_t dirty = write ? valid << kDirtyShift : 0;
  const std::uint64_t set = set_of(line);
  Outcome outcome;
  LruSets::Entry* const found = lines_.find(set, line);
  outcome.hit = found != nullptr && (found->state & valid) != 0;
  if (!outcome.hit && (!write || spec_.fetch_on_write)) outcome.fetched = 1;
  if (found != nullptr) {
    found->state |= valid | dirty;
  } else {
    outcome.written_back = count(lines_.insert(set, {line, valid | dirty}).state >> kDirtyShift);
  }
  ++(outcome.hit ? counters_.hits : counters_.misses);
  counters_.fetched += outcome.fetched;
  counters_.written_back += outcome.written_back;
  return outcome;
}

void SectorCache::drop(BlockNumber block, const PageMask& pages) {
  const unsigned line_in_page = kPageShift - sector_shift_ - line_shift_;
  const std::uint64_t lines_a_page = std::uint64_t{1} << line_in_page;
  const std::uint64_t first_page = block.value() * kPagesPerBlock;
  if (pages.count() * lines_a_page * lines_.ways() < lines_.size()) {
    pages.for_each([&](unsigned page) {
      const std::uint64_t first = (first_page + page) << line_in_page;
      for (std::uint64_t line = first; line < first + lines_a_page; ++line) {
        counters_.dropped += count(lines_.erase(set_of(line), line).state & kValid);
      }
    });
    return;
  }
  lines_.erase_if([&](const LruSets::Entry& entry) {
    const std::uint64_t page = entry.tag >> line_in_page;
    const bool gone =
        page / kPagesPerBlock == block.value() && pages.test(static_cast<unsigned>(page % kPagesPerBlock));
    if (gone) counters_.dropped += count(entry.state & kValid);
    return gone;
  });
}

}  // namespace farfault
