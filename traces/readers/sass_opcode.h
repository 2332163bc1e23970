/// What the opcode of a memory instruction says, as NVIDIA's disassembler and NVBit print it: "LDG.E.64.SYS".
///
/// Written after the instruction tables of the CUDA Binary Utilities' documentation (Maxwell to Hopper).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "traces/access.h"
#include "traces/reader.h"

namespace farfault::traces {

enum class SassSpace : std::uint8_t {
  kOther,           ///< no data memory, textures and surfaces, or an opcode that is not known here
  kGlobal,          ///< LDG, STG, ATOMG, RED: addresses of virtual memory
  kGeneric,         ///< LD, ST, ATOM: virtual memory but for two windows
  kGlobalToShared,  ///< LDGSTS; traced twice, with the addresses in virtual memory and with those in shared memory
  kShared,          ///< LDS, STS, ATOMS: offsets in the multiprocessor
  kLocal,           ///< LDL, STL: offsets in the thread's own memory
};

struct SassOpcode {
  SassSpace space = SassSpace::kOther;
  Op op = Op::kRead;
  std::uint32_t width = 0;  ///< bytes of each lane, 1 to 32; 0 where the opcode does not say: 4 as a rule
};

/// Any text: one that is no opcode is kOther.
SassOpcode parse_sass_opcode(std::string_view text);

/// Whether the text could be an opcode: a capital letter, then no blank.
constexpr bool looks_like_sass_opcode(std::string_view text) {
  return !text.empty() && text[0] >= 'A' && text[0] <= 'Z' && text.find(' ') == std::string_view::npos;
}

/// Whether the address is one that LDGSTS writes to: offsets in shared memory, of which there is less than 1 MiB, where
/// no virtual memory lies.
constexpr bool is_shared_side(SassSpace space, std::uint64_t address) {
  return space == SassSpace::kGlobalToShared && address < std::uint64_t{1} << 20U;
}

/// Memory instructions that a trace holds but a reader leaves out, since they do not access virtual memory.
class LeftOutInstructions {
 public:
  /// Whether accesses of this opcode are left out; counts them. `text` is the opcode as traced.
  bool leaves_out(SassSpace space, std::string_view text);
  /// One of shared or local memory that was known by its addresses.
  void count_shared() { ++shared_; }
  void count_local() { ++local_; }
  /// Says what was left out.
  void tell(TraceLimits& limits) const;

 private:
  std::uint64_t shared_ = 0;
  std::uint64_t local_ = 0;
  std::uint64_t other_ = 0;
  std::string first_other_;
};

}  // namespace farfault::traces
