#include "sim/cli/validate/validate_grammar.h"

#include "sim/cli/grammar.h"

namespace farfault::cli {

void add_validate(CLI::App& app, ValidateOptions& options, CommonOptions& common) {
  CLI::App* const command =
      add_command(app, "validate", "sets simulations beside measurements; or checks scenarios and runs nothing",
                  "  farfault validate                          all validation cases: measured, simulated, error\n"
                  "  farfault validate --case 'gtx1080ti-*'     some of them\n"
                  "  farfault validate my.json                  all that is wrong with a scenario, at once\n"
                  "  farfault validate my.json --format json    the scenario with every default filled in\n");
  ValidateOptions& o = options;
  command
      ->add_option("SCENARIO", o.scenarios,
                   "to check: files, names of `farfault list scenarios`, or - for stdin; none: the cases are run")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->option_text("...");
  sets(command, o.sets, "PATH=VALUE", "a value over the file's, or over every case's; may be given again");
  const auto repeated = [command](const char* name, std::vector<std::string>& values, const char* text,
                                  const char* about) {
    command->add_option(name, values, about)
        ->option_text(text)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  };
  repeated("--case", o.cases, "PATTERN", "only cases of these names: 'gtx1080ti-*'; may be given again");
  command->add_flag("--fast", o.fast, "only cases that run in seconds");
  command->add_flag("--list", o.list, "the names of the cases, and nothing runs");
  command->add_option("--cases", o.folder, "folder of the cases (default: the shipped ones)")->option_text("DIR");
  command->add_option("-j,--jobs", o.jobs, "runs at once (default: one for each CPU)")
      ->check(whole_number())
      ->option_text("N");
  repeated("--fail-if", o.fail_if, "EXPR",
           "exit code 4 if it is so: 'rows.missed > 0', 'median.calibration.fit > 10 %'; may be given again");
  format(command, [&o](Format f) { o.format = f; }, "how it is printed; of a scenario json is the resolved one");
  add_plugins(command, common);
  add_common_options(command, common);
}

}  // namespace farfault::cli
