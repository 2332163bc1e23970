// PolyBench's kernels against closed forms. Bytes differ from the thread-level counts of the originals in one way: an
// element that all lanes of a warp load is loaded once.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/traces/generators/tally.h"

namespace farfault::traces {
namespace polybench_test {

using testing::ceil_div;
using testing::check_repeats;
using testing::lines;
using testing::pages;
using testing::refusal;
using testing::set;
using testing::Settings;
using testing::Tally;
using testing::tally;
using testing::Traffic;

/// Lines of a matrix of floats that is filled row by row: a line across the border of two rows counts twice.
std::uint64_t row_lines(std::uint64_t rows, std::uint64_t columns) {
  std::uint64_t out = 0;
  for (std::uint64_t i = 0; i < rows; ++i) out += (4 * (i + 1) * columns - 1) / 64 - 4 * i * columns / 64 + 1;
  return out;
}

/// A kernel with a thread a row: one access a lane for the matrix.
void check_by_rows(const testing::Launch& launch, std::uint64_t rows, std::uint64_t columns, const std::string& vector,
                   const std::string& sums, bool clears) {
  const std::uint64_t warps = ceil_div(rows, 32);
  CHECK(launch.use("A").reads == Traffic{rows * columns, 4 * rows * columns});
  CHECK(launch.use(vector).reads == Traffic{warps * columns, 4 * warps * columns});
  const std::uint64_t first = clears ? 1 : 0;
  CHECK(launch.use(sums).reads == Traffic{(1 - first) * warps, (1 - first) * 4 * rows});
  CHECK(launch.use(sums).writes == Traffic{warps * (columns + first), 4 * rows * (columns + first)});
  CHECK(launch.use("A").pages == pages(4 * rows * columns));
}

/// A kernel with a thread a column: one access a warp.
void check_by_columns(const testing::Launch& launch, std::uint64_t rows, std::uint64_t columns,
                      const std::string& vector, const std::string& sums, bool clears) {
  const std::uint64_t warps = ceil_div(columns, 32);
  CHECK(launch.use("A").reads == Traffic{warps * rows, 4 * rows * columns});
  CHECK(launch.use(vector).reads == Traffic{warps * rows, 4 * warps * rows});
  const std::uint64_t first = clears ? 1 : 0;
  CHECK(launch.use(sums).reads == Traffic{(1 - first) * warps, (1 - first) * 4 * columns});
  CHECK(launch.use(sums).writes == Traffic{warps * (rows + first), 4 * columns * (rows + first)});
}

TEST_CASE("traces: atax does what the original does") {
  for (const auto& [nx, ny] :
       {std::pair<std::uint64_t, std::uint64_t>{1200, 1200}, {70, 300}, {300, 70}, {2, 1}, {1, 3}}) {
    CAPTURE(nx);
    CAPTURE(ny);
    const Tally t = tally("atax", {set("nx", nx), set("ny", ny)});
    CHECK(t.arrays == std::vector<std::string>{"A", "x", "y", "tmp"});
    CHECK(t.on_cpu("A").writes == Traffic{row_lines(nx, ny), 4 * nx * ny});
    CHECK(t.on_cpu("x").writes == Traffic{std::min(nx, ny), 4 * std::min(nx, ny)});
    CHECK(t.on_cpu("y").reads == Traffic{lines(4 * ny), 4 * ny});
    CHECK(t.on_cpu("tmp").pages == 0);
    REQUIRE(t.launches.size() == 2);
    if (ny > 1) check_by_rows(t.launches[0], nx, ny, "x", "tmp", false);
    check_by_columns(t.launches[1], nx, ny, "tmp", "y", false);
    CHECK(t.synchronizations == 1);
  }
  // The documented figures.
  const Tally t = tally("atax", {});
  CHECK(t.launches[0].use("A").reads.bytes / 4 == 1'440'000);
  CHECK(t.launches[0].use("A").pages == 1407);
  CHECK(t.launches[0].use("tmp").writes.bytes / 4 == 1'440'000);
  CHECK(t.launches[1].use("A").reads.bytes / 4 == 1'440'000);
  CHECK(t.launches[1].use("y").writes.bytes / 4 == 1'440'000);
}

TEST_CASE("traces: a row of one element makes neighbouring lanes neighbours") {
  const Tally t = tally("atax", {set("nx", 64), set("ny", 1)});
  CHECK(t.launches[0].use("A").reads == Traffic{2, 256});
}

TEST_CASE("traces: lanes that read rows sweep the matrix in lockstep") {
  // 3 resident blocks of 256 rows, 1024 columns: a page a row, so that all rows' pages are touched before any second
  // column is read.
  const auto source = testing::program_of("atax", {set("nx", 768), set("ny", 1024), set("resident_blocks", 3)});
  const auto reader = source->open();
  AccessBlock block;
  std::vector<std::uint64_t> order;
  while (order.size() < 2UL * 768 && reader->next(block)) {
    for (const Access& access : block.accesses) {
      if (access.agent == 0 || access.size() != 4 || access.address >= (1ULL << 32U) + 768UL * 4096) continue;
      order.push_back((access.address - (1ULL << 32U)) / 4);
    }
  }
  REQUIRE(order.size() >= 2 * 768);
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < 2UL * 768; ++i) wrong += order[i] == i % 768 * 1024 + i / 768 ? 0 : 1;
  CHECK(wrong == 0);
}

TEST_CASE("traces: bicg does what the original does") {
  for (const auto& [nx, ny] : {std::pair<std::uint64_t, std::uint64_t>{1024, 700}, {70, 300}, {1, 2}}) {
    const Tally t = tally("bicg", {set("nx", nx), set("ny", ny)});
    CHECK(t.arrays == std::vector<std::string>{"A", "r", "s", "p", "q"});
    CHECK(t.on_cpu("A").writes == Traffic{row_lines(nx, ny), 4 * nx * ny});
    CHECK(t.on_cpu("r").writes == Traffic{nx, 4 * nx});
    CHECK(t.on_cpu("p").writes == Traffic{lines(4 * ny), 4 * ny});
    CHECK(t.on_cpu("s").reads == Traffic{lines(4 * ny), 4 * ny});
    CHECK(t.on_cpu("q").reads == Traffic{lines(4 * nx), 4 * nx});
    REQUIRE(t.launches.size() == 2);
    check_by_columns(t.launches[0], nx, ny, "r", "s", true);
    check_by_rows(t.launches[1], nx, ny, "p", "q", true);
    CHECK(t.synchronizations == 2);
  }
}

TEST_CASE("traces: mvt does what the original does") {
  for (const std::uint64_t n : {1000U, 33U, 2U}) {
    const Tally t = tally("mvt", {set("n", n)});
    CHECK(t.arrays == std::vector<std::string>{"A", "x1", "x2", "y1", "y2"});
    CHECK(t.on_cpu("A").writes == Traffic{row_lines(n, n), 4 * n * n});
    for (const char* vector : {"x1", "x2", "y1", "y2"}) CHECK(t.on_cpu(vector).writes == Traffic{n, 4 * n});
    for (const char* vector : {"x1", "x2"}) CHECK(t.on_cpu(vector).reads == Traffic{lines(4 * n), 4 * n});
    REQUIRE(t.launches.size() == 2);
    check_by_rows(t.launches[0], n, n, "y1", "x1", false);
    check_by_columns(t.launches[1], n, n, "y2", "x2", false);
    CHECK(t.synchronizations == 1);
  }
}

/// A product of rows x depth and depth x columns; a warp is up to 32 neighbours of a row.
void check_product(const testing::Launch& launch, std::uint64_t rows, std::uint64_t columns, std::uint64_t depth,
                   const std::string& a, const std::string& b, const std::string& c, bool scales) {
  const std::uint64_t warps = rows * ceil_div(columns, 32);
  const std::uint64_t stores = depth + (scales ? 1 : 0);
  CHECK(launch.use(a).reads == Traffic{warps * depth, 4 * warps * depth});
  CHECK(launch.use(b).reads == Traffic{warps * depth, 4 * rows * columns * depth});
  CHECK(launch.use(c).reads == Traffic{warps, 4 * rows * columns});
  CHECK(launch.use(c).writes == Traffic{warps * stores, 4 * rows * columns * stores});
}

TEST_CASE("traces: gemm does what the original does") {
  for (const auto& [ni, nj, nk] : {std::array<std::uint64_t, 3>{128, 128, 128}, {17, 45, 70}, {1, 1, 1}, {256, 1, 9}}) {
    const Tally t = tally("gemm", {set("ni", ni), set("nj", nj), set("nk", nk), set("resident_blocks", 5)});
    CHECK(t.arrays == std::vector<std::string>{"A", "B", "C"});
    CHECK(t.on_cpu("A").writes == Traffic{lines(4 * ni * nk), 4 * ni * nk});
    CHECK(t.on_cpu("B").writes == Traffic{lines(4 * nk * nj), 4 * nk * nj});
    CHECK(t.on_cpu("C").writes == Traffic{lines(4 * ni * nj), 4 * ni * nj});
    CHECK(t.on_cpu("C").reads == Traffic{lines(4 * ni * nj), 4 * ni * nj});
    REQUIRE(t.launches.size() == 1);
    check_product(t.launches[0], ni, nj, nk, "A", "B", "C", true);
    CHECK(t.synchronizations == 1);
  }
}

TEST_CASE("traces: mm2 does what the original does") {
  for (const auto& [ni, nj, nk, nl] : {std::array<std::uint64_t, 4>{64, 64, 64, 64}, {17, 45, 70, 33}, {1, 1, 1, 1}}) {
    const Tally t = tally("mm2", {set("ni", ni), set("nj", nj), set("nk", nk), set("nl", nl)});
    CHECK(t.arrays == std::vector<std::string>{"A", "B", "C", "D", "E"});
    CHECK(t.on_cpu("D").writes == Traffic{lines(4 * nj * nl), 4 * nj * nl});
    CHECK(t.on_cpu("E").writes == Traffic{});
    CHECK(t.on_cpu("E").reads == Traffic{lines(4 * ni * nl), 4 * ni * nl});
    REQUIRE(t.launches.size() == 2);
    check_product(t.launches[0], ni, nj, nk, "A", "B", "C", false);
    check_product(t.launches[1], ni, nl, nj, "C", "D", "E", false);
    CHECK(t.synchronizations == 2);
  }
}

TEST_CASE("traces: conv2d does what the original does") {
  for (const auto& [ni, nj] :
       {std::pair<std::uint64_t, std::uint64_t>{1024, 1024}, {65, 100}, {3, 3}, {1, 5}, {5, 1}}) {
    const Tally t = tally("conv2d", {set("ni", ni), set("nj", nj)});
    CHECK(t.arrays == std::vector<std::string>{"A", "B"});
    CHECK(t.on_cpu("A").writes == Traffic{lines(4 * ni * nj), 4 * ni * nj});
    CHECK(t.on_cpu("B").reads == Traffic{ceil_div(ni * nj, 10'000), 4 * ceil_div(ni * nj, 10'000)});
    const std::uint64_t rows = ni > 2 ? ni - 2 : 0;
    const std::uint64_t columns = nj > 2 ? nj - 2 : 0;
    // Columns 1 to nj - 2 in warps of columns 0 to 31 and so on.
    const std::uint64_t warps = columns == 0 ? 0 : rows * ceil_div(nj - 1, 32);
    REQUIRE(t.launches.size() == 1);
    CHECK(t.on_gpu("A").reads == Traffic{9 * warps, 36 * rows * columns});
    CHECK(t.on_gpu("B").writes == Traffic{warps, 4 * rows * columns});
  }
  // The documented figures.
  const Tally t = tally("conv2d", {});
  CHECK(t.on_gpu("B").writes.bytes / 4 == 1'044'484);
  CHECK(t.on_gpu("A").pages == 1024);
  CHECK(t.on_gpu("B").pages == 1022);
  CHECK(t.on_cpu("B").reads.accesses == 105);
}

void check_fdtd2d(const Tally& t, std::uint64_t nx, std::uint64_t ny, std::uint64_t tmax) {
  CHECK(t.arrays == std::vector<std::string>{"fict", "ex", "ey", "hz"});
  CHECK(t.on_cpu("fict").writes == Traffic{lines(4 * tmax), 4 * tmax});
  for (const char* field : {"ex", "ey", "hz"})
    CHECK(t.on_cpu(field).writes == Traffic{lines(4 * nx * ny), 4 * nx * ny});
  CHECK(t.on_cpu("hz").reads.accesses == ceil_div(nx * ny, 1000));
  REQUIRE(t.launches.size() == 3 * tmax);
  CHECK(t.synchronizations == 3 * tmax);
  const std::uint64_t cells = nx * ny;
  const std::uint64_t across = ceil_div(ny, 32);
  // Without the first column the first warp of a row has 31 lanes, or none if there is no second column.
  const std::uint64_t inner = ny == 1 ? 0 : across;
  for (std::uint64_t i = 0; i < tmax; ++i) {
    const testing::Launch& first = t.launches[3 * i];
    CHECK(first.use("fict").reads == Traffic{across, 4 * across});
    CHECK(first.use("ey").reads == Traffic{(nx - 1) * across, 4 * (cells - ny)});
    CHECK(first.use("hz").reads == Traffic{2 * (nx - 1) * across, 8 * (cells - ny)});
    CHECK(first.use("ey").writes == Traffic{nx * across, 4 * cells});
    const testing::Launch& second = t.launches[3 * i + 1];
    CHECK(second.use("ex").reads == Traffic{nx * inner, 4 * (cells - nx)});
    CHECK(second.use("hz").reads == Traffic{2 * nx * inner, 8 * (cells - nx)});
    CHECK(second.use("ex").writes == Traffic{nx * inner, 4 * (cells - nx)});
    const testing::Launch& third = t.launches[3 * i + 2];
    CHECK(third.use("hz").reads == Traffic{nx * across, 4 * cells});
    CHECK(third.use("ex").reads == Traffic{2 * nx * across, 8 * cells});
    CHECK(third.use("ey").reads == Traffic{2 * nx * across, 8 * cells});
    CHECK(third.use("hz").writes == Traffic{nx * across, 4 * cells});
  }
}

TEST_CASE("traces: fdtd2d does what the original does") {
  for (const auto& [nx, ny, tmax] : {std::array<std::uint64_t, 3>{1200, 1200, 1}, {33, 70, 3}, {1, 1, 1}, {9, 1, 2}}) {
    check_fdtd2d(tally("fdtd2d", {set("nx", nx), set("ny", ny), set("tmax", tmax)}), nx, ny, tmax);
  }
}

TEST_CASE("traces: fdtd2d has the documented figures") {
  const Tally t = tally("fdtd2d", {set("tmax", 5)});
  REQUIRE(t.launches.size() == 15);
  CHECK(t.launches[0].use("ey").reads.bytes / 4 == 1'438'800);
  CHECK(t.launches[0].use("hz").reads.bytes / 4 == 2'877'600);
  CHECK(t.launches[0].use("ey").writes.bytes / 4 == 1'440'000);
  CHECK(t.launches[1].use("ex").reads.bytes / 4 == 1'438'800);
  CHECK(t.launches[2].use("ex").reads.bytes / 4 == 2'880'000);
  CHECK(t.launches[0].use("ey").pages == 1407);
  CHECK(t.launches[0].use("hz").pages == 1407);
  CHECK(t.launches[0].use("fict").pages == 1);
  CHECK(t.launches[1].use("ex").pages == 1408);
  CHECK(t.launches[1].use("hz").pages == 1407);
  CHECK(t.launches[2].use("hz").pages == 1407);
  CHECK(t.launches[2].use("ex").pages == 1408);
  CHECK(t.launches[2].use("ey").pages == 1408);
  CHECK(t.on_cpu("hz").reads.accesses == 1440);
}

TEST_CASE("traces: PolyBench programs repeat themselves and refuse what is out of range") {
  for (const char* name : {"atax", "bicg"}) check_repeats(name, {set("nx", 100), set("ny", 50)});
  check_repeats("mvt", {set("n", 70)});
  check_repeats("gemm", {set("ni", 30), set("nj", 40), set("nk", 50)});
  check_repeats("mm2", {set("ni", 30), set("nj", 40), set("nk", 50), set("nl", 20)});
  check_repeats("conv2d", {set("ni", 100)});
  check_repeats("fdtd2d", {set("nx", 100), set("ny", 50)});
  for (const char* name : {"atax", "bicg", "fdtd2d"}) {
    CHECK(refusal(name, {set("nx", 0)}).starts_with(std::string("generator ") + name + ": nx 0 is not in 1 to"));
  }
  CHECK(refusal("mvt", {set("n", 1U << 21U)}).starts_with("generator mvt: n 2097152 is not in 1 to 1048576"));
  CHECK(refusal("gemm", {set("nk", 0)}).starts_with("generator gemm: nk 0"));
  CHECK(refusal("mm2", {set("nl", 0)}).starts_with("generator mm2: nl 0"));
  CHECK(refusal("conv2d", {set("resident_blocks", 0)}).starts_with("generator conv2d: resident_blocks 0"));
}

}  // namespace polybench_test
}  // namespace farfault::traces
