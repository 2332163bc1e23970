#include "traces/generators/streaming/page_touch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "traces/generators/cpu_init.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/random_numbers.h"
#include "traces/generators/warp.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace page_touch_program {

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
  bool scattered = false;      ///< blocks take turns in random order
  std::uint64_t lockstep_pages = 0;
  std::uint64_t resident_blocks = 0;
  SweepDetail cpu_init = SweepDetail::kLines;
  std::uint64_t seed = 0;

  std::uint64_t blocks() const { return 1 + pages / kBlockThreads; }
  std::uint64_t turns() const { return (kBlockThreads + lockstep_pages - 1) / lockstep_pages; }
};

/// The accesses of threads.
class Threads {
 public:
  Threads(Emitter& out, const Settings& s, std::uint64_t array, std::uint64_t order)
      : out_(out), s_(s), array_(array), order_(order), permutation_(s.pages, s.seed) {}

  /// A block's page numbers, where they are in managed memory. The last block may have no threads.
  void load_order(std::uint64_t block) {
    const std::uint64_t first = block * kBlockThreads;
    issue_threads(out_, Op::kRead, 0, std::min(kBlockThreads, s_.pages - first), order_ + first * kIndex, kIndex);
  }
  /// The pages of turn `turn` of a block.
  void touch(std::uint64_t block, std::uint64_t turn) {
    const std::uint64_t first = block * kBlockThreads + turn * s_.lockstep_pages;
    const std::uint64_t end = std::min({first + s_.lockstep_pages, (block + 1) * kBlockThreads, s_.pages});
    for (std::uint64_t i = first; i < end; ++i) {
      out_.read(array_ + (s_.random ? permutation_(i) : i) * kPageSize.count(), kFloat);
    }
  }

 private:
  Emitter& out_;
  const Settings& s_;
  std::uint64_t array_;
  std::uint64_t order_;
  Permutation permutation_;
};

/// Resident blocks in the order of their numbers, turn by turn.
Program touch_in_lockstep(Emitter& out, Settings s, Threads threads) {
  const std::uint64_t loads = s.managed_order ? 1 : 0;
  for (GridWalk walk(s.blocks(), s.resident_blocks, loads + s.turns()); walk.next();) {
    walk.wait(out, walk.step() == 1 && s.managed_order);  // a page's number, then the page
    walk.step() < loads ? threads.load_order(walk.block()) : threads.touch(walk.block(), walk.step() - loads);
    if (out.full()) co_yield Pause{};
  }
}

/// The next turn is that of any resident block; the next block takes the place of one that ends. Keeps 16 bytes a
/// resident block. What multiprocessors do that no longer run side by side: see the parameter.
Program touch_scattered(Emitter& out, Settings s, Threads threads) {
  struct Place {
    std::uint64_t block;
    std::uint64_t turn;
  };
  std::vector<Place> places;
  std::uint64_t next = 0;
  for (; next < std::min(s.resident_blocks, s.blocks()); ++next) places.push_back({next, 0});
  Xoshiro256 numbers(SplitMix64::mix(s.seed));
  while (!places.empty()) {
    Place& place = places[numbers.below(places.size())];
    if (place.turn == 0 && s.managed_order) threads.load_order(place.block);
    threads.touch(place.block, place.turn);
    if (++place.turn == s.turns()) {
      if (next < s.blocks()) {
        place = {next++, 0};
      } else {
        place = places.back();
        places.pop_back();
      }
    }
    if (out.full()) co_yield Pause{};
  }
}

/// One thread a page. The original shuffles with the C library's rand(), which takes a table of all pages; here a
/// permutation without a table takes its place. For the regular order the original's CPU fills the array with 32
/// threads, a part each; here one thread does.
Program page_touch(Emitter& out, Settings s) {
  const std::uint64_t array = map_array(out, "array", s.pages * kFloatsPerPage, kFloat);
  const std::uint64_t order = s.managed_order ? map_array(out, "order", s.pages, kIndex) : 0;
  out.launch("empty");
  out.end_kernel();
  out.synchronize();
  Program fill = sweep_arrays(out, s.cpu_init, {{array, kFloat, Op::kWrite}}, s.pages * kFloatsPerPage);
  while (fill.resume()) co_yield Pause{};
  Program order_fill = sweep_arrays(out, s.cpu_init, {{order, kIndex, Op::kWrite}}, s.managed_order ? s.pages : 0);
  while (order_fill.resume()) co_yield Pause{};

  out.launch(s.random ? "touch_random" : "touch_regular");
  const Threads threads(out, s, array, order);
  Program kernel = s.scattered ? touch_scattered(out, s, threads) : touch_in_lockstep(out, s, threads);
  while (kernel.resume()) co_yield Pause{};
  out.end_kernel();
  out.synchronize();
}

StartProgram prepare(const Parameters& parameters, std::uint64_t seed) {
  Settings s;
  s.pages = parameters.get<std::uint64_t>("pages");
  s.random = parameters.get<std::string>("order") == "random";
  s.managed_order = s.random && maps_device_arrays(parameters);
  s.scattered = parameters.get<std::string>("turns") == "scattered";
  s.lockstep_pages = parameters.get<std::uint64_t>("lockstep_pages");
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  s.cpu_init = cpu_init_of(parameters);
  s.seed = seed;
  return [s](Emitter& out) { return page_touch(out, s); };
}

}  // namespace page_touch_program

GeneratorInfo page_touch_generator() {
  using namespace page_touch_program;  // NOLINT(google-build-using-namespace): what is above
  return program_generator({
      .name = kName,
      .summary = "each thread reads the first word of one page, in order or in random order",
      .parameters =
          {count_parameter("pages", std::uint64_t{1} << 20U, "4 KiB pages", kOrigin, 1, std::uint64_t{1} << 34U),
           choice_parameter("order", {"regular", "random"}, "thread i reads page i, or page i of a shuffle", kOrigin),
           device_arrays_parameter(std::string(kOrigin) + ": the shuffle's page numbers"),
           resident_blocks_parameter(2560, "assumption: 32 blocks on each of 80 SMs (Titan V)"),
           count_parameter("lockstep_pages", kBlockThreads,
                           "pages that a block touches in its turn; 32: a warp's one load", "assumption", 1,
                           kBlockThreads),
           choice_parameter("turns", {"lockstep", "scattered"},
                            "resident blocks take turns by their numbers, or at random, and new ones come one "
                            "by one; see docs/traces.md",
                            "assumption"),
           cpu_init_parameter()},
      .seeded = true,
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
