#include "traces/generators/numerical/tiled_gemm.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "traces/generators/cpu_init.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace tiled_gemm_program {

constexpr const char* kName = "tiled_gemm";
constexpr const char* kKernel = "sgemm_tiled";
/// The most that a warp loads by one instruction: 32 lanes of 16 bytes.
constexpr std::uint64_t kWarpBytes = 512;
/// Of the device's second-level cache.
constexpr std::uint64_t kLine = 128;

struct Settings {
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  std::uint64_t k = 0;
  std::uint64_t tile_m = 0;
  std::uint64_t tile_n = 0;
  std::uint64_t k_step = 0;
  std::uint64_t batch = 0;
  std::uint64_t element = 0;  ///< bytes
  std::uint64_t resident_blocks = 0;
  bool by_waves = false;
  SweepDetail cpu_init = SweepDetail::kLines;

  std::uint64_t tiles() const { return tiles_m() * tiles_n() * batch; }
  std::uint64_t tiles_m() const { return (m + tile_m - 1) / tile_m; }
  std::uint64_t tiles_n() const { return (n + tile_n - 1) / tile_n; }
  std::uint64_t k_steps() const { return (k + k_step - 1) / k_step; }
};

/// Column-major matrices by address.
struct Matrices {
  std::uint64_t a = 0;  ///< m x k
  std::uint64_t b = 0;  ///< k x n
  std::uint64_t c = 0;  ///< m x n
};

/// A rectangle of a column-major matrix.
struct Tile {
  std::uint64_t address = 0;  ///< of the matrix
  std::uint64_t rows = 0;     ///< of the matrix
  std::uint64_t row = 0;
  std::uint64_t height = 0;
  std::uint64_t column = 0;
  std::uint64_t width = 0;
};

/// What a thread block works on.
struct Block {
  Matrices at;
  std::uint64_t row = 0;
  std::uint64_t height = 0;
  std::uint64_t column = 0;
  std::uint64_t width = 0;
};

/// Tile rows first, then tile columns, then the batch.
Block block_of(const Settings& s, const Matrices& at, std::uint64_t id) {
  const std::uint64_t tiles = s.tiles_m() * s.tiles_n();
  const std::uint64_t matrix = id / tiles;
  Block block;
  block.at.a = at.a + matrix * s.m * s.k * s.element;
  block.at.b = at.b + matrix * s.k * s.n * s.element;
  block.at.c = at.c + matrix * s.m * s.n * s.element;
  block.row = id % tiles % s.tiles_m() * s.tile_m;
  block.height = std::min(s.tile_m, s.m - block.row);
  block.column = id % tiles / s.tiles_m() * s.tile_n;
  block.width = std::min(s.tile_n, s.n - block.column);
  return block;
}

/// A tile column by column, each in pieces of at most kWarpBytes.
Program move_tile(Emitter& out, Op op, Tile tile, std::uint64_t element) {
  for (std::uint64_t column = tile.column; column < tile.column + tile.width; ++column) {
    const std::uint64_t begin = tile.address + (column * tile.rows + tile.row) * element;
    const std::uint64_t end = begin + tile.height * element;
    for (std::uint64_t at = begin; at < end; at += kWarpBytes) {
      out.access(at, std::min(kWarpBytes, end - at), op);
      if (out.full()) co_yield Pause{};
    }
  }
}

/// Every block on its own, by instructions of its warps.
Program multiply_by_warps(Emitter& out, Settings s, Matrices at) {
  out.launch(kKernel);
  // The last step is the store of C.
  for (GridWalk walk(s.tiles(), s.resident_blocks, s.k_steps() + 1); walk.next();) {
    // Double buffered: a step's loads start when those of the step before are there, while its products are made.
    walk.wait(out, true);
    const Block block = block_of(s, at, walk.block());
    if (walk.step() == s.k_steps()) {
      const Tile c{block.at.c, s.m, block.row, block.height, block.column, block.width};
      for (Program store = move_tile(out, Op::kWrite, c, s.element); store.resume();) co_yield Pause{};
      continue;
    }
    const std::uint64_t first = walk.step() * s.k_step;
    const std::uint64_t depth = std::min(s.k_step, s.k - first);
    const Tile a{block.at.a, s.m, block.row, block.height, first, depth};
    for (Program load = move_tile(out, Op::kRead, a, s.element); load.resume();) co_yield Pause{};
    const Tile b{block.at.b, s.k, first, depth, block.column, block.width};
    for (Program load = move_tile(out, Op::kRead, b, s.element); load.resume();) co_yield Pause{};
  }
  out.end_kernel();
}

