/// A multi-level page table whose nodes exist: made when the first entry below them is written, freed with the last.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <tsl/robin_map.h>

#include "models/pagetable/entry_size.h"
#include "models/pagetable/page_table_spec.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// Upper levels are kept as one counter a node (how many entries it has); below a 2 MiB block the form of its entries
/// follows from which pages are mapped: one 2 MiB entry if the block is full, 64 KiB entries where aligned pieces are
/// full, 4 KiB entries elsewhere, so a block costs no memory here beyond the mask that its owner keeps.
class PageTable {
 public:
  explicit PageTable(const PageTableSpec& spec);

  /// What an update did.
  struct Change {
    std::uint64_t entries = 0;  ///< entries written or cleared
    std::uint64_t nodes_made = 0;
    std::uint64_t nodes_freed = 0;
  };
  /// The mapped pages of `block` change from `before` to `after`. REQUIRES: `before` is what the last update left.
  Change update(BlockNumber block, const PageMask& before, const PageMask& after);

  /// Called by update() where pages lose their mapping, with the entries that stood for them: for TLBs. May be empty.
  std::function<void(BlockNumber block, const PageMask& pages, std::uint64_t entries)> on_unmapped;

  /// The size of the entry that a page of a block has, of which `mapped` are. REQUIRES: it is mapped.
  EntrySize entry_size(const PageMask& mapped, unsigned page) const;

  /// Levels that a walk reads for a page of a block with `mapped` pages, until it finds the entry or finds none.
  unsigned walk(BlockNumber block, const PageMask& mapped, unsigned page);

  std::uint64_t nodes() const { return nodes_; }
  Bytes bytes() const { return bytes_; }
  Bytes peak_bytes() const { return peak_bytes_; }
  std::uint64_t entries_written() const { return entries_written_; }
  std::uint64_t walks() const { return walks_; }
  std::uint64_t walk_levels() const { return walk_levels_; }
  unsigned levels() const { return static_cast<unsigned>(spec_.upper_bits.size()) + 1; }

 private:
  /// Which kinds of entries a block has.
  struct Form {
    bool huge = false;   // one 2 MiB entry and nothing else
    bool big = false;    // 64 KiB entries
    bool small = false;  // 4 KiB entries
    bool mapped() const { return huge || big || small; }
  };
  /// The lowest bit of each 16-page lane of a word that has a 64 KiB entry.
  std::uint64_t big_lanes(std::uint64_t word) const;
  Form form_of(const PageMask& mapped) const;
  /// Entries of a block with `mapped` pages that map any of `pages`.
  std::uint64_t entries_over(const PageMask& mapped, const PageMask& pages) const;
  void add_node(Bytes bytes, Change& change);
  void drop_node(Bytes bytes, Change& change);
  void attach(BlockNumber block, Change& change);
  void detach(BlockNumber block, Change& change);
  /// The number of the node of `level` (0 is the root) on the path to a block.
  std::uint64_t prefix(BlockNumber block, std::size_t level) const;

  PageTableSpec spec_;
  std::vector<unsigned> bits_below_;                                   // of a block number, below the node's own index
  std::vector<tsl::robin_map<std::uint64_t, std::uint32_t>> entries_;  // per upper level: entries of each node
  std::uint64_t nodes_ = 0;
  Bytes bytes_;
  Bytes peak_bytes_;
  std::uint64_t entries_written_ = 0;
  std::uint64_t walks_ = 0;
  std::uint64_t walk_levels_ = 0;
};

}  // namespace farfault
