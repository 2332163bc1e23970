#include "sim/sweep/point_work.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "sim/core/error.h"
#include "sim/engine/engine.h"
#include "sim/replay/simulation.h"
#include "traces/filters/cut.h"

namespace farfault::sweep {
namespace {

constexpr std::uint64_t kProcessBytes = std::uint64_t{64} << 20U;
constexpr std::uint64_t kBlockBytes = 4096;
constexpr std::uint64_t kDeviceBlockBytes = 1024;
constexpr std::uint64_t kAllocatorBytes = 80;  // for each 2 MiB of capacity
constexpr std::uint64_t kBlock = std::uint64_t{2} << 20U;

std::uint64_t generator_blocks(const Choice& generator) {
  const auto& values = generator.parameters.values();
  const auto footprint = values.find("footprint");
  if (footprint == values.end()) return 0;
  const auto* const bytes = std::get_if<Bytes>(&footprint->second);
  return bytes == nullptr ? 0 : bytes->count() / kBlock + 1;
}

bool is_same_file(const std::string& one, const std::string& other) {
  namespace fs = std::filesystem;
  return fs::absolute(one).lexically_normal() == fs::absolute(other).lexically_normal();
}

Figures simulate_point(const RunSpec& spec, const Plan& plan, const Point& point, const traces::Source* trace,
                       const Catalogue& catalogue) {
  SimulationOptions options;
  // A trace that the point does not replay after all is no use to it.
  if (trace != nullptr && spec.workload.trace && is_same_file(*spec.workload.trace, point.trace))
    options.source = trace;
  // As many points run as there are processors: a second thread of each would only get in the way.
  options.decode_ahead = spec.workload.trace && options.source == nullptr;
  return matching_figures(all_figures(simulate(spec, catalogue, options).statistics), plan.figures);
}

}  // namespace

Figures matching_figures(Figures figures, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return figures;
  std::erase_if(figures, [&patterns](const auto& figure) {
    return std::none_of(patterns.begin(), patterns.end(),
                        [&](const std::string& pattern) { return traces::matches(pattern, figure.first); });
  });
  return figures;
}

std::uint64_t guess_memory(const RunSpec& spec) {
  const std::uint64_t devices = spec.platform.devices.size();
  std::uint64_t bytes = kProcessBytes;
  for (const DeviceSpec& device : spec.platform.devices) {
    bytes += device.memory.capacity.value.count() / kBlock * kAllocatorBytes;
  }
  if (spec.workload.generator) {
    bytes += generator_blocks(*spec.workload.generator) * (kBlockBytes + devices * kDeviceBlockBytes);
  }
  if (spec.workload.trace) {
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(*spec.workload.trace, unknown);
    if (!unknown) bytes += size;
  }
  return bytes;
}

PointWork simulation_work(const LoadPoint& load, const Catalogue& catalogue) {
  PointWork work;
  work.run = [load, &catalogue](const Plan& plan, const Point& point, const traces::Source* trace) {
    return simulate_point(load(plan.base, point), plan, point, trace, catalogue);
  };
  work.guess_memory = [load](const Plan& plan, const Point& point) {
    try {
      return guess_memory(load(plan.base, point));
    } catch (const InputError&) {
      return kProcessBytes;  // it will fail, and say why
    }
  };
  work.is_repeatable = engine::Engine::can_follow_another() && catalogue.plugins.empty();
  return work;
}

}  // namespace farfault::sweep
