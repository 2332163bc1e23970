/// What `farfault run` needs, as plain data: every default filled, every name resolved. config makes it, replay runs
/// it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/kernel/design_spec.h"
#include "models/kernel/kernel_spec.h"
#include "models/platform_spec.h"
#include "sim/core/parameters.h"
#include "traces/access.h"

namespace farfault {

/// A thing chosen by name with its parameters complete: a policy, a generator.
struct Choice {
  std::string kind;
  Parameters parameters;
  bool operator==(const Choice&) const = default;
};

/// One policy for each slot.
struct PolicySpec {
  Choice placement;
  Choice prefetch;
  Choice eviction;
  Choice thrashing;
  bool operator==(const PolicySpec&) const = default;
};

/// As AssignRule::to: streams and CTA groups run on the first device; CPU threads run on the host if the trace has any
/// of those, and on the first device if it has none (a program's trace replayed as if a device ran it).
inline constexpr const char* kAutoProcessor = "auto";

/// Sends some accesses to a processor. A part that is not given matches everything; the first rule that matches
/// decides.
struct AssignRule {
  std::string agent = "*";                     ///< name of an agent, or a pattern with * and ?
  std::optional<VirtualAddress> from_address;  ///< first address
  std::optional<VirtualAddress> to_address;    ///< first address beyond
  std::optional<traces::Backing> vma;          ///< kind of the mapping that holds the address
  std::uint64_t from_access = 0;               ///< number of the first access in the trace
  std::optional<std::uint64_t> to_access;      ///< number of the first access beyond
  std::string to = "host";                     ///< "host", the name of a device, or kAutoProcessor
  bool operator==(const AssignRule&) const = default;
};

/// Where a page is before its first access in the trace.
enum class FirstTouch : std::uint8_t {
  kHost,      ///< in host memory: the host wrote it before. A host thread's first access is still its minor fault
  kAccessor,  ///< nowhere: it is allocated, zeroed, where it is first accessed
};

/// A measured time of a kernel whose data is resident: arithmetic that a trace does not show.
struct KernelTime {
  std::string name = "*";  ///< of the kernel, or a pattern with * and ?
  Sourced<SimTime> time;   ///< of each launch
  bool operator==(const KernelTime&) const = default;
};

/// Advice that a program could have given of its memory. A part that is not given matches everything.
struct AdviceRule {
  std::string mapping;                         ///< name of a mapping, or a pattern with * and ?; empty: whatever it is
  std::optional<VirtualAddress> from_address;  ///< first address
  std::optional<VirtualAddress> to_address;    ///< first address beyond
  traces::Advice advice = traces::Advice::kReadMostly;
  std::string processor = "host";  ///< for preferred_location and accessed_by: "host" or the name of a device
  bool operator==(const AdviceRule&) const = default;
};

struct WorkloadSpec {
  std::optional<std::string> trace;  ///< resolved path; exactly one of trace and generator
  std::string trace_as_given;        ///< what results name, without the machine's folders
  std::optional<Choice> generator;
  std::vector<AssignRule> assign;  ///< accesses that no rule matches run on the host
  FirstTouch first_touch = FirstTouch::kHost;
  std::vector<AdviceRule> advice;             ///< given before the first access, or with the mapping
  std::optional<std::uint64_t> max_accesses;  ///< stop after so many accesses of the trace
  std::vector<KernelTime> kernel_times;       ///< the first that matches counts; kernels without one take what they do
  bool operator==(const WorkloadSpec&) const = default;
};

/// Device memory that the workload may use.
struct FootprintShare {
  double share = 0.5;  ///< of the bytes of all distinct pages accessed; > 0
  bool operator==(const FootprintShare&) const = default;
};
/// Whole of the platform's device memory, or so many bytes, or a share of the workload's footprint.
using DeviceCapacity = std::variant<std::monostate, Bytes, FootprintShare>;

/// How much of the processors runs for each access.
enum class Detail : std::uint8_t {
  kPages,  ///< where pages are
  kTlb,    ///< and what translations cost
  kCache,  ///< and what last-level caches keep from memory
};
inline constexpr std::array<std::string_view, 3> kDetailNames = {"pages", "tlb", "cache"};

struct ReplaySpec {
  std::uint64_t quantum = 10'000;                    ///< accesses between looks at the simulated clock; >= 1
  SimTime quantum_time = SimTime::microseconds(10);  ///< the same as a span of simulated time; > 0
  Detail detail = Detail::kPages;
  std::uint64_t block_limit = 4'194'304;  ///< distinct 2 MiB blocks that a run may track; >= 1
  bool reachability =
      false;          ///< count accesses by what holds the address, in a pass of its own; driver_vma always does
  double sample = 1;  ///< share of the memory whose accesses are replayed, on devices of as much less; 0 < it <= 1
  std::optional<std::uint64_t> sample_seed;  ///< which memory; the run's seed if there is none
  Bytes sample_unit;  ///< aligned piece that is replayed or not as a whole; 0: as large as the scenario's moves
  bool is_sampled() const { return sample < 1; }
  bool operator==(const ReplaySpec&) const = default;
};

/// Kernel work of the process that the trace does not show. By time, a thread of its own does it every so often. By
/// accesses, the thread of the trace that makes them does it: then what is asked is the same in every design, however
/// long each takes. A period of zero: never. Pages are chosen by the run's seed among those that the workload has
/// touched, in runs of neighbours.
struct GupInjection {
  SimTime every;            ///< between the beginnings of two calls
  std::uint64_t pages = 8;  ///< of a call; 1..65536
  bool write = true;
  std::uint64_t every_accesses = 0;  ///< accesses of the trace between two calls
  bool operator==(const GupInjection&) const = default;
};
struct PinInjection {
  SimTime every;
  std::uint64_t pages = 8;
  bool write = true;
  SimTime hold;                      ///< from pin to unpin; zero: to the run's end
  std::uint64_t every_accesses = 0;  ///< accesses of the trace between two calls
  bool operator==(const PinInjection&) const = default;
};
struct ForkInjection {
  SimTime every;
  SimTime child_lives;               ///< zero: to the run's end
  std::uint64_t every_accesses = 0;  ///< accesses of the trace between two calls
  bool operator==(const ForkInjection&) const = default;
};
struct UnmapInjection {
  SimTime every;
  std::uint64_t pages = 8;           ///< their contents go, as with MADV_DONTNEED; the next access finds nothing
  std::uint64_t every_accesses = 0;  ///< accesses of the trace between two calls
  bool operator==(const UnmapInjection&) const = default;
};
struct InjectSpec {
  GupInjection gup;        ///< get_user_pages: takes references and drops them
  PinInjection direct_io;  ///< O_DIRECT: short pins
  PinInjection rdma;       ///< registration of memory: long-term pins
  ForkInjection fork;
  UnmapInjection unmap;
  bool operator==(const InjectSpec&) const = default;
};

/// One column of `farfault compare`: the scenario with values set over it, as --set writes them.
struct CompareColumn {
  std::string name;
  std::vector<std::string> sets;  ///< "design=memremap_xarray"
  bool operator==(const CompareColumn&) const = default;
};

/// A plug-in that a chosen policy is from. In a scenario, one that has to be loaded; beside its name a scenario may
/// then say the rest, which nobody checks: the file may have been built anew.
struct PluginUse {
  std::string name;
  std::string file;                   ///< without its folders
  std::uint64_t abi = 0;              ///< kPluginAbi, of the program and the plug-in
  std::string hash;                   ///< XXH3-64 of the file, 16 hex digits
  std::vector<std::string> policies;  ///< those that were chosen: "eviction mru"
  bool operator==(const PluginUse&) const = default;
};

struct RunSpec {
  std::string name = "unnamed";
  std::string description;
  PlatformSpec platform;  ///< platform.driver holds the scenario's driver overrides already
  KernelSpec kernel;
  DesignSpec design;
  PolicySpec policy;
  WorkloadSpec workload;
  InjectSpec inject;
  DeviceCapacity device_capacity;  ///< of each device
  ReplaySpec replay;
  std::uint64_t seed = 1;
  std::vector<CompareColumn> compare;  ///< what `farfault compare` sets side by side if it is told nothing else
  std::vector<PluginUse> plugins;      ///< empty where all policies are farfault's own
  bool operator==(const RunSpec&) const = default;
};

}  // namespace farfault
