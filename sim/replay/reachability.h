/// A pass over a trace that tells which of its accesses a design lets a device do: by what holds the address, in shares
/// of accesses and of their bytes. What that costs in time, the replay tells (staging.*, time.*).
///
/// An access counts where its first byte lies, as in the assignment rules. Mappings are those of the trace's events up
/// to the access; the library's are drawn as the memory manager draws them (models/kernel/library.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/kernel/design_spec.h"
#include "models/kernel/kernel_design.h"
#include "sim/config/run_spec.h"
#include "sim/core/statistics.h"
#include "traces/reader.h"

namespace farfault {

/// What holds an address, as far as reaching it matters.
enum class ReachClass : std::uint8_t {
  kLibrary,       ///< allocated through the library; with designs that have one
  kInterposable,  ///< private anonymous, not the library's: an interposed malloc, or a changed program, could make it
                  ///< so
  kHeap,          ///< brk
  kStack,
  kFile,
  kShared,
  kExecutable,
  kHugeTlb,
  kDax,
  kSpecial,
  kUnknown,  ///< the trace tells of no mapping, or not of which kind; not the library's
};
inline constexpr std::size_t kReachClassCount = 11;
/// As figures name it: "huge_tlb".
std::string_view reach_class_name(ReachClass kind);

struct ReachCount {
  std::uint64_t accesses = 0;
  std::uint64_t bytes = 0;  ///< of these accesses

  ReachCount& operator+=(const ReachCount& o) {
    accesses += o.accesses;
    bytes += o.bytes;
    return *this;
  }
  bool operator==(const ReachCount&) const = default;
};

/// Whose accesses run where, and what the design under review lets a device use.
struct ReachOptions {
  std::vector<AssignRule> assign;
  std::vector<std::string> device_names;
  std::optional<DesignRules> rules;  ///< nothing: managed memory, from which a program is taken to allocate everything
  LibrarySpec library;               ///< of designs with DeviceMigration::kDriver
  std::uint64_t seed = 1;            ///< of the run
};

struct Reachability {
  ReachCount host;  ///< accesses that run on the host, whatever they access
  std::array<ReachCount, kReachClassCount> device{};
  ReachCount reachable;   ///< of the devices' accesses: a device may use the pointer, without a copy made for a launch
  ReachCount migratable;  ///< of the devices' accesses: the page can move into device memory
  ReachCount capable;     ///< of the devices' accesses: in memory that a library could have allocated
  ReachCount untold;      ///< of the devices' accesses: the trace tells of no mapping, or not of which kind
  /// Sum over the mappings of `capable` of their accesses squared. Where there are more than kMaxMappings, the rest
  /// counts as one mapping, so that this is an upper bound.
  double capable_squares = 0;
  bool has_library = false;  ///< whether the design has one
  bool interposed = false;   ///< ... that allocates everything it can

  /// Mappings told apart by their accesses.
  static constexpr std::size_t kMaxMappings = 1U << 20U;

  ReachCount total() const;
  /// Share of the devices' accesses that are reachable if each mapping uses the library with this probability, 0..1:
  /// the mean over all draws, and their standard deviation. REQUIRES: total().accesses > 0.
  double expected_share(double adoption) const;
  double share_deviation(double adoption) const;
};

/// Reads `reader` to its end. Memory is bounded by the mappings that AddressSpace follows and by kMaxMappings.
Reachability scan_reachability(traces::Reader& reader, const ReachOptions& options);

/// reach.*; see docs/statistics.md. Shares are there only if devices access anything, the sweep of adoption only if the
/// design has a library.
void add_reachability(const Reachability& reach, Statistics& out);

}  // namespace farfault
