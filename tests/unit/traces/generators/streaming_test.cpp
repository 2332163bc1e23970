#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/traces/generators/program_testing.h"

namespace farfault::traces {
namespace streaming_test {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

constexpr std::uint64_t kPageBytes = 4096;

std::uint64_t pages(std::uint64_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes; }

/// Thread i works on element i of the arrays, in this order.
struct Operand {
  std::uint64_t array;
  Op op;
};
std::vector<Access> literal_elementwise(std::uint64_t elements, std::uint64_t size, std::uint64_t threads,
                                        const std::vector<Operand>& operands) {
  // Loads, then the store.
  return literal_grid((elements + threads - 1) / threads, threads, {0, operands.size() - 1},
                      [&](std::uint64_t block, std::uint64_t thread) {
                        const std::uint64_t i = block * threads + thread;
                        Steps steps;
                        for (const Operand& operand : operands) {
                          std::optional<Lane> lane;
                          if (i < elements) lane = Lane{operand.array + i * size, size, operand.op};
                          steps.push_back({lane});
                        }
                        return steps;
                      });
}

TEST_CASE("traces: vecadd has the totals of its formulas") {
  for (const std::uint64_t n :
       {std::uint64_t{1} << 20U, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{257}, std::uint64_t{100'003}}) {
    const Totals totals(*source_of("vecadd", {{"elements", count(n)}}));
    CHECK(totals.arrays() == std::vector<std::string>{"x", "y"});
    for (const char* array : {"x", "y"}) {
      CHECK(totals.in("cpu", array).writes == lines(4 * n));
      CHECK(totals.in("cpu", array).bytes_written == 4 * n);
      CHECK(totals.in("vecadd", array).reads == (n + 31) / 32);  // a warp's 32 loads are one access
      CHECK(totals.in("vecadd", array).bytes_read == 4 * n);
      CHECK(totals.in("vecadd", array).pages == pages(4 * n));
    }
    CHECK(totals.in("vecadd", "x").writes == 0);
    CHECK(totals.in("vecadd", "y").bytes_written == 4 * n);
    CHECK(totals.in("cpu", "x").reads == 0);
    CHECK(totals.in("cpu", "y").bytes_read == 4 * n);
    CHECK(totals.launches("vecadd") == 1);
    CHECK(totals.synchronisations() == 1);
  }
}

TEST_CASE("traces: vecadd and stream_triad are what their threads do") {
  const Settings settings{{"elements", count(1000)}, {"resident_blocks", count(3)}};
  const Contents vecadd = read_all(*source_of("vecadd", settings)->open());
  const std::uint64_t x = address_of(vecadd, "x");
  const std::uint64_t y = address_of(vecadd, "y");
  REQUIRE(launches_of(vecadd).size() == 1);
  CHECK(launches_of(vecadd)[0] == literal_elementwise(1000, 4, 256, {{x, Op::kRead}, {y, Op::kRead}, {y, Op::kWrite}}));

  const Contents triad = read_all(*source_of("stream_triad", settings)->open());
  const std::uint64_t z = address_of(triad, "z");
  REQUIRE(launches_of(triad).size() == 1);
  CHECK(launches_of(triad)[0] == literal_elementwise(1000, 4, 256, {{x, Op::kRead}, {y, Op::kRead}, {z, Op::kWrite}}));
  std::vector<Access> cpu;
  for (std::uint64_t byte = 0; byte < 4000; byte += 64) {  // one loop fills all three
    for (const std::uint64_t array : {x, y, z})
      add_line_sweep(cpu, array + byte, array + std::min(byte + 64, std::uint64_t{4000}), Op::kWrite);
  }
  add_line_sweep(cpu, z, z + 4000, Op::kRead);
  CHECK(cpu_of(triad) == cpu);
}

TEST_CASE("traces: a block's stores need its loads, and a launch tells how many blocks are resident") {
  const Contents contents = read_all(*source_of("stream_triad", {{"elements", count(5 * 256)},
                                                                 {"resident_blocks", count(3)},
                                                                 {"cpu_init", text("pages")},
                                                                 {"cpu_result", text("none")}})
                                          ->open());
  // 8 accesses a block and vector.
  CHECK(positions_of(contents, 0, EventKind::kThreadBlock) ==
        std::vector<std::uint64_t>{0, 16, 24, 40, 48, 64, 72, 88, 96, 112});
  CHECK(dependencies_of(contents, 0).empty());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> turns;
  for (const Contents::PlacedEvent& placed : contents.events) {
    if (placed.event.kind == EventKind::kThreadBlock) turns.emplace_back(placed.event.value, placed.event.value2);
    if (placed.event.kind == EventKind::kKernelLaunch) CHECK(placed.event.value2 == 3);
  }
  CHECK(turns == std::vector<std::pair<std::uint64_t, std::uint64_t>>{
                     {0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}, {3, 0}, {3, 1}, {4, 0}, {4, 1}});
  CHECK(cpu_of(contents).size() == 3 * 2);
}

TEST_CASE("traces: stream_triad touches 1024 pages of each vector by default") {
  const Totals totals(*source_of("stream_triad", {}));
  constexpr std::uint64_t kBytes = std::uint64_t{4} << 20U;
  for (const char* array : {"x", "y", "z"}) {
    CHECK(totals.in("triad", array).pages == 1024);
    CHECK(totals.in("cpu", array).bytes_written == std::uint64_t{kBytes});
    CHECK(totals.bytes(array) == std::uint64_t{kBytes});
  }
  CHECK(totals.all("triad").bytes_read == 2 * kBytes);
  CHECK(totals.all("triad").bytes_written == std::uint64_t{kBytes});
  CHECK(totals.all("cpu").bytes_read == std::uint64_t{kBytes});
  CHECK(totals.accesses() == 3 * kBytes / 128 + 4 * kBytes / 64);
}

TEST_CASE("traces: stream copies, multiplies, adds, combines and sums up") {
  constexpr std::uint64_t kN = 5 * 1024;
  const Contents contents = read_all(
      *source_of(
           "stream",
           {{"elements", count(kN)}, {"kernels", text("all")}, {"iterations", count(2)}, {"resident_blocks", count(3)}})
           ->open());
  const std::uint64_t a = address_of(contents, "a");
  const std::uint64_t b = address_of(contents, "b");
  const std::uint64_t c = address_of(contents, "c");
  const std::uint64_t sums = address_of(contents, "sums");
  const std::vector<std::vector<Access>> launches = launches_of(contents);
  REQUIRE(launches.size() == 10);
  const auto literal = [&](const std::vector<Operand>& operands) { return literal_elementwise(kN, 8, 1024, operands); };
  const std::vector<Access> dot = literal_kernel(256, 1024, 3, [&](std::uint64_t block, std::uint64_t thread) {
    Steps steps;
    // 256 Ki threads for 5 Ki elements: at most one each.
    const std::uint64_t i = block * 1024 + thread;
    for (const std::uint64_t array : {a, b}) {
      std::optional<Lane> lane;
      if (i < kN) lane = Lane{array + 8 * i, 8, Op::kRead};
      steps.push_back({lane});
    }
    std::optional<Lane> sum;
    if (thread == 0) sum = Lane{sums + 8 * block, 8, Op::kWrite};
    steps.push_back({sum});
    return steps;
  });
  for (std::size_t iteration = 0; iteration < 10; iteration += 5) {
    CHECK(launches[iteration] == literal({{a, Op::kRead}, {c, Op::kWrite}}));
    CHECK(launches[iteration + 1] == literal({{c, Op::kRead}, {b, Op::kWrite}}));
    CHECK(launches[iteration + 2] == literal({{a, Op::kRead}, {b, Op::kRead}, {c, Op::kWrite}}));
    CHECK(launches[iteration + 3] == literal({{b, Op::kRead}, {c, Op::kRead}, {a, Op::kWrite}}));
    CHECK(launches[iteration + 4] == dot);
  }

  std::vector<Access> cpu;
  for (const char* array : {"host_a", "host_b", "host_c"}) {
    const std::uint64_t begin = address_of(contents, array);
    add_line_sweep(cpu, begin, begin + 8 * kN, Op::kWrite);
  }
  for (std::uint64_t byte = 0; byte < 8 * kN; byte += 64) {
    for (const std::uint64_t array : {a, b, c}) cpu.push_back(Access::make(array + byte, 64, Op::kWrite));
  }
  for (int i = 0; i < 2; ++i) add_line_sweep(cpu, sums, sums + 2048, Op::kRead);
  for (const char* array : {"a", "b", "c"}) {
    for (std::uint64_t byte = 0; byte < 8 * kN; byte += 64) {
      cpu.push_back(Access::make(address_of(contents, array) + byte, 64, Op::kRead));
      cpu.push_back(Access::make(address_of(contents, std::string("host_") + array) + byte, 64, Op::kWrite));
    }
  }
  CHECK(cpu_of(contents) == cpu);
}

TEST_CASE("traces: stream has the totals of its formulas") {
  constexpr std::uint64_t kN = std::uint64_t{1} << 20U;
  const Totals triad(*source_of("stream", {{"elements", count(kN)}}));
  CHECK(triad.arrays() == std::vector<std::string>{"host_a", "host_b", "host_c", "a", "b", "c", "sums"});
  CHECK(triad.launches("triad_kernel") == 1);
  CHECK(triad.launches() == 1);
  CHECK(triad.all("triad_kernel").bytes_read == 16 * kN);
  CHECK(triad.in("triad_kernel", "a").bytes_written == 8 * kN);
  CHECK(triad.in("triad_kernel", "a").pages == kN / 512);  // two pages a block of 1024
  CHECK(triad.in("cpu", "sums").accesses == 0);
  // Host vectors zeroed, arrays filled, arrays copied to the host vectors.
  CHECK(triad.all("cpu").bytes_written == 3 * 24 * kN);
  CHECK(triad.all("cpu").bytes_read == 24 * kN);

  // Four elements a thread in dot.
  const Totals dot(*source_of("stream", {{"elements", count(kN)}, {"kernels", text("dot")}, {"iterations", count(3)}}));
  CHECK(dot.launches("dot_kernel") == 3);
  CHECK(dot.synchronisations() == 3);
  CHECK(dot.in("dot_kernel", "a").bytes_read == 3 * 8 * kN);
  CHECK(dot.in("dot_kernel", "b").accesses == 3 * kN / 32);
  CHECK(dot.in("dot_kernel", "sums").writes == 3 * 256);
  CHECK(dot.in("cpu", "sums").bytes_read == 3 * 2048);
}

TEST_CASE("traces: page_touch touches every page once") {
  for (const std::uint64_t p : {1U, 63U, 64U, 65U, 5000U}) {
    for (const char* order : {"regular", "random"}) {
      const std::string kernel = std::string("touch_") + order;
      const Totals totals(*source_of("page_touch", {{"pages", count(p)}, {"order", text(order)}}));
      CHECK(totals.arrays() == std::vector<std::string>{"array"});
      CHECK(totals.bytes("array") == 4096 * p);
      CHECK(totals.launches("empty") == 1);
      CHECK(totals.launches(kernel) == 1);
      CHECK(totals.in(kernel, "array").reads == p);
      CHECK(totals.in(kernel, "array").bytes_read == 4 * p);
      CHECK(totals.in(kernel, "array").pages == p);
      CHECK(totals.in(kernel, "array").writes == 0);
      CHECK(totals.in("cpu", "array").bytes_written == 4096 * p);
      CHECK(totals.in("cpu", "array").writes == 64 * p);
      CHECK(totals.in("cpu", "array").reads == 0);
    }
    const Totals managed(
        *source_of("page_touch", {{"pages", count(p)}, {"order", text("random")}, {"device_arrays", text("managed")}}));
    CHECK(managed.in("touch_random", "order").bytes_read == 8 * p);
    CHECK(managed.in("touch_random", "order").reads == (p + 31) / 32);
    CHECK(managed.in("cpu", "order").bytes_written == 8 * p);
    CHECK(managed.in("touch_random", "array").pages == p);
  }
}

TEST_CASE("traces: blocks of page_touch take turns") {
  const auto touched = [](const Settings& settings) {
    Settings all{{"cpu_init", text("none")}};
    all.insert(all.end(), settings.begin(), settings.end());
    std::vector<std::uint64_t> out;
    const Contents contents = read_all(*source_of("page_touch", all)->open());
    out.reserve(contents.accesses.size());
    for (const Access& access : contents.accesses) out.push_back((access.address - kGeneratorBase) / 4096);
    return out;
  };
  // Three blocks side by side, 32 pages each.
  const std::vector<std::uint64_t> turns =
      touched({{"pages", count(256)}, {"resident_blocks", count(3)}, {"lockstep_pages", count(32)}});
  REQUIRE(turns.size() == 256);
  for (std::uint64_t i = 0; i < 192; ++i) CHECK(turns[i] == i / 32 % 3 * 64 + i / 96 * 32 + i % 32);
  for (std::uint64_t i = 192; i < 256; ++i) CHECK(turns[i] == i);

  for (const std::uint64_t lockstep_pages : {1U, 20U, 32U, 64U}) {
    const Settings settings{{"pages", count(100'000)},
                            {"resident_blocks", count(320)},
                            {"lockstep_pages", count(lockstep_pages)},
                            {"turns", text("scattered")}};
    const std::vector<std::uint64_t> scattered = touched(settings);
    CHECK(scattered == touched(settings));
    std::vector<std::uint64_t> sorted = scattered;
    std::sort(sorted.begin(), sorted.end());
    std::uint64_t wrong = sorted.size() == 100'000 ? 0 : 1;
    for (std::uint64_t i = 0; i < sorted.size(); ++i) wrong += sorted[i] == i ? 0 : 1;
    // A block's pages come in order, in turns; blocks begin in order.
    std::vector<std::uint64_t> next(100'000 / 64 + 1);
    std::uint64_t begun = 0;
    for (const std::uint64_t page : scattered) {
      wrong += page % 64 == next[page / 64]++ ? 0 : 1;
      if (page % 64 == 0) ++begun;
      wrong += page / 64 < begun + 320 ? 0 : 1;
    }
    CHECK(wrong == 0);
    CHECK(begun == next.size());
  }
}

TEST_CASE("traces: page_touch goes in order, or in an order of the seed") {
  const auto touched = [](const char* order, std::uint64_t seed) {
    const Contents contents =
        read_all(*source_of("page_touch", {{"pages", count(1000)}, {"order", text(order)}}, seed)->open());
    std::vector<std::uint64_t> out;
    const std::vector<std::vector<Access>> launches = launches_of(contents);  // the empty kernel's is the first
    for (const Access& access : launches.at(1)) out.push_back((access.address - kGeneratorBase) / 4096);
    return out;
  };
  const std::vector<std::uint64_t> regular = touched("regular", 1);
  REQUIRE(regular.size() == 1000);
  for (std::uint64_t i = 0; i < 1000; ++i) CHECK(regular[i] == i);
  CHECK(touched("random", 1) != regular);
  CHECK(touched("random", 1) == touched("random", 1));
  CHECK(touched("random", 1) != touched("random", 2));
}

TEST_CASE("traces: parameters of streaming programs that make no sense are errors") {
  const auto problem = [](const std::string& name, const std::string& parameter, const ParameterValue& value) {
    return error_of([&] { source_of(name, {{parameter, value}}); });
  };
  CHECK(problem("vecadd", "elements", count(0)) ==
        "generator vecadd: elements 0 is not in 1 to 1099511627776; give a number in this range");
  CHECK(problem("stream_triad", "elements", count((std::uint64_t{1} << 40U) + 1))
            .starts_with("generator stream_triad: elements 1099511627777"));
  CHECK(problem("stream_triad", "resident_blocks", count(0)).starts_with("generator stream_triad: resident_blocks 0"));
  CHECK(problem("stream", "elements", count(1025)) ==
        "generator stream: elements 1025 is not a multiple of 1024, a thread block; give a multiple, 33554432");
  CHECK(problem("stream", "elements", count(0)).starts_with("generator stream: elements 0 is not in 1024"));
  CHECK(problem("stream", "kernels", text("traid")) ==
        "generator stream: kernels \"traid\" is not known; did you mean \"triad\"?");
  CHECK(problem("stream", "iterations", count(0)).starts_with("generator stream: iterations 0"));
  CHECK(problem("page_touch", "pages", count(0)).starts_with("generator page_touch: pages 0"));
  CHECK(problem("page_touch", "order", text("")).starts_with("generator page_touch: order \"\""));
  CHECK(problem("page_touch", "device_arrays", text("yes")).starts_with("generator page_touch: device_arrays"));
}

}  // namespace streaming_test
}  // namespace farfault::traces
