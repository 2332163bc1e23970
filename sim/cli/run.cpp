#include <memory>
#include <optional>
#include <utility>

#include "sim/cli/commands.h"
#include "sim/cli/file_name.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/optimal.h"
#include "sim/cli/run_files.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/version.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"
#include "sim/replay/summary.h"

namespace farfault::cli {
namespace {

std::unique_ptr<OutputDirectory> open_output(const RunOptions& options, const RunSpec& spec) {
  if (!options.output) {
    const std::filesystem::path target = std::filesystem::path("results") / file_name(spec.name);
    return std::make_unique<OutputDirectory>(target, options.force ? IfExists::kReplace : IfExists::kNumber);
  }
  if (*options.output == "-") return nullptr;
  return std::make_unique<OutputDirectory>(*options.output, options.force ? IfExists::kReplace : IfExists::kRefuse);
}

std::string number_text(const Statistic& statistic) {
  if (const auto* integer = std::get_if<std::int64_t>(&statistic.value)) return std::to_string(*integer);
  return parameter_text(std::get<double>(statistic.value));
}

/// Every figure, and of each distribution what describes it.
Table figures_table(const Statistics& statistics) {
  Table table{{"name", "value", "unit", "description"}, {}};
  for (const auto& [name, figure] : statistics.figures()) {
    table.rows.push_back({name, number_text(figure), std::string(unit_name(figure.unit)), figure.description});
  }
  for (const auto& [name, distribution] : statistics.distributions()) {
    const Histogram& h = distribution.histogram;
    const std::string unit(unit_name(distribution.unit));
    const std::string& what = distribution.description;
    table.rows.push_back({name + ".count", std::to_string(h.count()), "count", what + ": number"});
    table.rows.push_back({name + ".mean", parameter_text(h.mean()), unit, what + ": mean"});
    table.rows.push_back({name + ".min", std::to_string(h.min()), unit, what + ": least"});
    table.rows.push_back({name + ".max", std::to_string(h.max()), unit, what + ": most"});
    for (const auto& [label, q] : {std::pair("p50", 0.5), {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}) {
      table.rows.push_back({name + '.' + label, std::to_string(h.quantile(q)), unit, what + ": percentile"});
    }
  }
  return table;
}

RunResult simulate_watched(const RunOptions& options, const RunSpec& spec, const Context& context, RunRecord& record) {
  Progress progress(context.common.verbosity);
  SimulationOptions simulation;
  simulation.check = options.check;
  simulation.interrupted = &InterruptGuard::flag();
  Timeline timeline;
  const bool to_folder = !options.output || *options.output != "-";
  if (options.timeline && to_folder) simulation.timeline = &timeline;
  simulation.on_progress = [&progress](const RunProgress& at) { progress.update(at); };
  return simulate_recorded(spec, context, simulation, record);
}

/// What goes to stdout.
std::string printed(const RunOptions& options, const RunSpec& spec, const RunResult& result, ColorMode color) {
  const bool no_folder = options.output && *options.output == "-";
  const Format format = options.format.value_or(no_folder ? Format::kJson : Format::kTable);
  if (format == Format::kJson) return results_json(spec, result, version_text());
  if (format == Format::kTable) return summary_text(spec, result, use_color(Stream::kStdout, color));
  return formatted(figures_table(result.statistics), format, color);
}

}  // namespace

ExitCode run(const RunOptions& options, const Context& context) {
  RunRecord record;
  std::vector<std::string> sets = options.sets;
  if (options.seed) sets.push_back("seed=" + std::to_string(*options.seed));
  const RunSpec spec = load_given_scenario(options.scenario, sets, context);
  info("scenario \"" + printable(spec.name) + "\", config hash " + config_hash(spec));

  // Before the run, so that a place where nothing can be written is found at once.
  const std::unique_ptr<OutputDirectory> output = open_output(options, spec);
  const InterruptGuard guard(output ? output->temporary() : std::filesystem::path());
  if (output && spec.workload.trace) record.trace_hash = file_hash(*spec.workload.trace);
  // Before the run: a process simulates once, and children are made of one that has not.
  const std::optional<Optimum> optimum =
      options.with_optimal ? std::optional(find_optimum(spec, context)) : std::nullopt;
  RunResult result = simulate_watched(options, spec, context, record);
  if (optimum) add_optimum(*optimum, result.statistics);
  if (InterruptGuard::flag()) throw Interrupted();

  if (output) {
    for (const RunFile& file : run_files(spec, result, record, context)) output->write(file.name, file.contents);
    const std::filesystem::path left = output->commit();
    if (!left.empty()) warn("could not remove the old results: " + printable(left.native(), 4096));
    if (context.common.verbosity != Verbosity::kQuiet) {
      // Before stdout, whose failure must not hide where the results are.
      say("results: " + printable(output->target().native(), 4096));
    }
  }
  print(printed(options, spec, result, context.common.color));
  return ExitCode::kOk;
}

}  // namespace farfault::cli
