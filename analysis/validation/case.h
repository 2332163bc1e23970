/// What was measured, and how to simulate it: a file of tests/validation/cases as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/validation/expression.h"

namespace farfault::analysis {

/// How far off a simulated value may be.
enum class Tolerance : std::uint8_t {
  kCalibration,  ///< 10 %: micro-benchmarks that parameters come from
  kRegular,      ///< 15 %: applications with regular accesses
  kIrregular,    ///< a factor of 1.5: applications with irregular accesses
  kKernel,       ///< 15 %: costs of the kernel's memory management
  kExact,        ///< not at all: counts that follow from an algorithm
};
inline constexpr std::size_t kToleranceCount = 5;

/// "calibration", "regular", "irregular", "kernel", "exact".
std::string_view tolerance_name(Tolerance tolerance);
/// "10 %", "15 %", "factor 1.5", "15 %", "exact".
std::string_view tolerance_limit(Tolerance tolerance);

/// Whether parameters of the platform were set so that this comes out.
enum class Use : std::uint8_t { kFit, kPrediction };
std::string_view use_name(Use use);

/// A value, or a range where several measurements were published.
struct Measurement {
  std::string text;       ///< "1.184 us"; of a range its lower end
  std::string high_text;  ///< empty if it is no range
  Quantity low;
  Quantity high;
};

/// One measured quantity.
struct MeasuredRow {
  std::string id;        ///< of the measurement
  std::string quantity;  ///< in words
  Measurement measured;
  std::string expression;  ///< over figures of the case's runs; empty if left out
  std::string run;         ///< whose figures are meant where the expression names none
  Tolerance tolerance = Tolerance::kRegular;
  Use used = Use::kPrediction;
  std::string source;
  std::string confidence;
  std::string note;      ///< what is odd about it, or why it misses
  std::string left_out;  ///< why nothing is simulated for it; empty if something is
};

/// A simulation: the case's scenario with values set over it.
struct CaseRun {
  std::string name;
  std::vector<std::string> sets;
};

/// Rows whose simulated values must be in the order of the measured ones, but for those that are closer to each other
/// than the limit of their class.
struct OrderCheck {
  std::string what;
  std::vector<std::string> rows;  ///< ids
};

struct ValidationCase {
  std::string name;  ///< of the file, without .json
  std::string title;
  std::string setup;  ///< machine and software
  std::string note;
  bool fast = false;     ///< runs in a second or so
  std::string scenario;  ///< its JSON, or the name or path of one
  bool scenario_is_text = false;
  std::vector<CaseRun> runs;  ///< none if every row is left out
  std::vector<MeasuredRow> rows;
  std::vector<OrderCheck> orders;
};

/// Reads the text of a case. `name` becomes the case's, `file` stands in messages. Throws InputError with the first
/// thing that is wrong in each part of it.
ValidationCase parse_case(std::string_view text, const std::string& name, const std::string& file);

}  // namespace farfault::analysis
