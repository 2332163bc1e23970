/// No device memory that the kernel knows: the device reaches memory over the link where it is, and nothing migrates.
/// The baseline of the others.
#pragma once

#include <memory>

#include "models/kernel/kernel_design.h"

namespace farfault {

std::unique_ptr<KernelDesign> make_none(const DesignSpec& spec);

}  // namespace farfault
