#include <utility>

#include "sim/cli/compare/modes.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/version.h"
#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/replay/setup_figures.h"

namespace farfault::cli {
namespace {

std::vector<Bytes> sizes_of(const CompareOptions& options) {
  std::vector<Bytes> out;
  for (const std::string& text : options.at) {
    const Parsed<Bytes> size = parse_bytes(text);
    if (!size) throw Error(ExitCode::kUsage, "--at: " + size.problem);
    if (*size.value == Bytes() || *size.value > kMostDeviceMemory) {
      throw Error(ExitCode::kUsage, "--at: a device cannot have " + format_exact(*size.value) +
                                        " of memory; give it more than nothing, at most " +
                                        format_exact(kMostDeviceMemory));
    }
    out.push_back(*size.value);
  }
  return out;
}

/// As if a run had written its set-up alone.
analysis::Column column_at(const PlannedColumn& column, const Context& context, Bytes size) {
  analysis::Column out{column.name, std::nullopt, {}};
  try {
    analysis::ResultFile result;
    result.statistics = setup_figures(column.spec, context.catalogue, size).figures();
    result.name = column.spec.name;
    result.version = version_text();
    result.config_hash = config_hash(column.spec);
    for (const Assumption& assumption : assumptions(column.spec)) {
      result.assumptions.push_back({assumption.pointer, assumption.value, assumption.source});
    }
    out.result = std::move(result);
  } catch (const InputError& error) {
    out.failure = error.what();
  }
  return out;
}

/// Else every cell would say that there is no room.
void check_devices(const PlannedScenario& scenario) {
  for (const PlannedColumn& column : scenario.columns) {
    if (!column.spec.platform.devices.empty()) continue;
    throw InputError(Diagnostic{.pointer = "/platform/devices",
                                .problem = "the platform of " + printable(column.name) + " has no device",
                                .remedy = "choose another with --set platform=NAME (farfault list platforms)"});
  }
}

}  // namespace

ExitCode compare_setups(const CompareOptions& options, const Context& context) {
  const std::vector<analysis::Threshold> thresholds = thresholds_of(options);
  const std::vector<Bytes> sizes = sizes_of(options);
  const std::vector<PlannedScenario> planned = plan(options, context);
  const std::unique_ptr<OutputDirectory> output = open_output(options);
  const InterruptGuard guard(output ? output->temporary() : std::filesystem::path());
  std::vector<analysis::Titled> all;
  Report report;
  for (const PlannedScenario& scenario : planned) {
    check_devices(scenario);
    for (const Bytes& size : sizes) {
      if (InterruptGuard::flag()) throw Interrupted();
      std::vector<analysis::Column> columns;
      columns.reserve(scenario.columns.size());
      for (const PlannedColumn& column : scenario.columns) columns.push_back(column_at(column, context, size));
      analysis::Titled titled{scenario.heading, analysis::compare(std::move(columns)), options.figures, {}};
      titled.heading.memory = format_exact(size);
      if (&size != &sizes.front()) titled.heading.question.clear();
      titled.verdicts = judge_all(thresholds, titled.comparison);
      ReportView view = view_of(options, titled.comparison);
      view.attribution = false;
      view.failed = "no room";
      const Report one = comparison_report(titled, view);
      report.insert(report.end(), one.begin(), one.end());
      all.push_back(std::move(titled));
    }
  }
  if (output) {
    output->write("compare.json", analysis::comparisons_json("set-up", all));
    output->write("compare.md", report_text(report, Format::kMarkdown, ColorMode::kNever));
    commit(*output, context);
  }
  print_comparisons(options, context, "set-up", all, report);
  return outcome(all, true);
}

}  // namespace farfault::cli
