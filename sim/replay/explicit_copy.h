/// Copies that the program asks for (cudaMemcpy), as traces tell of them.
#pragma once

#include "models/machine.h"
#include "sim/replay/lane.h"
#include "traces/access.h"

namespace farfault {

/// Carries out a memcpy event of a lane. Bytes move and engines are busy; pages stay where they are, since the memory
/// of such copies is not managed. The device is the lane's own; a host lane's copies go to the first device, as traces
/// do not name one. A copy of unknown direction is one inside the lane's own memory. Blocks the calling actor.
void explicit_copy(Machine& machine, const Lane& lane, const traces::Event& event);

}  // namespace farfault
