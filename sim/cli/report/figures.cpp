#include "sim/cli/report/figures.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "sim/cli/file_name.h"
#include "sim/cli/helper_program.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

fs::path find_script(const fs::path& executable) {
  constexpr const char* kName = "render.mjs";
  if (const char* const given = std::getenv("FARFAULT_REPORT_WEB"); given != nullptr && *given != '\0') {
    return fs::path(given) / kName;
  }
  const fs::path folder = executable.parent_path();
  for (const char* const place : {"report-web", "../share/farfault/report-web"}) {
    if (fs::path script = (folder / place / kName).lexically_normal(); is_file(script)) return script;
  }
  return {};
}

}  // namespace

FigureTools find_figure_tools(const fs::path& executable) {
  FigureTools tools{find_in_path("node").value_or(""), find_script(executable)};
  if (tools.node.empty()) tools.node = find_in_path("nodejs").value_or("");
  if (tools.node.empty()) {
    throw RunError("--figures: Node is missing, which draws them; install Debian's nodejs, or leave --figures out");
  }
  if (!is_file(tools.script)) {
    throw RunError("--figures: " + printable(tools.script.empty() ? "render.mjs" : tools.script.string(), 400) +
                   " is missing: this farfault was built without charts; build it again where npm is");
  }
  return tools;
}

std::vector<std::pair<std::string, std::string>> draw_figures(const FigureTools& tools, const std::string& charts) {
  const TemporaryFolder folder("figures");
  const fs::path out = folder.path() / "out";
  write_helper_file(folder.path() / "charts.json", charts);
  const HelperRun run = run_helper(tools.node, {tools.script.string(), "charts.json", "out"}, folder);
  if (!run.succeeded) throw RunError("--figures: Node could not draw them: " + printable(run.messages, 1000));
  std::vector<std::pair<std::string, std::string>> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(out)) {
    files.emplace_back(entry.path().filename().string(), read_helper_file(entry.path()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace farfault::cli
