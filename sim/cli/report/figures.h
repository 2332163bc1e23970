/// Charts as files, drawn by Node.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace farfault::cli {

/// Where render.mjs of this build is: FARFAULT_REPORT_WEB, beside the program, or where it was installed to. Throws
/// Error, saying what is missing and how to get it, if there is none, or no Node.
struct FigureTools {
  std::string node;
  std::filesystem::path script;
};
FigureTools find_figure_tools(const std::filesystem::path& executable);

/// Name and bytes of each file. `charts` is report::figures_json(). Throws RunError with what Node said.
std::vector<std::pair<std::string, std::string>> draw_figures(const FigureTools& tools, const std::string& charts);

}  // namespace farfault::cli
