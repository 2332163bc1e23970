/// A kernel design of device memory: what set-up it needs and what the kernel's part of a migration costs.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "models/kernel/design_spec.h"
#include "sim/core/units.h"

namespace farfault {

enum class Direction : std::uint8_t { kToDevice, kToHost };

/// The steps of migrate_vma in their order, as statistics name them.
enum class MigrateStep : std::uint8_t { kSetup, kCollect, kUnmap, kAllocate, kDmaMap, kInstall, kFinalize };
inline constexpr std::size_t kMigrateStepCount = 7;
std::string_view step_name(MigrateStep step);

/// What device memory's bookkeeping takes, computed by the design's own data structures at set-up.
struct MetadataFigures {
  std::uint64_t tree_entries = 0;
  std::uint64_t tree_nodes = 0;
  Bytes tree_bytes;
  std::uint64_t tree_height = 0;
  Bytes struct_page_bytes;
  Bytes linear_map_bytes;
  SimTime setup_time;
};

/// Time of each step of one call.
struct StepTimes {
  std::array<SimTime, kMigrateStepCount> step{};
  SimTime total() const;
  StepTimes& operator+=(const StepTimes& other);
};

/// The stated prices of one call over `pages` pages.
StepTimes price(const MigrateSteps& steps, std::uint64_t pages);

class KernelDesign {
 public:
  virtual ~KernelDesign() = default;
  virtual std::string_view name() const = 0;
  /// Adds a device's memory to the kernel. Called once per device, before the run.
  virtual MetadataFigures add_device(DeviceId device, Bytes capacity) = 0;
  /// The kernel's steps of one migrate call over `pages` pages in `ranges` contiguous ranges; the copy is not included.
  virtual StepTimes migrate(Direction direction, std::uint64_t pages, std::uint64_t ranges) = 0;
};

}  // namespace farfault
