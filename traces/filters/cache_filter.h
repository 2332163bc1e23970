/// Takes away what a processor's cache would absorb: the accesses of a program become those of its memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/core/units.h"
#include "traces/filters/filter.h"

namespace farfault::traces {

struct CacheOptions {
  enum class Replacement : std::uint8_t { kLru, kFifo };

  Bytes size = Bytes::kib(32);
  std::uint64_t ways = 8;
  Bytes line{64};
  Replacement replacement = Replacement::kLru;
  bool write_back = true;      ///< false: every write goes on to memory, and no line is dirty
  bool write_allocate = true;  ///< false: a write that misses goes on to memory, and leaves the cache as it is
  bool shared = false;         ///< one cache for all agents, instead of one for each
};

/// Of the lines that accesses touch: an access that overlaps two of them counts twice.
struct CacheTotals {
  std::uint64_t read_hits = 0;
  std::uint64_t read_misses = 0;
  std::uint64_t write_hits = 0;  ///< read-modify-writes and atomics, too
  std::uint64_t write_misses = 0;
  std::uint64_t fills = 0;
  std::uint64_t write_backs = 0;
  std::uint64_t write_throughs = 0;  ///< writes that went on, hits or not
  std::uint64_t dirty = 0;           ///< lines whose changes are in a cache at the end, and in no access of the output

  bool operator==(const CacheTotals&) const = default;
};

/// A set-associative cache, indexed by address. A line is filled by a read of the line and written back by a write of
/// the line, after the fill that takes its place. A line that is to be written is filled first, even if all of it is
/// written. What goes on to memory without the cache is the part of the access that lies in the line, with its
/// operation; a read-modify-write or atomic that hits goes on as a write.
///
/// The instructions of accesses that hit are those before the agent's next access to memory. Caches of several agents
/// know nothing of each other. Before memory is unmapped or moved its dirty lines are written back and all its lines
/// go. No other event empties a cache.
///
/// Memory: 16 bytes a line, and at most 1 GiB; more is an InputError.
class CacheFilter final : public Filter {
 public:
  /// Throws InputError where size, ways and line do not go together.
  CacheFilter(std::unique_ptr<Reader> input, const CacheOptions& options);

  /// So far.
  CacheTotals totals() const;

 private:
  struct Line {
    std::uint64_t number = 0;  ///< address / line size
    bool dirty = false;
  };
  /// Sets one after the other. In a set the first `used` lines are there: the next victim last.
  struct Cache {
    std::vector<Line> lines;
    std::vector<std::uint32_t> used;  ///< by set
  };

  void on_access(const Access& access, AccessBlock& out) override;
  void on_event(const Event& event, AccessBlock& out) override;
  bool on_more(AccessBlock& out) override;
  bool on_end(AccessBlock& out) override { return pending_.settle_some(out); }

  Cache& cache_of(std::uint16_t agent);
  void use_next_line(AccessBlock& out);
  void fill(Cache& cache, std::uint64_t number, AccessBlock& out);
  void write(Line& line, AccessBlock& out);
  void go_on(Op op, AccessBlock& out);
  void empty_next_set(AccessBlock& out);
  void whole_line(std::uint64_t number, Op op, std::uint16_t agent, AccessBlock& out);

  CacheOptions options_;
  std::uint64_t sets_ = 0;
  std::uint64_t total_lines_ = 0;
  std::vector<Cache> caches_;  ///< by agent, made when it is used; only the first if it is shared
  CacheTotals totals_;
  PendingInstructions pending_;

  // The access whose lines are being used, from `start_` on. `part_end_` is where the line at hand ends, or the access.
  Access access_;
  std::uint64_t start_ = 0;
  std::uint64_t part_end_ = 0;
  std::uint64_t end_ = 0;

  // The event that takes memory away, and how far the caches are rid of it.
  std::optional<Event> removal_;
  std::size_t removal_cache_ = 0;
  std::uint64_t removal_set_ = 0;  ///< counted from the set of the first line
};

}  // namespace farfault::traces
