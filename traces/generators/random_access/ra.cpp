#include "traces/generators/random_access/ra.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/glibc_random.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace ra_program {

constexpr std::uint64_t kFloat = sizeof(float);
constexpr std::uint64_t kBlockThreads = 256;
/// Threads whose number is no multiple do nothing. More than a warp has lanes: each access is alone.
constexpr std::uint64_t kActiveEvery = 100;
static_assert(kActiveEvery >= kWarp);

struct Settings {
  std::uint64_t n = 0;
  std::uint64_t resident_blocks = 0;
};

/// The element of the table that a thread uses: the fraction of its input, a float in 0 to 1, times n.
std::uint64_t target_of(std::uint32_t draw, std::uint64_t n) {
  const float input = static_cast<float>(draw) / static_cast<float>(GlibcRandom::kMax);
  const float fraction = input < 1.0F ? input : 0.0F;
  // The product is rounded to a float, and may reach n where n is no power of two.
  return std::min(static_cast<std::uint64_t>(fraction * static_cast<float>(n)), n - 1);
}

/// The active threads of the blocks that are resident at a time, and their targets.
class ActiveThreads {
 public:
  struct Thread {
    std::uint64_t id;
    std::uint64_t target;
  };

  explicit ActiveThreads(Settings settings) : settings_(settings) {}

  /// Those of the next resident blocks; none at the end.
  const std::vector<Thread>& next() {
    threads_.clear();
    const std::uint64_t end = std::min(settings_.n, id_ + settings_.resident_blocks * kBlockThreads);
    for (; id_ < end; ++id_) {
      const std::uint32_t draw = numbers_.next();
      if (id_ % kActiveEvery == 0) threads_.push_back({id_, target_of(draw, settings_.n)});
    }
    return threads_;
  }

 private:
  Settings settings_;
  GlibcRandom numbers_;
  std::uint64_t id_ = 0;
  std::vector<Thread> threads_;
};

Program ra(Emitter& out, Settings s) {
  const std::uint64_t in = map_array(out, "in", s.n, kFloat);
  const std::uint64_t result = map_array(out, "out", s.n, kFloat);
  const std::uint64_t table = map_array(out, "table", s.n, kFloat);

  for (CpuSweep fill({{in, kFloat, Op::kWrite}, {table, kFloat, Op::kWrite}}, s.n); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  out.launch("randomAccess");
  ActiveThreads active(s);
  bool more = false;
  for (const auto* threads = &active.next(); !threads->empty(); threads = &active.next()) {
    if (std::exchange(more, true)) out.dependency();  // new blocks in the places of those that have ended
    for (const auto& thread : *threads) {
      out.read(in + kFloat * thread.id, kFloat);
      if (out.full()) co_yield Pause{};
    }
    out.dependency();
    for (const auto& thread : *threads) {
      out.read(table + kFloat * thread.target, kFloat);
      if (out.full()) co_yield Pause{};
    }
    out.dependency();
    for (const auto& thread : *threads) {
      out.write(result + kFloat * thread.target, kFloat);
      if (out.full()) co_yield Pause{};
    }
  }
  out.end_kernel();
  out.synchronize();
  for (CpuSweep results({{result, kFloat, Op::kRead}}, s.n); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace ra_program

GeneratorInfo ra_generator() {
  using namespace ra_program;  // NOLINT(google-build-using-namespace): what is above
  ProgramDescription description;
  description.name = "ra";
  description.summary = "UVMSmart's random access: one thread in a hundred reads and writes at a random place";
  description.parameters = {count_parameter("n", 1U << 20U, "elements of each array",
                                            "UVMSmart's ra; glibc's rand() with the default seed", 1, 1U << 30U),
                            resident_blocks_parameter(224, "28 multiprocessors x 8 blocks of 256 threads (UVMSmart)")};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings{parameters.get<std::uint64_t>("n"), parameters.get<std::uint64_t>("resident_blocks")};
    return [settings](Emitter& out) { return ra(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
