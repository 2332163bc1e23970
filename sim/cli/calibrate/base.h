/// The platform that a calibration is based on.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/calibration/calibration.h"
#include "sim/cli/calibrate/options.h"
#include "sim/cli/commands.h"

namespace farfault::cli {

/// The values of the platform that --platform names, for the device of --device or the only one. Throws InputError for
/// an unknown platform, Error (usage) for a device that it does not have.
analysis::calibration::Base calibration_base(const CalibrateOptions& options, const Context& context);

/// "driver.batch_time=3 us" in base units. Throws Error (usage).
std::map<std::string, double> lower_bounds(const std::vector<std::string>& texts,
                                           const analysis::calibration::Base& base);

}  // namespace farfault::cli
