/// The eviction slot: which chunk leaves a device when room is needed.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "sim/core/units.h"

namespace farfault {

/// A chunk is an aligned piece of virtual memory of the policy's granularity (4 KiB, 64 KiB or 2 MiB). Ids are dense:
/// block slot x chunks a block + index in the block.
using ChunkId = Id<struct ChunkTag>;

/// What the replay loop must report of accesses that hit.
enum class TouchNeed : std::uint8_t {
  kNone,   ///< nothing: the loop pays nothing
  kChunk,  ///< every chunk accessed, repeats in a row merged
  kEvery,  ///< the chunk of every access to the device's own memory
};

/// What an eviction policy may ask of the driver during victim().
class EvictionView {
 public:
  virtual ~EvictionView() = default;
  /// False while the chunk is being moved, is pinned, or is needed by the very request that wants room.
  virtual bool evictable(ChunkId chunk) const = 0;
  /// What room is made for: the first chunk, by address, of which pages come. Nothing where room is made ahead of need.
  virtual std::optional<ChunkId> wanted() const = 0;
  /// Pages of the chunk that would have to be copied: all of it that is there but copies of what the host has.
  virtual unsigned pages_to_copy(ChunkId chunk) const = 0;
};

/// Memory that is kept free ahead of need, as shares of the device's, 0 to 1.
struct FreeReserve {
  double low = 0;   ///< below so much, chunks leave in the background ...
  double high = 0;  ///< ... until so much is free; >= low
};

class FutureUses;

/// One per device. Decisions depend only on the calls made.
class EvictionPolicy {
 public:
  virtual ~EvictionPolicy() = default;
  /// Stable id with a version, "lru/1".
  virtual std::string_view name() const = 0;
  virtual TouchNeed touch_need() const = 0;
  virtual Bytes granularity() const = 0;

  /// The chunk's first page came to the device. REQUIRES: the chunk is not resident.
  virtual void on_resident(ChunkId chunk, SimTime now) = 0;
  /// More pages came to a chunk that was resident. REQUIRES: on_resident() before.
  virtual void on_migration(ChunkId /*chunk*/, SimTime /*now*/) {}
  /// Accesses in their order, if touch_need() asks for them. A chunk may have left in the meantime: ignore it then.
  virtual void on_touches(std::span<const ChunkId> chunks, SimTime now) = 0;
  /// The chunk's last page has left, for whatever reason. REQUIRES: on_resident() before.
  virtual void on_removed(ChunkId chunk) = 0;
  /// The chunk to evict next: resident, and evictable by `view`, which is used only during the call. Nothing if no
  /// chunk qualifies. The chunk stays in the policy's books until on_removed().
  virtual std::optional<ChunkId> victim(const EvictionView& view) = 0;
  /// After victims have made room: another chunk that leaves, though no room is needed; asked again until there is
  /// none.
  virtual std::optional<ChunkId> along(const EvictionView& /*view*/) { return std::nullopt; }
  /// Whether foresee() is called before the run, with what the device will access; borrows it. Only a bound on what
  /// policies can do wants that (models/policies/future.h).
  virtual bool wants_future() const { return false; }
  virtual void foresee(const FutureUses& /*future*/) {}
  /// Whether all that is resident is worth more than `chunk`, which is accessed now and not there.
  virtual bool keeps_all_before(ChunkId /*chunk*/) { return false; }
  /// Nothing: room is made when it is needed. Asked once, before the run.
  virtual std::optional<FreeReserve> reserve() const { return std::nullopt; }
};

}  // namespace farfault
