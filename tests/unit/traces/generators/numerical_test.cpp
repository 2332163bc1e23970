// Numerical kernels against closed forms.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "tests/unit/traces/generators/tally.h"
#include "traces/generators/pattern.h"

namespace farfault::traces {
namespace numerical_test {

using testing::ceil_div;
using testing::check_repeats;
using testing::lines;
using testing::program_of;
using testing::refusal;
using testing::set;
using testing::Tally;
using testing::tally;
using testing::Traffic;

struct Product {
  std::uint64_t m, n, k, tile_m, tile_n, k_step, batch, element;
};

/// Pieces of at most 512 bytes of all columns of `rows` elements that are cut into tiles of `tile` rows.
std::uint64_t pieces(std::uint64_t rows, std::uint64_t tile, std::uint64_t element) {
  std::uint64_t out = 0;
  for (std::uint64_t row = 0; row < rows; row += tile) out += ceil_div(std::min(tile, rows - row) * element, 512);
  return out;
}

TEST_CASE("traces: tiled_gemm loads each tile once a step") {
  for (const Product& p : {Product{512, 512, 512, 128, 128, 8, 1, 4},
                           {300, 200, 70, 128, 64, 8, 3, 4},
                           {100, 90, 33, 32, 17, 5, 2, 8},
                           {1, 1, 1, 128, 128, 8, 1, 2},
                           {260, 50, 20, 260, 50, 20, 1, 4}}) {
    const Tally t = tally("tiled_gemm", {set("m", p.m), set("n", p.n), set("k", p.k), set("tile_m", p.tile_m),
                                         set("tile_n", p.tile_n), set("k_step", p.k_step), set("batch", p.batch),
                                         set("element_size", p.element), set("resident_blocks", 5)});
    CHECK(t.arrays == std::vector<std::string>{"A", "B", "C"});
    const std::uint64_t a = p.m * p.k * p.batch * p.element;
    const std::uint64_t b = p.k * p.n * p.batch * p.element;
    const std::uint64_t c = p.m * p.n * p.batch * p.element;
    CHECK(t.on_cpu("A").writes == Traffic{lines(a), a});
    CHECK(t.on_cpu("B").writes == Traffic{lines(b), b});
    CHECK(t.on_cpu("C").writes == Traffic{lines(c), c});
    CHECK(t.on_cpu("C").reads == Traffic{});
    REQUIRE(t.launches.size() == 2);
    CHECK(t.launches[0].arrays.empty());
    // Every tile column of C reads A anew, every tile row B.
    CHECK(t.on_gpu("A").reads.bytes == a * ceil_div(p.n, p.tile_n));
    CHECK(t.on_gpu("A").reads.accesses == p.batch * p.k * ceil_div(p.n, p.tile_n) * pieces(p.m, p.tile_m, p.element));
    CHECK(t.on_gpu("B").reads.bytes == b * ceil_div(p.m, p.tile_m));
    CHECK(t.on_gpu("B").reads.accesses == p.batch * p.n * ceil_div(p.m, p.tile_m) * pieces(p.k, p.k_step, p.element));
    CHECK(t.on_gpu("C").writes == Traffic{p.batch * p.n * pieces(p.m, p.tile_m, p.element), c});
    for (const char* array : {"A", "B", "C"}) CHECK(t.on_gpu(array).pages == t.sizes.at(array) / 4096);
  }
}

TEST_CASE("traces: waves of tiled_gemm read what their blocks share once") {
  for (const Product& p : {Product{512, 512, 512, 128, 128, 8, 1, 4},
                           {300, 200, 70, 128, 64, 8, 3, 4},
                           {100, 90, 33, 32, 17, 5, 2, 8},
                           {1, 1, 1, 128, 128, 8, 1, 2},
                           {260, 50, 20, 260, 50, 20, 1, 4}}) {
    for (const std::uint64_t resident : {1U, 3U, 5U, 1000U}) {
      const Tally t = tally("tiled_gemm", {set("m", p.m),
                                           set("n", p.n),
                                           set("k", p.k),
                                           set("tile_m", p.tile_m),
                                           set("tile_n", p.tile_n),
                                           set("k_step", p.k_step),
                                           set("batch", p.batch),
                                           set("element_size", p.element),
                                           set("resident_blocks", resident),
                                           {"detail", std::string("waves")}});
      const std::uint64_t tiles_m = ceil_div(p.m, p.tile_m);
      const std::uint64_t tiles_n = ceil_div(p.n, p.tile_n);
      // Tile by tile: rows of A, and columns of B, that each wave needs.
      const std::uint64_t tiles = tiles_m * tiles_n * p.batch;
      std::uint64_t a_rows = 0;
      std::uint64_t b_columns = 0;
      for (std::uint64_t first = 0; first < tiles; first += resident) {
        std::set<std::pair<std::uint64_t, std::uint64_t>> rows;
        std::set<std::pair<std::uint64_t, std::uint64_t>> columns;
        for (std::uint64_t id = first; id < std::min(tiles, first + resident); ++id) {
          const std::uint64_t matrix = id / (tiles_m * tiles_n);
          rows.insert({matrix, id % tiles_m});
          columns.insert({matrix, id / tiles_m % tiles_n});
        }
        for (const auto& row : rows) a_rows += std::min(p.tile_m, p.m - row.second * p.tile_m);
        for (const auto& column : columns) b_columns += std::min(p.tile_n, p.n - column.second * p.tile_n);
      }
      CHECK(t.on_gpu("A").reads.bytes == a_rows * p.k * p.element);
      CHECK(t.on_gpu("B").reads.bytes == b_columns * p.k * p.element);
      CHECK(t.on_gpu("C").writes.bytes == p.m * p.n * p.batch * p.element);
      CHECK(t.on_gpu("C").reads == Traffic{});
      for (const char* array : {"A", "B", "C"}) CHECK(t.on_gpu(array).pages == t.sizes.at(array) / 4096);
      CHECK(t.dependencies == ceil_div(tiles, resident) * (ceil_div(p.k, p.k_step) + 1) - 1);
    }
  }
}

TEST_CASE("traces: a wave of tiled_gemm reads runs of A, and lines of B as steps come to them") {
  // 4 tile rows of 32 floats, 2 of each column resident; steps of 8 rows, a quarter of a line of B.
  const auto source = program_of("tiled_gemm", {set("m", 128),
                                                set("n", 4),
                                                set("k", 64),
                                                set("tile_m", 32),
                                                set("tile_n", 2),
                                                set("resident_blocks", 2),
                                                {"detail", std::string("waves")},
                                                {"cpu_init", std::string("none")}});
  const auto reader = source->open();
  AccessBlock block;
  std::vector<Access> accesses;
  while (reader->next(block)) accesses.insert(accesses.end(), block.accesses.begin(), block.accesses.end());
  const std::uint64_t a = kGeneratorBase;
  const std::uint64_t b = a + 65'536;
  const std::uint64_t c = b + 65'536;
  std::vector<Access> expected;
  for (std::uint64_t wave = 0; wave < 4; ++wave) {
    const std::uint64_t row = wave % 2 * 64;
    const std::uint64_t column = wave / 2 * 2;
    for (std::uint64_t step = 0; step < 8; ++step) {
      for (std::uint64_t k = 8 * step; k < 8 * step + 8; ++k) {
        expected.push_back(Access::make(a + 4 * (128 * k + row), 256, Op::kRead, 0, 1));
      }
      for (std::uint64_t j = column; j < column + 2 && step % 4 == 0; ++j) {
        expected.push_back(Access::make(b + 4 * (64 * j + 8 * step), 128, Op::kRead, 0, 1));
      }
    }
    for (std::uint64_t j = column; j < column + 2; ++j) {
      expected.push_back(Access::make(c + 4 * (128 * j + row), 256, Op::kWrite, 0, 1));
    }
  }
  CHECK(accesses == expected);
}

TEST_CASE("traces: what the CPU fills is told by lines, by pages, or not at all") {
  const auto filled = [](const char* detail) {
    return tally("tiled_gemm", {set("m", 100), set("n", 90), set("k", 80), {"cpu_init", std::string(detail)}});
  };
  const Tally pages = filled("pages");
  CHECK(pages.on_cpu("A").writes == Traffic{8, 8 * 64});  // 32,000 bytes
  CHECK(pages.on_cpu("A").pages == 8);
  CHECK(pages.on_cpu("B").writes == Traffic{8, 8 * 64});  // 28,800: the last page has 128
  CHECK(pages.on_cpu("C").pages == 9);
  const Tally none = filled("none");
  CHECK(none.cpu.empty());
  CHECK(none.on_gpu("A").reads == filled("lines").on_gpu("A").reads);
}

TEST_CASE("traces: fft moves all its data twice a pass") {
  for (const auto& [n, batch] :
       {std::pair<std::uint64_t, std::uint64_t>{1U << 16U, 1}, {1024, 5}, {64, 1}, {8, 70}, {2, 1}}) {
    const Tally t = tally("fft", {set("n", n), set("batch", batch), set("resident_blocks", 3)});
    CHECK(t.arrays == std::vector<std::string>{"data", "work"});
    std::uint64_t passes = 0;
    while (n >> (passes + 1) != 0) ++passes;
    REQUIRE(t.launches.size() == passes);
    const std::uint64_t bytes = 8 * n * batch;
    const std::uint64_t lanes = std::min<std::uint64_t>(32, n / 2);
    for (std::uint64_t pass = 0; pass < passes; ++pass) {
      const std::string source = pass % 2 == 0 ? "data" : "work";
      const std::string target = pass % 2 == 0 ? "work" : "data";
      CHECK(t.launches[pass].use(source).reads == Traffic{bytes / 8 / lanes, bytes});
      // A warp's stores are runs of as many elements as the sub-transforms have that the pass puts together.
      CHECK(t.launches[pass].use(target).writes ==
            Traffic{bytes / 8 / std::min(lanes, std::uint64_t{1} << pass), bytes});
      CHECK(t.launches[pass].use(target).pages == t.sizes.at(target) / 4096);
    }
    CHECK(t.on_cpu("data").writes == Traffic{lines(bytes), bytes});
    CHECK(t.on_cpu(passes % 2 == 0 ? "data" : "work").reads == Traffic{lines(bytes), bytes});
  }
}

TEST_CASE("traces: fft stores each butterfly where Stockham's algorithm does") {
  const auto source = program_of("fft", {set("n", 64)});
  const auto reader = source->open();
  AccessBlock block;
  std::vector<std::vector<std::uint64_t>> writes;
  while (reader->next(block)) {
    auto event = block.events.begin();
    for (std::size_t i = 0; i < block.accesses.size(); ++i) {
      for (; event != block.events.end() && event->position <= i; ++event) {
        if (event->kind == EventKind::kKernelLaunch) writes.emplace_back();
      }
      const Access& access = block.accesses[i];
      if (access.agent != 1 || !access.is_write()) continue;
      for (std::uint64_t at = access.address; at < access.address + access.size(); at += 8) {
        writes.back().push_back((at - kGeneratorBase) % 65'536 / 8);
      }
    }
  }
  REQUIRE(writes.size() == 6);
  for (std::size_t pass = 0; pass < 6; ++pass) {
    const std::uint64_t half = std::uint64_t{1} << pass;
    std::uint64_t wrong = 0;
    for (std::uint64_t j = 0; j < 32; ++j) {
      // Butterfly j's outputs: Govindaraju et al., expand(j, half, 2).
      const std::uint64_t first = j / half * half * 2 + j % half;
      wrong += writes[pass][j] == first && writes[pass][32 + j] == first + half ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("traces: gauss_seidel on a device goes by wavefronts") {
  for (const std::uint64_t n : {3U, 4U, 5U, 70U, 130U}) {
    const Tally t = tally("gauss_seidel", {set("n", n), set("tsteps", 2), set("resident_blocks", 1)});
    const std::uint64_t points = (n - 2) * (n - 2);
    const std::uint64_t bytes = 8 * n * n;
    CHECK(t.launches.size() == 2 * (3 * n - 8));
    // No two lanes are neighbours in memory: an access a lane.
    CHECK(t.on_gpu("A").reads == Traffic{2UL * 9 * points, 2UL * 72 * points});
    CHECK(t.on_gpu("A").writes == Traffic{2 * points, 2UL * 8 * points});
    CHECK(t.on_cpu("A").writes == Traffic{lines(bytes), bytes});
    CHECK(t.on_cpu("A").reads == Traffic{lines(bytes), bytes});
  }
}

TEST_CASE("traces: gauss_seidel wavefronts keep the order of the sweep") {
  constexpr std::uint64_t kSide = 37;
  const auto source = program_of("gauss_seidel", {set("n", kSide), set("tsteps", 1)});
  const auto reader = source->open();
  AccessBlock block;
  std::vector<std::uint64_t> launch_of(kSide * kSide);  // that updates the point; 0 for the border
  std::uint64_t launch = 0;
  while (reader->next(block)) {
    auto event = block.events.begin();
    for (std::size_t i = 0; i < block.accesses.size(); ++i) {
      for (; event != block.events.end() && event->position <= i; ++event) {
        launch += event->kind == EventKind::kKernelLaunch ? 1 : 0;
      }
      const Access& access = block.accesses[i];
      if (access.agent == 1 && access.is_write()) launch_of[(access.address - kGeneratorBase) / 8] = launch;
    }
  }
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 1; i + 1 < kSide; ++i) {
    for (std::uint64_t j = 1; j + 1 < kSide; ++j) {
      const std::uint64_t point = i * kSide + j;
      // What the sweep updates before: the row above and the left. After: the right and the row below.
      for (const std::uint64_t before : {point - kSide - 1, point - kSide, point - kSide + 1, point - 1}) {
        wrong += launch_of[before] < launch_of[point] ? 0 : 1;
      }
      for (const std::uint64_t after : {point + 1, point + kSide - 1, point + kSide, point + kSide + 1}) {
        const bool border = after % kSide == 0 || after % kSide == kSide - 1 || after / kSide == kSide - 1;
        wrong += border || launch_of[after] > launch_of[point] ? 0 : 1;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("traces: gauss_seidel by lines moves each line in and out once a sweep") {
  for (const std::uint64_t n : {3U, 4U, 16U, 33U, 70U, 130U}) {
    CAPTURE(n);
    const auto source = program_of("gauss_seidel", {set("n", n),
                                                    set("tsteps", 1),
                                                    set("resident_blocks", 2),
                                                    {"order", std::string("wavefront_lines")},
                                                    {"cpu_init", std::string("none")},
                                                    {"cpu_result", std::string("pages")}});
    const Tally t = tally(*source);
    CHECK(t.launches.size() == 3 * n - 8);
    CHECK(t.on_gpu("A").reads.bytes == 8 * n * n);
    CHECK(t.on_cpu("A").writes == Traffic{});
    CHECK(t.on_cpu("A").reads.accesses == testing::pages(8 * n * n));
    // Points are read before they are stored, and all of the interior is.
    std::vector<int> state(n * n);
    std::uint64_t wrong = 0;
    const auto reader = source->open();
    AccessBlock block;
    while (reader->next(block)) {
      for (const Access& access : block.accesses) {
        if (access.agent == 0) continue;
        for (std::uint64_t at = access.address; at < access.address + access.size(); at += 8) {
          int& point = state[(at - kGeneratorBase) / 8];
          wrong += point == (access.is_write() ? 1 : 0) ? 0 : 1;
          ++point;
        }
      }
    }
    for (std::uint64_t i = 1; i + 1 < n; ++i) {
      for (std::uint64_t j = 1; j + 1 < n; ++j) wrong += state[i * n + j] == 2 ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("traces: gauss_seidel by colours updates every second point, then the others") {
  for (const std::uint64_t n : {3U, 4U, 9U, 130U, 700U}) {
    CAPTURE(n);
    const auto source =
        program_of("gauss_seidel",
                   {set("n", n), set("tsteps", 2), set("resident_blocks", 3), {"order", std::string("red_black")}});
    const Tally t = tally(*source);  // checks the counts that launches tell
    CHECK(t.launches.size() == 4);
    CHECK(t.on_gpu("A").reads.accesses == 5 * t.on_gpu("A").writes.accesses);
    // A store covers its lanes' points and those between, of the other colour.
    std::vector<std::uint64_t> launch_of(n * n);
    std::uint64_t wrong = 0;
    std::uint64_t launch = 0;
    const auto reader = source->open();
    AccessBlock block;
    while (reader->next(block)) {
      auto event = block.events.begin();
      for (std::size_t i = 0; i <= block.accesses.size(); ++i) {
        for (; event != block.events.end() && event->position == i; ++event) {
          launch += event->kind == EventKind::kKernelLaunch ? 1 : 0;
        }
        if (i == block.accesses.size() || block.accesses[i].agent == 0 || !block.accesses[i].is_write()) continue;
        const std::uint64_t first = (block.accesses[i].address - kGeneratorBase) / 8;
        for (std::uint64_t point = first; point < first + block.accesses[i].size() / 8; point += 2) {
          wrong += (point / n + point % n) % 2 == (launch + 1) % 2 ? 0 : 1;
          ++launch_of[point];
        }
      }
    }
    for (std::uint64_t point = 0; point < n * n; ++point) {
      const bool inner = point / n % (n - 1) != 0 && point % n % (n - 1) != 0;
      wrong += launch_of[point] == (inner ? 2 : 0) ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("traces: gauss_seidel on the CPU reads three rows a row") {
  for (const std::uint64_t n : {3U, 8U, 100U}) {
    const Tally t = tally("gauss_seidel", {set("n", n), set("tsteps", 3), {"processor", std::string("cpu")}});
    const std::uint64_t bytes = 8 * n * n;
    CHECK(t.launches.empty());
    CHECK(t.on_cpu("A").reads.bytes == bytes + 3UL * 3 * 8 * n * (n - 2));
    CHECK(t.on_cpu("A").writes.bytes == bytes + 3UL * 8 * (n - 2) * (n - 2));
  }
}

TEST_CASE("traces: numerical programs repeat themselves and refuse what is out of range") {
  check_repeats("tiled_gemm", {set("m", 100), set("n", 50), set("k", 20)});
  check_repeats("fft", {set("n", 1024)});
  check_repeats("gauss_seidel", {set("n", 40)});
  CHECK(refusal("fft", {set("n", 1000)}) == "generator fft: n 1000 is not a power of two; give one, 1048576");
  CHECK(refusal("fft", {set("n", 1)}).starts_with("generator fft: n 1 is not in 2 to"));
  CHECK(refusal("tiled_gemm", {set("element_size", 3)}).starts_with("generator tiled_gemm: element_size 3"));
  CHECK(refusal("tiled_gemm", {set("tile_m", 0)}).starts_with("generator tiled_gemm: tile_m 0"));
  CHECK(refusal("tiled_gemm", {set("batch", 0)}).starts_with("generator tiled_gemm: batch 0"));
  CHECK(refusal("gauss_seidel", {set("n", 2)}).starts_with("generator gauss_seidel: n 2 is not in 3 to"));
  CHECK(refusal("gauss_seidel", {{"processor", std::string("fpga")}})
            .starts_with("generator gauss_seidel: processor \"fpga\""));
}

}  // namespace numerical_test
}  // namespace farfault::traces
