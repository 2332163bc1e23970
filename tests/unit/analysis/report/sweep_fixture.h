/// A made-up sweep of any size whose answers are known: used by unit tests, and by the browser's through
/// tests/browser/sweep_fixture.cpp.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "analysis/sweep_store/store.h"

namespace farfault::analysis::testing {

/// Axes of 4, 10, 5, 5, 5 and any number of values: 5000 for each seed.
inline const std::vector<SweepAxis> kFixtureAxes = {
    {"/policy/eviction/kind", "policy.eviction.kind", {}},
    {"/platform/device/memory/capacity", "platform.device.memory.capacity", {}},
    {"/platform/link/generation", "platform.link.generation", {}},
    {"/policy/prefetch/threshold", "policy.prefetch.threshold", {}},
    {"/driver/batch_size", "driver.batch_size", {}},
    {"/seed", "seed", {}},
};

/// The i-th point: time falls with capacity and generation, rises below the working set of 12 GiB, and depends a little
/// on the rest; a prefetcher that is eager moves more bytes and has fewer faults. Every 417th point fails.
inline SweepRecord fixture_point(std::size_t i) {
  static constexpr std::array<const char*, 4> kEviction = {"lru", "lfu", "clock", "random"};
  static constexpr std::array<double, 4> kPenalty = {1.0, 1.06, 1.02, 1.18};
  static constexpr std::array<const char*, 5> kThreshold = {"1 %", "25 %", "51 %", "75 %", "100 %"};
  std::size_t rest = i;
  const auto next = [&rest](std::size_t count) {
    const std::size_t out = rest % count;
    rest /= count;
    return out;
  };
  const std::size_t eviction = next(4);
  const std::size_t memory = next(10);
  const std::size_t generation = next(5);
  const std::size_t threshold = next(5);
  const std::size_t batch = next(5);
  const std::size_t seed = rest + 1;

  SweepRecord out;
  out.key = "point-" + std::to_string(i);
  out.config_hash = out.key;
  out.trace_hash = "dc8d82382bcbe2d3";
  out.version = "0.1.0";
  out.seconds = 0.25;
  out.host = "n1";
  const std::size_t gib = 2 * (memory + 1);
  out.axes = {std::string("\"") + kEviction[eviction] + '"',
              '"' + std::to_string(gib) + " GiB\"",
              std::to_string(generation + 2),
              std::string("\"") + kThreshold[threshold] + '"',
              std::to_string(std::size_t{32} << batch),
              std::to_string(seed)};
  if (i % 417 == 416) {
    out.status = PointStatus::kFailed;
    out.reason = i % 834 == 416 ? "out of memory" : "over its time limit of 60 s";
    return out;
  }
  // A number in [0, 1) for each point, the same everywhere.
  std::uint64_t mixed = (i + 1) * 0x9E3779B97F4A7C15ULL;
  mixed ^= mixed >> 29U;
  mixed *= 0xBF58476D1CE4E5B9ULL;
  const double noise = static_cast<double>(mixed >> 11U) / 9007199254740992.0;

  const double missing = gib >= 12 ? 0.0 : (12.0 - static_cast<double>(gib)) / 12.0;
  const double thrash = missing * kPenalty[eviction] * (1 + 4 * missing);
  const double rate = static_cast<double>(std::size_t{1} << generation) * 4e9;
  const double eager = 1.25 - 0.25 * static_cast<double>(threshold);
  const double bytes = 12e9 * (1 + thrash) * (1 + 0.4 * eager) * (1 + 0.02 * noise);
  const double faults = 40000 * (1 + 2 * thrash) * (1.6 - eager) * (1 + 0.05 * noise);
  const double seconds = 0.35 + bytes / rate + faults * 4e-6 * (1 + 0.3 / static_cast<double>(batch + 1));
  const auto whole = [](double value) { return static_cast<std::int64_t>(value); };
  out.figures["time.total"] = {Unit::kTime, whole(seconds * 1e12), "simulated time"};
  out.figures["faults.device.raised"] = {Unit::kCount, whole(faults), "entries of the fault buffer"};
  out.figures["bytes.link.pcie.to_device"] = {Unit::kBytes, whole(bytes * 0.7),
                                              "bytes over the link in this direction"};
  out.figures["bytes.link.pcie.to_device.demand"] = {Unit::kBytes, whole(bytes * 0.2), "of these, by cause"};
  out.figures["bytes.link.pcie.to_host"] = {Unit::kBytes, whole(bytes * 0.3), "bytes over the link in this direction"};
  out.figures["pages.refault"] = {Unit::kCount, whole(thrash * 1e5), "pages that came again"};
  return out;
}

inline void write_fixture(const std::filesystem::path& path, std::size_t points) {
  SweepStore store = SweepStore::create(path, kFixtureAxes, {{"name", "policies-and-memory"}});
  std::vector<SweepRecord> records;
  for (std::size_t i = 0; i < points; ++i) records.push_back(fixture_point(i));
  store.add(records);
}

}  // namespace farfault::analysis::testing
