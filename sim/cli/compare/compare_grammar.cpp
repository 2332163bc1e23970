#include "sim/cli/compare/compare_grammar.h"

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>
#include <vector>

#include "sim/cli/grammar.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

CLI::Validator number_above_one() {
  return {[](std::string& value) -> std::string {
            double number = 0;
            const char* const end = value.data() + value.size();
            const auto [stop, error] = std::from_chars(value.data(), end, number);
            if (error == std::errc() && stop == end && std::isfinite(number) && number > 1) return {};
            return in_quotes(value) + " is no number above 1";
          },
          ""};
}

void add_what(CLI::App* command, CompareOptions& o) {
  command
      ->add_option("SCENARIO", o.given,
                   "a file, a name of `farfault list scenarios`, a folder of those, - for stdin; or folders of results "
                   "of earlier runs, two or more")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->option_text("...");
  list(command, "--designs", o.designs, "A,B,...", "a column for each kernel design (default: the scenario's columns)");
  sets(command, o.sets, "PATH=VALUE", "a value over the file's, in every column; may be given again");
  command->add_option("--seed", o.seed, "seed of the one random generator, over the file's")
      ->check(whole_number())
      ->option_text("N");
  list(command, "--at", o.at, "SIZE,...", "no replay: what adding device memory of these sizes takes");
}

void add_sensitivity(CLI::App* command, CompareOptions& o) {
  command
      ->add_option("--sensitivity", o.sensitivity,
                   "how the ratios of this figure change with each parameter that is assumed")
      ->option_text("FIGURE");
  command->add_option("--factor", o.factor, "by which a parameter is divided and multiplied (default: 2)")
      ->check(number_above_one())
      ->option_text("X");
  list(command, "--parameters", o.parameters, "PATTERN,...", "only these assumptions: 'design.*'");
}

}  // namespace

void add_compare(CLI::App& app, CompareOptions& options, CommonOptions& common) {
  CLI::App* const command =
      add_command(app, "compare", "runs designs side by side and says where they differ",
                  "  farfault compare quickstart --designs separate_radix,memremap_xarray    two kernel designs\n"
                  "  farfault compare results/old results/new --fail-if 'time.total > 1.05x' earlier runs, for CI\n");
  CompareOptions& o = options;
  add_what(command, o);
  add_sensitivity(command, o);
  command
      ->add_option("--fail-if", o.fail_if,
                   "exit code 4 if a column is beyond it: 'time.total > 1.05x', 'faults.device.raised > 1000'; may be "
                   "given again")
      ->option_text("EXPR")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  list(command, "--figures", o.figures, "PATTERN,...", "only these figures: 'time.*,kernel.*'");
  command->add_flag("--all", o.all, "every figure, zeros too; of a sensitivity every parameter");
  command->add_option("-j,--jobs", o.jobs, "runs at once (default: one for each CPU)")
      ->check(whole_number())
      ->option_text("N");
  command->add_option("-o,--output", o.output, "folder for the comparison and a folder for each run")
      ->option_text("DIR");
  command->add_flag("--force", o.force, "replaces the folder, if farfault made it");
  no_timeline(command, o.timeline);
  format(command, [&o](Format f) { o.format = f; }, "how it is printed; json and csv are exact");
  add_plugins(command, common);
  add_common_options(command, common);
}

}  // namespace farfault::cli
