#include "traces/generators/numerical/spmv.h"

#include <algorithm>
#include <memory>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/graphs/csr_graph.h"
#include "traces/generators/graphs/row_lanes.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/random_numbers.h"

namespace farfault::traces {
namespace spmv_program {

constexpr const char* kName = "spmv";
constexpr std::uint64_t kIndex = 4;
constexpr std::uint64_t kValue = 8;  ///< doubles
constexpr std::uint64_t kBlockThreads = 256;

struct Settings {
  std::uint64_t rows = 0;
  std::uint64_t nonzeros = 0;  ///< per row
  std::string columns;
  bool warp_per_row = false;
  std::uint64_t iterations = 0;
  std::uint64_t resident_blocks = 0;
  std::uint64_t seed = 0;
};

/// Addresses; the matrix is square.
struct Arrays {
  std::uint64_t offsets = 0;
  std::uint64_t columns = 0;
  std::uint64_t values = 0;
  std::uint64_t x = 0;
  std::uint64_t y = 0;
};

/// So many neighbours around the diagonal; fewer at the ends.
CsrGraph banded_matrix(std::uint64_t rows, std::uint64_t nonzeros) {
  return build_graph(rows, [=](auto entry) {
    for (std::uint64_t row = 0; row < rows; ++row) {
      const std::uint64_t begin = row < nonzeros / 2 ? 0 : row - nonzeros / 2;
      const std::uint64_t end = std::min(rows, row + (nonzeros + 1) / 2);
      for (std::uint64_t column = begin; column < end; ++column) entry(row, column);
    }
  });
}

CsrGraph random_matrix(std::uint64_t rows, std::uint64_t nonzeros, std::uint64_t seed) {
  return build_graph(rows, [=](auto entry) {
    Xoshiro256 numbers(seed);
    for (std::uint64_t i = 0; i < rows * nonzeros; ++i) entry(i / nonzeros, numbers.below(rows));
  });
}

CsrGraph matrix_of(const Settings& s) {
  CsrGraph matrix = s.columns == "banded"   ? banded_matrix(s.rows, s.nonzeros)
                    : s.columns == "random" ? random_matrix(s.rows, s.nonzeros, s.seed)
                                            : rmat_graph(s.rows, s.rows * s.nonzeros, false, s.seed);
  for (std::uint64_t row = 0; row < s.rows; ++row) {
    std::sort(matrix.targets.begin() + matrix.offsets[row], matrix.targets.begin() + matrix.offsets[row + 1]);
  }
  return matrix;
}

/// A thread a row: in a round, each lane multiplies its row's next entry. Loads the entry, or gathers from x.
void multiply_lanes(Emitter& out, const CsrGraph& matrix, Arrays at, RowLanes::Warp warp, bool gather) {
  if (gather) {
    return issue_lanes(out, Op::kRead, warp, kValue,
                       [&](const auto& lane) { return at.x + kValue * matrix.targets[lane.entry]; });
  }
  issue_lanes(out, Op::kRead, warp, kIndex, [&](const auto& lane) { return at.columns + kIndex * lane.entry; });
  issue_lanes(out, Op::kRead, warp, kValue, [&](const auto& lane) { return at.values + kValue * lane.entry; });
}

/// A warp a row: in a round, its 32 lanes multiply the row's next 32 entries.
void multiply_row(Emitter& out, const CsrGraph& matrix, Arrays at, const RowLanes::Lane& row, bool gather) {
  const std::uint64_t lanes = std::min<std::uint64_t>(kWarp, row.end - row.entry);
  if (gather) {
    WarpInstruction load;
    for (std::uint64_t i = 0; i < lanes; ++i) load.lanes(at.x + kValue * matrix.targets[row.entry + i], kValue);
    return load.issue(out, Op::kRead);
  }
  out.read(at.columns + kIndex * row.entry, kIndex * lanes);
  out.read(at.values + kValue * row.entry, kValue * lanes);
}

/// In a round, all resident warps load entries, then gather from x by their columns; those whose rows end store.
Program multiply(Emitter& out, const CsrGraph& matrix, Settings s, Arrays at) {
  out.launch(s.warp_per_row ? "spmv_csr_vector" : "spmv_csr_scalar");
  const std::uint64_t rows_per_warp = s.warp_per_row ? 1 : kWarp;
  const std::uint64_t rows_per_block = s.warp_per_row ? kBlockThreads / kWarp : kBlockThreads;
  const auto store = [&](std::uint64_t first, std::uint64_t end) {
    out.write(at.y + kValue * first, kValue * (end - first));
  };
  for (RowWave wave(s.rows, rows_per_block, s.resident_blocks); !wave.empty(); wave.advance()) {
    wave.wait(out);
    RowLanes lanes(rows_per_warp, s.warp_per_row ? kWarp : 1);
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += rows_per_warp) {
      const std::uint64_t end = std::min(first + rows_per_warp, wave.end());
      out.read(at.offsets + kIndex * first, kIndex * (end - first));
      out.read(at.offsets + kIndex * (first + 1), kIndex * (end - first));
      for (std::uint64_t row = first; row < end; ++row) lanes.add(row, matrix.offsets[row], matrix.offsets[row + 1]);
      if (out.full()) co_yield Pause{};
    }
    out.dependency();
    for (std::uint64_t first = wave.begin(); first < wave.end(); first += rows_per_warp) {
      const std::uint64_t end = std::min(first + rows_per_warp, wave.end());
      if (matrix.offsets[first] == matrix.offsets[end]) store(first, end);
      if (out.full()) co_yield Pause{};
    }
    for (; !lanes.empty(); lanes.advance()) {
      for (const bool gather : {false, true}) {
        for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
          s.warp_per_row ? multiply_row(out, matrix, at, warp.front(), gather)
                         : multiply_lanes(out, matrix, at, warp, gather);
          if (out.full()) co_yield Pause{};
        }
        out.dependency();
      }
      for (auto warp = lanes.first_warp(); !warp.empty(); warp = lanes.warp_after(warp)) {
        if (!lanes.ends(warp)) continue;
        const std::uint64_t first = warp.front().row / rows_per_warp * rows_per_warp;
        store(first, std::min(first + rows_per_warp, wave.end()));
        if (out.full()) co_yield Pause{};
      }
    }
  }
  out.end_kernel();
}

