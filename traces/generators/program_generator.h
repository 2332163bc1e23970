/// What generators of whole programs have in common: a description becomes a GeneratorInfo.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "traces/generators/program.h"
#include "traces/generators/registry.h"

namespace farfault::traces {

/// A long program is made of parts, which are programs too:
///
///     for (Program part = fill_arrays(out, settings); part.resume();) co_yield Pause{};
///
/// Starts a fresh run of a program. A lambda that calls the coroutine with settings by value: a coroutine that is a
/// lambda itself would lose its captures.
using StartProgram = std::function<Program(Emitter&)>;

struct ProgramDescription {
  std::string name;
  std::string summary;
  std::vector<ParameterInfo> parameters;
  bool seeded = false;   ///< whether the seed changes the trace
  unsigned streams = 1;  ///< of the device
  /// Called with parameters that are within their ranges and among their choices. Throws InputError where they do not
  /// go together.
  std::function<StartProgram(const Parameters&, std::uint64_t seed)> prepare;
};

GeneratorInfo program_generator(ProgramDescription description);

/// Maps an array the way the driver lays out managed memory: from 2 MiB on aligned to 2 MiB; smaller ones to 64 KiB, so
/// that several share a 2 MiB block. REQUIRES: elements > 0.
std::uint64_t map_array(Emitter& out, std::string name, std::uint64_t elements, std::uint64_t element_size);

/// A parameter that is one of several names. The first is the default.
ParameterInfo choice_parameter(std::string name, std::vector<std::string> choices, std::string description,
                               std::string source);

/// "device_arrays": what becomes of arrays that the original keeps in device memory that never pages (cudaMalloc).
/// "left_out" leaves out their accesses; "managed" maps them like the others, behind them.
ParameterInfo device_arrays_parameter(std::string source);
bool maps_device_arrays(const Parameters& parameters);

/// A parameter that says how elements are accessed: read, write or read_modify_write.
ParameterInfo operation_parameter(std::string name, const std::string& fallback, std::string description);
Op operation_of(const Parameters& parameters, const std::string& name);

}  // namespace farfault::traces
