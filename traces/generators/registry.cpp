#include "traces/generators/registry.h"

#include "traces/generators/graphs/bfs.h"
#include "traces/generators/graphs/pagerank.h"
#include "traces/generators/graphs/sssp.h"
#include "traces/generators/learning/dnn_training.h"
#include "traces/generators/learning/llm_decode.h"
#include "traces/generators/learning/moe.h"
#include "traces/generators/numerical/fft.h"
#include "traces/generators/numerical/gauss_seidel.h"
#include "traces/generators/numerical/spmv.h"
#include "traces/generators/numerical/tiled_gemm.h"
#include "traces/generators/patterns/copies.h"
#include "traces/generators/patterns/passes.h"
#include "traces/generators/patterns/ping_pong.h"
#include "traces/generators/patterns/pointer_chase.h"
#include "traces/generators/patterns/strided.h"
#include "traces/generators/patterns/touch.h"
#include "traces/generators/polybench/atax.h"
#include "traces/generators/polybench/bicg.h"
#include "traces/generators/polybench/conv2d.h"
#include "traces/generators/polybench/fdtd2d.h"
#include "traces/generators/polybench/gemm.h"
#include "traces/generators/polybench/mm2.h"
#include "traces/generators/polybench/mvt.h"
#include "traces/generators/random.h"
#include "traces/generators/random_access/gups.h"
#include "traces/generators/random_access/hash_join.h"
#include "traces/generators/random_access/ra.h"
#include "traces/generators/rodinia/backprop.h"
#include "traces/generators/rodinia/hotspot.h"
#include "traces/generators/rodinia/nw.h"
#include "traces/generators/rodinia/pathfinder.h"
#include "traces/generators/rodinia/srad.h"
#include "traces/generators/sequential.h"
#include "traces/generators/stencils/stencil2d.h"
#include "traces/generators/stencils/stencil3d.h"
#include "traces/generators/streaming/page_touch.h"
#include "traces/generators/streaming/stream.h"
#include "traces/generators/streaming/stream_triad.h"
#include "traces/generators/streaming/vecadd.h"
#include "traces/generators/zipf.h"

namespace farfault::traces {

void register_generators(Registry<GeneratorInfo>& registry) {
  registry.add(atax_generator());
  registry.add(backprop_generator());
  registry.add(bfs_generator());
  registry.add(bicg_generator());
  registry.add(conv2d_generator());
  registry.add(copies_generator());
  registry.add(dnn_training_generator());
  registry.add(fdtd2d_generator());
  registry.add(fft_generator());
  registry.add(gauss_seidel_generator());
  registry.add(gemm_generator());
  registry.add(gups_generator());
  registry.add(hash_join_generator());
  registry.add(hotspot_generator());
  registry.add(llm_decode_generator());
  registry.add(mm2_generator());
  registry.add(moe_generator());
  registry.add(mvt_generator());
  registry.add(nw_generator());
  registry.add(page_touch_generator());
  registry.add(pagerank_generator());
  registry.add(passes_generator());
  registry.add(pathfinder_generator());
  registry.add(ping_pong_generator());
  registry.add(pointer_chase_generator());
  registry.add(ra_generator());
  registry.add(random_generator());
  registry.add(sequential_generator());
  registry.add(spmv_generator());
  registry.add(srad_generator());
  registry.add(sssp_generator());
  registry.add(stencil2d_generator());
  registry.add(stencil3d_generator());
  registry.add(stream_generator());
  registry.add(stream_triad_generator());
  registry.add(strided_generator());
  registry.add(tiled_gemm_generator());
  registry.add(touch_generator());
  registry.add(vecadd_generator());
  registry.add(zipf_generator());
}

}  // namespace farfault::traces
