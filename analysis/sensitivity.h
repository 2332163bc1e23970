/// What becomes of a comparison when one assumed parameter is another: which of them the answer hangs on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/number.h"

namespace farfault::analysis {

enum class Change : std::uint8_t { kDivided, kMultiplied };

/// A parameter's value, as configs write it, divided or multiplied.
struct ScaledValue {
  std::vector<std::string> texts;  ///< to be tried in this order: which of them is legal is for the loader to say
  std::string problem;             ///< why there is none: zero, no number, or the same number again
};

/// Quantities keep their kind; whole numbers are rounded, to 1 at least; a fraction that would go above 1 may also be
/// 1, since it may be a share. REQUIRES: factor > 1.
ScaledValue scaled_value(std::string_view text, double factor, Change change);

/// "/2", "x2": how a change is written.
std::string change_text(Change change, double factor);

/// The figure in each column when one parameter is changed in all columns that have it.
struct Variation {
  std::string parameter;  ///< JSON pointer
  Change change = Change::kDivided;
  std::vector<std::optional<Number>> values;  ///< nothing where the run failed
};

/// One end of a range of ratios.
struct RangeEnd {
  double ratio = 1;
  std::string parameter;  ///< empty: the unchanged run
  Change change = Change::kDivided;
};

struct SensitivityColumn {
  std::string name;
  std::optional<Number> value;  ///< unchanged
  std::optional<double> ratio;
  std::optional<RangeEnd> least;
  std::optional<RangeEnd> most;
};

struct Influence {
  std::string parameter;
  double influence = 0;  ///< largest relative change of a ratio: 0.1 is 10 %
  /// By change, then column; empty where that change was not run.
  std::vector<std::optional<double>> divided;
  std::vector<std::optional<double>> multiplied;
};

struct OrderChange {
  std::string parameter;
  Change change = Change::kDivided;
  std::size_t lower = 0;  ///< column that was strictly below `higher` and is now strictly above it
  std::size_t higher = 0;
};

struct Sensitivity {
  std::vector<SensitivityColumn> columns;
  std::vector<Influence> parameters;  ///< most influential first, then by name
  std::vector<OrderChange> order_changes;
};

/// Ratios are to the first column of the same run; with a single column, to its unchanged value.
/// REQUIRES: `unchanged` and all values have one entry for each name.
Sensitivity analyse(const std::vector<std::string>& names, const std::vector<std::optional<Number>>& unchanged,
                    const std::vector<Variation>& variations);

}  // namespace farfault::analysis
