#include "traces/generators/numerical/fft.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace fft_program {

constexpr const char* kName = "fft";
constexpr std::uint64_t kComplex = 8;  ///< two floats
constexpr std::uint64_t kBlockThreads = 256;

struct Settings {
  std::uint64_t n = 0;
  std::uint64_t batch = 0;
  std::uint64_t resident_blocks = 0;
};

/// A pass: butterflies over sub-transforms of length `half`, from one array to the other.
struct Pass {
  std::uint64_t source = 0;
  std::uint64_t destination = 0;
  std::uint64_t half = 0;
};

/// Instructions of the warp whose first butterfly is `first`, all of one transform: 0 and 1 load the two inputs, n / 2
/// apart; 2 and 3 store the two outputs, `half` apart. Twiddle factors are computed.
void emit_step(Emitter& out, const Settings& s, const Pass& pass, std::uint64_t first, std::uint64_t lanes,
               std::uint64_t step) {
  const std::uint64_t butterflies = s.n / 2;
  const std::uint64_t transform = first / butterflies * s.n;
  const std::uint64_t begin = first % butterflies;
  if (step < 2) {
    return out.read(pass.source + kComplex * (transform + begin + step * butterflies), kComplex * lanes);
  }
  WarpInstruction store;
  for (std::uint64_t j = begin; j < begin + lanes;) {
    const std::uint64_t run = std::min(pass.half - j % pass.half, begin + lanes - j);
    const std::uint64_t target = j / pass.half * 2 * pass.half + j % pass.half + (step - 2) * pass.half;
    store.lanes(pass.destination + kComplex * (transform + target), kComplex * run);
    j += run;
  }
  store.issue(out, Op::kWrite);
}

Program run_pass(Emitter& out, Settings s, Pass pass) {
  out.launch("fft_radix2_pass", 0, s.resident_blocks);
  const std::uint64_t threads = s.n / 2 * s.batch;
  // Transforms that are shorter than a warp share one on a device; here they are kept apart.
  const std::uint64_t lanes = std::min(kWarp, s.n / 2);
  // Two loads, then the stores of both inputs' results.
  for (GridBlocks turns((threads + kBlockThreads - 1) / kBlockThreads, kBlockThreads / lanes, 4, {2}); turns.next();) {
    turns.tell(out);
    const std::uint64_t first = turns.block() * kBlockThreads + turns.warp() * lanes;
    if (first < threads) emit_step(out, s, pass, first, lanes, turns.step());
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Program fft(Emitter& out, Settings s) {
  std::uint64_t data = map_array(out, "data", s.n * s.batch, kComplex);
  std::uint64_t work = map_array(out, "work", s.n * s.batch, kComplex);

  for (CpuSweep fill({{data, kComplex, Op::kWrite}}, s.n * s.batch); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (std::uint64_t half = 1; half < s.n; half *= 2) {
    for (Program pass = run_pass(out, s, {data, work, half}); pass.resume();) co_yield Pause{};
    std::swap(data, work);  // the algorithm sorts itself: no transposition at the end
  }
  out.synchronize();
  for (CpuSweep results({{data, kComplex, Op::kRead}}, s.n * s.batch); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace fft_program

GeneratorInfo fft_generator() {
  using namespace fft_program;  // NOLINT(google-build-using-namespace): what is above
  ProgramDescription description;
  description.name = kName;
  description.summary = "Stockham's radix-2 Fourier transform of complex floats, a kernel a pass";
  description.parameters = {count_parameter("n", 1U << 20U, "length of a transform; a power of two",
                                            "assumption; algorithm: Stockham, AFIPS 1966; Govindaraju et al., SC 2008",
                                            2, std::uint64_t{1} << 34U),
                            count_parameter("batch", 1, "transforms, one behind the other", "assumption", 1, 1U << 20U),
                            resident_blocks_parameter(224, "assumption: 28 multiprocessors x 8 blocks of 256 threads")};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("n"), parameters.get<std::uint64_t>("batch"),
                            parameters.get<std::uint64_t>("resident_blocks")};
    if (!std::has_single_bit(settings.n)) {
      refuse(kName, "n " + std::to_string(settings.n) + " is not a power of two", "give one, 1048576");
    }
    return [settings](Emitter& out) { return fft(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
