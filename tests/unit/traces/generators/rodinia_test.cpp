#include <doctest/doctest.h>

#include "tests/unit/traces/generators/program_testing.h"

namespace farfault::traces {
namespace rodinia_test {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

using Lanes = std::vector<std::optional<Lane>>;

Lane load(std::uint64_t array, std::uint64_t index) { return {array + 4 * index, 4, Op::kRead}; }
Lane store(std::uint64_t array, std::uint64_t index) { return {array + 4 * index, 4, Op::kWrite}; }
std::optional<Lane> if_so(bool active, Lane lane) { return active ? std::optional<Lane>(lane) : std::nullopt; }

// ---- hotspot --------------------------------------------------------------------------------------------------------

TEST_CASE("traces: hotspot is what its threads do") {
  struct Case {
    std::int64_t size, height, steps, resident;
  };
  // Sizes that are no multiples, one block, the highest pyramid, a last launch of fewer steps.
  for (const Case c :
       {Case{1, 1, 1, 1}, Case{16, 2, 4, 2}, Case{37, 2, 5, 4}, Case{40, 7, 8, 3}, Case{50, 3, 8, 1000}}) {
    const auto u = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
    const Contents contents = read_all(*source_of("hotspot", {{"size", count(u(c.size))},
                                                              {"pyramid_height", count(u(c.height))},
                                                              {"steps", count(u(c.steps))},
                                                              {"resident_blocks", count(u(c.resident))}})
                                            ->open());
    const std::uint64_t temperature[2] = {address_of(contents, "MatrixTemp[0]"), address_of(contents, "MatrixTemp[1]")};
    const std::uint64_t power = address_of(contents, "MatrixPower");
    const std::int64_t useful = 16 - 2 * c.height;
    const std::int64_t grid = (c.size + useful - 1) / useful;
    const std::vector<std::vector<Access>> launches = launches_of(contents);
    REQUIRE(static_cast<std::int64_t>(launches.size()) == (c.steps + c.height - 1) / c.height);
    std::vector<int> stored(u(c.size * c.size));
    for (std::size_t i = 0; i < launches.size(); ++i) {
      const std::int64_t k = std::min(c.height, c.steps - static_cast<std::int64_t>(i) * c.height);
      CHECK(launches[i] == literal_grid(u(grid * grid), 256, {0, 2}, [&](std::uint64_t block, std::uint64_t thread) {
              const auto bx = static_cast<std::int64_t>(block) % grid;
              const auto by = static_cast<std::int64_t>(block) / grid;
              const auto tx = static_cast<std::int64_t>(thread) % 16;
              const auto ty = static_cast<std::int64_t>(thread) / 16;
              const std::int64_t x = (16 - 2 * k) * bx - c.height + tx;
              const std::int64_t y = (16 - 2 * k) * by - c.height + ty;
              const bool inside = x >= 0 && x < c.size && y >= 0 && y < c.size;
              const bool completed = inside && tx >= k && tx <= 15 - k && ty >= k && ty <= 15 - k;
              const std::uint64_t index = u(y * c.size + x);
              if (completed) ++stored[index];
              return Steps{{if_so(inside, load(temperature[i % 2], index))},
                           {if_so(inside, load(power, index))},
                           {if_so(completed, store(temperature[1 - i % 2], index))}};
            }));
    }
    // Every launch stores every cell once.
    CHECK(stored == std::vector<int>(stored.size(), static_cast<int>(launches.size())));
    std::vector<Access> cpu;
    const std::uint64_t bytes = u(4 * c.size * c.size);
    add_line_sweep(cpu, temperature[0], temperature[0] + bytes, Op::kWrite);
    add_line_sweep(cpu, power, power + bytes, Op::kWrite);
    const std::uint64_t result = temperature[launches.size() % 2];
    add_line_sweep(cpu, result, result + bytes, Op::kRead);
    CHECK(cpu_of(contents) == cpu);
  }
}

TEST_CASE("traces: hotspot loads 1364 squared cells of both inputs in a launch of Rodinia's size") {
  const Totals totals(*source_of("hotspot", {}));
  CHECK(totals.arrays() == std::vector<std::string>{"MatrixTemp[0]", "MatrixTemp[1]", "MatrixPower"});
  constexpr std::uint64_t kN = 1024;
  constexpr std::uint64_t kLaunches = 4;
  constexpr std::uint64_t kBlocks = 86;                      // per side
  constexpr std::uint64_t kLoaded = kN + 4 * (kBlocks - 1);  // per axis: neighbours overlap by 4
  static_assert(kLoaded == 1364);
  CHECK(totals.launches("calculate_temp") == std::uint64_t{kLaunches});
  CHECK(totals.synchronisations() == 1);
  const char* const kernel = "calculate_temp";
  // Half a warp is a row of a block: one access for each row and block column.
  CHECK(totals.in(kernel, "MatrixPower").bytes_read == kLaunches * 4 * kLoaded * kLoaded);
  CHECK(totals.in(kernel, "MatrixPower").reads == kLaunches * kLoaded * kBlocks);
  CHECK(totals.in(kernel, "MatrixPower").writes == 0);
  for (const char* array : {"MatrixTemp[0]", "MatrixTemp[1]"}) {
    CHECK(totals.in(kernel, array).bytes_read == kLaunches / 2 * 4 * kLoaded * kLoaded);
    CHECK(totals.in(kernel, array).bytes_written == kLaunches / 2 * 4 * kN * kN);
    CHECK(totals.in(kernel, array).writes == kLaunches / 2 * kN * kBlocks);
    CHECK(totals.in(kernel, array).pages == 1024);
  }
  CHECK(totals.in("cpu", "MatrixTemp[1]").accesses == 0);
  CHECK(totals.in("cpu", "MatrixTemp[0]").bytes_read == 4 * kN * kN);
}

// ---- pathfinder -----------------------------------------------------------------------------------------------------

TEST_CASE("traces: pathfinder is what its threads do") {
  struct Case {
    std::int64_t cols, rows, height, resident;
  };
  for (const Case c :
       {Case{1, 2, 1, 1}, Case{236, 11, 10, 2}, Case{1000, 26, 10, 3}, Case{777, 8, 3, 100}, Case{10, 128, 127, 3}}) {
    const auto u = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
    const Contents contents = read_all(*source_of("pathfinder", {{"cols", count(u(c.cols))},
                                                                 {"rows", count(u(c.rows))},
                                                                 {"pyramid_height", count(u(c.height))},
                                                                 {"resident_blocks", count(u(c.resident))}})
                                            ->open());
    const std::uint64_t results[2] = {address_of(contents, "gpuResult[0]"), address_of(contents, "gpuResult[1]")};
    const std::uint64_t wall = address_of(contents, "gpuWall");
    const std::int64_t useful = 256 - 2 * c.height;
    const std::int64_t grid = (c.cols + useful - 1) / useful;
    const std::vector<std::vector<Access>> launches = launches_of(contents);
    REQUIRE(static_cast<std::int64_t>(launches.size()) == (c.rows - 1 + c.height - 1) / c.height);
    std::vector<int> stored(u(c.cols));
    for (std::size_t l = 0; l < launches.size(); ++l) {
      const std::int64_t first_row = static_cast<std::int64_t>(l) * c.height;
      const std::int64_t k = std::min(c.height, c.rows - 1 - first_row);
      CHECK(launches[l] == literal_kernel(u(grid), 256, u(c.resident), [&](std::uint64_t block, std::uint64_t thread) {
              const auto tx = static_cast<std::int64_t>(thread);
              const std::int64_t x = (256 - 2 * k) * static_cast<std::int64_t>(block) - c.height + tx;
              const bool valid = x >= 0 && x < c.cols;
              Steps steps{{if_so(valid, load(results[l % 2], u(x)))}};
              bool computed = false;
              for (std::int64_t i = 0; i < k; ++i) {
                computed = valid && tx >= i + 1 && tx <= 254 - i;
                steps.push_back({if_so(computed, load(wall, u((first_row + i) * c.cols + x)))});
              }
              if (computed) ++stored[u(x)];
              steps.push_back({if_so(computed, store(results[1 - l % 2], u(x)))});
              return steps;
            }));
    }
    CHECK(stored == std::vector<int>(stored.size(), static_cast<int>(launches.size())));
    std::vector<Access> cpu;
    const std::uint64_t row = u(4 * c.cols);
    for (const Op op : {Op::kWrite, Op::kRead}) {
      add_line_sweep(cpu, results[0], results[0] + row, op);
      add_line_sweep(cpu, wall, wall + row * u(c.rows - 1), op);
    }
    const std::uint64_t result = results[launches.size() % 2];
    add_line_sweep(cpu, result, result + row, Op::kRead);
    CHECK(cpu_of(contents) == cpu);
  }
}

TEST_CASE("traces: pathfinder loads each row of the wall in one launch of Rodinia's size") {
  const Totals totals(*source_of("pathfinder", {}));
  const char* const kernel = "dynproc_kernel";
  CHECK(totals.launches(kernel) == 20);
  CHECK(totals.synchronisations() == 1);
  // 19 launches of 10 rows and one of 9; no thread shares an element with another one of its warp.
  CHECK(totals.in(kernel, "gpuWall").bytes_read == 4 * (19 * 518'990 + 465'120));
  CHECK(totals.in(kernel, "gpuWall").pages == 9717);
  CHECK(totals.in(kernel, "gpuResult[0]").bytes_read == 4 * 10 * 54'220);
  CHECK(totals.in(kernel, "gpuResult[1]").bytes_read == 4 * (9 * 54'220 + 53'780));
  for (const char* array : {"gpuResult[0]", "gpuResult[1]"}) {
    CHECK(totals.in(kernel, array).bytes_written == 4 * 10 * 50'000);
    CHECK(totals.in(kernel, array).pages == 49);
  }
  CHECK(totals.in("cpu", "gpuWall").bytes_written == 39'800'000);
  CHECK(totals.in("cpu", "gpuWall").bytes_read == 39'800'000);
  CHECK(totals.in("cpu", "gpuResult[0]").bytes_read == 2 * 200'000);
  CHECK(totals.in("cpu", "gpuResult[1]").accesses == 0);
}

// ---- nw -------------------------------------------------------------------------------------------------------------

TEST_CASE("traces: nw is what its threads do") {
  for (const std::uint64_t n : {16U, 32U, 80U}) {
    const Contents contents = read_all(*source_of("nw", {{"size", count(n)}, {"resident_blocks", count(2)}})->open());
    const std::uint64_t r = address_of(contents, "reference");
    const std::uint64_t m = address_of(contents, "itemsets");
    const std::uint64_t pitch = n + 1;
    const std::uint64_t tiles = n / 16;
    const std::vector<std::vector<Access>> launches = launches_of(contents);
    REQUIRE(launches.size() == 2 * tiles - 1);
    std::vector<int> stored(pitch * pitch);
    for (std::size_t l = 0; l < launches.size(); ++l) {
      const bool first_kernel = l < tiles;
      const std::uint64_t i = first_kernel ? l + 1 : 2 * tiles - 1 - l;
      CHECK(launches[l] == literal_kernel(i, 16, 2, [&](std::uint64_t bx, std::uint64_t tx) {
              const std::uint64_t x = first_kernel ? bx : bx + tiles - i;
              const std::uint64_t y = first_kernel ? i - 1 - bx : tiles - 1 - bx;
              const std::uint64_t b = 16 * pitch * y + 16 * x;
              const Lanes corner{if_so(tx == 0, load(m, b))};
              Steps steps;
              if (first_kernel) steps.push_back(corner);
              for (std::uint64_t t = 0; t < 16; ++t) steps.push_back({load(r, b + pitch + 1 + t * pitch + tx)});
              if (!first_kernel) steps.push_back(corner);
              steps.push_back({load(m, b + pitch + pitch * tx)});
              steps.push_back({load(m, b + 1 + tx)});
              for (std::uint64_t t = 0; t < 16; ++t) {
                ++stored[b + pitch + 1 + t * pitch + tx];
                steps.push_back({store(m, b + pitch + 1 + t * pitch + tx)});
              }
              return steps;
            }));
    }
    for (std::uint64_t cell = 0; cell < pitch * pitch; ++cell) {
      CHECK(stored[cell] == (cell < pitch || cell % pitch == 0 ? 0 : 1));
    }

    std::vector<Access> cpu;
    const auto at = [&](std::uint64_t array, std::uint64_t row, std::uint64_t column) {
      return array + 4 * (row * pitch + column);
    };
    const auto border = [&] {
      for (std::uint64_t row = 1; row <= n; ++row) cpu.push_back(Access::make(at(m, row, 0), 4, Op::kWrite));
      add_line_sweep(cpu, at(m, 0, 1), at(m, 0, 1) + 4 * n, Op::kWrite);
    };
    add_line_sweep(cpu, m, m + 4 * pitch * pitch, Op::kWrite);
    border();
    const std::size_t scores = cpu.size();
    for (std::uint64_t row = 1; row <= n; ++row) {
      cpu.push_back(Access::make(at(m, row, 0), 4, Op::kRead));
      // A line of either array where the loop over the columns comes to it.
      for (std::uint64_t column = 1; column <= n; ++column) {
        for (const auto& [array, array_row, op] :
             {std::tuple{m, std::uint64_t{0}, Op::kRead}, std::tuple{r, row, Op::kWrite}}) {
          const std::uint64_t address = at(array, array_row, column);
          const std::uint64_t end = std::min(address / 64 * 64 + 64, at(array, array_row, n + 1));
          if (column != 1 && address % 64 != 0) continue;
          cpu.push_back(Access::make(address, static_cast<std::uint32_t>(end - address), op));
        }
      }
    }
    CHECK(cpu.size() > scores);
    border();
    cpu.push_back(Access::make(at(m, n - 1, n - 1), 4, Op::kRead));
    for (std::uint64_t i = n - 1; i > 0; --i) {
      for (const std::uint64_t address : {at(m, i - 1, i - 1), at(m, i, i - 1), at(m, i - 1, i), at(r, i, i)}) {
        cpu.push_back(Access::make(address, 4, Op::kRead));
      }
    }
    CHECK(cpu_of(contents) == cpu);
  }
}

TEST_CASE("traces: nw has 127 launches and 4096 tiles of Rodinia's size") {
  const Totals totals(*source_of("nw", {}));
  constexpr std::uint64_t kTiles = 64 * 64;
  CHECK(totals.arrays() == std::vector<std::string>{"reference", "itemsets"});
  CHECK(totals.bytes("reference") == 1027 * 4096);  // 1025 * 1025 * 4 B are 4 B more than 1026 pages
  CHECK(totals.launches("needle_cuda_shared_1") == 64);
  CHECK(totals.launches("needle_cuda_shared_2") == 63);
  CHECK(totals.synchronisations() == 1);
  const Sum r1 = totals.in("needle_cuda_shared_1", "reference");
  const Sum r2 = totals.in("needle_cuda_shared_2", "reference");
  CHECK(r1.bytes_read + r2.bytes_read == 4 * 256 * kTiles);
  CHECK(r1.reads + r2.reads == 16 * kTiles);
  const Sum m1 = totals.in("needle_cuda_shared_1", "itemsets");
  const Sum m2 = totals.in("needle_cuda_shared_2", "itemsets");
  CHECK(m1.bytes_read + m2.bytes_read == 4 * 33 * kTiles);
  CHECK(m1.reads + m2.reads == 18 * kTiles);  // the corner, 16 rows of the column, the row
  CHECK(m1.bytes_written + m2.bytes_written == 4 * 256 * kTiles);
  // 1 + 2 + ... + 64 tiles, and 63 + ... + 1.
  CHECK(r1.reads == 16 * (64 * 65 / 2));
  CHECK(r2.reads == 16 * (63 * 64 / 2));
  // R but for row 0 and column 0, by the CPU; M is zeroed, and its border written twice.
  CHECK(totals.in("cpu", "reference").bytes_written == 4 * 1024 * 1024);
  CHECK(totals.in("cpu", "itemsets").bytes_written == 4 * (1025 * 1025 + 4 * 1024));
  CHECK(totals.in("cpu", "itemsets").bytes_read == 4 * (1024 + 1024 * 1024 + 1 + 3 * 1023));
  CHECK(totals.in("cpu", "reference").reads == 1023);
}

TEST_CASE("traces: a diagonal of nw touches a page for each row of a tile") {
  const Contents contents = read_all(*source_of("nw", {})->open());
  const std::uint64_t m = address_of(contents, "itemsets");
  const std::vector<std::vector<Access>> launches = launches_of(contents);
  struct Diagonal {
    std::size_t tiles, reference_pages, itemsets_pages;
  };
  // Every row of 4100 B begins on a page of its own, until a page holds the ends of two of a tile's rows.
  for (const Diagonal d : {Diagonal{1, 16, 17}, Diagonal{2, 32, 33}, Diagonal{32, 512, 513}, Diagonal{63, 1009, 1010},
                           Diagonal{64, 1025, 1026}}) {
    std::set<std::uint64_t> reference;
    std::set<std::uint64_t> itemsets;
    for (const Access& access : launches.at(d.tiles - 1)) {
      std::set<std::uint64_t>& pages = access.address < m ? reference : itemsets;
      pages.insert(access.address / 4096);
      pages.insert((access.address + access.size() - 1) / 4096);
    }
    CHECK(reference.size() == d.reference_pages);
    CHECK(itemsets.size() == d.itemsets_pages);
  }
}

// ---- srad -----------------------------------------------------------------------------------------------------------

/// The kernels of one iteration, thread by thread. Loads outside of an array are left out.
struct LiteralSrad {
  std::int64_t rows, cols;
  std::uint64_t j, c, e, w, s, n;  ///< c to n are 0 if not managed

  Lanes guarded(std::initializer_list<std::pair<std::uint64_t, std::int64_t>> loads) const {
    Lanes lanes;
    for (const auto& [array, index] : loads) {
      const bool inside = array != 0 && index >= 0 && index < rows * cols;
      lanes.push_back(if_so(inside, load(array, static_cast<std::uint64_t>(index))));
    }
    return lanes;
  }
  Lanes stored(std::uint64_t array, std::int64_t index) const {
    return {if_so(array != 0, store(array, static_cast<std::uint64_t>(index)))};
  }
  static constexpr std::int64_t kNowhere = -1;

  Steps kernel_1(std::uint64_t block, std::uint64_t thread) const {
    const std::int64_t grid_x = cols / 16, grid_y = rows / 16;
    const auto bx = static_cast<std::int64_t>(block) % grid_x, by = static_cast<std::int64_t>(block) / grid_x;
    const auto tx = static_cast<std::int64_t>(thread) % 16, ty = static_cast<std::int64_t>(thread) / 16;
    const std::int64_t begin = cols * 16 * by + 16 * bx;
    const std::int64_t p = begin + cols * ty + tx;
    const bool last_y = by != 0 && by == grid_y - 1, last_x = bx != 0 && bx == grid_x - 1;
    return {guarded({{j, begin + tx - cols}, {j, by == 0 ? 16 * bx + tx : kNowhere}}),
            guarded({{j, begin + cols * 16 + tx}, {j, last_y ? begin + cols * 15 + tx : kNowhere}}),
            guarded({{j, begin + cols * ty - 1}, {j, bx == 0 ? begin + cols * ty : kNowhere}}),
            guarded({{j, begin + cols * ty + 16}, {j, last_x ? begin + cols * ty + 15 : kNowhere}}),
            guarded({{j, p}}),
            stored(c, p),
            stored(e, p),
            stored(w, p),
            stored(s, p),
            stored(n, p)};
  }
  Steps kernel_2(std::uint64_t block, std::uint64_t thread) const {
    const std::int64_t grid_x = cols / 16, grid_y = rows / 16;
    const auto bx = static_cast<std::int64_t>(block) % grid_x, by = static_cast<std::int64_t>(block) / grid_x;
    const auto tx = static_cast<std::int64_t>(thread) % 16, ty = static_cast<std::int64_t>(thread) / 16;
    const std::int64_t begin = cols * 16 * by + 16 * bx;
    const std::int64_t p = begin + cols * ty + tx;
    const bool last_y = by != 0 && by == grid_y - 1, last_x = bx != 0 && bx == grid_x - 1;
    return {guarded({{j, p}}),
            guarded({{c, begin + cols * 16 + tx}, {c, last_y ? begin + cols * 15 + tx : kNowhere}}),
            guarded({{c, begin + cols * ty + 16}, {c, last_x ? begin + cols * ty + 15 : kNowhere}}),
            guarded({{c, p}}),
            guarded({{n, p}}),
            guarded({{s, p}}),
            guarded({{w, p}}),
            guarded({{e, p}}),
            stored(j, p)};
  }
};

TEST_CASE("traces: srad is what its threads do") {
  struct Case {
    std::uint64_t rows, cols;
  };
  for (const Case size : {Case{16, 16}, Case{16, 64}, Case{64, 16}, Case{32, 48}, Case{64, 80}}) {
    for (const char* device_arrays : {"left_out", "managed"}) {
      const Contents contents = read_all(*source_of("srad", {{"rows", count(size.rows)},
                                                             {"cols", count(size.cols)},
                                                             {"y1", count(3)},
                                                             {"y2", count(size.rows - 1)},
                                                             {"x1", count(5)},
                                                             {"x2", count(9)},
                                                             {"iterations", count(2)},
                                                             {"device_arrays", text(device_arrays)},
                                                             {"resident_blocks", count(4)}})
                                              ->open());
      const bool managed = std::string(device_arrays) == "managed";
      const auto optional_array = [&](const char* name) { return managed ? address_of(contents, name) : 0; };
      const std::uint64_t j = address_of(contents, "J");
      const LiteralSrad literal{static_cast<std::int64_t>(size.rows),
                                static_cast<std::int64_t>(size.cols),
                                j,
                                optional_array("C"),
                                optional_array("E"),
                                optional_array("W"),
                                optional_array("S"),
                                optional_array("N")};
      const std::uint64_t blocks = size.rows / 16 * (size.cols / 16);
      const std::vector<Access> first =
          literal_grid(blocks, 256, {0, 2, 4, 5},
                       [&](std::uint64_t block, std::uint64_t thread) { return literal.kernel_1(block, thread); });
      const std::vector<Access> second =
          literal_grid(blocks, 256, {0, 1, 2, 3, 4, 8},
                       [&](std::uint64_t block, std::uint64_t thread) { return literal.kernel_2(block, thread); });
      CHECK(launches_of(contents) == std::vector<std::vector<Access>>{first, second, first, second});

      std::vector<Access> cpu;
      add_line_sweep(cpu, j, j + 4 * size.rows * size.cols, Op::kWrite);
      for (int iteration = 0; iteration < 2; ++iteration) {
        for (std::uint64_t y = 3; y < size.rows; ++y) {
          const std::uint64_t row = j + 4 * size.cols * y;
          add_line_sweep(cpu, row + 4 * 5, row + 4 * 10, Op::kRead);
        }
      }
      add_line_sweep(cpu, j, j + 4 * size.rows * size.cols, Op::kRead);
      CHECK(cpu_of(contents) == cpu);
    }
  }
}

TEST_CASE("traces: srad has the totals of its formulas at Rodinia's size") {
  const Totals totals(*source_of("srad", {{"device_arrays", text("managed")}}));
  CHECK(totals.arrays() == std::vector<std::string>{"J", "C", "E", "W", "S", "N"});
  constexpr std::uint64_t kCells = 1024 * 1024;
  constexpr std::uint64_t kBlocks = 64 * 64;
  constexpr std::uint64_t kEdge = 64;  // blocks
  constexpr std::uint64_t kIterations = 4;
  CHECK(totals.launches("srad_cuda_1") == std::uint64_t{kIterations});
  CHECK(totals.launches("srad_cuda_2") == std::uint64_t{kIterations});
  CHECK(totals.synchronisations() == std::uint64_t{kIterations});

  // A warp is two rows of a block. Its threads share the row above (64 B a warp), and a row's threads share the element
  // left of it (8 B a warp). Blocks at the sides load one more; the element before the first row does not exist.
  const std::uint64_t rows = 2 * kBlocks * 8 * 64;
  const std::uint64_t columns = 2 * (kBlocks * 8 * 8 + kEdge * 8 * 8 - 4);
  const Sum j1 = totals.in("srad_cuda_1", "J");
  CHECK(j1.bytes_read == kIterations * (4 * kCells + rows + columns));
  CHECK(j1.writes == 0);
  CHECK(j1.pages == 1024);
  const Sum j2 = totals.in("srad_cuda_2", "J");
  CHECK(j2.bytes_read == kIterations * 4 * kCells);
  CHECK(j2.bytes_written == kIterations * 4 * kCells);
  CHECK(j2.reads == kIterations * kBlocks * 16);
  // The last block row has only its own last row; the last block column loads twice but for the last row.
  CHECK(totals.in("srad_cuda_2", "C").bytes_read == kIterations * (4 * kCells + rows / 2 + columns / 2));
  for (const char* array : {"C", "E", "W", "S", "N"}) {
    CHECK(totals.in("srad_cuda_1", array).bytes_written == kIterations * 4 * kCells);
    CHECK(totals.in("srad_cuda_1", array).reads == 0);
    CHECK(totals.in("srad_cuda_2", array).pages == 1024);
    CHECK(totals.in("cpu", array).accesses == 0);
  }
  // The region of interest: 128 rows of 512 B on a page each.
  CHECK(totals.in("cpu", "J").bytes_read == kIterations * 128 * 512 + 4 * kCells);
  CHECK(totals.in("cpu", "J").bytes_written == 4 * kCells);
}

// ---- backprop -------------------------------------------------------------------------------------------------------

TEST_CASE("traces: backprop is what its threads do") {
  for (const std::uint64_t n : {16U, 80U}) {
    const Contents contents =
        read_all(*source_of("backprop", {{"input_size", count(n)}, {"resident_blocks", count(3)}})->open());
    const std::vector<std::vector<Access>> launches = launches_of(contents);
    REQUIRE(launches.size() == 2);
    const std::uint64_t input = address_of(contents, "input_units");
    const std::uint64_t w1 = address_of(contents, "input_weights");
    const std::uint64_t w2 = address_of(contents, "input_weights2");
    const std::uint64_t previous = address_of(contents, "input_prev_weights");
    const std::uint64_t delta = address_of(contents, "hidden_delta");
    const std::uint64_t h = address_of(contents, "partial_sum");
    CHECK(launches[0] == literal_grid(n / 16, 256, {0, 1, 2}, [&](std::uint64_t by, std::uint64_t thread) {
            const std::uint64_t tx = thread % 16, ty = thread / 16;
            const std::uint64_t e = 272 * by + 17 * ty + tx + 18;
            return Steps{{if_so(tx == 0, load(input, 16 * by + ty + 1))},
                         {load(w1, e)},
                         {store(w1, e)},
                         {if_so(tx == 0, store(h, 16 * by + ty))}};
          }));
    CHECK(launches[1] == literal_grid(n / 16, 256, {0, 4, 6, 8}, [&](std::uint64_t by, std::uint64_t thread) {
            const std::uint64_t tx = thread % 16, ty = thread / 16;
            const std::uint64_t e = 272 * by + 17 * ty + tx + 18;
            const bool bias = ty == 0 && by == 0;
            return Steps{{load(w2, e)},
                         {load(delta, tx + 1)},
                         {load(input, 16 * by + ty + 1)},
                         {load(previous, e)},
                         {store(w2, e)},
                         {store(previous, e)},
                         {if_so(bias, load(w2, tx + 1))},
                         {if_so(bias, load(previous, tx + 1))},
                         {if_so(bias, store(w2, tx + 1))},
                         {if_so(bias, store(previous, tx + 1))}};
          }));
  }
}

TEST_CASE("traces: backprop has the totals of its formulas at Rodinia's size") {
  const std::uint64_t n = 131'056;
  const std::uint64_t q = n / 16;
  const Totals totals(*source_of("backprop", {}));
  CHECK(totals.arrays() == std::vector<std::string>{"input_units", "hidden_units", "output_units", "hidden_delta",
                                                    "output_delta", "target", "input_weights", "input_weights2",
                                                    "hidden_weights", "input_prev_weights", "hidden_prev_weights",
                                                    "output_hidden", "partial_sum"});
  const char* const forward = "bpnn_layerforward_CUDA";
  const char* const adjust = "bpnn_adjust_weights_cuda";
  CHECK(totals.launches() == 2);
  CHECK(totals.synchronisations() == 2);
  CHECK(totals.in(forward, "input_units").bytes_read == 4 * 16 * q);
  CHECK(totals.in(forward, "input_units").reads == 8 * q);  // a warp has two rows
  CHECK(totals.in(forward, "input_weights").bytes_read == 4 * 256 * q);
  CHECK(totals.in(forward, "input_weights").reads == 16 * q);
  CHECK(totals.in(forward, "input_weights").bytes_written == 4 * 256 * q);
  CHECK(totals.in(forward, "partial_sum").bytes_written == 4 * 16 * q);
  CHECK(totals.in(forward, "input_weights").pages == 2176);
  CHECK(totals.in(forward, "input_units").pages == 128);
  CHECK(totals.in(forward, "partial_sum").pages == 128);
  for (const char* array : {"input_weights2", "input_prev_weights"}) {
    CHECK(totals.in(adjust, array).bytes_read == 4 * (256 * q + 16));
    CHECK(totals.in(adjust, array).bytes_written == 4 * (256 * q + 16));
    CHECK(totals.in(adjust, array).pages == 2176);
  }
  CHECK(totals.in(adjust, "input_units").bytes_read == 4 * 16 * q);   // 16 threads ask for the same
  CHECK(totals.in(adjust, "hidden_delta").bytes_read == 64 * 8 * q);  // once a warp
  CHECK(totals.in(adjust, "hidden_delta").pages == 1);
  CHECK(totals.in(adjust, "input_weights").accesses == 0);

  const std::uint64_t weights = 4 * 17 * (n + 1);
  CHECK(totals.in("cpu", "input_weights").bytes_written == weights);
  CHECK(totals.in("cpu", "input_weights").writes == lines(weights));
  CHECK(totals.in("cpu", "input_weights").bytes_read == weights + 4 * 16);
  CHECK(totals.in("cpu", "input_weights2").bytes_written == weights);
  CHECK(totals.in("cpu", "input_weights2").bytes_read == weights);
  CHECK(totals.in("cpu", "input_prev_weights").bytes_written == weights);
  CHECK(totals.in("cpu", "input_prev_weights").reads == 0);
  CHECK(totals.in("cpu", "input_units").bytes_written == 4 * n);
  CHECK(totals.in("cpu", "input_units").bytes_read == 4 * (n + 1));
  CHECK(totals.in("cpu", "partial_sum").reads == 16 * q);
  CHECK(totals.in("cpu", "partial_sum").bytes_read == 4 * 16 * q);
  CHECK(totals.in("cpu", "partial_sum").writes == 0);
  CHECK(totals.in("cpu", "hidden_delta").writes == 16);
  CHECK(totals.in("cpu", "hidden_units").writes == 16 + 2);  // the bias's unit is set twice
  CHECK(totals.in("cpu", "hidden_weights").reads == 17 + 16 + 17);
  CHECK(totals.in("cpu", "hidden_prev_weights").bytes_written == 4 * (34 + 17));
  CHECK(totals.in("cpu", "output_hidden").accesses == 0);
}

TEST_CASE("traces: parameters of Rodinia programs that make no sense are errors") {
  const auto problem = [](const std::string& name, const Settings& settings) {
    return error_of([&] { source_of(name, settings); });
  };
  CHECK(problem("hotspot", {{"size", count(0)}}) ==
        "generator hotspot: size 0 is not in 1 to 1048576; give a number in this range");
  CHECK(problem("hotspot", {{"pyramid_height", count(8)}}).starts_with("generator hotspot: pyramid_height 8"));
  CHECK(problem("hotspot", {{"steps", count(0)}}).starts_with("generator hotspot: steps 0"));
  CHECK(problem("pathfinder", {{"rows", count(1)}}).starts_with("generator pathfinder: rows 1"));
  CHECK(problem("pathfinder", {{"cols", count(0)}}).starts_with("generator pathfinder: cols 0"));
  CHECK(
      problem("pathfinder", {{"pyramid_height", count(128)}}).starts_with("generator pathfinder: pyramid_height 128"));
  CHECK(problem("nw", {{"size", count(1000)}}) ==
        "generator nw: size 1000 is not a multiple of 16, the side of a tile; give a multiple, 1024");
  CHECK(problem("nw", {{"size", count(0)}}).starts_with("generator nw: size 0 is not in 16"));
  CHECK(problem("srad", {{"rows", count(1000)}}) ==
        "generator srad: rows 1000 and cols 1024 are not both multiples of 16, the side of a thread block; give "
        "multiples, 1024");
  CHECK(problem("srad", {{"rows", count(64)}}) ==
        "generator srad: y1 0 to y2 127 is no range inside rows 64; give y1 <= y2 < rows");
  CHECK(problem("srad", {{"x1", count(128)}}).starts_with("generator srad: x1 128 to x2 127"));
  CHECK(problem("backprop", {{"input_size", count(17)}}).starts_with("generator backprop: input_size 17"));
  CHECK(
      problem("backprop", {{"resident_blocks", count(1U << 21U)}}).starts_with("generator backprop: resident_blocks"));
}

}  // namespace rodinia_test
}  // namespace farfault::traces
