/// What this program was built from.
#pragma once

#include <string_view>

namespace farfault::cli {

/// "0.1.0"
std::string_view version_text();
/// Short hash of the commit at which the build was configured, or "unknown". Stands in run.json, never in results.json.
std::string_view git_hash();
/// "g++ 12.2.0"
std::string_view compiler_text();

}  // namespace farfault::cli
