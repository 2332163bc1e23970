/// Reads what Accel-Sim's tracer writes of a CUDA program: a list of its copies and kernels, `kernelslist.g`, and a
/// file of instructions for each kernel; or one such file alone.
///
///     MemcpyHtoD,0x00007f2fd9e00000,400000      a copy: where to on the device, and bytes
///     kernel-1.traceg                           a kernel: the file, relative to the list's folder
///
///     -kernel name = _Z6vecAddPdS_S_i
///     -grid dim = (98,1,1)                      and more of the kind
///     #traces format = PC mask dest_num [reg_dests] opcode src_num [reg_srcs] mem_width [...] immediate
///     #BEGIN_TB
///     thread block = 0,0,0
///     warp = 0
///     insts = 2
///     0000 ffffffff 1 R1 IMAD.MOV.U32 2 R255 R255 0 0
///     0008 ffffffff 1 R2 LDG.E.64.SYS 1 R4 8 1 0x7f2fd9e00000 8 0
///     #END_TB
///
/// Addresses are of the active lanes: "0 a b ..." each of them, "1 base stride", or "2 base d ..." with the distance of
/// each to the one before. What follows them, an immediate since version 5 of the tracer, is passed over. Before
/// version 3 the thread block and the warp (four numbers) stand before the PC, and with `-enable lineinfo = 1` a line
/// number does.
///
/// Written after Accel-Sim's gpu-simulator/trace-parser/trace_parser.cpp and util/tracer_nvbit, versions 1 to 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "traces/reader.h"
#include "traces/readers/byte_source.h"
#include "traces/readers/cursor.h"
#include "traces/readers/gpu_streams.h"
#include "traces/readers/lines.h"
#include "traces/readers/sass_opcode.h"
#include "traces/readers/warp_coalescer.h"

namespace farfault::traces {

/// An agent is a stream; agent 0 launches the kernels, and "copy" copies. An access is what lanes of one instruction
/// coalesce to (warp_coalescer.h). Instructions are those of warps; each counts, those of memory too. A copy waits for
/// the kernels before it, and the launching thread for the copy, as cudaMemcpy() has it.
///
/// Memory: the ByteSources' of the list and of one kernel, 256 KiB of text for each, and the agents.
class AccelSimReader final : public Reader {
 public:
  using OpenFile = std::function<std::unique_ptr<ByteSource>(const std::string& path)>;

  /// `source` is the list, or a kernel's file. `open` opens the kernels that the list names.
  explicit AccelSimReader(std::unique_ptr<ByteSource> source, OpenFile open = open_bytes);

  /// Whether the text begins like a list, or has the header of a kernel's file.
  static bool recognises(std::string_view head);

  std::string_view format() const override { return "accelsim"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return streams_.agents(); }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

 private:
  enum class Place : std::uint8_t { kHeader, kBetweenBlocks, kInBlock };

  /// The kernel whose file is being read.
  struct Kernel {
    explicit Kernel(Lines text) : lines(std::move(text)) {}

    Lines lines;
    Place place = Place::kHeader;
    bool named = false;
    std::string name;
    std::uint64_t stream = 0;
    std::optional<std::uint64_t> blocks_promised;  ///< by the grid's dimensions
    std::uint64_t blocks = 0;                      ///< that began
    std::uint64_t instructions_left = 0;           ///< of the warp, by what "insts" promised
    std::optional<std::uint64_t> shared_window;
    std::optional<std::uint64_t> local_window;
    bool places_before_pc = false;
    bool line_number_before_pc = false;
    std::uint16_t agent = 0;
  };

  bool step(AccessBlock& block);
  void begin();
  void list_line(std::string_view line);
  void copy_line(std::string_view line);
  void open_kernel(std::string_view file);
  void copy(AccessBlock& block);

  void kernel_line(std::string_view line, AccessBlock& block);
  void header_line(std::string_view line);
  void block_line(std::string_view line);
  void launch(AccessBlock& block);
  void end_kernel(AccessBlock& block);
  void instruction_line(std::string_view line, AccessBlock& block);
  void memory_instruction(Cursor operands, std::uint32_t mask, std::string_view opcode, std::uint64_t width,
                          AccessBlock& block);
  void lanes(Cursor operands, std::uint32_t mask, SassSpace space, std::uint32_t width, WarpCoalescer& warp);
  SassSpace space_of(std::uint64_t address, SassSpace opcode_space) const;
  std::uint64_t header_number(Cursor value) const;

  const Lines& current() const { return kernel_ ? kernel_->lines : *list_; }
  [[noreturn]] void fail(std::string problem, std::string remedy) const;
  [[noreturn]] void fail_line(const std::string& what) const;

  OpenFile open_;
  std::string name_;           ///< of the list or the file alone; kernels lie in its folder
  std::optional<Lines> list_;  ///< or, until its first line is read, a kernel's file
  std::optional<Kernel> kernel_;
  std::string_view line_;  ///< the current one
  bool begun_ = false;
  bool any_ = false;  ///< an access or a copy was seen

  std::optional<Event> copy_;     ///< read, but not yet in a block
  std::set<std::uint16_t> busy_;  ///< streams that had a kernel since the last copy
  std::optional<std::uint16_t> copy_agent_;
  std::uint64_t instructions_ = 0;  ///< of the kernel, since its last access

  GpuStreams streams_;
  LeftOutInstructions left_out_;
  bool done_ = false;
  TraceLimits limits_;
  TraceMeta meta_;
};

}  // namespace farfault::traces
