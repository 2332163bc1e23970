/// Machines whose memory the kernel manages, with round and distinct prices: for tests of what the kernel does.
#pragma once

#include <string>

#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault::testing {

// What one fault takes in hmm_spec(), in ns.
inline constexpr std::int64_t kPageMapped = 3;
inline constexpr std::int64_t kPageTransfer = kSetup + kCopy;
inline constexpr std::int64_t kOneFault = kInterrupt + kBatch + kPageMapped + kPageTransfer;
/// One level of an empty host table, which a fetch from a device walks; a CPU's fault traps before.
inline constexpr std::int64_t kWalk = 20;
inline constexpr std::int64_t kTrap = 2'000;

inline constexpr std::uint32_t kThread = 99;  ///< owner of what a test's own actor does

/// round_platform() with a design of kernel memory, whose look-ups take no time.
inline BenchSpec hmm_spec(const std::string& design = "memremap_xarray", std::size_t devices = 1) {
  BenchSpec spec;
  spec.platform = round_platform(devices);
  spec.driver().memory = MemoryBack::kHmm;
  spec.design.kind = design;
  if (design == "device_coherent") spec.design.linear_map = LinearMapPages::k1GiB;
  CacheSpec& caches = spec.kernel.caches;
  for (Sourced<SimTime>* latency :
       {&caches.l1_latency, &caches.l2_latency, &caches.l3_latency, &caches.memory_latency}) {
    latency->value = SimTime::zero();
  }
  return spec;
}

inline constexpr VirtualAddress address_of(std::uint64_t block, unsigned page = 0) {
  return VirtualAddress((block * kPagesPerBlock + page) * kPageSize.count());
}
inline constexpr Bytes bytes_of(std::uint64_t pages) { return kPageSize * pages; }

inline GupRequest gup_of(std::uint64_t block, unsigned page, std::uint64_t pages = 1) {
  return {.address = address_of(block, page), .length = bytes_of(pages)};
}
inline GupRequest pin_of(std::uint64_t block, unsigned page, std::uint64_t pages = 1, bool long_term = false) {
  return {.address = address_of(block, page), .length = bytes_of(pages), .pin = true, .long_term = long_term};
}

inline void map_as(Bench& b, VmaKind kind, std::uint64_t block, unsigned page, std::uint64_t pages) {
  b.memory().address_space().map(address_of(block, page), bytes_of(pages), static_cast<std::uint8_t>(kind));
}

/// A host thread's access; what it owes passes. Returns how it went.
inline HostAccess::Way touch(Bench& b, std::uint64_t block, unsigned page, bool write = true,
                             std::uint32_t thread = kThread) {
  const HostAccess access = b.memory().host_access(b.slot(block), page, write, thread);
  b.engine.sleep_for(access.owed);
  return access.way;
}

inline const OpCounter& op(Bench& b, KernelOp which) { return b.machine().kernel()->counter(which); }
inline const KernelFailures& failures(Bench& b) { return b.machine().kernel()->failures(); }

}  // namespace farfault::testing
