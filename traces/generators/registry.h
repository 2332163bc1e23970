/// The generators that a scenario can name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/parameters.h"
#include "sim/core/registry.h"
#include "traces/reader.h"

namespace farfault::traces {

struct GeneratorInfo {
  std::string name;
  std::string summary;
  std::vector<ParameterInfo> parameters;
  /// The same parameters and seed give the same trace, on every machine. Throws InputError where the parameters do not
  /// go together. REQUIRES: every parameter of the list is there, with its kind.
  std::function<std::unique_ptr<Source>(const Parameters&, std::uint64_t seed)> make;
};

void register_generators(Registry<GeneratorInfo>& registry);

}  // namespace farfault::traces
