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
  kEvery,  ///< the chunk of every access
};

/// What an eviction policy may ask of the driver during victim().
class EvictionView {
 public:
  virtual ~EvictionView() = default;
  /// False while the chunk is being moved, is pinned, or is needed by the very request that wants room.
  virtual bool evictable(ChunkId chunk) const = 0;
  /// What room is made for: the first chunk, by address, of which pages come.
  virtual ChunkId wanted() const = 0;
};

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
};

}  // namespace farfault
