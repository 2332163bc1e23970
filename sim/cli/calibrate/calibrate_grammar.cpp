#include "sim/cli/calibrate/calibrate_grammar.h"

#include <string>

#include "sim/cli/grammar.h"

namespace farfault::cli {

using analysis::calibration::Curve;

void add_calibrate(CLI::App& app, CalibrateOptions& options, CommonOptions& common) {
  CLI::App* const command = add_command(
      app, "calibrate", "fits a platform's parameters to measurements",
      "  farfault calibrate my-gpu.csv --platform generic-pcie3 -o my-gpu.json    a platform of your machine\n"
      "  farfault calibrate nvbandwidth.txt --platform generic-pcie3 --plot fit.svg    only how well it fits\n");
  CalibrateOptions& o = options;
  command
      ->add_option("MEASURED", o.measured,
                   "files: CSV of measurements (docs/calibrate.md), or what nvbandwidth or bandwidthTest printed")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->option_text("...");
  command->add_option("--platform", o.platform, "what is not measured is taken from this one: farfault list platforms")
      ->required()
      ->option_text("BASE");
  command->add_option("-o,--output", o.output, "the platform file (default: none is written)")->option_text("FILE");
  command->add_option("--device", o.device, "which device of the base was measured, if it has several")
      ->option_text("NAME");
  command->add_option("--name", o.name, "of the new platform (default: the file's)")->option_text("NAME");
  command->add_option("--description", o.description, "what the new platform stands for")->option_text("TEXT");
  command->add_option("--date", o.date, "when it was measured, over what the files say")->option_text("DATE");
  choice(
      command, "--curve", {"auto", "line", "table"},
      [&o](const std::string& text) {
        o.curve = text == "line" ? Curve::kLine : text == "table" ? Curve::kTable : Curve::kAuto;
      },
      "copy time by size; auto: a line, or the points themselves where it misses one by over 5 %");
  command->add_option("--at-least", o.at_least, "a lower bound of a parameter; may be given again")
      ->option_text("PATH=VALUE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  command->add_option("--plot", o.plot, "draws fit and points, with gnuplot")->option_text("SVG");
  command->add_flag("--force", o.force, "replaces files that are there");
  format(command, [&o](Format f) { o.format = f; }, "how the fit is printed; json and csv are exact");
  add_common_options(command, common);
}

}  // namespace farfault::cli