Program spmv(Emitter& out, std::shared_ptr<const CsrGraph> matrix, Settings s) {
  Arrays at;
  at.offsets = map_array(out, "row_offsets", s.rows + 1, kIndex);
  at.columns = map_array(out, "columns", matrix->entries(), kIndex);
  at.values = map_array(out, "values", matrix->entries(), kValue);
  at.x = map_array(out, "x", s.rows, kValue);
  at.y = map_array(out, "y", s.rows, kValue);

  for (CpuSweep fill({{at.offsets, kIndex, Op::kWrite}}, s.rows + 1); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep fill({{at.columns, kIndex, Op::kWrite}, {at.values, kValue, Op::kWrite}}, matrix->entries());
       fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (CpuSweep fill({{at.x, kValue, Op::kWrite}}, s.rows); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  for (std::uint64_t i = 0; i < s.iterations; ++i) {
    for (Program kernel = multiply(out, *matrix, s, at); kernel.resume();) co_yield Pause{};
  }
  out.synchronize();
  for (CpuSweep results({{at.y, kValue, Op::kRead}}, s.rows); results.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

}  // namespace spmv_program

GeneratorInfo spmv_generator() {
  using namespace spmv_program;  // NOLINT(google-build-using-namespace): what is above
  constexpr const char* kKernels = "Bell and Garland, Efficient Sparse Matrix-Vector Multiplication on CUDA, 2008";
  ProgramDescription description;
  description.name = kName;
  description.summary = "y = A x for a sparse A in compressed rows; keeps the column numbers (4 bytes an entry)";
  description.seeded = true;
  description.parameters = {
      count_parameter("rows", 1U << 18U, "rows and columns of A", "assumption", 1, kMaxGraphRows),
      count_parameter("nonzeros_per_row", 16,
                      "entries per row, for rmat on average; banded rows have fewer at the ends", "assumption", 1,
                      4096),
      choice_parameter(
          "columns", {"random", "banded", "rmat"},
          "where a row's entries are: uniformly random, around the diagonal, or Graph500's recursive matrix",
          "assumption"),
      choice_parameter("kernel", {"vector", "scalar"}, "a warp a row, or a thread a row", kKernels),
      count_parameter("iterations", 1, "products, one after the other", "assumption", 1, 1U << 20U),
      resident_blocks_parameter(224, "assumption: 28 multiprocessors x 8 blocks of 256 threads")};
  description.prepare = [](const Parameters& parameters, std::uint64_t seed) -> StartProgram {
    const Settings s{parameters.get<std::uint64_t>("rows"),
                     parameters.get<std::uint64_t>("nonzeros_per_row"),
                     parameters.get<std::string>("columns"),
                     parameters.get<std::string>("kernel") == "vector",
                     parameters.get<std::uint64_t>("iterations"),
                     parameters.get<std::uint64_t>("resident_blocks"),
                     seed};
    check_graph_entries(kName, s.rows * s.nonzeros, "rows * nonzeros_per_row");
    return [s](Emitter& out) { return spmv(out, std::make_shared<const CsrGraph>(matrix_of(s)), s); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
