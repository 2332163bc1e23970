/// Reads what NVBit's tool mem_trace writes: the accesses of a CUDA program's kernels.
///
///     ------------- NVBit (NVidia Binary Instrumentation Tool v1.5.5) Loaded --------------
///     MEMTRACE: CTX 0x000055d0c0a8e000 - LAUNCH - Kernel pc 0x00007f33d7dfb900 - Kernel name vecAdd(double*, int) -
///         grid launch id 0 - grid size 98,1,1 - block size 1024,1,1 - nregs 16 - shmem 0 - cuda stream id 0
///     MEMTRACE: CTX 0x000055d0c0a8e000 - grid_launch_id 0 - CTA 0,0,0 - warp 0 - LDG.E.64 - 0x00007f33ba000000 ...
///
/// (the LAUNCH is one line). A line of accesses is one instruction of one warp and has an address for each of its 32
/// lanes, zero for a lane that is not active. Fields may come in any order, and all but the opcode and the addresses
/// may be missing. Lines without "MEMTRACE: " are the program's own and are passed over.
///
/// Written after tools/mem_trace/mem_trace.cu of NVBit 1.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "traces/reader.h"
#include "traces/readers/byte_source.h"
#include "traces/readers/cursor.h"
#include "traces/readers/gpu_streams.h"
#include "traces/readers/lines.h"
#include "traces/readers/sass_opcode.h"

namespace farfault::traces {

/// An agent is a stream of a context; agent 0 launches the kernels. An access is what lanes of one instruction coalesce
/// to (warp_coalescer.h). Memory: the ByteSource's, 256 KiB of text, the agents, and kMaxLaunches launches.
class NvbitReader final : public Reader {
 public:
  /// How many launches are remembered, the latest ones: accesses name theirs, and come soon after it.
  static constexpr std::size_t kMaxLaunches = 4096;

  explicit NvbitReader(std::unique_ptr<ByteSource> source);

  /// Whether a line is NVBit's banner or begins like one of mem_trace's.
  static bool recognises(std::string_view head);

  std::string_view format() const override { return "nvbit"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return streams_.agents(); }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

 private:
  /// What a line says before its addresses or its LAUNCH.
  struct Fields {
    std::uint64_t context = 0;
    std::optional<std::uint64_t> launch;
    std::string_view opcode;
  };

  void trace_line(std::string_view line, AccessBlock& block);
  void other_line(std::string_view line);
  void launch_line(Cursor text, std::uint64_t context, AccessBlock& block);
  void access_line(Cursor addresses, const Fields& fields, AccessBlock& block);
  void field(std::string_view text, Fields& fields) const;
  std::uint64_t number(Cursor text) const;
  std::uint16_t agent_of(const Fields& fields);
  std::uint16_t stream_of(std::uint64_t context, std::uint64_t stream);
  bool finish(AccessBlock& block);

  [[noreturn]] void fail(std::string problem, std::string remedy) const;
  [[noreturn]] void fail_piece(std::string_view piece) const;

  Lines lines_;
  std::string_view line_;  ///< the current one
  GpuStreams streams_;
  /// Agents by launch id and context; the oldest come first.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint16_t> launches_;
  /// Of the last line of accesses: the next one is most often the same launch's.
  std::pair<std::uint64_t, std::uint64_t> last_launch_;
  std::optional<std::uint16_t> last_agent_;
  LeftOutInstructions left_out_;
  bool unannounced_ = false;  ///< accesses whose launch was not seen
  bool any_ = false;          ///< an access was seen
  bool done_ = false;
  TraceLimits limits_;
  TraceMeta meta_;
};

}  // namespace farfault::traces
