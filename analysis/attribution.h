/// The components that a difference in time is put down to: which figures make which.
#pragma once

#include <vector>

#include "analysis/compare.h"

namespace farfault::analysis {

/// For the columns' figures. The last component is the rest (see Comparison::components).
std::vector<Component> attribute(const std::vector<Figures>& columns);

/// A cell for each value: with ratio and difference to the first.
std::vector<Cell> cells_of(const std::vector<std::optional<Number>>& values);

}  // namespace farfault::analysis
