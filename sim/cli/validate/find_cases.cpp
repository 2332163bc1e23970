#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "analysis/pattern.h"
#include "sim/cli/validate/cases.h"
#include "sim/config/json_reader.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

/// In a checkout and in an installation alike they lie in the folder that holds configs.
fs::path shipped_cases(const Context& context) {
  const fs::path configs = fs::absolute(context.paths.configs).lexically_normal();
  const fs::path root = (configs.has_filename() ? configs : configs.parent_path()).parent_path();
  return root / "tests" / "validation" / "cases";
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() == ".json") out.push_back(it->path());
  }
  std::sort(out.begin(), out.end());
  if (!out.empty()) return out;
  throw InputError(Diagnostic{.file = printable(folder.string(), 400),
                              .problem = "holds no validation cases",
                              .remedy = "name their folder with --cases (in a checkout: tests/validation/cases)"});
}

bool is_asked_for(const ValidateOptions& options, const std::string& name) {
  return options.cases.empty() ||
         std::any_of(options.cases.begin(), options.cases.end(),
                     [&name](const std::string& pattern) { return analysis::matches(pattern, name); });
}

void check_patterns(const ValidateOptions& options, const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const fs::path& file : files) names.push_back(file.stem().string());
  for (const std::string& pattern : options.cases) {
    const bool fits = std::any_of(names.begin(), names.end(),
                                  [&](const std::string& name) { return analysis::matches(pattern, name); });
    if (fits) continue;
    throw Error(ExitCode::kUsage,
                "--case: no case is named \"" + printable(pattern) + "\"; " + name_hint(pattern, names));
  }
}

}  // namespace

std::vector<analysis::ValidationCase> find_cases(const ValidateOptions& options, const Context& context) {
  const std::vector<fs::path> files = files_of(options.folder ? fs::path(*options.folder) : shipped_cases(context));
  check_patterns(options, files);
  std::vector<analysis::ValidationCase> out;
  std::vector<Diagnostic> faults;
  for (const fs::path& file : files) {
    if (!is_asked_for(options, file.stem().string())) continue;
    config::Diagnostics diagnostics;
    try {
      const std::optional<std::string> text = config::read_text(file.string(), diagnostics);
      diagnostics.throw_if_any();
      analysis::ValidationCase read = analysis::parse_case(*text, file.stem().string(), file.string());
      if (read.fast || !options.fast) out.push_back(std::move(read));
    } catch (const InputError& error) {
      faults.insert(faults.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  if (out.empty()) throw Error(ExitCode::kUsage, "--fast: none of these cases is marked as fast");
  return out;
}

}  // namespace farfault::cli
