/// Texts of users in HTML and in scripts: nothing that came from a config or a trace can leave its place.
#pragma once

#include <string>
#include <string_view>

#include "analysis/report/chart.h"

namespace farfault::report {

/// For the text of elements: & < > " ' as references; control characters (but tabs and line ends) and bytes that are
/// not UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

/// The same for a value between double quotes; tabs and line ends as references too.
std::string escaped_attribute(std::string_view text);

/// A user's string in a sentence or a cell: escaped, in <bdi>, so that no mark in it turns the text around it. One of
/// more than `limit` bytes is cut, and has up to 4 KiB of it in its title.
std::string user_text(std::string_view text, std::size_t limit = 160);

/// A user's string as a value of a chart's data: one short line without anything invisible (farfault::printable).
std::string chart_label(std::string_view text, std::size_t limit = 40);

/// For a <script>: no "<", U+2028 or U+2029; bytes that are not UTF-8 are replaced.
std::string script_json(const Json& json);

/// A word of a command line for a POSIX shell: as it is, or between quotes.
std::string shell_word(std::string_view word);

}  // namespace farfault::report
