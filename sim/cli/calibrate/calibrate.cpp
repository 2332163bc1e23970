#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "analysis/calibration/calibration.h"
#include "analysis/calibration/platform_file.h"
#include "analysis/calibration/read.h"
#include "sim/cli/calibrate/base.h"
#include "sim/cli/calibrate/fit_report.h"
#include "sim/cli/calibrate/gnuplot.h"
#include "sim/cli/commands.h"
#include "sim/cli/file_name.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/terminal.h"
#include "sim/core/text.h"
#include "traces/byte_sink.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;
namespace calibration = analysis::calibration;

std::string read_measured(const std::string& path) {
  std::error_code failed;
  const auto refuse = [&path](const std::string& why) {
    throw InputError(Diagnostic{.file = printable(path, 400), .problem = "cannot be read: " + why, .remedy = {}});
  };
  if (fs::is_directory(path, failed)) refuse("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(system_message(errno));
  std::string out;
  std::vector<char> buffer(1U << 16U);
  while (file && out.size() <= calibration::kMostBytes) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    out.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) refuse("reading failed");
  return out;
}

/// All files, with all that is wrong in any of them.
std::vector<calibration::MeasuredFile> read_all(const std::vector<std::string>& paths) {
  std::vector<calibration::MeasuredFile> out;
  std::vector<Diagnostic> wrong;
  for (const std::string& path : paths) {
    try {
      out.push_back(calibration::parse_measurements(read_measured(path), printable(path, 400)));
    } catch (const InputError& error) {
      wrong.insert(wrong.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!wrong.empty()) throw InputError(std::move(wrong));
  return out;
}

/// As --date says, else the files, each date once.
std::string date_of(const CalibrateOptions& options, const std::vector<calibration::MeasuredFile>& files) {
  if (options.date) return *options.date;
  std::string out;
  for (const calibration::MeasuredFile& file : files) {
    if (!file.date.empty() && out.find(file.date) == std::string::npos) out += (out.empty() ? "" : ", ") + file.date;
  }
  return out;
}

std::string description_of(const CalibrateOptions& options, const std::vector<calibration::MeasuredFile>& files,
                           const calibration::Base& base) {
  if (options.description) return *options.description;
  std::string devices;
  for (const calibration::MeasuredFile& file : files) {
    if (!file.device.empty() && devices.find(file.device) == std::string::npos) {
      devices += (devices.empty() ? "" : ", ") + printable(file.device);
    }
  }
  return (devices.empty() ? "A device" : devices) + " as measured; the rest is " + base.name + '.';
}

calibration::Naming naming_of(const CalibrateOptions& options, const std::vector<calibration::MeasuredFile>& files,
                              const calibration::Base& base) {
  const std::string stem = options.output ? fs::path(*options.output).stem().string() : base.name + "-calibrated";
  return {options.name.value_or(file_name(stem)), description_of(options, files, base), date_of(options, files)};
}

/// By the program's own loader, before anything is written.
void check_platform(const std::string& platform, const std::string& name, const Context& context) {
  const std::string scenario =
      "{\"name\": \"calibration\", \"platform\": " + platform + ", \"workload\": {\"generator\": \"sequential\"}}";
  static_cast<void>(load_scenario_text(scenario, name, ".", {}, context.paths, context.catalogue));
}

/// Under its name only when it is whole; Ctrl-C leaves nothing.
void write_file(const std::string& path, const std::string& text, bool force) {
  const InterruptGuard guard(traces::partial_name(path), InterruptGuard::OnSignal::kExit);
  const std::unique_ptr<traces::ByteSink> sink = traces::create_file(path, force);
  sink->write(text);
  sink->close();
}

void say_written(const std::string& what, const std::string& path, const Context& context) {
  if (context.common.verbosity != Verbosity::kQuiet) say(what + ": " + printable(path, 400));
}

void plot(const calibration::Calibration& fitted, const calibration::Naming& naming, const CalibrateOptions& options,
          const Context& context) {
  const fs::path svg = *options.plot;
  const std::string data = calibration::plot_csv(fitted);
  const std::string title = printable(naming.name) + ": measured (points) and fitted";
  const auto script = [&](const std::string& csv_name, const std::string& svg_name) {
    return calibration::plot_script(fitted, title, csv_name, svg_name);
  };
  if (script("", "").find("plot ") == std::string::npos) {
    warn("nothing to plot: no fit has two points with sizes");
    return;
  }
  if (const std::optional<std::string> gnuplot = find_gnuplot()) {
    write_file(svg.string(), run_gnuplot(*gnuplot, script("fit.csv", "fit.svg"), "fit.csv", data, "fit.svg"),
               options.force);
    say_written("plot", svg.string(), context);
    return;
  }
  const fs::path csv = fs::path(svg).replace_extension(".csv");
  const fs::path gnuplot_file = fs::path(svg).replace_extension(".gnuplot");
  write_file(csv.string(), data, options.force);
  write_file(gnuplot_file.string(), script(csv.filename().string(), svg.filename().string()), options.force);
  warn("there is no gnuplot here (Debian: apt-get install gnuplot-nox), so " + printable(svg.string(), 400) +
       " is not drawn; its data and script are " + printable(csv.string(), 400) + " and " +
       printable(gnuplot_file.string(), 400));
}

void show(const calibration::Calibration& fitted, const calibration::Base& base, const calibration::Naming& naming,
          const CalibrateOptions& options, const Context& context) {
  switch (options.format) {
    case Format::kJson:
      return print(calibration_json(fitted, base, naming));
    case Format::kCsv:
      return print(calibration_csv(fitted));
    case Format::kTable:
    case Format::kMarkdown:
      return print(report_text(fit_report(fitted, base), options.format, context.common.color));
  }
}

/// A picture named after itself alone would be taken for its own data.
void check_names(const CalibrateOptions& options) {
  if (!options.plot) return;
  const fs::path svg = *options.plot;
  if (svg.extension() != ".svg") {
    throw Error(ExitCode::kUsage, "--plot \"" + printable(*options.plot) + "\" does not end in .svg");
  }
  for (const char c : *options.plot) {
    if (static_cast<unsigned char>(c) < 0x20) throw Error(ExitCode::kUsage, "--plot has a control character in it");
  }
}

}  // namespace

ExitCode calibrate(const CalibrateOptions& options, const Context& context) {
  check_names(options);
  const calibration::Base base = calibration_base(options, context);
  const calibration::Options how{options.curve, lower_bounds(options.at_least, base)};
  const std::vector<calibration::MeasuredFile> files = read_all(options.measured);
  const calibration::Calibration fitted = calibration::calibrate(files, base, how);
  const calibration::Naming naming = naming_of(options, files, base);
  const std::string platform = platform_json(fitted, base, naming);
  check_platform(platform, options.output.value_or("the fitted platform"), context);
  for (const std::string& warning : fitted.warnings) warn(printable(warning, 1000));
  if (options.output) write_file(*options.output, platform, options.force);
  show(fitted, base, naming, options, context);
  if (options.output) say_written("platform", *options.output, context);
  if (options.plot) plot(fitted, naming, options, context);
  return ExitCode::kOk;
}

}  // namespace farfault::cli
