/// Counts what scan_footprint() measures, access by access.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "traces/footprint.h"
#include "traces/page_set.h"
#include "traces/reader.h"

namespace farfault::traces {

class FootprintCounter {
 public:
  /// As PageSet's.
  FootprintCounter(Diagnostic too_many, std::uint64_t block_limit) : pages_(std::move(too_many), block_limit) {}

  /// Returns how many of the pages that it overlaps were not touched before.
  std::uint64_t add(const Access& access) {
    const std::uint32_t size = access.size();
    ++by_op_[access.size_and_op & 3U];
    scan_.bytes += size;
    scan_.instructions += access.gap;
    // An access without a size touches nothing.
    if (size == 0) return 0;
    return pages_.add(access.address >> kPageShift, (access.address + size - 1) >> kPageShift);
  }
  void add(const Event& event) {
    if (event.kind == EventKind::kCompute) scan_.instructions += event.value;
  }

  std::uint64_t of(Op op) const { return by_op_[static_cast<std::size_t>(op)]; }
  const PageSet& touched() const { return pages_; }
  FootprintScan scan() const {
    FootprintScan out = scan_;
    out.reads = of(Op::kRead);
    out.writes = of(Op::kWrite);
    out.read_modify_writes = of(Op::kReadModifyWrite) + of(Op::kAtomic);
    out.accesses = out.reads + out.writes + out.read_modify_writes;
    out.pages = pages_.pages();
    out.blocks = pages_.blocks();
    return out;
  }

 private:
  FootprintScan scan_;
  std::array<std::uint64_t, 4> by_op_{};
  PageSet pages_;
};

/// Reads `reader` to its end. Memory and errors as scan_footprint() has them; `remedy` is that of too many blocks.
FootprintCounter count_footprint(Reader& reader, const std::string& trace, std::uint64_t block_limit,
                                 const std::string& remedy);

}  // namespace farfault::traces
