/// The steps of a migration and what one call of it costs, step by step.
///
/// Source: migrate_vma_setup() and what follows, mm/migrate_device.c; before Linux 5.18 mm/migrate.c.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/kernel/design_spec.h"
#include "models/kernel/kernel_spec.h"
#include "sim/core/units.h"

namespace farfault {

enum class Direction : std::uint8_t { kToDevice, kToHost };

/// In their order, as statistics name them. The copy comes between kDmaMap and kInstall and is a flow of its own.
enum class MigrateStep : std::uint8_t {
  kSetup,
  kNotifier,  ///< devices that mirror the address space are told
  kCollect,
  kFlush,  ///< TLBs of other CPUs
  kUnmap,
  kAllocate,
  kDmaMap,
  kInstall,
  kFinalize,
};
inline constexpr std::size_t kMigrateStepCount = 9;
std::string_view step_name(MigrateStep step);

/// Time of each step of one call.
struct StepTimes {
  std::array<SimTime, kMigrateStepCount> step{};
  SimTime& at(MigrateStep s) { return step[static_cast<std::size_t>(s)]; }
  SimTime at(MigrateStep s) const { return step[static_cast<std::size_t>(s)]; }
  SimTime total() const;
  StepTimes& operator+=(const StepTimes& other);
};

/// What one call moves, and who is concerned.
struct MigrateRequest {
  std::uint64_t pages = 0;
  std::uint64_t folios = 0;       ///< <= pages
  std::uint64_t cpus = 1;         ///< that run the address space
  std::uint64_t mirrors = 0;      ///< devices that mirror it, the one that migrates among them
  std::uint64_t invalidated = 0;  ///< of these, others that must drop mappings
  SimTime lookups;                ///< of what the walk finds in device memory
};

/// The stated prices of one call.
StepTimes price(const MigrateSteps& steps, TlbFlush flush, const KernelSpec& kernel, const MigrateRequest& request);
/// Flush of the TLBs of all but one of `cpus` CPUs.
SimTime shootdown_time(const ShootdownSpec& spec, std::uint64_t cpus);
/// One invalidation told to `mirrors` devices, `invalidated` of which drop mappings.
SimTime notifier_time(const NotifierSpec& spec, std::uint64_t mirrors, std::uint64_t invalidated);

}  // namespace farfault
