/// Simulated values beside measured ones: errors, verdicts, medians.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/result_file.h"
#include "analysis/validation/case.h"

namespace farfault::analysis {

/// The results of a run, or why there are none.
struct RunOutcome {
  std::optional<ResultFile> result;
  std::string failure;
};
using RunOutcomes = std::map<std::string, RunOutcome, std::less<>>;

enum class RowVerdict : std::uint8_t {
  kWithin,   ///< as far off as its class allows, or less
  kMissed,   ///< farther off
  kFailed,   ///< nothing was simulated: `failure` says why
  kLeftOut,  ///< the case says why
};
/// "ok", "MISS", "failed", "left out".
std::string_view verdict_name(RowVerdict verdict);

struct JudgedRow {
  const MeasuredRow* row = nullptr;
  RowVerdict verdict = RowVerdict::kFailed;
  std::optional<Quantity> simulated;
  /// Simulated over measured, less one. Of a range: 0 inside, else to the nearer end, since what lies between the ends
  /// is what the machine itself did from one time to the next. Nothing if failed, left out, or measured as zero.
  std::optional<double> error;
  std::string failure;
};

struct JudgedOrder {
  const OrderCheck* check = nullptr;
  bool holds = false;
  /// Ratios to the row that was measured least: "1, 1.46, 1.55". Empty where a row failed.
  std::string measured;
  std::string simulated;
};

struct JudgedCase {
  ValidationCase of;
  std::vector<JudgedRow> rows;      ///< point into `of`
  std::vector<JudgedOrder> orders;  ///< point into `of`

  JudgedCase() = default;
  JudgedCase(JudgedCase&&) = default;
  JudgedCase& operator=(JudgedCase&&) = default;
  JudgedCase(const JudgedCase&) = delete;  // the pointers would be the other's
  JudgedCase& operator=(const JudgedCase&) = delete;
};

/// `outcomes` by name of run; a run that is missing has failed.
JudgedCase judge_case(ValidationCase of, const RunOutcomes& outcomes);

/// |error| as it is compared with the class's limit: a factor of 1.5 is 0.5, upwards and downwards.
double size_of_error(Tolerance tolerance, double error);

/// All rows of a class that were used alike.
struct ClassSummary {
  Tolerance tolerance = Tolerance::kRegular;
  Use used = Use::kFit;
  std::size_t within = 0;
  std::size_t missed = 0;
  std::size_t failed = 0;
  std::optional<double> median;  ///< of |error|; of an even number of rows the mean of the middle two
  std::optional<double> worst;
  std::string worst_row;
};

struct Summary {
  std::vector<ClassSummary> classes;  ///< that have rows; fits before predictions of each
  std::size_t within = 0;
  std::size_t missed = 0;
  std::size_t failed = 0;
  std::size_t left_out = 0;
  std::size_t orders_held = 0;
  std::size_t orders_broken = 0;
};
Summary summarise(const std::vector<JudgedCase>& cases);

/// The rows that are farthest off, at most so many, worst first; ties in the order of the cases.
struct WorstRow {
  const JudgedCase* of = nullptr;
  const JudgedRow* row = nullptr;
};
std::vector<WorstRow> worst_rows(const std::vector<JudgedCase>& cases, std::size_t most);

/// The summary as figures, for --fail-if: rows.missed, rows.failed, orders.broken, median.CLASS.USE, worst.CLASS.USE.
Figures summary_figures(const Summary& summary);

}  // namespace farfault::analysis
