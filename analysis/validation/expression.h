/// Arithmetic over figures of results, with units: what a validation case compares with a measurement.
///
///     time.kernels - 2 * 150 us
///     (large:time.total - small:time.total) / (large:footprint.bytes - small:footprint.bytes)
///     count_at(pieces.to_device, 60 KiB)
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace farfault::analysis {

/// A number in seconds to the power `time` and bytes to the power `data`: 25 GB/s is 25e9, -1, 1.
struct Quantity {
  double value = 0;
  int time = 0;
  int data = 0;

  bool same_dimension(const Quantity& other) const { return time == other.time && data == other.data; }
};

/// "a time", "a size", "a number", "a rate", or "s^2".
std::string dimension_text(const Quantity& quantity);

/// What is wrong with an expression or with its figures; what() is a whole sentence that quotes the text.
class ExpressionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where figures come from. Each throws ExpressionError for what is not there. `run` is empty where none was named.
struct FigureSource {
  std::function<Quantity(std::string_view run, std::string_view figure)> figure;
  /// How many values of a distribution lie in the bucket of this one. A bucket is less than 1/64 of its values wide.
  std::function<Quantity(std::string_view run, std::string_view distribution, const Quantity& at)> count_at;
};

/// The value of
///
///     sum     := product (("+" | "-") product)*
///     product := factor (("*" | "/") factor)*
///     factor  := "-" factor | "(" sum ")" | number [unit] | unit | figure | "count_at(" figure "," sum ")"
///     figure  := [run ":"] name, in single quotes where the name holds more than letters, digits, dots and underscores
///
/// Units: ps ns us ms s, B kB MB GB TB, KiB MiB GiB TiB, and %. Throws ExpressionError; never recurses deeper than 64.
Quantity evaluate(std::string_view text, const FigureSource& figures);

/// The same where no figure is allowed: "1.184 us", "25 GB/s", "0.68 us/kB".
Quantity evaluate_constant(std::string_view text);

/// "26.69 MiB": the quantity as a multiple of what stands behind the number in `like` ("26.6875 MiB"), to four digits.
/// REQUIRES: same dimension as `like`, a legal constant.
std::string text_like(const Quantity& quantity, std::string_view like);

}  // namespace farfault::analysis
