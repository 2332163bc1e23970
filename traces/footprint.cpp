#include "traces/footprint.h"

#include <tsl/robin_map.h>

#include <array>
#include <bit>
#include <cstddef>
#include <vector>

#include "sim/core/error.h"

namespace farfault::traces {
namespace {

/// Block numbers come with equal low bits (one block a GiB); the table takes the low bits of the hash.
struct MixHash {
  std::size_t operator()(std::uint64_t number) const noexcept {
    number *= 0x9e3779b97f4a7c15;
    return static_cast<std::size_t>(number ^ number >> 32U);
  }
};

class PageSet {
 public:
  PageSet(const std::string& trace, std::uint64_t block_limit) : trace_(trace), block_limit_(block_limit) {}

  /// Both ends are in.
  void add(std::uint64_t first_page, std::uint64_t last_page) {
    for (std::uint64_t page = first_page;;) {
      std::uint64_t& word = word_of(page);
      // The pages of the range that share the word.
      const std::uint64_t word_end = page | 63U;
      const std::uint64_t end = last_page < word_end ? last_page : word_end;
      word |= ~std::uint64_t{0} >> (63 - (end - page)) << (page & 63U);
      if (end == last_page) return;
      page = end + 1;
    }
  }
  std::uint64_t blocks() const { return maps_.size(); }
  std::uint64_t pages() const {
    std::uint64_t n = 0;
    for (const Map& map : maps_) {
      for (const std::uint64_t word : map) n += static_cast<std::uint64_t>(std::popcount(word));
    }
    return n;
  }

 private:
  using Map = std::array<std::uint64_t, kPagesPerBlock / 64>;

  std::uint64_t& word_of(std::uint64_t page) {
    const std::uint64_t block = PageNumber(page).block().value();
    if (block != last_block_) [[unlikely]] {
      last_index_ = index_of(block);
      last_block_ = block;
    }
    return maps_[last_index_][PageNumber(page).index_in_block() / 64];
  }

  std::size_t index_of(std::uint64_t block) {
    const auto known = index_.find(block);
    if (known != index_.end()) return known->second;
    if (maps_.size() >= block_limit_) {
      throw InputError(Diagnostic{trace_, 0, "",
                                  "accesses touch more than " + std::to_string(block_limit_) + " blocks of 2 MiB",
                                  "raise the limit if the memory is there, or give the capacity in bytes, not as a "
                                  "share of the footprint, so that the footprint is not needed"});
    }
    index_.emplace(block, maps_.size());
    maps_.push_back({});
    return maps_.size() - 1;
  }

  const std::string& trace_;
  std::uint64_t block_limit_;
  tsl::robin_map<std::uint64_t, std::size_t, MixHash> index_;
  std::vector<Map> maps_;
  std::uint64_t last_block_ = ~std::uint64_t{0};  ///< none: a block number has 43 bits
  std::size_t last_index_ = 0;
};

}  // namespace

FootprintScan scan_footprint(Reader& reader, const std::string& trace, std::uint64_t block_limit) {
  FootprintScan scan;
  PageSet pages(trace, block_limit);
  std::array<std::uint64_t, 4> by_op{};
  AccessBlock block;
  while (reader.next(block)) {
    for (const Access& access : block.accesses) {
      const std::uint32_t size = access.size();
      // An access without a size touches nothing.
      if (size != 0) pages.add(access.address >> kPageShift, (access.address + size - 1) >> kPageShift);
      ++by_op[access.size_and_op & 3U];
      scan.bytes += size;
      scan.instructions += access.gap;
    }
    for (const Event& event : block.events) {
      if (event.kind == EventKind::kCompute) scan.instructions += event.value;
    }
  }
  scan.reads = by_op[static_cast<std::size_t>(Op::kRead)];
  scan.writes = by_op[static_cast<std::size_t>(Op::kWrite)];
  scan.read_modify_writes =
      by_op[static_cast<std::size_t>(Op::kReadModifyWrite)] + by_op[static_cast<std::size_t>(Op::kAtomic)];
  scan.accesses = scan.reads + scan.writes + scan.read_modify_writes;
  scan.pages = pages.pages();
  scan.blocks = pages.blocks();
  return scan;
}

}  // namespace farfault::traces
