#include "sim/cli/calibrate/gnuplot.h"

#include "sim/cli/helper_program.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {

std::optional<std::string> find_gnuplot() { return find_in_path("gnuplot"); }

std::string run_gnuplot(const std::string& gnuplot, const std::string& script, const std::string& data_name,
                        const std::string& data, const std::string& picture_name) {
  constexpr const char* kScript = "fit.gnuplot";
  const TemporaryFolder folder("plot");
  write_helper_file(folder.path() / kScript, script);
  write_helper_file(folder.path() / data_name, data);
  const HelperRun run = run_helper(gnuplot, {kScript}, folder);
  std::string picture = read_helper_file(folder.path() / picture_name);
  if (!run.succeeded || picture.empty()) throw RunError("gnuplot failed: " + printable(run.messages, 1000));
  return picture;
}

}  // namespace farfault::cli
