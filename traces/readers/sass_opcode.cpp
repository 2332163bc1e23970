#include "traces/readers/sass_opcode.h"

#include <algorithm>
#include <array>

#include "sim/core/text.h"
#include "traces/readers/cursor.h"

namespace farfault::traces {
namespace {

struct Mnemonic {
  std::string_view name;
  SassSpace space;
  Op op;
};
constexpr std::array kMnemonics{
    Mnemonic{"LDG", SassSpace::kGlobal, Op::kRead},     Mnemonic{"STG", SassSpace::kGlobal, Op::kWrite},
    Mnemonic{"LD", SassSpace::kGeneric, Op::kRead},     Mnemonic{"ST", SassSpace::kGeneric, Op::kWrite},
    Mnemonic{"ATOMG", SassSpace::kGlobal, Op::kAtomic}, Mnemonic{"RED", SassSpace::kGlobal, Op::kAtomic},
    Mnemonic{"REDG", SassSpace::kGlobal, Op::kAtomic},  Mnemonic{"ATOM", SassSpace::kGeneric, Op::kAtomic},
    Mnemonic{"LDU", SassSpace::kGlobal, Op::kRead},     Mnemonic{"LDGSTS", SassSpace::kGlobalToShared, Op::kRead},
    Mnemonic{"LDS", SassSpace::kShared, Op::kRead},     Mnemonic{"STS", SassSpace::kShared, Op::kWrite},
    Mnemonic{"LDSM", SassSpace::kShared, Op::kRead},    Mnemonic{"STSM", SassSpace::kShared, Op::kWrite},
    Mnemonic{"ATOMS", SassSpace::kShared, Op::kAtomic}, Mnemonic{"LDSLK", SassSpace::kShared, Op::kRead},
    Mnemonic{"STSCUL", SassSpace::kShared, Op::kWrite}, Mnemonic{"STSUL", SassSpace::kShared, Op::kWrite},
    Mnemonic{"LDL", SassSpace::kLocal, Op::kRead},      Mnemonic{"STL", SassSpace::kLocal, Op::kWrite},
};

/// Bytes of "U8", "64", "F16", "F16x2"; 0 for any other suffix ("E", "SYS", "LTC128B").
std::uint32_t width_of(std::string_view suffix) {
  Cursor text(suffix);
  for (const std::string_view type : {"U", "S", "BF", "F"}) {
    if (text.take(type)) break;
  }
  if (text.at_end() || !is_digit(text.rest()[0])) return 0;
  const std::uint64_t bits = text.take_decimal().value_or(0);
  const std::uint64_t count = text.take("x") ? text.take_decimal().value_or(0) : 1;
  const bool known = bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128 || bits == 256;
  constexpr std::uint64_t kMaxBits = 256;
  if (!text.at_end() || !known || count == 0 || count > kMaxBits / bits) return 0;
  return static_cast<std::uint32_t>(bits * count / 8);
}

}  // namespace

SassOpcode parse_sass_opcode(std::string_view text) {
  Cursor cursor(text);
  const std::string_view name = cursor.take_until(".");
  const auto* const known =
      std::find_if(kMnemonics.begin(), kMnemonics.end(), [name](const Mnemonic& m) { return m.name == name; });
  if (known == kMnemonics.end()) return {};
  SassOpcode opcode{known->space, known->op, 0};
  while (opcode.width == 0 && cursor.take(".")) opcode.width = width_of(cursor.take_until("."));
  return opcode;
}

bool LeftOutInstructions::leaves_out(SassSpace space, std::string_view text) {
  switch (space) {
    case SassSpace::kGlobal:
    case SassSpace::kGeneric:
    case SassSpace::kGlobalToShared:
      return false;
    case SassSpace::kShared:
      ++shared_;
      return true;
    case SassSpace::kLocal:
      ++local_;
      return true;
    case SassSpace::kOther:
      if (other_++ == 0) first_other_ = printable(text, 40);
      return true;
  }
  return true;
}

void LeftOutInstructions::tell(TraceLimits& limits) const {
  const auto add = [&](std::uint64_t count, const std::string& what) {
    if (count != 0) limits.unknown.push_back(what + " (" + std::to_string(count) + " instructions left out)");
  };
  add(shared_, "shared memory, which has no virtual addresses");
  add(local_, "virtual addresses of local memory");
  add(other_, "memory of opcodes that are not known here, first " + first_other_);
}

}  // namespace farfault::traces
