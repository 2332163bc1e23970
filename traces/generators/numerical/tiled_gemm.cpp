#include "traces/generators/numerical/tiled_gemm.h"

#include <algorithm>
#include <bit>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace {

constexpr const char* kName = "tiled_gemm";
/// The most that a warp loads by one instruction: 32 lanes of 16 bytes.
constexpr std::uint64_t kWarpBytes = 512;

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

Program multiply(Emitter& out, Settings s, Matrices at) {
  out.launch("sgemm_tiled");
  // The last step is the store of C.
  for (GridWalk walk(s.tiles_m() * s.tiles_n() * s.batch, s.resident_blocks, s.k_steps() + 1); walk.next();) {
    // Double buffered: a step's loads start when those of the step before are there, and its products are made.
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

Program fill(Emitter& out, std::uint64_t address, std::uint64_t elements, std::uint64_t element) {
  for (CpuSweep sweep({{address, element, Op::kWrite}}, elements); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Program tiled_gemm(Emitter& out, Settings s) {
  const std::uint64_t a_elements = s.m * s.k * s.batch;
  const std::uint64_t b_elements = s.k * s.n * s.batch;
  const std::uint64_t c_elements = s.m * s.n * s.batch;
  Matrices at;
  at.a = map_array(out, "A", a_elements, s.element);
  at.b = map_array(out, "B", b_elements, s.element);
  at.c = map_array(out, "C", c_elements, s.element);

  for (Program filling = fill(out, at.a, a_elements, s.element); filling.resume();) co_yield Pause{};
  for (Program filling = fill(out, at.b, b_elements, s.element); filling.resume();) co_yield Pause{};
  for (Program filling = fill(out, at.c, c_elements, s.element); filling.resume();) co_yield Pause{};
  // The driver warms the device up.
  out.launch("empty");
  out.end_kernel();
  for (Program kernel = multiply(out, s, at); kernel.resume();) co_yield Pause{};
  out.synchronize();  // the driver does not look at C
}

}  // namespace

GeneratorInfo tiled_gemm_generator() {
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
      resident_blocks_parameter(160,
                                "assumption: a Titan V's 80 multiprocessors x 2 blocks of 122 registers a thread")};
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
    if (!std::has_single_bit(s.element)) {
      refuse(kName, "element_size " + std::to_string(s.element) + " is not a power of two", "give 2, 4 or 8");
    }
    return [s](Emitter& out) { return tiled_gemm(out, s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
