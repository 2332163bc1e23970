#include <doctest/doctest.h>

#include "tests/unit/traces/generators/program_testing.h"

namespace farfault::traces {
namespace stencils_test {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

std::optional<Lane> load(bool active, std::uint64_t array, std::uint64_t index) {
  return active ? std::optional<Lane>(Lane{array + 4 * index, 4, Op::kRead}) : std::nullopt;
}
std::optional<Lane> store(bool active, std::uint64_t array, std::uint64_t index) {
  return active ? std::optional<Lane>(Lane{array + 4 * index, 4, Op::kWrite}) : std::nullopt;
}

TEST_CASE("traces: stencil2d is what its threads do") {
  struct Case {
    std::uint64_t rows, cols;
  };
  for (const Case size : {Case{3, 3}, Case{8, 32}, Case{9, 33}, Case{10, 34}, Case{25, 70}}) {
    const Contents contents = read_all(*source_of("stencil2d", {{"rows", count(size.rows)},
                                                                {"cols", count(size.cols)},
                                                                {"iterations", count(3)},
                                                                {"resident_blocks", count(2)}})
                                            ->open());
    const std::uint64_t arrays[2] = {address_of(contents, "A"), address_of(contents, "B")};
    const std::uint64_t across = (size.cols + 31) / 32;
    const std::vector<std::vector<Access>> launches = launches_of(contents);
    REQUIRE(launches.size() == 3);
    for (std::size_t l = 0; l < 3; ++l) {
      const std::uint64_t from = arrays[l % 2];
      CHECK(launches[l] ==
            literal_grid(across * ((size.rows + 7) / 8), 256, {0, 5}, [&](std::uint64_t block, std::uint64_t thread) {
              const std::uint64_t j = block % across * 32 + thread % 32;
              const std::uint64_t i = block / across * 8 + thread / 32;
              const bool interior = i > 0 && i < size.rows - 1 && j > 0 && j < size.cols - 1;
              const std::uint64_t p = i * size.cols + j;
              return Steps{{load(interior, from, p)},
                           {load(interior, from, p - size.cols)},
                           {load(interior, from, p + size.cols)},
                           {load(interior, from, p - 1)},
                           {load(interior, from, p + 1)},
                           {store(interior, arrays[1 - l % 2], p)}};
            }));
    }
    std::vector<Access> cpu;
    const std::uint64_t bytes = 4 * size.rows * size.cols;
    for (std::uint64_t byte = 0; byte < bytes; byte += 64) {
      for (const std::uint64_t array : arrays) {
        add_line_sweep(cpu, array + byte, array + std::min(byte + 64, bytes), Op::kWrite);
      }
    }
    add_line_sweep(cpu, arrays[1], arrays[1] + bytes, Op::kRead);
    CHECK(cpu_of(contents) == cpu);
  }
}

TEST_CASE("traces: stencil2d has the totals of its formulas") {
  for (const std::uint64_t n : {100U, 513U}) {
    const Totals totals(*source_of("stencil2d", {{"rows", count(n)}, {"cols", count(n)}, {"iterations", count(2)}}));
    const std::uint64_t interior = 4 * (n - 2) * (n - 2);
    CHECK(totals.launches("jacobi") == 2);
    CHECK(totals.synchronisations() == 1);
    for (const char* array : {"A", "B"}) {
      CHECK(totals.in("jacobi", array).bytes_read == 5 * interior);
      CHECK(totals.in("jacobi", array).bytes_written == interior);
      CHECK(totals.in("cpu", array).bytes_written == 4 * n * n);
    }
    // A row of a block's 32 columns is a warp; the last one may have its border alone.
    CHECK(totals.in("jacobi", "A").writes == (n - 2) * ((n - 1 + 31) / 32));
    CHECK(totals.in("cpu", "A").bytes_read == 4 * n * n);
    CHECK(totals.in("cpu", "B").reads == 0);
  }
}

TEST_CASE("traces: stencil3d is what its threads do") {
  struct Case {
    std::uint64_t nx, ny, nz;
  };
  for (const Case size :
       {Case{3, 3, 3}, Case{64, 4, 3}, Case{33, 5, 4}, Case{65, 9, 5}, Case{130, 11, 4}, Case{100, 8, 6}}) {
    const auto [nx, ny, nz] = size;
    const Contents contents = read_all(*source_of("stencil3d", {{"nx", count(nx)},
                                                                {"ny", count(ny)},
                                                                {"nz", count(nz)},
                                                                {"iterations", count(2)},
                                                                {"resident_blocks", count(3)}})
                                            ->open());
    const std::uint64_t arrays[2] = {address_of(contents, "A0"), address_of(contents, "Anext")};
    const std::uint64_t across = (nx - 1) / 64 + 1;
    const std::vector<std::vector<Access>> launches = launches_of(contents);
    REQUIRE(launches.size() == 2);
    for (std::size_t l = 0; l < 2; ++l) {
      const std::uint64_t from = arrays[l % 2];
      CHECK(launches[l] ==
            literal_kernel(across * ((ny - 1) / 4 + 1), 128, 3, [&](std::uint64_t block, std::uint64_t thread) {
              const std::uint64_t tx = thread % 32, ty = thread / 32;
              const std::uint64_t y = block / across * 4 + ty;
              const std::uint64_t x[2] = {block % across * 64 + tx, block % across * 64 + tx + 32};
              bool inside[2], interior[2];
              for (int half = 0; half < 2; ++half) {
                inside[half] = x[half] < size.nx && y < size.ny;
                interior[half] = inside[half] && x[half] > 0 && x[half] < size.nx - 1 && y > 0 && y < size.ny - 1;
              }
              const auto at = [&](std::uint64_t column, std::uint64_t row, std::uint64_t z) {
                return (z * size.ny + row) * size.nx + column;
              };
              Steps steps;
              for (std::uint64_t z = 0; z < 2; ++z) {
                steps.push_back({load(inside[0], from, at(x[0], y, z)), load(inside[1], from, at(x[1], y, z))});
              }
              for (std::uint64_t k = 1; k < size.nz - 1; ++k) {
                steps.push_back({load(inside[0], from, at(x[0], y, k + 1)), load(inside[1], from, at(x[1], y, k + 1))});
                steps.emplace_back();
                for (int half = 0; half < 2; ++half) {
                  steps.back().push_back(load(interior[half] && ty == 3, from, at(x[half], y + 1, k)));
                  steps.back().push_back(load(interior[half] && ty == 0, from, at(x[half], y - 1, k)));
                }
                steps.push_back({load(interior[0] && tx == 0, from, at(x[0] - 1, y, k)),
                                 load(interior[1] && tx == 31, from, at(x[1] + 1, y, k))});
                steps.push_back({store(interior[0], arrays[1 - l % 2], at(x[0], y, k)),
                                 store(interior[1], arrays[1 - l % 2], at(x[1], y, k))});
              }
              return steps;
            }));
    }
    std::vector<Access> cpu;
    for (const auto& [array, op] : {std::pair{arrays[1], Op::kWrite}, std::pair{arrays[0], Op::kWrite},
                                    std::pair{arrays[1], Op::kWrite}, std::pair{arrays[0], Op::kRead}}) {
      add_line_sweep(cpu, array, array + 4 * nx * ny * nz, op);
    }
    CHECK(cpu_of(contents) == cpu);
  }
}

TEST_CASE("traces: stencil3d has the totals of its formulas at Parboil's size") {
  const Totals totals(*source_of("stencil3d", {{"iterations", count(1)}}));
  constexpr std::uint64_t kCells = 512 * 512 * 64;
  const std::uint64_t own = kCells;
  const std::uint64_t rows = 2 * 127 * 510 * 62;
  const std::uint64_t columns = 2 * 7 * 510 * 62;
  const std::uint64_t stores = 510 * 510 * 62;
  const char* const kernel = "block2D_hybrid_coarsen_x";
  CHECK(totals.launches(kernel) == 1);
  CHECK(totals.in(kernel, "A0").bytes_read == 4 * (own + rows + columns));
  // 16 warps to a row; of the neighbours beside, an access each.
  CHECK(totals.in(kernel, "A0").reads == own / 32 + 2 * 127 * 16 * 62 + columns);
  CHECK(totals.in(kernel, "A0").pages == 16'384);
  CHECK(totals.in(kernel, "Anext").bytes_written == 4 * stores);
  CHECK(totals.in(kernel, "Anext").pages == 62 * 256);
  CHECK(totals.in(kernel, "Anext").reads == 0);
  CHECK(totals.in("cpu", "Anext").bytes_written == 2 * 4 * kCells);
  CHECK(totals.in("cpu", "Anext").bytes_read == 4 * kCells);
  CHECK(totals.in("cpu", "A0").bytes_written == 4 * kCells);
}

TEST_CASE("traces: parameters of stencils that make no sense are errors") {
  const auto problem = [](const std::string& name, const std::string& parameter, std::uint64_t value) {
    return error_of([&] { source_of(name, {{parameter, count(value)}}); });
  };
  CHECK(problem("stencil2d", "rows", 2) ==
        "generator stencil2d: rows 2 is not in 3 to 1048576; give a number in this range");
  CHECK(problem("stencil2d", "iterations", 0).starts_with("generator stencil2d: iterations 0"));
  CHECK(problem("stencil3d", "nx", 2).starts_with("generator stencil3d: nx 2"));
  CHECK(problem("stencil3d", "ny", 16'385).starts_with("generator stencil3d: ny 16385"));
  CHECK(problem("stencil3d", "nz", 0).starts_with("generator stencil3d: nz 0"));
}

}  // namespace stencils_test
}  // namespace farfault::traces
