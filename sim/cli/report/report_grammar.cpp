#include "sim/cli/report/report_grammar.h"

#include "sim/cli/grammar.h"

namespace farfault::cli {

void add_report(CLI::App& app, ReportOptions& options, CommonOptions& common) {
  CLI::App* const command = add_command(
      app, "report", "makes one page of results, and figures of it",
      "  farfault report results/quickstart -o quickstart.html --open       one run\n"
      "  farfault report results/design-review --figures figures            a comparison, as SVG and PNG too\n");
  ReportOptions& o = options;
  command
      ->add_option("RESULT", o.given,
                   "a folder that run, compare or sweep wrote; several are compared, a dozen and more are a sweep")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->option_text("...");
  command->add_option("-o,--output", o.output, "the page (default: report.html); - for stdout")->option_text("FILE");
  command->add_flag("--force", o.force, "replaces the page, and the folder of figures if farfault made it");
  command->add_option("--figures", o.figures, "folder for each chart as SVG and PNG, which Node draws")
      ->option_text("DIR");
  command->add_flag("--open", o.open, "shows the page in the browser");
  command->add_option("--sensitivity", o.sensitivity, "what `farfault compare --sensitivity ... --format json` printed")
      ->option_text("FILE");
  list(command, "--rank-by", o.rank_by, "FIGURE,...", "of a sweep: the first ranks its points (default: time.total)");
  command->add_flag("--sweep", o.sweep, "takes results as points of a sweep, however few");
  add_common_options(command, common);
}

}  // namespace farfault::cli
