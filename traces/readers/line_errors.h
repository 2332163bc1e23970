/// How readers of text refuse a line.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "traces/readers/lines.h"

namespace farfault::traces {

/// Throws the InputError for the last line of `lines`.
[[noreturn]] inline void fail_at(const Lines& lines, std::string problem, std::string remedy) {
  throw InputError(Diagnostic{lines.name(), lines.number(), "", std::move(problem), std::move(remedy)});
}

/// Throws if `line`, the last of `lines`, has no end: what is wrong with it is then that it was cut short.
inline void refuse_cut_line(const Lines& lines, std::string_view line) {
  if (!lines.cut()) return;
  fail_at(lines, "the last line is cut short: \"" + printable(line, 160) + '"',
          "the file is truncated: copy it again, or remove that line");
}

/// Throws, quoting `line`, the last of `lines`.
[[noreturn]] inline void fail_line(const Lines& lines, std::string_view line, const std::string& problem,
                                   std::string remedy) {
  refuse_cut_line(lines, line);
  fail_at(lines, problem + ": \"" + printable(line, 160) + '"', std::move(remedy));
}

}  // namespace farfault::traces
