#include "traces/generators/registry.h"

#include "traces/generators/patterns/ping_pong.h"
#include "traces/generators/patterns/pointer_chase.h"
#include "traces/generators/patterns/strided.h"
#include "traces/generators/patterns/touch.h"
#include "traces/generators/random.h"
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
  // Patterns over one range.
  registry.add(ping_pong_generator());
  registry.add(pointer_chase_generator());
  registry.add(random_generator());
  registry.add(sequential_generator());
  registry.add(strided_generator());
  registry.add(touch_generator());
  registry.add(zipf_generator());
  // Streaming.
  registry.add(page_touch_generator());
  registry.add(stream_generator());
  registry.add(stream_triad_generator());
  registry.add(vecadd_generator());
  // Rodinia.
  registry.add(backprop_generator());
  registry.add(hotspot_generator());
  registry.add(nw_generator());
  registry.add(pathfinder_generator());
  registry.add(srad_generator());
  // Stencils.
  registry.add(stencil2d_generator());
  registry.add(stencil3d_generator());
}

}  // namespace farfault::traces
