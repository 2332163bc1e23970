#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "analysis/report/comparison_page.h"
#include "analysis/report/page.h"
#include "analysis/report/run_folder.h"
#include "analysis/report/run_page.h"
#include "analysis/report/sweep/sweep_page.h"
#include "analysis/sweep_store/folders.h"
#include "analysis/sweep_store/store.h"
#include "sim/cli/commands.h"
#include "sim/cli/file_name.h"
#include "sim/cli/helper_program.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/report/figures.h"
#include "sim/cli/report/web_files.h"
#include "sim/cli/terminal.h"
#include "sim/cli/version.h"
#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"
#include "traces/byte_sink.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

/// So many results beside each other are read as points of a sweep.
constexpr std::size_t kSweepFrom = 12;

enum class What : std::uint8_t { kRun, kComparison, kSweepStore, kSweepOfFolders };

/// The folders in a folder that hold results, by name.
std::vector<fs::path> results_in(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (is_file(it->path() / "results.json")) out.push_back(it->path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

What kind_of(const fs::path& given) {
  if (is_file(given / analysis::kSweepFile) || given.extension() == ".sqlite") return What::kSweepStore;
  if (is_file(given / "compare.json") || given.filename() == "compare.json") return What::kComparison;
  if (is_file(given / "results.json") || is_file(given)) return What::kRun;
  if (!results_in(given).empty()) return What::kSweepOfFolders;
  throw InputError(Diagnostic{.file = printable(given.string(), 400),
                              .problem = "holds no results: no results.json, compare.json or sweep.sqlite",
                              .remedy = "give a folder that farfault run, compare or sweep wrote"});
}

report::Page page_of(report::SweepContent content) {
  report::Page page;
  page.title = std::move(content.title);
  page.sections = std::move(content.sections);
  page.datasets = std::move(content.datasets);
  return page;
}

class PageMaker {
 public:
  explicit PageMaker(const ReportOptions& options) : options_(options) {
    for (const std::string& given : options.given) {
      const fs::path path = given;
      const What what = kind_of(path);
      if (what == What::kSweepOfFolders) {
        const std::vector<fs::path> in = results_in(path);
        runs_.insert(runs_.end(), in.begin(), in.end());
        many_ = many_ || in.size() > 1;
      } else {
        (what == What::kRun ? runs_ : what == What::kComparison ? comparisons_ : stores_).push_back(path);
      }
    }
    refuse_mixtures();
  }

  report::Page make() const {
    if (!stores_.empty()) return make_sweep();
    if (!comparisons_.empty()) return make_comparison();
    if (is_sweep()) return make_sweep();
    if (runs_.size() > 1) return make_comparison();
    return report::make_run_page(report::read_run_folder(runs_.front()));
  }

 private:
  bool is_sweep() const { return options_.sweep || many_ || runs_.size() >= kSweepFrom; }

  void refuse_mixtures() const {
    const int kinds = (runs_.empty() ? 0 : 1) + (comparisons_.empty() ? 0 : 1) + (stores_.empty() ? 0 : 1);
    if (kinds > 1 || stores_.size() > 1) {
      throw Error(ExitCode::kUsage,
                  "report: give either runs, or comparisons, or one sweep; each makes a page of its own");
    }
    if (options_.sensitivity && (runs_.size() == 1 || !stores_.empty())) {
      throw Error(ExitCode::kUsage, "--sensitivity: is of a comparison; give one, or several runs");
    }
    if (options_.sweep && !comparisons_.empty()) {
      throw Error(ExitCode::kUsage, "--sweep: is for runs; a comparison's columns are in folders of their own");
    }
  }

  report::Page make_sweep() const {
    report::SweepPageOptions options;
    options.figures = options_.rank_by;
    if (stores_.empty()) return page_of(report::sweep_page(analysis::sweep_of_folders(runs_), options));
    return page_of(
        report::sweep_page(analysis::read_sweep(stores_.front(), report::sweep_page_figures(options)), options));
  }

  report::Page make_comparison() const {
    std::vector<report::SensitivityResults> sensitivities;
    if (options_.sensitivity) sensitivities = report::read_sensitivities(*options_.sensitivity);
    std::vector<report::ScenarioResults> scenarios;
    for (const fs::path& folder : comparisons_) {
      std::vector<report::ScenarioResults> of_one = report::read_comparison_folder(folder);
      std::move(of_one.begin(), of_one.end(), std::back_inserter(scenarios));
    }
    if (!runs_.empty()) {
      std::vector<report::RunFolder> runs;
      for (const fs::path& path : runs_) runs.push_back(report::read_run_folder(path));
      scenarios.push_back(report::side_by_side(std::move(runs)));
    }
    return report::make_comparison_page(scenarios, sensitivities);
  }

  const ReportOptions& options_;
  std::vector<fs::path> runs_;
  std::vector<fs::path> comparisons_;
  std::vector<fs::path> stores_;
  bool many_ = false;  ///< a folder of several runs
};

void write_page(const ReportOptions& options, const std::string& text) {
  if (options.output == "-") return print(text);
  const InterruptGuard guard(traces::partial_name(options.output), InterruptGuard::OnSignal::kExit);
  const std::unique_ptr<traces::ByteSink> sink = traces::create_file(options.output, options.force);
  sink->write(text);
  sink->close();
}

void write_figures(const report::Page& page, const FigureTools& tools, OutputDirectory& output) {
  const std::string charts = report::figures_json(page);
  for (const auto& [name, bytes] : draw_figures(tools, charts)) output.write(name, bytes);
  output.write("figures.json", charts);
  output.commit();
}

void open_in_browser(const std::string& path) {
  const std::optional<std::string> opener = find_in_path("xdg-open");
  if (!opener) {
    warn("--open: there is no xdg-open here; open " + printable(path, 4096) + " yourself");
    return;
  }
  // Not waited for: a browser may stay.
  std::string program = *opener;
  std::string page = fs::absolute(path).string();
  const std::array<char*, 3> words = {program.data(), page.data(), nullptr};
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), nullptr, &attributes, words.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) warn("--open: cannot start " + printable(program, 400) + ": " + system_message(error));
}

}  // namespace

ExitCode make_report(const ReportOptions& options, const CommonOptions& common) {
  // Before any reading: what cannot be written or drawn is found at once.
  std::optional<FigureTools> tools;
  std::unique_ptr<OutputDirectory> figures;
  if (options.figures) {
    tools = find_figure_tools(own_path());
    figures =
        std::make_unique<OutputDirectory>(*options.figures, options.force ? IfExists::kReplace : IfExists::kRefuse);
  }
  if (options.open && options.output == "-") throw Error(ExitCode::kUsage, "--open: needs a file; leave -o - out");
  const report::Web web{std::string(report_style()), std::string(report_script()), std::string(report_licences())};
  if (!web.complete()) warn("this farfault was built without npm: the page has texts and tables, and no charts");

  report::Page page = PageMaker(options).make();
  page.footer.push_back("farfault " + std::string(version_text()) + ", commit " + std::string(git_hash()));
  const std::string text = report::html(page, web);
  write_page(options, text);
  const bool loud = common.verbosity != Verbosity::kQuiet;
  if (loud && options.output != "-") {
    say("report: " + printable(options.output, 4096) + " (" + format_short(Bytes(text.size())) + ')');
  }
  if (figures) {
    const InterruptGuard guard(figures->temporary());
    write_figures(page, *tools, *figures);
    if (loud) say("figures: " + printable(figures->target().native(), 4096));
  }
  if (options.open) open_in_browser(options.output);
  return ExitCode::kOk;
}

}  // namespace farfault::cli
