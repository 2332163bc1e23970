#include "traces/generators/streaming/stream_triad.h"

#include "traces/generators/streaming/elementwise.h"

namespace farfault::traces {

GeneratorInfo stream_triad_generator() {
  VectorProgram program;
  program.kernel = "triad";
  program.vectors = {"x", "y", "z"};
  program.operands = {{0, Op::kRead}, {1, Op::kRead}, {2, Op::kWrite}};
  program.result = 2;
  return vector_generator("stream_triad", "combines two vectors into a third, one element a thread",
                          "stream triad of the managed benchmarks of UVMSmart", program);
}

}  // namespace farfault::traces
