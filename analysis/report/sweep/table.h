/// A sweep made ready for its page: figures in units for people, axes with their levels and places, points by rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/report/sweep/summary.h"
#include "analysis/sweep_store/sweep.h"

namespace farfault::report::sweep {

/// Where a parallel axis or a scale is labelled: 0 is its bottom, 1 its top.
struct Tick {
  double place = 0;
  std::string label;
};

/// One that has more than one value among the points that have a result.
struct Axis {
  std::string name;   ///< as the sweep has it, printable
  std::string title;  ///< the same for specifications: letters, digits and few marks; unique among axes and figures
  std::vector<std::string> labels;   ///< of its values, printable and short
  std::vector<std::uint32_t> value;  ///< of each row, an index into labels
  std::vector<std::string>
      levels;  ///< values in order; many numbers are gathered to ranges, the last many texts to one
  std::vector<std::uint32_t> level;  ///< of each row, an index into levels
  std::vector<double> place;         ///< of each row
  std::vector<Tick> ticks;
  bool numeric = false;
  MainEffect effect;  ///< on the first figure
};

struct Figure {
  std::string name;
  std::string title;  ///< for specifications, with the unit: "time.total (ms)"
  std::string what;   ///< description
  Unit unit = Unit::kCount;
  double scale = 1;  ///< of the base unit to that of the title
  bool more_is_better = false;
  bool logarithmic = false;    ///< spans so much that small values would not be seen otherwise
  std::vector<double> values;  ///< of each row, base unit; NaN where there is none
  std::vector<double> place;   ///< of each row; NaN where there is no value
  std::vector<Tick> ticks;

  /// What is to be low: the value, or its negative.
  double cost(std::size_t row) const { return more_is_better ? -values[row] : values[row]; }
  std::string text(double value) const;
};

struct Table {
  std::vector<std::size_t> points;  ///< rows: indices of the sweep's points that have the first figure, best first
  std::vector<Axis> axes;           ///< in the sweep's order
  std::vector<std::size_t> by_influence;  ///< axes, the one that explains most first
  std::vector<std::string> constant;      ///< names of axes with one value
  std::vector<Figure> figures;            ///< at least one
  std::vector<std::size_t> failed;        ///< indices of the sweep's points
  std::size_t without_figure = 0;         ///< points that are done and have none
};

/// The sum of bytes over all links and directions is this figure, where a sweep has any.
inline constexpr const char* kLinkBytes = "bytes.link";

/// `wanted`: names of figures, the first is what points are ranked by; none means time.total, and the faults of devices
/// and kLinkBytes where they vary. Throws InputError for a name that no result has.
Table make_table(const analysis::Sweep& sweep, const std::vector<std::string>& wanted);

/// A text for the inside of a specification: only letters, digits, spaces and ._-/()%+*,: are left, at most 48.
/// Vega-Lite writes titles into expressions and does not escape all of them.
std::string safe_title(const std::string& text);

}  // namespace farfault::report::sweep
