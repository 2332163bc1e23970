/// Ranges of an axis: {"from": "1 GiB", "to": "64 GiB", "steps": 7, "scale": "log"}.
#pragma once

#include <string>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/document.h"

namespace farfault::sweep {

/// Keys of a range.
inline constexpr const char* kRangeKeys[] = {"from", "to", "steps", "step", "factor", "scale"};

/// More values than this are no axis.
inline constexpr std::size_t kMostSteps = 100'000;

/// Its values, as an array of a config would have them, in ascending order. Nothing, with diagnostics, where it is not
/// right. The same range gives the same texts wherever it is read.
///
/// `steps` values from end to end; or one each `step`; or each `factor` times the one before. Ends stay as they are
/// written. What lies between is exact where its kind can hold it: counts, bytes and picoseconds that come out whole.
/// All else is rounded: counts to whole numbers; other numbers to four digits of their distance (linear) or of
/// themselves (log), sizes that were written in KiB, MiB, ... to eleven bits instead. REQUIRES: an object.
std::vector<config::Node> range_values(const config::Node& range, const std::string& pointer,
                                       config::Diagnostics& diagnostics);

}  // namespace farfault::sweep
