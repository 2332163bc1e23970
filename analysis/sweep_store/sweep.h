/// A sweep in memory: points, the parameters in which they differ, and what each gave. Knows no file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "analysis/number.h"
#include "sim/core/statistics.h"

namespace farfault::analysis {

/// What a sweep may hold; more is an error and never a machine that runs out of memory.
inline constexpr std::size_t kMostSweepPoints = 1'000'000;
inline constexpr std::size_t kMostSweepAxes = 64;
inline constexpr std::size_t kMostSweepFigures = 10'000;
/// Figures times points that are read at once: 16 bytes each.
inline constexpr std::size_t kMostSweepValues = 20'000'000;

/// A point that has no value on an axis.
inline constexpr std::uint32_t kNoAxisValue = std::numeric_limits<std::uint32_t>::max();

struct SweepAxis {
  std::string path;                 ///< of the parameter, as the sweep names it
  std::string title;                ///< for people; any text
  std::vector<std::string> values;  ///< JSON texts, each once, in the order of the points that have them first
};

enum class PointStatus : std::uint8_t { kDone, kFailed };

struct SweepPoint {
  std::string key;  ///< tells the point from all others, whenever it ran
  PointStatus status = PointStatus::kDone;
  std::string failure;  ///< a word for why it failed: "time"
  std::string reason;   ///< a sentence
  std::string output;   ///< the end of what its process wrote
  std::string config_hash;
  std::string trace_hash;
  std::string version;            ///< of farfault
  double seconds = 0;             ///< that it took, of the clock on the wall
  std::uint64_t peak_memory = 0;  ///< bytes; 0 is unknown
  std::string host;
  std::vector<std::uint32_t> axes;  ///< for each axis an index into its values, or kNoAxisValue
};

struct SweepFigure {
  std::string name;
  Unit unit = Unit::kCount;
  std::string description;
  std::vector<Number> values;  ///< for each point; NaN where it has none
};

struct Sweep {
  std::string name;                         ///< of the file or folder, for messages and titles
  std::map<std::string, std::string> meta;  ///< whatever who wrote it had to say
  std::vector<SweepAxis> axes;
  std::vector<SweepFigure> figures;  ///< by name
  std::vector<SweepPoint> points;    ///< in the sweep's order
};

/// Null if there is none.
const SweepFigure* find_figure(const Sweep& sweep, const std::string& name);

}  // namespace farfault::analysis
