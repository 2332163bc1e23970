/// The pre-pass over a trace that tells policies what lies ahead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/driver/block_table.h"
#include "models/driver/residency_map.h"
#include "models/policies/future.h"
#include "sim/config/run_spec.h"
#include "traces/reader.h"

namespace farfault {

/// An array that grows in an unnamed temporary file, mapped into memory, so that the operating system may write what is
/// not in use to disk: memory stays bounded however long a trace is.
class SpillingRuns {
 public:
  /// Accesses to one chunk, with none by the same device between them.
  struct Run {
    std::uint32_t chunk = 0;     ///< index of the chunk
    std::uint32_t touches = 0;   ///< how many
    std::uint32_t next = kNone;  ///< the next run of the chunk
    std::uint32_t after = 0;     ///< so many of the device's runs must have begun: somebody else is there before
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  SpillingRuns() = default;
  ~SpillingRuns();
  SpillingRuns(const SpillingRuns&) = delete;
  SpillingRuns& operator=(const SpillingRuns&) = delete;

  /// Throws RunError if there is no room for it, on disk or in a 32-bit index.
  void push(const Run& run);
  std::uint32_t size() const { return size_; }
  Run& operator[](std::uint32_t run) { return runs_[run]; }
  const Run& operator[](std::uint32_t run) const { return runs_[run]; }

 private:
  void grow();

  int file_ = -1;
  Run* runs_ = nullptr;
  std::size_t capacity_ = 0;
  std::uint32_t size_ = 0;
};

/// One device's future. Filled by scan_future(), then moved along by the replay.
class DeviceFuture final : public FutureUses {
 public:
  /// `table` numbers the blocks of all devices' futures. Borrows it.
  DeviceFuture(BlockTable& table, Bytes granularity);

  // The pass before.
  void access(BlockSlot slot, BlockNumber block, unsigned page);
  /// Somebody else's.
  void other_access(BlockSlot slot, unsigned page);
  void end_of_scan();

  /// Whose chunk ids are meant from here on. Borrows it.
  void begin(const ResidencyMap& residency) { residency_ = &residency; }
  /// The device has made accesses, one for each of these.
  void advance(std::span<const ChunkId> touches);

  std::uint64_t next_use(ChunkId chunk) const override;
  std::uint64_t use_after_next(ChunkId chunk) const override;
  std::optional<BlockPages> ahead(std::size_t chunks) override;

 private:
  using Runs = SpillingRuns;
  struct Chunk {
    std::uint32_t now = Runs::kNone;  // while scanning its last run; then the one that is not over
    std::uint32_t left = 0;           // touches of it
    std::uint32_t after = 0;          // while scanning: of the next run
  };

  std::uint32_t index_of(BlockSlot slot, unsigned page) const {
    return static_cast<std::uint32_t>((slot.value() * kPagesPerBlock + page) >> chunk_shift_);
  }
  Chunk& reach(std::uint32_t index);
  static std::uint64_t use_at(std::uint32_t run) { return run == Runs::kNone ? kNever : run; }
  /// kNone if the chunk is not in the trace.
  std::uint32_t index_of(ChunkId chunk) const;

  BlockTable& table_;
  unsigned chunk_shift_;
  const ResidencyMap* residency_ = nullptr;
  Runs runs_;
  std::vector<Chunk> chunks_;
  std::vector<std::uint32_t> first_;          // by chunk: its first run
  std::vector<BlockNumber> blocks_;           // by slot of the table
  std::vector<PageMask> pages_;               // by slot of the table: ever accessed
  mutable std::vector<std::uint32_t> slots_;  // by slot of the residency map: slot of the table + 1; 0: not looked up
  std::uint32_t done_ = 0;                    // runs up to the last that has begun
  std::uint32_t looked_ = 0;                  // runs that ahead() has passed
  std::size_t in_window_ = 0;                 // chunks with a use among these
};

/// The futures of all devices of a scenario.
class Future {
 public:
  /// Reads `reader` to its end; a chunk is of device d's `granularities[d]`. Memory: that of the footprint; the trace's
  /// length goes to a temporary file, up to 16 bytes an access. Throws RunError where that does not fit, InputError as
  /// the replay would.
  Future(traces::Reader& reader, const RunSpec& spec, const std::vector<std::string>& device_names,
         const std::vector<Bytes>& granularities);

  DeviceFuture& device(DeviceId device) { return *devices_[device.value()]; }
  std::uint64_t accesses() const { return accesses_; }

 private:
  BlockTable table_;
  std::vector<std::unique_ptr<DeviceFuture>> devices_;
  std::uint64_t accesses_ = 0;
};

}  // namespace farfault
