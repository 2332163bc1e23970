// libFuzzer target: a results.json, and after a NUL byte a --fail-if.
//
// Whatever the bytes, a result is read, compared with itself and written out, or refused with an InputError that says
// something; a threshold is judged, or refused as wrong usage. Seeds: tests/fuzz/corpus/result.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "analysis/comparison_json.h"
#include "analysis/threshold.h"
#include "sim/core/error.h"

namespace farfault::analysis {
namespace {

/// Ends the run as a finding.
void require(bool fine) {
  if (!fine) std::abort();
}

void judge_or_report(std::string_view threshold, const Comparison& comparison) {
  try {
    for (const Verdict& verdict : judge(parse_threshold(threshold), comparison)) {
      require(verdict.words.empty() == (verdict.kind == Verdict::Kind::kHolds));
    }
  } catch (const Error& error) {
    require(error.code() == ExitCode::kUsage && !std::string_view(error.what()).empty());
  }
}

void compare_or_report(std::string_view text, std::string_view threshold) {
  try {
    const ResultFile result = parse_result(text, "results.json");
    const Comparison comparison = compare({{"a", result, {}}, {"b", result, {}}, {"c", std::nullopt, "failed"}});
    for (const Row& row : comparison.rows) {
      require(row.cells.size() == 3);
      require(row.cells[0].value == row.cells[1].value);
    }
    const bool silent = !comparison.rows.empty() && find_row(comparison, "time.total") == nullptr;
    require(in_words(comparison).size() == (silent ? 0U : 2U));
    const std::vector<Titled> titled = {{{result.name, {}, result.workload, {}}, comparison, {}, {}}};
    require(!comparisons_json("results", titled).empty() && !comparisons_csv(titled).empty());
    judge_or_report(threshold, comparison);
  } catch (const InputError& error) {
    require(!error.diagnostics().empty() && !std::string_view(error.what()).empty());
  }
}

}  // namespace
}  // namespace farfault::analysis

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = all.find('\0');
  const std::string_view threshold = end == std::string_view::npos ? "" : all.substr(end + 1);
  farfault::analysis::compare_or_report(all.substr(0, end), threshold);
  return 0;
}
