/// How much of the CPU's sweeps over large arrays is in a trace. A footprint of 10 GB has 160 million lines, which say
/// no more of its paging than its 2.5 million pages do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {

enum class SweepDetail : std::uint8_t {
  kLines,  ///< an access a line of 64 bytes, as the original
  kPages,  ///< the first line of each page: the CPU faults on it and maps it, at little cost to the replay
  kNone,   ///< left out: the CPU never maps a page, which makes its later migration cheaper (nothing to unmap)
};

/// "cpu_init": the sweeps that fill arrays before the first kernel.
ParameterInfo cpu_init_parameter();
SweepDetail cpu_init_of(const Parameters& parameters);
/// "cpu_result": the sweeps that read results behind the last kernel.
ParameterInfo cpu_result_parameter();
SweepDetail cpu_result_of(const Parameters& parameters);

/// A loop over `elements` elements of each array, as CpuSweep's.
Program sweep_arrays(Emitter& out, SweepDetail detail, std::vector<CpuSweep::Array> arrays, std::uint64_t elements);

}  // namespace farfault::traces
