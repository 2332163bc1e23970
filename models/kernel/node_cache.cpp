#include "models/kernel/node_cache.h"

namespace farfault {

NodeCache::NodeCache(const CacheSpec& spec)
    : capacity_{spec.l1.value, spec.l2.value, spec.l3.value},
      latency_{spec.l1_latency.value, spec.l2_latency.value, spec.l3_latency.value, spec.memory_latency.value} {}

SimTime NodeCache::read(std::uint64_t line) {
  const auto [it, first] = last_.try_emplace(line);
  std::size_t level = kCaches;
  if (!first) {
    level = 0;
    while (level < kCaches && filled_[level] - it->second[level] >= capacity_[level]) ++level;
  }
  for (std::size_t i = 0; i < level; ++i) filled_[i] += kLine;
  it->second = filled_;
  ++reads_[level];
  return latency_[level];
}

std::uint64_t NodeCache::new_region() {
  constexpr unsigned kRegionBits = 40;
  return regions_++ << kRegionBits;
}

}  // namespace farfault
