/// Result folders taken as the points of a sweep, though nobody swept.
#pragma once

#include <filesystem>
#include <vector>

#include "analysis/sweep_store/sweep.h"

namespace farfault::analysis {

/// The axes are the JSON pointers at which config.resolved.json of the folders differ. Names of scenarios, descriptions
/// and sources do not count. Where an object, an array of another length, or a value is in some configs only, or is of
/// another kind, it is one axis as a whole. Of pointers that always change together, the shortest is the axis. What
/// follows from a "kind" (or "name") beside or above it, as a policy's parameters do, is no axis of its own.
///
/// Points are in the order of `folders`; their keys are the folders' names. Throws InputError for a folder without
/// results, fewer than two folders, results that do not differ, and more axes than a sweep has.
Sweep sweep_of_folders(const std::vector<std::filesystem::path>& folders);

}  // namespace farfault::analysis
