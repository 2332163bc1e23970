/// What the build has made of analysis/report/web: it is part of the program.
#pragma once

#include <string_view>

namespace farfault::cli {

/// Empty where the program was built without charts.
std::string_view report_script();
std::string_view report_style();
std::string_view report_licences();

}  // namespace farfault::cli
