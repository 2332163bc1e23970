#include "sim/cli/optimal.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sim/cli/compare/child_pool.h"
#include "sim/cli/interrupt.h"
#include "sim/core/error.h"

namespace farfault::cli {
namespace {

constexpr const char* kFaults = "faults.device.serviced";
constexpr const char* kTime = "time.total";

template <class Interface>
Choice defaults_of(const Registry<PolicyInfo<Interface>>& registry, const std::string& kind) {
  const PolicyInfo<Interface>* const info = registry.find(kind);
  if (info == nullptr) throw RunError("no policy named " + kind);
  return {kind, Parameters::defaults(info->parameters)};
}

Choice belady(const PolicyRegistry& policies, Bytes granularity) {
  Choice choice = defaults_of(policies.eviction, "belady");
  choice.parameters.set("granularity", granularity);
  return choice;
}

/// The scenario's, with MIN where its eviction policy is, by as large chunks.
RunSpec with_belady(const RunSpec& spec, const PolicyRegistry& policies) {
  RunSpec out = spec;
  const Choice& own = spec.policy.eviction;
  const PolicyInfo<EvictionPolicy>* const info = policies.eviction.find(own.kind);
  if (info == nullptr) throw RunError("no policy named " + own.kind);
  out.policy.eviction = belady(policies, info->make(own.parameters, spec.seed)->granularity());
  return out;
}

/// Nothing that a driver does for its own ends: single pages, no chunk that is held as a whole, nothing held still.
RunSpec by_pages(const RunSpec& spec, const PolicyRegistry& policies, const char* placement, const char* prefetch) {
  RunSpec out = spec;
  out.platform.driver.root_chunks = false;
  out.policy.placement = defaults_of(policies.placement, placement);
  out.policy.prefetch = defaults_of(policies.prefetch, prefetch);
  out.policy.eviction = belady(policies, kPageSize);
  out.policy.thrashing = defaults_of(policies.thrashing, "none");
  return out;
}

ChildJob job_of(const RunSpec& spec, const Context& context) {
  return {[spec, &context](const ProgressSink& progress) {
    SimulationOptions options;
    options.on_progress = progress;
    const Statistics statistics = simulate(spec, context.catalogue, options).statistics;
    return std::vector<std::string>{std::to_string(statistics.integer(kFaults)),
                                    std::to_string(statistics.integer(kTime))};
  }};
}

}  // namespace

Optimum find_optimum(const RunSpec& spec, const Context& context) {
  const PolicyRegistry& policies = context.catalogue.policies;
  const std::vector<ChildJob> jobs = {job_of(with_belady(spec, policies), context),
                                      job_of(by_pages(spec, policies, "migrate_on_fault", "oracle"), context),
                                      job_of(by_pages(spec, policies, "oracle", "none"), context),
                                      job_of(by_pages(spec, policies, "remote_map", "none"), context)};
  Optimum optimum;
  optimum.time = SimTime::max();
  const auto take = [&](std::size_t job, const ChildResult& result) {
    if (result.texts.size() != 2) throw RunError("--with-optimal: " + result.failure);
    if (job == 0) {
      optimum.faults = std::stoull(result.texts[0]);
    } else {
      optimum.time = std::min(optimum.time, SimTime::picoseconds(std::stoll(result.texts[1])));
    }
  };
  run_in_children(jobs, 2, context.common.verbosity, take, "looking for the optimum");
  return optimum;
}

void add_optimum(const Optimum& optimum, Statistics& statistics) {
  statistics.count("optimal.faults", optimum.faults,
                   "faulted pages, had belady (MIN) been in the place of the eviction policy");
  statistics.time("optimal.time", optimum.time,
                  "simulated time of the fastest of: belady with a perfect prefetcher by single pages; belady with "
                  "bypass; everything mapped remotely");
  const auto share = [&](const char* name, double best, const char* of, const char* description) {
    const auto own = static_cast<double>(statistics.integer(of));
    if (own > 0) statistics.ratio(name, best / own, description);
  };
  share("optimal.faults_share", static_cast<double>(optimum.faults), kFaults,
        "optimal.faults by this run's; over 1 where many faults at once make hindsight about single ones fail");
  share("optimal.time_share", static_cast<double>(optimum.time.picoseconds()), kTime, "optimal.time by this run's");
}

}  // namespace farfault::cli
