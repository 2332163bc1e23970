#include "traces/generators/random_access/hash_join.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace hash_join_program {

constexpr const char* kName = "hash_join";
constexpr std::uint64_t kTuple = 16;  ///< key and payload, 8 bytes each
constexpr std::uint64_t kKey = 8;
constexpr std::uint64_t kBlockThreads = 256;
constexpr double kMaxSkew = 10;
/// Bounds the memory to 32 MiB.
constexpr double kMaxResidentBlocks = 1U << 14U;

struct Settings {
  std::uint64_t build_tuples = 0;
  std::uint64_t probe_tuples = 0;
  double skew = 0;
  std::uint64_t resident_blocks = 0;
  std::uint64_t seed = 0;

  std::uint64_t slots() const { return std::bit_ceil(build_tuples); }
};

struct Relations {
  std::uint64_t r = 0;
  std::uint64_t s = 0;
  std::uint64_t table = 0;
  std::uint64_t result = 0;
};

std::uint64_t blocks_for(std::uint64_t threads) { return (threads + kBlockThreads - 1) / kBlockThreads; }

/// Calls body(first thread, lanes) for each warp of a block.
template <class Body>
void for_each_warp(std::uint64_t block, std::uint64_t threads, Body body) {
  const std::uint64_t end = std::min(threads, (block + 1) * kBlockThreads);
  for (std::uint64_t first = block * kBlockThreads; first < end; first += kWarp) {
    body(first, std::min(kWarp, end - first));
  }
}

Program clear(Emitter& out, Settings s, Relations at) {
  out.launch("clear");
  for (GridWalk walk(blocks_for(s.slots()), s.resident_blocks, 1); walk.next();) {
    walk.wait(out, false);
    for_each_warp(walk.block(), s.slots(), [&](std::uint64_t first, std::uint64_t lanes) {
      out.write(at.table + kTuple * first, kTuple * lanes);
    });
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// A thread a tuple of R: loads it, claims the key's slot by compare-and-swap, stores the payload. The keys are dense
/// and R is shuffled; the hash function is perfect.
Program build(Emitter& out, Settings s, Relations at) {
  out.launch("build");
  const Permutation hash_of_tuple(s.slots(), s.seed);
  for (GridWalk walk(blocks_for(s.build_tuples), s.resident_blocks, 3); walk.next();) {
    walk.wait(out, true);
    for_each_warp(walk.block(), s.build_tuples, [&](std::uint64_t first, std::uint64_t lanes) {
      if (walk.step() == 0) return out.read(at.r + kTuple * first, kTuple * lanes);
      for (std::uint64_t i = first; i < first + lanes; ++i) {
        const std::uint64_t slot = at.table + kTuple * hash_of_tuple(i);
        walk.step() == 1 ? out.atomic(slot, kKey) : out.write(slot + kKey, kTuple - kKey);
      }
    });
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

/// A thread a tuple of S: loads it, loads the slot of its key, which is there, and stores both payloads. The slots of
/// the resident blocks are kept: 2 KiB a block.
Program probe(Emitter& out, Settings s, Relations at) {
  out.launch("probe");
  const Permutation hash_of_tuple(s.slots(), s.seed);
  const ZipfSampler popularity(s.build_tuples, s.skew);
  Xoshiro256 numbers(SplitMix64::mix(s.seed));
  std::vector<std::uint64_t> slots(std::min(s.resident_blocks, blocks_for(s.probe_tuples)) * kBlockThreads);
  for (GridWalk walk(blocks_for(s.probe_tuples), s.resident_blocks, 3); walk.next();) {
    walk.wait(out, true);
    for_each_warp(walk.block(), s.probe_tuples, [&](std::uint64_t first, std::uint64_t lanes) {
      std::uint64_t* const mine = &slots[first % slots.size()];
      if (walk.step() == 0) {
        out.read(at.s + kTuple * first, kTuple * lanes);
        for (std::uint64_t i = 0; i < lanes; ++i) mine[i] = hash_of_tuple(popularity.next(numbers) - 1);
      } else if (walk.step() == 1) {
        WarpInstruction gather;
        for (std::uint64_t i = 0; i < lanes; ++i) gather.lanes(at.table + kTuple * mine[i], kTuple);
        gather.issue(out, Op::kRead);
      } else {
        out.write(at.result + kTuple * first, kTuple * lanes);
      }
    });
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Program sweep(Emitter& out, Op op, std::uint64_t address, std::uint64_t tuples) {
  for (CpuSweep tuple({{address, kTuple, op}}, tuples); tuple.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Program hash_join(Emitter& out, Settings s) {
  Relations at;
  at.r = map_array(out, "R", s.build_tuples, kTuple);
  at.s = map_array(out, "S", s.probe_tuples, kTuple);
  at.table = map_array(out, "table", s.slots(), kTuple);
  at.result = map_array(out, "result", s.probe_tuples, kTuple);

  for (Program fill = sweep(out, Op::kWrite, at.r, s.build_tuples); fill.resume();) co_yield Pause{};
  for (Program fill = sweep(out, Op::kWrite, at.s, s.probe_tuples); fill.resume();) co_yield Pause{};
  for (Program kernel = clear(out, s, at); kernel.resume();) co_yield Pause{};
  for (Program kernel = build(out, s, at); kernel.resume();) co_yield Pause{};
  for (Program kernel = probe(out, s, at); kernel.resume();) co_yield Pause{};
  out.synchronize();
  for (Program results = sweep(out, Op::kRead, at.result, s.probe_tuples); results.resume();) co_yield Pause{};
}

}  // namespace hash_join_program

GeneratorInfo hash_join_generator() {
  using namespace hash_join_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSource = "assumption; Blanas, Li and Patel, SIGMOD 2011: 16 M and 256 M tuples of 16 B";
  ParameterInfo skew;
  skew.name = "skew";
  skew.fallback = 0.0;
  skew.description = "the k-th key of R is probed in proportion to k^-skew; 0 is uniform";
  skew.source = "Blanas, Li and Patel, SIGMOD 2011: 0, 1.05 and 1.25";
  skew.minimum = 0;
  skew.maximum = kMaxSkew;

  ParameterInfo resident = resident_blocks_parameter(224, "assumption: 28 multiprocessors x 8 blocks of 256 threads");
  resident.maximum = kMaxResidentBlocks;

  ProgramDescription description;
  description.name = kName;
  description.summary = "hash join without partitioning: builds a table from R, probes it with S";
  description.seeded = true;
  description.parameters = {
      count_parameter("build_tuples", 1U << 20U, "tuples of R, of 16 bytes", kSource, 1, std::uint64_t{1} << 40U),
      count_parameter("probe_tuples", 1U << 22U, "tuples of S, of 16 bytes", kSource, 1, std::uint64_t{1} << 40U), skew,
      resident};
  description.prepare = [](const Parameters& parameters, std::uint64_t seed) -> StartProgram {
    const Settings settings{
        parameters.get<std::uint64_t>("build_tuples"), parameters.get<std::uint64_t>("probe_tuples"),
        ratio_of(parameters, kName, "skew", kMaxSkew), parameters.get<std::uint64_t>("resident_blocks"), seed};
    return [settings](Emitter& out) { return hash_join(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
