/// A sweep's config as it was written: axes with their values, what is crossed, what is left out. No scenario is
/// loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/document.h"
#include "sim/sweep/plan.h"
#include "sim/sweep/plan/amount.h"

namespace farfault::sweep {

/// Bounds of a sweep.
inline constexpr std::size_t kMostAxes = 64;
inline constexpr std::size_t kMostPoints = 1'000'000;

/// Where something stands in the sweep's config.
struct Place {
  std::size_t line = 0;
  std::string pointer;
};

/// "PATH=VALUE", as --set has it.
struct Setting {
  std::string path;
  std::string text;
  Place place;
};

struct AxisValue {
  std::string text;  ///< JSON of the value, or of its name where it has one: what a point tells of itself
  std::string json;  ///< JSON of the value
  std::string setting;
  std::optional<Amount> amount;
  Place place;
};

struct SweptAxis {
  Axis axis;
  std::vector<AxisValue> values;  ///< no two of one text
  std::unordered_map<std::string, std::uint32_t> by_text;
  bool in_product = false;  ///< else only points name it
};

/// What counts as one in the product: an axis, or axes in step.
struct Factor {
  std::vector<std::size_t> axes;
  std::vector<std::vector<std::uint32_t>> rows;  ///< in each, the position of a value of each of these axes
};

/// Which value each axis has at a point.
using Selection = std::vector<std::uint32_t>;
inline constexpr std::uint32_t kNoValue = std::numeric_limits<std::uint32_t>::max();

/// Holds where every member does. An axis without a value fulfils none.
struct Condition {
  struct Member {
    std::size_t axis = 0;
    std::vector<bool> fits;  ///< by value of the axis
  };
  std::vector<Member> members;
};

struct SweepConfig {
  std::string name;  ///< empty: none was given
  std::string description;
  std::optional<config::Node> base;  ///< a string or an object
  std::vector<Setting> settings;     ///< of all points, below what they vary
  std::vector<SweptAxis> axes;
  std::vector<Factor> factors;    ///< the last goes fastest
  std::vector<Selection> points;  ///< beside the product
  std::vector<Condition> exclude;
  std::vector<Condition> only;  ///< empty: no condition
  std::vector<std::string> figures;
};

/// What is wrong is reported. REQUIRES: an object; it has no members that are there twice.
SweepConfig read_sweep_config(const config::Node& root, config::Diagnostics& diagnostics);

/// "PATH=VALUE", as --set reads it back to that value. REQUIRES: path is one.
std::string setting_text(const std::string& path, const config::Node& value);

/// Whether --set takes it as a path.
bool is_set_path(const std::string& path);

}  // namespace farfault::sweep
