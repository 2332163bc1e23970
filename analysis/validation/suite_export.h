/// A judged suite as JSON and CSV, in seconds, bytes and plain numbers.
#pragma once

#include <string>
#include <vector>

#include "analysis/validation/judge.h"

namespace farfault::analysis {

/// Version of the JSON; rises when a reader of the old one would misread the new one.
inline constexpr int kSuiteSchema = 1;

std::string suite_json(const std::vector<JudgedCase>& cases, const Summary& summary);
/// A line for each row.
std::string suite_csv(const std::vector<JudgedCase>& cases);

}  // namespace farfault::analysis
