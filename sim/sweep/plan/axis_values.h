/// The values of one axis, in each form that a config may give them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/plan/sweep_config.h"

namespace farfault::sweep {

/// An axis as the config has it, before it is known what it goes with.
struct WrittenAxis {
  std::string title;
  std::vector<AxisValue> values;  ///< texts may repeat
};

/// From [1, 2], a range, {"values": [1, 2]} or {"values": {"slow": 1, "fast": 2}}; objects may have a "title". Nothing,
/// with diagnostics, where that is wrong.
std::optional<WrittenAxis> read_axis(const std::string& path, const config::Node& node, const std::string& pointer,
                                     config::Diagnostics& diagnostics);

/// A value as it stands in an array. `name` is JSON of its name, or empty.
AxisValue axis_value(const std::string& path, const config::Node& node, std::string pointer, std::string name = {});

/// Reports keys that are not among the known ones.
void check_keys(const config::Node& object, const std::string& pointer, const std::vector<std::string>& known,
                config::Diagnostics& diagnostics);

}  // namespace farfault::sweep
