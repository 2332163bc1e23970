#include "traces/generators/registry.h"

#include "traces/generators/random.h"
#include "traces/generators/sequential.h"
#include "traces/generators/zipf.h"

namespace farfault::traces {

void register_generators(Registry<GeneratorInfo>& registry) {
  registry.add(random_generator());
  registry.add(sequential_generator());
  registry.add(zipf_generator());
}

}  // namespace farfault::traces
