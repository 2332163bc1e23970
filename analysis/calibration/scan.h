/// Small parts that the readers of measurements share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/error.h"

namespace farfault::analysis::calibration {

/// Lines of a text with their numbers.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  /// The next line without its end; false after the last.
  bool next(std::string_view& line);
  /// Of the line that next() gave, from 1.
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

std::string_view trimmed(std::string_view text);
/// Fields between blanks and tabs.
std::vector<std::string_view> words(std::string_view text);
/// A finite decimal number and nothing else: no "nan", "inf" or hexadecimal.
std::optional<double> number(std::string_view text);
/// Seconds, or bytes a second, of one unit: "us" is 1e-6. Nothing for what is no unit of that.
std::optional<double> time_unit(std::string_view unit);
std::optional<double> rate_unit(std::string_view unit);
/// No measured rate is above this, in bytes a second.
inline constexpr double kMostRate = 1e18;

/// What is wrong with a file, up to a bound.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}
  void add(std::size_t line, std::string problem, std::string remedy = {});
  void throw_if_any() const;

 private:
  std::string file_;
  std::vector<Diagnostic> kept_;
  std::size_t dropped_ = 0;
};

}  // namespace farfault::analysis::calibration
