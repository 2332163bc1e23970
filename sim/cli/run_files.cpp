#include "sim/cli/run_files.h"

#include <sys/resource.h>

#include <array>
#include <nlohmann/json.hpp>
#include <thread>

#include "sim/cli/version.h"
#include "sim/replay/results.h"
#include "sim/replay/summary.h"

namespace farfault::cli {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

std::string utc_text(std::time_t time) {
  std::array<char, 32> text{};
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::uint64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::string run_json(const RunRecord& record, const RunSpec& spec, const Context& context) {
  Json out;
  out["farfault"] = version_text();
  out["git"] = git_hash();
  out["compiler"] = compiler_text();
  out["argv"] = context.arguments;
  out["config_hash"] = config_hash(spec);
  out["seed"] = spec.seed;
  if (spec.workload.trace) {
    out["trace"] = {{"path", *spec.workload.trace}, {"xxh3_64", record.trace_hash}};
  }
  out["start"] = utc_text(record.start);
  out["wall_clock_seconds"] = std::chrono::duration<double>(Clock::now() - record.begin).count();
  out["simulation_seconds"] = record.simulation_seconds;
  out["accesses_per_second"] =
      record.simulation_seconds > 0 ? static_cast<double>(record.accesses) / record.simulation_seconds : 0.0;
  out["host_cpus"] = std::thread::hardware_concurrency();
  out["peak_memory_bytes"] = peak_memory();
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

RunResult simulate_recorded(const RunSpec& spec, const Context& context, const SimulationOptions& options,
                            RunRecord& record) {
  const Clock::time_point begin = Clock::now();
  RunResult result = simulate(spec, context.catalogue, options);
  record.simulation_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (options.timeline != nullptr) record.timeline = options.timeline->json();
  if (result.statistics.contains("accesses.total")) {
    record.accesses = static_cast<std::uint64_t>(result.statistics.integer("accesses.total"));
  }
  return result;
}

std::vector<RunFile> run_files(const RunSpec& spec, const RunResult& result, const RunRecord& record,
                               const Context& context) {
  std::vector<RunFile> files = {{"config.resolved.json", resolved_json(spec)},
                                {"results.json", results_json(spec, result, version_text())},
                                {"summary.txt", summary_text(spec, result, false)},
                                {"run.json", run_json(record, spec, context)}};
  if (!record.timeline.empty()) files.push_back({"timeline.json", record.timeline});
  return files;
}

}  // namespace farfault::cli
