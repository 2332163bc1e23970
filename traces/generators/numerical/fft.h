/// A fast Fourier transform: Stockham's radix-2 algorithm, a kernel a pass.
#pragma once

#include "traces/generators/registry.h"

namespace farfault::traces {

GeneratorInfo fft_generator();

}  // namespace farfault::traces
