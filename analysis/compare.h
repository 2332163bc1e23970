/// Several results side by side: what differs, by how much, and where the difference comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/number.h"
#include "analysis/result_file.h"

namespace farfault::analysis {

/// One design, or one run, under a name of its own.
struct Column {
  std::string name;
  std::optional<ResultFile> result;  ///< nothing if it failed
  std::string failure;               ///< why
};

/// A figure in one column. Ratio and difference are to the first column, and missing where one of the two is.
struct Cell {
  std::optional<Number> value;
  std::optional<double> ratio;
  std::optional<Number> difference;
};

struct Row {
  std::string name;
  Unit unit = Unit::kCount;
  std::string description;
  bool assumed = false;     ///< rests on assumptions in at least one column
  std::vector<Cell> cells;  ///< one for each column
};

/// When a component's time passes.
enum class When : std::uint8_t {
  kDuring,  ///< in the run: part of time.total
  kBefore,  ///< before it
  kWithin,  ///< in the run, and counted by the components during it already
};
std::string_view when_name(When when);

/// Time of one kind, summed over everybody who spent it.
struct Component {
  std::string name;  ///< "migration steps"
  std::string description;
  When when = When::kDuring;
  std::vector<Cell> cells;  ///< picoseconds; missing where a result has none of the figures that it is made of
};

struct Comparison {
  std::vector<Column> columns;
  std::vector<Row> rows;  ///< by name; of all_figures()
  /// Last is the rest: time.total less the other components during it. Work that many do at the same time adds up
  /// to more than the time it takes, so the rest may be negative.
  std::vector<Component> components;
};

/// REQUIRES: at least one column. Throws InputError where a figure has two units: results of different programs.
Comparison compare(std::vector<Column> columns);

/// Rows in the order of the patterns that they match first. Those that are zero or missing in every column are left
/// out, unless `zeros`.
std::vector<const Row*> select_rows(const Comparison& comparison, const std::vector<std::string>& patterns, bool zeros);

/// For each column but the first, one sentence: how its time compares, and the components that differ, largest first.
/// None where no column has a time: figures of set-ups.
std::vector<std::string> in_words(const Comparison& comparison);

/// The names of all figures, for hints on a wrong one.
std::vector<std::string> figure_names(const Comparison& comparison);
/// Null if there is no such row.
const Row* find_row(const Comparison& comparison, std::string_view name);

}  // namespace farfault::analysis
