/// The plotting program, which may be installed or not.
#pragma once

#include <optional>
#include <string>

namespace farfault::cli {

/// Where gnuplot is, by PATH.
std::optional<std::string> find_gnuplot();

/// Runs gnuplot in a folder of its own on a script and the data that it reads, and returns the picture that the script
/// makes there. The names are plain file names. No shell is involved. Throws RunError where gnuplot fails, Interrupted
/// where Ctrl-C ended it.
std::string run_gnuplot(const std::string& gnuplot, const std::string& script, const std::string& data_name,
                        const std::string& data, const std::string& picture_name);

}  // namespace farfault::cli
