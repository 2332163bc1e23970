/// What the command line of `farfault calibrate` said, as plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/calibration/calibration.h"
#include "sim/cli/options.h"

namespace farfault::cli {

struct CalibrateOptions {
  std::vector<std::string> measured;  ///< files
  std::string platform;               ///< the base, a name of `farfault list platforms`
  std::optional<std::string> output;  ///< the platform file; none: the fit is only shown
  std::optional<std::string> device;  ///< of the base; needed where it has several
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::string> date;
  std::optional<std::string> plot;    ///< an SVG
  std::vector<std::string> at_least;  ///< "PATH=VALUE"
  analysis::calibration::Curve curve = analysis::calibration::Curve::kAuto;
  bool force = false;
  Format format = Format::kTable;
};

}  // namespace farfault::cli
