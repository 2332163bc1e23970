#include "traces/generators/rodinia/srad.h"

#include <array>
#include <string>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace srad_program {

constexpr const char* kName = "srad";
constexpr const char* kOrigin = "Rodinia 3.1 srad_v2";
constexpr std::uint64_t kFloat = 4;
constexpr std::uint64_t kSide = 16;  ///< of a block
constexpr std::uint64_t kRowsPerWarp = kWarp / kSide;

struct Settings {
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint64_t y1 = 0;
  std::uint64_t y2 = 0;
  std::uint64_t x1 = 0;
  std::uint64_t x2 = 0;
  std::uint64_t iterations = 0;
  bool managed_coefficients = false;
  std::uint64_t resident_blocks = 0;
};

/// Addresses; 0 where the array is left out.
struct Arrays {
  std::uint64_t j = 0;
  std::uint64_t c = 0;
  std::uint64_t e = 0;
  std::uint64_t w = 0;
  std::uint64_t s = 0;
  std::uint64_t n = 0;
};

/// A block's instructions, each of all 256 threads (tx, ty), as long as its addresses are inside the array: the
/// original reads past the image's ends at its first and last elements, and throws away what it gets.
class Block {
 public:
  Block(Emitter& out, const Settings& s, std::uint64_t block, std::uint64_t warp)
      : out_(out),
        rows_(part_of(warp, kRowsPerWarp, 0, kSide)),
        cells_(s.rows * s.cols),
        cols_(s.cols),
        x_(block % (s.cols / kSide)),
        y_(block / (s.cols / kSide)),
        last_x_(s.cols / kSide - 1),
        last_y_(s.rows / kSide - 1) {}

  /// Thread (tx, ty) at its own cell.
  void own(std::uint64_t array, Op op) {
    if (array == 0) return;
    issue_rows(out_, op, kRowsPerWarp, rows_.begin, rows_.end, kSide * kFloat,
               [&](std::uint64_t ty) { return array + (corner() + ty * cols_) * kFloat; });
  }
  /// Thread (tx, ty) at column tx of the row above the block, whatever ty is; at the image's edge, of its own row.
  void above(std::uint64_t array) { row(array, y_ == 0 ? corner() : corner() - cols_); }
  void below(std::uint64_t array) {
    const std::uint64_t last_row = corner() + (kSide - 1) * cols_;
    row(array, last_row + cols_);
    if (y_ == last_y_ && y_ != 0) row(array, last_row);
  }
  /// Thread (tx, ty) at the cell left of row ty of the block, whatever tx is; at the image's edge that is the end of
  /// the row before, and the block's own column is loaded after it.
  void left(std::uint64_t array) {
    column(array, corner() - 1);
    if (x_ == 0) column(array, corner());
  }
  void right(std::uint64_t array) {
    column(array, corner() + kSide);
    if (x_ == last_x_ && x_ != 0) column(array, corner() + kSide - 1);
  }

 private:
  std::uint64_t corner() const { return (y_ * cols_ + x_) * kSide; }
  void row(std::uint64_t array, std::uint64_t first_cell) {
    if (array == 0 || first_cell >= cells_) return;
    issue_rows(out_, Op::kRead, kRowsPerWarp, rows_.begin, rows_.end, kSide * kFloat,
               [&](std::uint64_t) { return array + first_cell * kFloat; });
  }
  /// `first_cell` may be -1, and the last row's cell just behind the array.
  void column(std::uint64_t array, std::uint64_t first_cell) {
    if (array == 0) return;
    const std::uint64_t begin = first_cell >= cells_ ? 1 : 0;
    const std::uint64_t end = first_cell + (kSide - 1) * cols_ == cells_ ? kSide - 1 : kSide;
    const Clipped rows = rows_.within(begin, end);
    issue_rows(out_, Op::kRead, kRowsPerWarp, rows.begin, rows.end, kFloat,
               [&](std::uint64_t ty) { return array + (first_cell + ty * cols_) * kFloat; });
  }

  Emitter& out_;
  Clipped rows_;
  std::uint64_t cells_;
  std::uint64_t cols_;
  std::uint64_t x_;
  std::uint64_t y_;
  std::uint64_t last_x_;
  std::uint64_t last_y_;
};

/// Derivatives and the coefficient of each cell, from J.
constexpr std::uint64_t kSteps1 = 10;
void issue_1(Block block, const Arrays& arrays, std::uint64_t step) {
  switch (step) {
    case 0:
      return block.above(arrays.j);
    case 1:
      return block.below(arrays.j);
    case 2:
      return block.left(arrays.j);
    case 3:
      return block.right(arrays.j);
    case 4:
      return block.own(arrays.j, Op::kRead);
    case 5:
      return block.own(arrays.c, Op::kWrite);
    case 6:
      return block.own(arrays.e, Op::kWrite);
    case 7:
      return block.own(arrays.w, Op::kWrite);
    case 8:
      return block.own(arrays.s, Op::kWrite);
    default:
      return block.own(arrays.n, Op::kWrite);
  }
}

