/// The placement slot: what to do with a device's fault, with what the device's access counters tell, and with pages
/// that turn out to be hot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

enum class Placement : std::uint8_t {
  kMigrate,    ///< bring the page into the device's memory
  kMapRemote,  ///< leave it where it is and let the device reach it over the link
  kMapOnce,    ///< the same for one access
  kIfWorth,    ///< as kMigrate, but as kMapOnce if the eviction policy would rather keep all that is there
  kDuplicate,  ///< bring a copy that may be read, and leave the page where it is until somebody writes. Only managed
               ///< memory can; where the kernel has the pages, and for writes, it is as kMigrate
};

/// What the program has said of a page; after cudaMemAdvise.
struct PageAdvice {
  std::optional<std::size_t> preferred;  ///< processor in whose memory it should be: 0 the host, d + 1 device d
  bool accessed_by = false;              ///< by the device in question: a mapping is to be kept
  bool read_mostly = false;

  bool operator==(const PageAdvice&) const = default;
};

/// A fault as a placement policy sees it.
struct PlacementFault {
  DeviceId device;
  BlockSlot block;
  unsigned page = 0;  ///< index in the block
  bool write = false;
  bool populated = true;   ///< false: the page has no contents yet, there is nothing to map remotely
  bool room = true;        ///< whether the page finds memory on the device without any other leaving
  bool elsewhere = false;  ///< in another device's memory
  double used = 0;         ///< share of the device's memory that is taken, 0 to 1
  PageAdvice advice{};
};

/// How devices count what they access over the link, for a policy that wants to hear of it.
struct AccessCounting {
  Bytes granularity = kBlockSize;       ///< of the regions that have a counter each; a power of two, 64 KiB or more
  std::uint64_t threshold = 256;        ///< accesses of a region that lead to a notification; >= 1
  std::uint64_t buffer = 4096;          ///< notifications that a device holds; more are lost; >= 1
  std::uint64_t batch = 256;            ///< notifications that the driver reads at once; >= 1
  bool map_remote_on_eviction = false;  ///< pages that make room stay mapped, and count from then on
};

/// Of a region whose counter has told, the part in one block.
struct CountedPages {
  DeviceId device;
  BlockSlot block;
  PageMask remote;  ///< pages that the device maps in host memory, or another device's
  double used = 0;  ///< share of the device's memory that is taken, 0 to 1
};

/// What a placement policy may see and ask for when its period is over. Used only during the call.
class PlacementView {
 public:
  virtual ~PlacementView() = default;
  /// Blocks are BlockSlot(0) to BlockSlot(blocks() - 1).
  virtual std::size_t blocks() const = 0;
  /// Pages of a block in the device's memory.
  virtual PageMask resident(BlockSlot block) const = 0;
  /// Pages of a block that the device reaches over a link.
  virtual PageMask remote(BlockSlot block) const = 0;
  virtual std::uint64_t capacity_pages() const = 0;
  /// Takes the device's remote mappings of pages away, so that the next access to each faults. Not in a block that
  /// somebody serves: who waits for a mapping must get to use it. Returns the pages that are unmapped now and were not.
  virtual PageMask unmap(BlockSlot block, const PageMask& pages) = 0;
  /// Has pages brought into the device's memory, behind those that were asked for before and when no fault waits.
  virtual void bring(BlockSlot block, const PageMask& pages) = 0;
};

/// Decisions depend only on the calls made.
class PlacementPolicy {
 public:
  virtual ~PlacementPolicy() = default;
  /// Stable id with a version, "migrate_on_fault/1": bump it when decisions can change.
  virtual std::string_view name() const = 0;
  virtual Placement on_fault(const PlacementFault& fault, SimTime now) = 0;

  /// Whether PlacementFault::advice is filled in, and what the program advises has an effect on mappings: pages that it
  /// wants accessed by a device stay mapped there.
  virtual bool heeds_advice() const { return false; }

  /// Whether what comes beside a fault may push others out; if not, only as much comes as there is room for. What the
  /// program asks to have prefetched may always.
  virtual bool prefetch_evicts() const { return true; }

  /// Nothing: no device counts, and replays pay nothing for it. Asked once, before the run.
  virtual std::optional<AccessCounting> access_counting() const { return std::nullopt; }
  /// A region's counter has told. The pages to bring into the device's memory, of those that it maps remotely.
  virtual PageMask on_notification(const CountedPages& /*counted*/, SimTime /*now*/) { return {}; }

  /// Nothing, or n >= 1: on_sample() hears of every n-th access of a device that did not wait. Asked once.
  virtual std::optional<std::uint64_t> sampling() const { return std::nullopt; }
  virtual void on_sample(DeviceId /*device*/, BlockSlot /*block*/, unsigned /*page*/, SimTime /*now*/) {}

  /// Nothing, or the time between calls of on_period(). Asked once.
  virtual std::optional<SimTime> period() const { return std::nullopt; }
  virtual void on_period(DeviceId /*device*/, PlacementView& /*view*/, SimTime /*now*/) {}

  /// Pages that left a device to make room.
  virtual void on_evicted(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*pages*/, SimTime /*now*/) {}
};

}  // namespace farfault
