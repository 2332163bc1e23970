#include <algorithm>
#include <utility>

#include "sim/cli/compare/modes.h"
#include "sim/cli/interrupt.h"
#include "sim/core/error.h"

namespace farfault::cli {
namespace {

/// Empty if they are not of one workload.
std::string common_workload(const std::vector<analysis::Column>& columns) {
  const std::string& first = columns.front().result->workload;
  const bool all = std::all_of(columns.begin(), columns.end(),
                               [&first](const analysis::Column& column) { return column.result->workload == first; });
  return all ? first : std::string();
}

}  // namespace

ExitCode compare_results(const CompareOptions& options, const Context& context) {
  const std::vector<analysis::Threshold> thresholds = thresholds_of(options);
  std::vector<analysis::Column> columns;
  std::vector<Diagnostic> faults;
  for (const std::string& given : options.given) {
    try {
      columns.push_back({given, analysis::read_result(given), {}});
    } catch (const InputError& error) {
      faults.insert(faults.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  const std::unique_ptr<OutputDirectory> output = open_output(options);
  const InterruptGuard guard(output ? output->temporary() : std::filesystem::path());
  std::vector<analysis::Titled> all(1);
  analysis::Titled& titled = all.front();
  titled.heading.workload = common_workload(columns);
  titled.comparison = analysis::compare(std::move(columns));
  titled.patterns = options.figures;
  titled.verdicts = judge_all(thresholds, titled.comparison);
  const Report report = comparison_report(titled, view_of(options, titled.comparison));
  if (output) {
    output->write("compare.json", analysis::comparisons_json("results", all));
    output->write("compare.md", report_text(report, Format::kMarkdown, ColorMode::kNever));
    commit(*output, context);
  }
  print_comparisons(options, context, "results", all, report);
  return outcome(all);
}

}  // namespace farfault::cli
