/// timeline.json of a run, read back: amounts and levels over simulated time, and the heat map of its address space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace farfault::report {

/// The version of timeline.json that is read.
inline constexpr std::int64_t kTimelineSchema = 1;

enum class SeriesKind : std::uint8_t {
  kSum,   ///< an amount in each bin: over the bin's width it is a rate
  kMean,  ///< the mean, by time, of a level in each bin
};

struct Series {
  std::string unit;  ///< "bytes", "count", "pages", "ps", ...
  SeriesKind kind = SeriesKind::kSum;
  std::string description;
  std::vector<double> values;  ///< one for each bin
};

struct HeatLayer {
  std::string unit;
  SeriesKind kind = SeriesKind::kSum;
  std::string description;
  std::vector<float> values;  ///< row after row, each of `bins` values
};

struct HeatMap {
  std::int64_t bin_width_ps = 1;
  std::size_t bins = 0;
  std::uint64_t row_bytes = 4096;   ///< a power of two
  std::vector<std::uint64_t> rows;  ///< first address of each, ascending; what nobody used is left out
  std::map<std::string, HeatLayer, std::less<>> layers;
};

struct Timeline {
  std::int64_t end_ps = 0;  ///< time.total of the run
  std::int64_t bin_width_ps = 1;
  std::size_t bins = 0;  ///< bin i is [i, i + 1) times the width
  std::map<std::string, Series, std::less<>> series;
  std::optional<HeatMap> heat_map;
};

/// Reads the text of a timeline.json; `file` names it in messages. Members that it does not know are left alone. Throws
/// InputError with place, problem and remedy; memory is bounded whatever the text.
Timeline parse_timeline(std::string_view text, const std::string& file);

}  // namespace farfault::report
