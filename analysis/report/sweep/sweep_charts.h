/// The charts of a sweep, and the datasets that they show.
#pragma once

#include <string>
#include <vector>

#include "analysis/report/chart.h"
#include "analysis/report/sweep/table.h"

namespace farfault::report::sweep {

/// Adds the datasets "points" (drawn ones, the best last) and "best" (the first hundred), which charts share.
void add_points(const Table& table, Datasets& datasets);

/// Share of the variance that each axis explains by itself.
Chart influence_chart(const Table& table, Datasets& datasets);
/// Quantiles of the first figure at each level of the most influential axes.
Chart response_chart(const Table& table, Datasets& datasets);
/// The median of the first figure over each two of the three most influential axes. REQUIRES: two axes.
std::vector<Chart> heat_map_charts(const Table& table, Datasets& datasets);
/// The first two figures, and the points that no other beats in both. REQUIRES: two figures.
Chart pareto_chart(const Table& table, Datasets& datasets);
/// Every point as a line over its axes and figures.
Chart parallel_chart(const Table& table, Datasets& datasets);
/// How many points have how much of the first figure.
Chart distribution_chart(const Table& table, Datasets& datasets);

/// Rows of the points on the front of the first two figures, by the first. REQUIRES: two figures.
std::vector<std::size_t> front_of(const Table& table);

/// "less is better", or that more is.
std::string better_text(const Figure& figure);

}  // namespace farfault::report::sweep
