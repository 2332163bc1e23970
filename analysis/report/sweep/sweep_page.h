/// The page of a sweep: which point is best, which parameter matters, what trades off; charts and tables of all points.
#pragma once

#include <string>
#include <vector>

#include "analysis/report/chart.h"
#include "analysis/sweep_store/sweep.h"

namespace farfault::report {

struct SweepPageOptions {
  /// The first ranks the points; the first two make the Pareto front. Empty: time.total, and bytes.link (all links,
  /// both directions) and faults.device.raised where they vary.
  std::vector<std::string> figures;
};

/// Patterns of the figures that a page with these options needs, for read_sweep().
std::vector<std::string> sweep_page_figures(const SweepPageOptions& options);

/// What goes between head and foot of a page. The same sweep gives the same bytes.
struct SweepContent {
  std::string title;
  std::vector<Section> sections;  ///< the first is the verdict
  Datasets datasets;
};

/// Throws InputError for a figure that no result has, and where no point has any.
SweepContent sweep_page(const analysis::Sweep& sweep, const SweepPageOptions& options = {});

/// The verdict's sentences, as plain text.
std::vector<std::string> sweep_verdict(const analysis::Sweep& sweep, const SweepPageOptions& options = {});

}  // namespace farfault::report
