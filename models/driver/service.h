/// What a service of faults costs, gathered while it is planned and spent when it is carried out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/kernel/kernel_design.h"
#include "models/link/copy_time.h"
#include "models/link/traffic.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// Software stages of a service, as statistics name them.
enum class Stage : std::uint8_t {
  kBatch,     ///< fetch, sort, drop duplicates
  kBlock,     ///< look up and prepare a 2 MiB block
  kPage,      ///< page-table updates
  kEviction,  ///< choose and unmap chunks
  kKernel,    ///< the kernel design's migrate steps
  kService,   ///< the constant per fault
  kReplay,
  kStaging,  ///< explicit copies for a launch: calls, and the CPU's copy to and from the pinned buffer
};
inline constexpr std::size_t kStageCount = 8;
constexpr std::string_view stage_name(Stage stage) {
  constexpr std::array<std::string_view, kStageCount> kNames = {"batch",  "block",   "page",   "eviction",
                                                                "kernel", "service", "replay", "staging"};
  return kNames[static_cast<std::size_t>(stage)];
}

/// Time by stage.
struct StageTimes {
  std::array<SimTime, kStageCount> stage{};

  void add(Stage s, SimTime time) { stage[static_cast<std::size_t>(s)] += time; }
  SimTime total() const {
    SimTime sum;
    for (const SimTime t : stage) sum += t;
    return sum;
  }
  StageTimes& operator+=(const StageTimes& other) {
    for (std::size_t i = 0; i < stage.size(); ++i) stage[i] += other.stage[i];
    return *this;
  }
};

/// Planned work of one owner (a driver's worker, a faulting host thread). The blocks that it touches stay locked until
/// the work is carried out (MemoryManager::carry_out).
struct ServiceWork {
  /// `owner_id` is unique among those who plan at the same time, and not zero.
  explicit ServiceWork(std::uint32_t owner_id, std::size_t devices) : owner(owner_id), copies(devices) {}

  std::uint32_t owner;
  StageTimes software;
  /// Per device: [0] to the device, [1] to the host.
  std::vector<std::array<CopyJob, 2>> copies;
  /// Per link between devices, as far as any was used: [0] from its first device to its second, [1] back.
  std::vector<std::array<CopyJob, 2>> peer_copies;
  std::vector<BlockSlot> locked;
  struct Arrival {
    DeviceId device;
    BlockSlot block;
    PageMask pages;
  };
  std::vector<Arrival> arrivals;  ///< pages that can be used on a device once the time has passed
};

}  // namespace farfault