/// The new J.
constexpr std::uint64_t kSteps2 = 9;
void issue_2(Block block, const Arrays& arrays, std::uint64_t step) {
  switch (step) {
    case 0:
      return block.own(arrays.j, Op::kRead);
    case 1:
      return block.below(arrays.c);
    case 2:
      return block.right(arrays.c);
    case 3:
      return block.own(arrays.c, Op::kRead);
    case 4:
      return block.own(arrays.n, Op::kRead);
    case 5:
      return block.own(arrays.s, Op::kRead);
    case 6:
      return block.own(arrays.w, Op::kRead);
    case 7:
      return block.own(arrays.e, Op::kRead);
    default:
      return block.own(arrays.j, Op::kWrite);
  }
}

Program srad(Emitter& out, Settings s) {
  const std::uint64_t cells = s.rows * s.cols;
  Arrays arrays;
  arrays.j = map_array(out, "J", cells, kFloat);
  if (s.managed_coefficients) {
    arrays.c = map_array(out, "C", cells, kFloat);
    arrays.e = map_array(out, "E", cells, kFloat);
    arrays.w = map_array(out, "W", cells, kFloat);
    arrays.s = map_array(out, "S", cells, kFloat);
    arrays.n = map_array(out, "N", cells, kFloat);
  }
  for (CpuSweep sweep({{arrays.j, kFloat, Op::kWrite}}, cells); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }

  const std::uint64_t blocks = s.rows / kSide * (s.cols / kSide);
  for (std::uint64_t iteration = 0; iteration < s.iterations; ++iteration) {
    for (std::uint64_t y = s.y1; y <= s.y2; ++y) {  // mean and variance of the region of interest
      for (CpuSweep sweep({{arrays.j + (y * s.cols + s.x1) * kFloat, kFloat, Op::kRead}}, s.x2 - s.x1 + 1);
           sweep.next(out);) {
        if (out.full()) co_yield Pause{};
      }
    }
    out.launch("srad_cuda_1", 0, s.resident_blocks);
    // Barriers; the stores.
    for (GridBlocks turns(blocks, kSide / kRowsPerWarp, kSteps1, {2, 4, 5}); turns.next();) {
      turns.tell(out);
      issue_1(Block(out, s, turns.block(), turns.warp()), arrays, turns.step());
      if (out.full()) co_yield Pause{};
    }
    out.end_kernel();
    out.launch("srad_cuda_2", 0, s.resident_blocks);
    // Barriers; the store.
    for (GridBlocks turns(blocks, kSide / kRowsPerWarp, kSteps2, {1, 2, 3, 4, kSteps2 - 1}); turns.next();) {
      turns.tell(out);
      issue_2(Block(out, s, turns.block(), turns.warp()), arrays, turns.step());
      if (out.full()) co_yield Pause{};
    }
    out.end_kernel();
    out.synchronize();
  }
  for (CpuSweep sweep({{arrays.j, kFloat, Op::kRead}}, cells); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

void check_range(const std::string& axis, std::uint64_t begin, std::uint64_t end, const std::string& limit_name,
                 std::uint64_t limit) {
  if (begin <= end && end < limit) return;
  refuse(kName,
         axis + "1 " + std::to_string(begin) + " to " + axis + "2 " + std::to_string(end) + " is no range inside " +
             limit_name + ' ' + std::to_string(limit),
         "give " + axis + "1 <= " + axis + "2 < " + limit_name);
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.rows = parameters.get<std::uint64_t>("rows");
  s.cols = parameters.get<std::uint64_t>("cols");
  if (s.rows % kSide != 0 || s.cols % kSide != 0) {
    refuse(kName,
           "rows " + std::to_string(s.rows) + " and cols " + std::to_string(s.cols) +
               " are not both multiples of 16, the side of a thread block",
           "give multiples, 1024");
  }
  s.y1 = parameters.get<std::uint64_t>("y1");
  s.y2 = parameters.get<std::uint64_t>("y2");
  s.x1 = parameters.get<std::uint64_t>("x1");
  s.x2 = parameters.get<std::uint64_t>("x2");
  check_range("y", s.y1, s.y2, "rows", s.rows);
  check_range("x", s.x1, s.x2, "cols", s.cols);
  s.iterations = parameters.get<std::uint64_t>("iterations");
  s.managed_coefficients = maps_device_arrays(parameters);
  s.resident_blocks = parameters.get<std::uint64_t>("resident_blocks");
  return [s](Emitter& out) { return srad(out, s); };
}

}  // namespace srad_program

GeneratorInfo srad_generator() {
  using namespace srad_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr std::uint64_t kMaxSide = 1U << 20U;
  return program_generator({
      .name = kName,
      .summary = "Rodinia srad: removes speckles from an image, a 2-D stencil in two kernels",
      .parameters = {count_parameter("rows", 1024, "rows of the image, a multiple of 16", kOrigin, kSide, kMaxSide),
                     count_parameter("cols", 1024, "columns of the image, a multiple of 16", kOrigin, kSide, kMaxSide),
                     count_parameter("y1", 0, "first row of the region that the CPU reads", kOrigin, 0, kMaxSide - 1),
                     count_parameter("y2", 127, "last row of the region", kOrigin, 0, kMaxSide - 1),
                     count_parameter("x1", 0, "first column of the region", kOrigin, 0, kMaxSide - 1),
                     count_parameter("x2", 127, "last column of the region", kOrigin, 0, kMaxSide - 1),
                     count_parameter("iterations", 4, "iterations", kOrigin, 1, 1U << 30U),
                     device_arrays_parameter("managed port of UVMSmart: C, E, W, S and N"),
                     resident_blocks_parameter(224, "UVMSmart: 8 blocks on each of 28 SMs")},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
