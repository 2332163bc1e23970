/// results.json of a run, read back. Knows the file's form (docs/statistics.md) and no model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/statistics.h"

namespace farfault::analysis {

/// The version of results.json that is read.
inline constexpr std::int64_t kResultSchema = 1;

/// A distribution as the file tells it: percentiles and buckets, in its unit.
struct DistributionSummary : Percentiles {
  Unit unit = Unit::kTime;
  std::vector<Histogram::Bucket> buckets;
  std::string description;
};

/// A parameter that the run rests on though nobody measured it.
struct RestsOn {
  std::string parameter;  ///< JSON pointer into the resolved config
  std::string value;
  std::string source;
  bool operator==(const RestsOn&) const = default;
};

struct ResultFile {
  std::string name;
  std::string version;  ///< of farfault
  std::string config_hash;
  std::string workload;
  std::vector<std::string> policies;
  Figures statistics;  ///< a value that is no finite number is NaN
  std::map<std::string, DistributionSummary, std::less<>> distributions;
  std::vector<RestsOn> assumptions;
  std::vector<std::string> notes;
  std::vector<std::string> trace_unknown;
};

/// Reads the text of a results.json; `file` names it in messages. Members that it does not know are left alone. Throws
/// InputError with place, problem and remedy for what is cut off, of another version, or no result at all; memory is
/// bounded whatever the text.
ResultFile parse_result(std::string_view text, const std::string& file);

/// The same for a file, or for the results.json of a folder that a run wrote.
ResultFile read_result(const std::filesystem::path& path);

/// As of the run's Statistics.
Figures all_figures(const ResultFile& result);

}  // namespace farfault::analysis
