/// What the program has advised of its memory, range by range (cudaMemAdvise and its kind).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "models/policies/placement/placement_policy.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// The numbers are those of traces::Advice.
enum class AdviceKind : std::uint8_t {
  kNone,               ///< takes all back that was advised of the range
  kPreferredLocation,  ///< replaces the one before
  kAccessedBy,         ///< adds a processor
  kReadMostly,
};

/// Bounded: beyond kMaxRanges, further advice is ignored (and counted).
class AdviceMap {
 public:
  static constexpr std::size_t kMaxRanges = 1U << 16U;
  /// Processors from this one on cannot be told of.
  static constexpr std::size_t kMaxProcessors = 64;

  /// Partial pages count whole; empty and wrapping ranges are ignored.
  void advise(VirtualAddress address, Bytes length, AdviceKind kind, std::size_t processor);

  bool empty() const { return ranges_.empty(); }
  /// As the device in question sees it.
  PageAdvice of(BlockNumber block, unsigned page, DeviceId device) const;
  /// Pages of a block that are to be within the device's reach.
  PageMask accessed_by(BlockNumber block, DeviceId device) const;
  PageMask read_mostly(BlockNumber block) const;

  /// Whether anything has ever been advised to be read mostly.
  bool has_read_mostly() const { return has_read_mostly_; }

  std::uint64_t ignored() const { return ignored_; }

 private:
  struct Range {
    std::uint64_t end = 0;             // page number beyond the last
    std::uint64_t accessed_by = 0;     // a bit for each processor
    std::uint8_t preferred = kNobody;  // processor
    bool read_mostly = false;
  };
  static constexpr std::uint8_t kNobody = 0xff;

  /// Makes a range end before `page`, if one goes on there.
  void split(std::uint64_t page);
  template <class Wanted>
  PageMask pages_of(BlockNumber block, Wanted&& wanted) const;

  std::map<std::uint64_t, Range> ranges_;  // by first page number
  std::uint64_t ignored_ = 0;
  bool has_read_mostly_ = false;
};

}  // namespace farfault
