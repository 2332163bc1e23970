#include "traces/generators/streaming/page_touch.h"

#include <algorithm>
#include <string>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace {

constexpr const char* kName = "page_touch";
constexpr const char* kOrigin = "uvm-eval's page-touch kernels";
constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kIndex = 8;
constexpr std::uint64_t kFloatsPerPage = 1024;
constexpr std::uint64_t kBlockThreads = 64;

struct Settings {
  std::uint64_t pages = 0;
  bool random = false;
  bool managed_order = false;  ///< the array of random page numbers is managed memory
  std::uint64_t resident_blocks = 0;
  std::uint64_t seed = 0;
};

/// One thread a page. The original shuffles with the C library's rand(), which takes a table of all pages; here a
/// permutation without a table takes its place. For the regular order the original's CPU fills the array with 32
/// threads, a part each; here one thread does.
Program page_touch(Emitter& out, Settings s) {
  const std::uint64_t array = map_array(out, "array", s.pages * kFloatsPerPage, kFloat);
  const std::uint64_t order = s.managed_order ? map_array(out, "order", s.pages, kIndex) : 0;
  out.launch("empty");
  out.end_kernel();
  out.synchronize();
  for (CpuSweep sweep({{array, kFloat, Op::kWrite}}, s.pages * kFloatsPerPage); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep sweep({{order, kIndex, Op::kWrite}}, s.managed_order ? s.pages : 0); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }

  const Permutation permutation(s.pages, s.seed);
  out.launch(s.random ? "touch_random" : "touch_regular");
  const std::uint64_t blocks = 1 + s.pages / kBlockThreads;
  for (GridWalk walk(blocks, s.resident_blocks, s.managed_order ? 2 : 1); walk.next();) {
    walk.wait(out, true);  // a page's number, then the page
    const std::uint64_t first = walk.block() * kBlockThreads;
    const std::uint64_t threads = std::min(kBlockThreads, s.pages - first);  // the last block may have none
    if (s.managed_order && walk.step() == 0) {
      issue_threads(out, Op::kRead, 0, threads, order + first * kIndex, kIndex);
    } else {
      for (std::uint64_t i = first; i < first + threads; ++i) {
        out.read(array + (s.random ? permutation(i) : i) * kPageSize.count(), kFloat);
      }
    }
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
  out.synchronize();
}

StartProgram prepare(const Parameters& parameters, std::uint64_t seed) {
  Settings s;
  s.pages = parameters.get<std::uint64_t>("pages");
  s.random = parameters.get<std::string>("order") == "random";
  s.managed_order = s.random && maps_device_arrays(parameters);
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  s.seed = seed;
  return [s](Emitter& out) { return page_touch(out, s); };
}

}  // namespace

GeneratorInfo page_touch_generator() {
  return program_generator({
      .name = kName,
      .summary = "each thread reads the first word of one page, in order or in random order",
      .parameters = {count_parameter("pages", std::uint64_t{1} << 20U, "4 KiB pages", kOrigin, 1,
                                     std::uint64_t{1} << 34U),
                     choice_parameter("order", {"regular", "random"}, "thread i reads page i, or page i of a shuffle",
                                      kOrigin),
                     device_arrays_parameter(std::string(kOrigin) + ": the shuffle's page numbers"),
                     resident_blocks_parameter(2560, "assumption: 32 blocks on each of 80 SMs (Titan V)")},
      .seeded = true,
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
