#include "sim/replay/sampler.h"

#include "sim/core/mix.h"

namespace farfault {

void Sampler::sample(VirtualAddress address, SimTime now) {
  ++samples_;
  if (const auto slot = residency_.find(address.block())) {
    policy_.on_sample(device_, *slot, address.page().index_in_block(), now);
  }
}

void Sampler::draw() {
  const std::uint64_t random = mix64(seed_ ^ mix64(samples_ + 1) ^ device_.value());
  left_ = period_ / 2 + random % period_;
}

}  // namespace farfault
