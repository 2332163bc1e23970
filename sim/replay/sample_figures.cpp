#include "sim/replay/sample_figures.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "sim/core/quantity.h"

namespace farfault {
namespace {

/// Figures that count pages, or what is done to them.
constexpr std::array<const char*, 12> kEstimated = {"faults.device.serviced",
                                                    "faults.device.refaults",
                                                    "faults.cpu.minor",
                                                    "faults.cpu.migrate",
                                                    "pages.to_device.demand",
                                                    "pages.to_device.prefetch",
                                                    "pages.to_device.prefetch_used",
                                                    "pages.to_device.zero_filled",
                                                    "pages.to_host.eviction",
                                                    "pages.to_host.cpu_fault",
                                                    "pages.remote_mapped",
                                                    "evictions.chunks"};

std::string rate_text(double rate) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g %%", rate * 100);
  return text.data();
}

/// The sample's figures by as many more as all touched pages are.
void add_estimates(const traces::SampleScan& scan, Statistics& out) {
  for (const char* const name : kEstimated) {
    const double whole = static_cast<double>(out.integer(name)) / scan.share();
    out.count(std::string(kEstimatePrefix) + name, static_cast<std::uint64_t>(std::llround(whole)),
              "of the whole workload, estimated: " + out.at(name).description);
  }
  const double faults = static_cast<double>(out.integer("faults.device.serviced")) / scan.share();
  out.ratio(std::string(kEstimatePrefix) + "faults.device.per_access",
            faults / static_cast<double>(scan.whole.accesses),
            "of the whole workload, estimated: faulted pages by its accesses");
}

}  // namespace

void add_sample(const traces::SampleOptions& sample, const traces::SampleScan& scan, RunResult& result) {
  Statistics& out = result.statistics;
  out.ratio("sample.rate", sample.rate, "share of the memory that was to be replayed");
  out.ratio("sample.share", scan.share(), "share of the touched pages that was");
  out.bytes("sample.unit", sample.unit, "aligned piece of memory that was replayed or not as a whole");
  out.count("sample.units", scan.units, "such pieces that were replayed");
  out.count("sample.whole.accesses", scan.whole.accesses, "accesses of the whole workload");
  out.count("sample.whole.pages", scan.whole.pages, "distinct 4 KiB pages that the whole workload accesses");
  add_estimates(scan, out);
  result.notes.push_back("sampled: " + rate_text(sample.rate) + " of the memory by " + format_exact(sample.unit) +
                         ", on devices of as much less; sample.estimate.* are of the whole workload, all other figures "
                         "of the sample, and its times, rates and latencies say little of the whole");
  if (scan.units < kFewUnits) {
    result.notes.push_back("sampled: only " + format_count(scan.units) + " pieces of " + format_exact(sample.unit) +
                           "; below " + format_count(kFewUnits) +
                           " estimates are rough: raise replay.sample, and look at --sample-seeds");
  }
}

}  // namespace farfault
