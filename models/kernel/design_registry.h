/// The kernel designs that a scenario may name. Filled by register_designs(); there is no global one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "models/kernel/kernel_design.h"
#include "sim/core/registry.h"

namespace farfault {

struct DesignInfo {
  std::string name;  ///< as configs write it, "separate_radix"
  std::string summary;
  std::string source;  ///< kernel version and files
  std::function<std::unique_ptr<KernelDesign>(const DesignSpec& spec)> make;
};

void register_designs(Registry<DesignInfo>& registry);

}  // namespace farfault
