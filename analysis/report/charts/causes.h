/// Labels and colours of what figures and series are divided into, the same in every chart.
#pragma once

#include <string>
#include <vector>

namespace farfault::report {

struct Part {
  std::string field;  ///< as in the names of figures: "cpu_fault"
  std::string label;  ///< "host faults"
  std::string colour;
};

/// Why bytes move over a link.
const std::vector<Part>& link_causes();
/// Why pages come to devices, and why they leave.
const std::vector<Part>& causes_to_device();
const std::vector<Part>& causes_to_host();
/// Where lanes' time goes.
const std::vector<Part>& lane_times();
/// Stages of the driver's software.
const std::vector<Part>& driver_stages();

}  // namespace farfault::report
