#include "traces/readers/sass_opcode.h"

#include <doctest/doctest.h>

#include <array>

namespace farfault::traces {
namespace sass_opcode_test {

TEST_CASE("traces: an opcode of a device tells its kind and memory and width") {
  struct Case {
    const char* text;
    SassSpace space;
    Op op;
    std::uint32_t width;
  };
  for (const Case& c : std::array{
           Case{"LDG", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.E", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.E.SYS", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.E.U8.SYS", SassSpace::kGlobal, Op::kRead, 1},
           Case{"LDG.E.S8", SassSpace::kGlobal, Op::kRead, 1},
           Case{"STG.E.U16", SassSpace::kGlobal, Op::kWrite, 2},
           Case{"LDG.E.S16.CONSTANT", SassSpace::kGlobal, Op::kRead, 2},
           Case{"STG.E.64", SassSpace::kGlobal, Op::kWrite, 8},
           Case{"LDG.E.128.CONSTANT", SassSpace::kGlobal, Op::kRead, 16},
           Case{"LDG.E.LTC128B.64", SassSpace::kGlobal, Op::kRead, 8},
           Case{"LDG.E.256", SassSpace::kGlobal, Op::kRead, 32},
           Case{"LD.E", SassSpace::kGeneric, Op::kRead, 0},
           Case{"ST.E.64", SassSpace::kGeneric, Op::kWrite, 8},
           Case{"ATOM.E.CAS.64", SassSpace::kGeneric, Op::kAtomic, 8},
           Case{"ATOMG.E.ADD.F32.FTZ.RN.STRONG.GPU", SassSpace::kGlobal, Op::kAtomic, 4},
           Case{"ATOMG.E.ADD.F16x2.RN", SassSpace::kGlobal, Op::kAtomic, 4},
           Case{"ATOMG.E.ADD.BF16x2.RN", SassSpace::kGlobal, Op::kAtomic, 4},
           Case{"RED.E.ADD.F64.RN.STRONG.GPU", SassSpace::kGlobal, Op::kAtomic, 8},
           Case{"RED.E.ADD.STRONG.GPU", SassSpace::kGlobal, Op::kAtomic, 0},
           Case{"REDG.E.ADD.F32x4", SassSpace::kGlobal, Op::kAtomic, 16},
           Case{"LDGSTS.E.BYPASS.LTC128B.128", SassSpace::kGlobalToShared, Op::kRead, 16},
           Case{"LDS.U.64", SassSpace::kShared, Op::kRead, 8},
           Case{"STS.128", SassSpace::kShared, Op::kWrite, 16},
           Case{"LDSM.16.M88.4", SassSpace::kShared, Op::kRead, 2},
           Case{"ATOMS.POPC.INC.32", SassSpace::kShared, Op::kAtomic, 4},
           Case{"LDL.64", SassSpace::kLocal, Op::kRead, 8},
           Case{"STL", SassSpace::kLocal, Op::kWrite, 0},
           // Widths that there are not.
           Case{"LDG.E.63", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.E.U", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.E.64x0", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.E.64x5", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.E.64x99999999999999999999", SassSpace::kGlobal, Op::kRead, 0},
           Case{"LDG.", SassSpace::kGlobal, Op::kRead, 0},
       }) {
    CAPTURE(c.text);
    const SassOpcode opcode = parse_sass_opcode(c.text);
    CHECK(opcode.space == c.space);
    CHECK(opcode.op == c.op);
    CHECK(opcode.width == c.width);
  }
  for (const char* text : {"", ".", "IMAD.MOV.U32", "SULD.P", "TEX.LL", "CCTL.IVALL", "LDC", "ldg", "LDGX"}) {
    CHECK(parse_sass_opcode(text).space == SassSpace::kOther);
  }
}

TEST_CASE("traces: instructions that are left out are counted by their kind") {
  LeftOutInstructions left_out;
  TraceLimits limits;
  left_out.tell(limits);
  CHECK(limits.unknown.empty());
  CHECK_FALSE(left_out.leaves_out(SassSpace::kGlobal, "LDG"));
  CHECK_FALSE(left_out.leaves_out(SassSpace::kGeneric, "LD"));
  CHECK_FALSE(left_out.leaves_out(SassSpace::kGlobalToShared, "LDGSTS"));
  left_out.tell(limits);
  CHECK(limits.unknown.empty());
  CHECK(left_out.leaves_out(SassSpace::kShared, "LDS"));
  left_out.count_shared();
  CHECK(left_out.leaves_out(SassSpace::kLocal, "LDL"));
  CHECK(left_out.leaves_out(SassSpace::kOther, "SULD\x1b"));
  CHECK(left_out.leaves_out(SassSpace::kOther, "TEX"));
  left_out.tell(limits);
  CHECK(limits.unknown == std::vector<std::string>{
                              "shared memory, which has no virtual addresses (2 instructions left out)",
                              "virtual addresses of local memory (1 instructions left out)",
                              "memory of opcodes that are not known here, first SULD\\x1B (2 instructions left out)"});
}

}  // namespace sass_opcode_test
}  // namespace farfault::traces
