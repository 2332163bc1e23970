#include "models/cpu/host.h"

#include <algorithm>

#include "sim/core/error.h"
#include "sim/core/quantity.h"

namespace farfault {

void Host::enable_tlbs() {
  tlbs_ = std::make_unique<Tlbs>(spec_.tlb, spec_.page_table, TlbSharing::kPrivate);
  page_table_.on_unmapped = [this](BlockNumber block, const PageMask& pages, std::uint64_t entries) {
    tlbs_->invalidate(block, pages, entries);
    if (cache_) cache_->drop(block, pages);
  };
}

void Host::enable_cache(engine::Engine& engine) {
  cache_ = std::make_unique<SectorCache>(spec_.cache, spec_.line_size.value);
  cache_channel_ = engine.add_channel("host-llc", std::array{engine.add_resource("llc", spec_.cache.bandwidth.value)});
}

std::uint64_t Host::busy_cpus() const { return std::min(threads_, spec_.cpus.value); }

SimTime Host::shootdown(std::uint64_t other_cpus) {
  if (other_cpus == 0) return SimTime::zero();
  ++counters_.shootdowns;
  counters_.ipis += other_cpus;
  return spec_.ipi_time.value + spec_.ipi_time_per_cpu.value * other_cpus;
}

void Host::note_load(SimTime now) {
  memory_latency_ = latency_at(spec_.memory, load_.update(now, dram_.transferred(), dram_.bandwidth()));
}

void Host::hold(std::uint64_t pages) {
  held_ += pages;
  peak_ = std::max(peak_, held_);
  if (kPageSize * held_ <= spec_.memory.capacity.value) return;
  throw InputError(Diagnostic{
      .pointer = "/platform/host/memory/capacity",
      .problem =
          "the workload's pages do not fit: host memory of " + format_exact(spec_.memory.capacity.value) + " is full",
      .remedy = "give the host more memory (--set platform.host.memory.capacity=...), or replay a smaller workload"});
}

}  // namespace farfault
