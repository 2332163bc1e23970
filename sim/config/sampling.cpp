#include "sim/config/sampling.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>
#include <variant>

#include "sim/config/check.h"
#include "sim/core/quantity.h"

namespace farfault {
namespace {

/// What a policy calls the pieces that it works by, if it has them.
Bytes granularity_of(const Choice& choice) {
  const auto it = choice.parameters.values().find("granularity");
  const auto* const bytes = it == choice.parameters.values().end() ? nullptr : std::get_if<Bytes>(&it->second);
  return bytes == nullptr ? kPageSize : *bytes;
}

/// Policies of plug-ins may call it something else.
Bytes eviction_granularity(const RunSpec& spec, const PolicyRegistry& policies) {
  const Choice& choice = spec.policy.eviction;
  const PolicyInfo<EvictionPolicy>* const info = policies.eviction.find(choice.kind);
  return info == nullptr ? kPageSize : info->make(choice.parameters, spec.seed)->granularity();
}

}  // namespace

Bytes least_sample_unit(const RunSpec& spec, const PolicyRegistry& policies) {
  if (spec.platform.devices.empty()) return kPageSize;
  const PolicySpec& policy = spec.policy;
  Bytes unit = std::max({kPageSize, granularity_of(policy.placement), granularity_of(policy.prefetch),
                         granularity_of(policy.thrashing), eviction_granularity(spec, policies)});
  const bool managed = spec.platform.driver.memory == MemoryBack::kManaged;
  const bool whole_blocks =
      policy.prefetch.kind != "none" || (managed ? spec.platform.driver.root_chunks : spec.kernel.thp);
  if (whole_blocks) unit = std::max(unit, kBlockSize);
  return unit;
}

Bytes sample_unit(const RunSpec& spec, const PolicyRegistry& policies) {
  if (spec.replay.sample_unit != Bytes()) return spec.replay.sample_unit;
  const Bytes least = least_sample_unit(spec, policies);
  return spec.platform.devices.empty() ? least : std::max(least, spec.platform.driver.cpu_fault_granularity.value);
}

std::uint64_t sample_seed(const RunSpec& spec) { return spec.replay.sample_seed.value_or(spec.seed); }

namespace config {
namespace {

/// Says of the value at `pointer`, or of its default, that it does not go together with a sample.
void refuse(const Node& document, const std::string& pointer, std::string problem, std::string remedy,
            Diagnostics& diagnostics) {
  diagnostics.add(nearest(document, pointer), pointer, std::move(problem), std::move(remedy));
}

void check_unit(const RunSpec& spec, const PolicyRegistry& policies, const Node& document, Diagnostics& diagnostics) {
  const Bytes unit = spec.replay.sample_unit;
  if (unit == Bytes()) return;
  const char* const at = "/replay/sample_unit";
  if (!std::has_single_bit(unit.count()) || unit < kPageSize) {
    return refuse(document, at, format_exact(unit) + " is no power of two of at least 4 KiB",
                  "write 4 KiB, 64 KiB, 2 MiB, or 0 B for what the scenario needs", diagnostics);
  }
  const Bytes least = least_sample_unit(spec, policies);
  if (unit >= least) return;
  refuse(document, at,
         "a sample by " + format_exact(unit) + " cuts what policies and driver move as a whole, up to " +
             format_exact(least),
         "write " + format_exact(least) + " or more, or choose a finer eviction granularity and prefetch none",
         diagnostics);
}

void check_rules(const RunSpec& spec, const Node& document, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < spec.workload.assign.size() && !diagnostics.full(); ++i) {
    const AssignRule& rule = spec.workload.assign[i];
    if (rule.from_access == 0 && !rule.to_access) continue;
    refuse(document, join(join("/workload/assign", i), "accesses"),
           "counts accesses of the whole trace, and of a sample's nobody knows which ones they are",
           "assign by agent, address or mapping, or replay all: replay.sample=1", diagnostics);
  }
}

void check_injections(const InjectSpec& inject, const Node& document, Diagnostics& diagnostics) {
  const auto is_on = [](const auto& injection) {
    return injection.every > SimTime::zero() || injection.every_accesses != 0;
  };
  const std::array<std::pair<const char*, bool>, 5> kinds = {{{"gup", is_on(inject.gup)},
                                                              {"direct_io", is_on(inject.direct_io)},
                                                              {"rdma", is_on(inject.rdma)},
                                                              {"fork", is_on(inject.fork)},
                                                              {"unmap", is_on(inject.unmap)}}};
  for (const auto& [name, on] : kinds) {
    if (!on || diagnostics.full()) continue;
    refuse(document, join("/inject", name), "counts time or accesses of the whole trace, which a sample has not",
           "take it away, or replay all: replay.sample=1", diagnostics);
  }
}

}  // namespace

void check_sample(const RunSpec& spec, const PolicyRegistry& policies, const Node& document, Diagnostics& diagnostics) {
  if (!spec.replay.is_sampled()) return;
  // Policies whose parameters are wrong cannot be made.
  if (diagnostics.empty()) check_unit(spec, policies, document, diagnostics);
  check_rules(spec, document, diagnostics);
  check_injections(spec.inject, document, diagnostics);
  if (spec.replay.detail == Detail::kPages) return;
  refuse(document, "/replay/detail", "TLBs and caches of their whole size would have a sample's accesses alone",
         "write \"pages\", or replay all: replay.sample=1", diagnostics);
}

}  // namespace config
}  // namespace farfault
