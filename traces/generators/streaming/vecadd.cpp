#include "traces/generators/streaming/vecadd.h"

#include "traces/generators/streaming/elementwise.h"

namespace farfault::traces {

GeneratorInfo vecadd_generator() {
  VectorProgram program;
  program.kernel = "vecadd";
  program.vectors = {"x", "y"};
  program.operands = {{0, Op::kRead}, {1, Op::kRead}, {1, Op::kWrite}};
  program.result = 1;
  return vector_generator("vecadd", "adds one vector to another in place, one element a thread",
                          "vecadd of the managed benchmarks of UVMSmart", program);
}

}  // namespace farfault::traces
