/// Which figures rest on assumptions, so that none is printed as if it were measured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/result_file.h"

namespace farfault::analysis {

/// Whether the figure depends on one of these. A figure of a run does, whatever it is, if there is any: one wrong price
/// moves all that comes after it. Exempt are the figures of a kernel design's structures (a short table in the .cpp),
/// which follow from sizes and addresses: they depend on assumptions about those alone. The sizes of memories are what
/// the question is about, not assumptions about the answer.
bool rests_on_assumptions(std::string_view figure, const std::vector<RestsOn>& assumptions);

/// What a table says below its marks, or nothing if there are no assumptions: how many, where most of them are, and
/// how to list them (`how_to_list`: "farfault compare ... --format json"). A parameter that several columns share
/// counts once.
std::string assumptions_footer(const std::vector<const std::vector<RestsOn>*>& columns, const std::string& how_to_list);

}  // namespace farfault::analysis
