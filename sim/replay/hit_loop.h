/// The fast path: runs accesses that need nobody's help, in plain code, a few nanoseconds each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/driver/residency_map.h"
#include "models/policies/eviction/eviction_policy.h"
#include "traces/access.h"

namespace farfault {

/// What a stretch of accesses amounted to. A unit is a sector of a device or a cache line of the host.
struct HitCounts {
  std::uint64_t local_accesses = 0;
  std::uint64_t remote_accesses = 0;
  std::uint64_t instructions = 0;
  std::uint64_t local_units = 0;
  std::uint64_t remote_read_units = 0;
  std::uint64_t remote_read_requests = 0;  ///< in which these units are asked for
  std::uint64_t remote_write_units = 0;

  std::uint64_t accesses() const { return local_accesses + remote_accesses; }
};

/// Merges neighbouring accesses into memory traffic: an access that fits a unit costs nothing if the unit is among
/// those that the stream touched recently. Models a warp's coalescing, or a core's first-level cache line reuse, by a
/// small table of units, hashed so that arrays which lie a power of two apart do not displace each other.
class Coalescer {
 public:
  /// `request` is the largest piece of remote memory that is read at once, aligned; at least a unit. REQUIRES: unit and
  /// window are powers of two.
  Coalescer(Bytes unit, std::uint64_t window, Bytes request = Bytes());

  /// Units of traffic of an access of `size` > 0 bytes. Larger ones than a unit are whole requests and are not merged.
  std::uint64_t units(std::uint64_t address, std::uint64_t size) {
    const std::uint64_t first = address >> shift_;
    const std::uint64_t last = (address + size - 1) >> shift_;
    if (first != last) return last - first + 1;
    constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15U;  // Fibonacci hashing
    std::uint64_t& entry = table_[first * kGoldenRatio >> 32U & mask_];
    const std::uint64_t fresh = entry != first ? 1 : 0;
    entry = first;
    return fresh;
  }
  /// Requests of a remote read of `units` units. An access makes one in each aligned piece that it touches; one that
  /// stays in the piece where the read before ended joins that one's request. (Warps that read whole lines which are
  /// not aligned make two requests each, although they follow each other.)
  std::uint64_t requests(std::uint64_t address, std::uint64_t size, std::uint64_t units) {
    if (units == 0) return 0;
    const std::uint64_t first = address >> request_shift_;
    const std::uint64_t last = (address + size - 1) >> request_shift_;
    const bool joins = first == last && first == last_request_;
    last_request_ = last;
    return joins ? 0 : last - first + 1;
  }
  Bytes unit() const { return Bytes(std::uint64_t{1} << shift_); }

 private:
  unsigned shift_;
  unsigned request_shift_;
  std::uint64_t mask_;
  std::uint64_t last_request_ = ~std::uint64_t{0};
  std::vector<std::uint64_t> table_;
};

/// Chunks that accesses touched, in their order, on their way to an eviction policy.
class TouchLog {
 public:
  static constexpr std::size_t kCapacity = 1U << 14U;

  std::size_t room() const { return kCapacity - size_; }
  /// REQUIRES: room() > 0.
  void push(ChunkId chunk) {
    *end() = chunk;
    ++size_;
  }
  /// For a writer of at most room() chunks, who says with set_end() how far it came.
  ChunkId* end() {
    // Most lanes never touch: the host's, and those under policies that need nothing.
    if (chunks_.empty()) chunks_.resize(kCapacity);
    return chunks_.data() + size_;
  }
  void set_end(const ChunkId* end) { size_ = static_cast<std::size_t>(end - chunks_.data()); }
  std::span<const ChunkId> chunks() const { return {chunks_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }

 private:
  std::vector<ChunkId> chunks_;  // kCapacity of them from the first use on
  std::size_t size_ = 0;
};

/// Accesses over the link to one region, one after the other as far as accesses over the link go.
struct RemoteRun {
  std::uint64_t region = ~std::uint64_t{0};
  std::uint64_t accesses = 0;  ///< units of traffic, as Coalescer counts them: what the device's counters see
};

/// Accesses over the link in their order, on their way to the device's counters.
class RemoteLog {
 public:
  static constexpr std::size_t kCapacity = 1U << 14U;

  std::size_t room() const { return kCapacity - size_; }
  /// For a writer who adds to the last run, or at most room() runs behind it, and says with set_last() how far it came.
  RemoteRun* last() {
    // Most lanes never count. The first run is nobody's: no region has its number.
    if (runs_.empty()) runs_.resize(kCapacity + 1);
    return runs_.data() + size_;
  }
  void set_last(const RemoteRun* last) { size_ = static_cast<std::size_t>(last - runs_.data()); }
  /// REQUIRES: room() > 0.
  void add(std::uint64_t region, std::uint64_t accesses) {
    RemoteRun* run = last();
    if (run->region != region) {
      *++run = {region, 0};
      ++size_;
    }
    run->accesses += accesses;
  }
  std::span<const RemoteRun> runs() const {
    return size_ == 0 ? std::span<const RemoteRun>() : std::span(runs_).subspan(1, size_);
  }
  void clear() { size_ = 0; }

 private:
  std::vector<RemoteRun> runs_;
  std::size_t size_ = 0;
};

/// What the loop reads. `touches` receives chunks if the eviction policy asks for them; null where nobody does.
struct HitContext {
  const std::uint32_t* index = nullptr;  ///< ResidencyMap::index()
  const AccessMasks* masks = nullptr;    ///< ResidencyMap::masks(processor)
  Coalescer* coalescer = nullptr;
  TouchLog* touches = nullptr;  ///< appended to; has room for every access
  bool every_touch = false;     ///< also repeats in a row, which are merged else
  bool remote_touches = false;  ///< also of accesses over the link
  unsigned chunk_shift = 0;     ///< log2 of the pages of a chunk
  RemoteLog* remote = nullptr;  ///< appended to where the device counts; has room for every access
  unsigned region_shift = 0;    ///< log2 of the bytes of a counter's region
};

/// Runs accesses from `first` on until `end` or the first that is not a plain hit: on a page whose mask bit is not set,
/// in a block never seen, crossing a page, or of size 0. Returns where it stopped; adds what it ran to `counts`.
const traces::Access* run_hits(const traces::Access* first, const traces::Access* end, const HitContext& context,
                               HitCounts& counts);

}  // namespace farfault