/// Neighbouring tiles: tile rows from `begin` to before `end` of a tile column, which is counted over all matrices.
struct TileRun {
  std::uint64_t column = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// The blocks that are resident together. What several of them load in a step comes from memory once: they share the
/// cache. So A's columns are read in runs of rows, and B's by lines, each when a step comes to its first row.
class Wave {
 public:
  Wave(const Settings& s, std::uint64_t first) : s_(s) {
    const std::uint64_t last = first + std::min(s.resident_blocks, s.tiles() - first);
    while (first < last) {
      const std::uint64_t begin = first % s.tiles_m();
      const std::uint64_t end = std::min(s.tiles_m(), begin + last - first);
      tiles_.push_back({first / s.tiles_m(), begin, end});
      first += end - begin;
    }
    for (const TileRun& run : tiles_) add_rows(run);
  }

  /// Of each tile column, what its blocks work on.
  const std::vector<TileRun>& tiles() const { return tiles_; }
  /// Of each matrix, its rows of A; `column` is the number of the matrix. Rows in use by any tile column, merged.
  const std::vector<TileRun>& rows() const { return rows_; }

 private:
  void add_rows(const TileRun& run) {
    const std::uint64_t matrix = run.column / s_.tiles_n();
    TileRun rows{matrix, run.begin, run.end};
    // Runs of a matrix are its tail of tile rows, whole columns, and a head, in this order.
    if (!rows_.empty() && rows_.back().column == matrix && rows_.back().begin <= rows.end) {
      rows.end = std::max(rows.end, rows_.back().end);
      rows.begin = std::min(rows.begin, rows_.back().begin);
      rows_.pop_back();
    }
    rows_.push_back(rows);
  }

  const Settings& s_;
  std::vector<TileRun> tiles_;
  std::vector<TileRun> rows_;
};

/// A part of memory; empty if begin == end.
struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What the rows of a step add of a column of B, from `column` on in memory: whole lines as they begin, as far as they
/// belong to the column.
Span new_lines(const Settings& s, std::uint64_t column, std::uint64_t step) {
  const auto up = [](std::uint64_t address) { return (address + kLine - 1) / kLine * kLine; };
  const std::uint64_t begin = column + step * s.k_step * s.element;
  const std::uint64_t column_end = column + s.k * s.element;
  const std::uint64_t end = std::min(begin + s.k_step * s.element, column_end);
  const std::uint64_t from = step == 0 ? begin : up(begin);
  return {from, std::max(from, std::min(up(end), column_end))};
}

/// A step of a wave's loads.
Program load_step(Emitter& out, const Settings& s, const Matrices& at, const Wave& wave, std::uint64_t step) {
  const std::uint64_t first = step * s.k_step;
  for (const TileRun& rows : wave.rows()) {
    const std::uint64_t row = rows.begin * s.tile_m;
    const std::uint64_t bytes = (std::min(rows.end * s.tile_m, s.m) - row) * s.element;
    for (std::uint64_t column = first; column < std::min(first + s.k_step, s.k); ++column) {
      out.read(at.a + ((rows.column * s.k + column) * s.m + row) * s.element, bytes);
      if (out.full()) co_yield Pause{};
    }
  }
  for (const TileRun& run : wave.tiles()) {
    const std::uint64_t begin = run.column % s.tiles_n() * s.tile_n;
    const std::uint64_t matrix = at.b + run.column / s.tiles_n() * s.n * s.k * s.element;
    for (std::uint64_t column = begin; column < std::min(begin + s.tile_n, s.n); ++column) {
      const Span span = new_lines(s, matrix + column * s.k * s.element, step);
      if (span.begin == span.end) continue;
      out.read(span.begin, span.end - span.begin);
      if (out.full()) co_yield Pause{};
    }
  }
}

Program store_wave(Emitter& out, const Settings& s, const Matrices& at, const Wave& wave) {
  for (const TileRun& run : wave.tiles()) {
    const std::uint64_t begin = run.column % s.tiles_n() * s.tile_n;
    const std::uint64_t matrix = at.c + run.column / s.tiles_n() * s.m * s.n * s.element;
    const std::uint64_t row = run.begin * s.tile_m;
    const std::uint64_t bytes = (std::min(run.end * s.tile_m, s.m) - row) * s.element;
    for (std::uint64_t column = begin; column < std::min(begin + s.tile_n, s.n); ++column) {
      out.write(matrix + (column * s.m + row) * s.element, bytes);
      if (out.full()) co_yield Pause{};
    }
  }
}

Program multiply_by_waves(Emitter& out, Settings s, Matrices at) {
  out.launch(kKernel);
  for (std::uint64_t first = 0; first < s.tiles(); first += s.resident_blocks) {
    const Wave wave(s, first);
    for (std::uint64_t step = 0; step < s.k_steps(); ++step) {
      if (first != 0 || step != 0) out.dependency();
      for (Program loads = load_step(out, s, at, wave, step); loads.resume();) co_yield Pause{};
    }
    out.dependency();
    for (Program stores = store_wave(out, s, at, wave); stores.resume();) co_yield Pause{};
  }
  out.end_kernel();
}

Program tiled_gemm(Emitter& out, Settings s) {
  const std::uint64_t a_elements = s.m * s.k * s.batch;
  const std::uint64_t b_elements = s.k * s.n * s.batch;
  const std::uint64_t c_elements = s.m * s.n * s.batch;
  Matrices at;
  at.a = map_array(out, "A", a_elements, s.element);
  at.b = map_array(out, "B", b_elements, s.element);
  at.c = map_array(out, "C", c_elements, s.element);

  const std::array<std::uint64_t, 3> matrices{at.a, at.b, at.c};
  const std::array<std::uint64_t, 3> elements{a_elements, b_elements, c_elements};
  for (std::size_t i = 0; i < matrices.size(); ++i) {
    Program filling = sweep_arrays(out, s.cpu_init, {{matrices[i], s.element, Op::kWrite}}, elements[i]);
    while (filling.resume()) co_yield Pause{};
  }
  // The driver warms the device up.
  out.launch("empty");
  out.end_kernel();
  Program kernel = s.by_waves ? multiply_by_waves(out, s, at) : multiply_by_warps(out, s, at);
  while (kernel.resume()) co_yield Pause{};
  out.synchronize();  // the driver does not look at C
}

}  // namespace tiled_gemm_program

