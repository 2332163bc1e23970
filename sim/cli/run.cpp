#include <memory>
#include <optional>
#include <utility>

#include "sim/cli/commands.h"
#include "sim/cli/file_name.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/optimal.h"
#include "sim/cli/run_files.h"
#include "sim/cli/sample_seeds.h"
#include "sim/cli/sparkline.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/version.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"
#include "sim/replay/summary.h"
#include "sim/replay/timeline/perfetto_file.h"

namespace farfault::cli {
namespace {

/// -o -: stdout alone, no folder.
bool has_no_folder(const RunOptions& options) { return options.output && *options.output == "-"; }

std::unique_ptr<OutputDirectory> open_output(const RunOptions& options, const RunSpec& spec) {
  if (!options.output) {
    const std::filesystem::path target = std::filesystem::path("results") / file_name(spec.name);
    return std::make_unique<OutputDirectory>(target, options.force ? IfExists::kReplace : IfExists::kNumber);
  }
  if (has_no_folder(options)) return nullptr;
  return std::make_unique<OutputDirectory>(*options.output, options.force ? IfExists::kReplace : IfExists::kRefuse);
}

std::string number_text(const Statistic& statistic) {
  if (const auto* integer = std::get_if<std::int64_t>(&statistic.value)) return std::to_string(*integer);
  return parameter_text(std::get<double>(statistic.value));
}

/// Every figure, and of each distribution what describes it.
Table figures_table(const Statistics& statistics) {
  Table table{{"name", "value", "unit", "description"}, {}};
  for (const auto& [name, figure] : all_figures(statistics)) {
    table.rows.push_back({name, number_text(figure), std::string(unit_name(figure.unit)), figure.description});
  }
  return table;
}

/// Null if none is asked for.
std::unique_ptr<PerfettoTrace> open_perfetto(const RunOptions& options, const RunSpec& spec) {
  if (!options.perfetto) return nullptr;
  if (options.perfetto_options.until <= options.perfetto_options.from) {
    throw Error(ExitCode::kUsage, "--perfetto-until: is not after --perfetto-from; give a later date");
  }
  std::vector<std::string> devices;
  for (const DeviceSpec& device : spec.platform.devices) devices.push_back(device.name);
  return std::make_unique<PerfettoTrace>(
      create_perfetto_file(*options.perfetto, options.force), std::move(devices), options.perfetto_options,
      PerfettoTrace::Notes{
          {"scenario", spec.name}, {"config hash", config_hash(spec)}, {"farfault", std::string(version_text())}});
}

void finish_perfetto(PerfettoTrace& trace, const RunOptions& options, const Context& context) {
  trace.finish();
  if (trace.left_out() != 0) {
    warn(format_count(trace.left_out()) + " events are not in the timeline; see --perfetto-events and --perfetto-from");
  }
  if (context.common.verbosity != Verbosity::kQuiet) say("timeline: " + printable(*options.perfetto, 4096));
}

RunResult simulate_watched(const RunOptions& options, const RunSpec& spec, const Context& context,
                           PerfettoTrace* perfetto, RunRecord& record) {
  Progress progress(context.common.verbosity);
  SimulationOptions simulation;
  simulation.check = options.check;
  simulation.interrupted = &InterruptGuard::flag();
  Timeline timeline;
  if (options.timeline && !has_no_folder(options)) simulation.timeline = &timeline;
  if (perfetto != nullptr) simulation.observers.push_back(perfetto);
  simulation.on_progress = [&progress](const RunProgress& at) { progress.update(at); };
  return simulate_recorded(spec, context, simulation, record);
}

/// What goes to stdout.
std::string printed(const RunOptions& options, const RunSpec& spec, const RunResult& result, const RunRecord& record,
                    ColorMode color) {
  const Format format = options.format.value_or(has_no_folder(options) ? Format::kJson : Format::kTable);
  if (format == Format::kJson) return results_json(spec, result, version_text());
  if (format == Format::kTable) {
    std::string out = summary_text(spec, result, use_color(Stream::kStdout, color));
    if (is_terminal(Stream::kStdout) && has_sparks()) {
      const std::string course = over_time_text(record.courses, terminal_width(Stream::kStdout));
      if (!course.empty()) out += '\n' + course;
    }
    return out;
  }
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
  const std::unique_ptr<PerfettoTrace> perfetto = open_perfetto(options, spec);
  // Before the run: a process simulates once, and children are made of one that has not.
  const std::optional<Optimum> optimum =
      options.with_optimal ? std::optional(find_optimum(spec, context)) : std::nullopt;
  std::vector<Estimates> other_samples;
  if (options.sample_seeds) other_samples = estimates_of_other_seeds(spec, *options.sample_seeds, context);
  RunResult result = simulate_watched(options, spec, context, perfetto.get(), record);
  if (optimum) add_optimum(*optimum, result.statistics);
  if (!other_samples.empty()) add_seeds(other_samples, result.statistics);
  if (InterruptGuard::flag()) throw Interrupted();

  if (perfetto) finish_perfetto(*perfetto, options, context);
  if (output) {
    for (const RunFile& file : run_files(spec, result, record, context)) output->write(file.name, file.contents);
    const std::filesystem::path left = output->commit();
    if (!left.empty()) warn("could not remove the old results: " + printable(left.native(), 4096));
    if (context.common.verbosity != Verbosity::kQuiet) {
      // Before stdout, whose failure must not hide where the results are.
      say("results: " + printable(output->target().native(), 4096));
    }
  }
  print(printed(options, spec, result, record, context.common.color));
  return ExitCode::kOk;
}

}  // namespace farfault::cli