GeneratorInfo tiled_gemm_generator() {
  using namespace tiled_gemm_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kSizes = "uvm-eval's cublasSgemm driver: multiples of 4096 up to 32768";
  constexpr const char* kTiles =
      "assumption: the names of Volta's FP32 kernels, 128x128 and 128x64; the library is closed";
  ProgramDescription description;
  description.name = kName;
  description.summary = "C = A B on column-major matrices, a thread block a tile of C, alone or batched";
  description.parameters = {
      count_parameter("m", 4096, "rows of A and C", kSizes, 1, 1U << 18U),
      count_parameter("n", 4096, "columns of B and C", kSizes, 1, 1U << 18U),
      count_parameter("k", 4096, "columns of A, rows of B", kSizes, 1, 1U << 18U),
      count_parameter("tile_m", 128, "rows of C of a thread block", kTiles, 1, 1U << 12U),
      count_parameter("tile_n", 128, "columns of C of a thread block", kTiles, 1, 1U << 12U),
      count_parameter("k_step", 8, "columns of A, and rows of B, that are loaded in a step", kTiles, 1, 1U << 12U),
      count_parameter("batch", 1, "products, one behind the other (strided batched)", "assumption", 1, 1U << 20U),
      count_parameter("element_size", 4, "bytes of an element; a power of two", "cublasSgemm: floats", 1, 16),
      resident_blocks_parameter(160, "assumption: a Titan V's 80 multiprocessors x 2 blocks of 122 registers a thread"),
      choice_parameter(
          "detail", {"warps", "waves"},
          "warps: each block's loads, by instructions of its warps; waves: what the resident blocks together "
          "load from memory in a step, which their common cache reads once: for large matrices",
          "assumption"),
      cpu_init_parameter()};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    Settings s;
    s.m = parameters.get<std::uint64_t>("m");
    s.n = parameters.get<std::uint64_t>("n");
    s.k = parameters.get<std::uint64_t>("k");
    s.tile_m = parameters.get<std::uint64_t>("tile_m");
    s.tile_n = parameters.get<std::uint64_t>("tile_n");
    s.k_step = parameters.get<std::uint64_t>("k_step");
    s.batch = parameters.get<std::uint64_t>("batch");
    s.element = parameters.get<std::uint64_t>("element_size");
    s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
    s.by_waves = parameters.get<std::string>("detail") == "waves";
    s.cpu_init = cpu_init_of(parameters);
    if (!std::has_single_bit(s.element)) {
      refuse(kName, "element_size " + std::to_string(s.element) + " is not a power of two", "give 2, 4 or 8");
    }
    return [s](Emitter& out) { return tiled_gemm(out, s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
