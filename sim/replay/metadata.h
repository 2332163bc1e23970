/// How the figures of a design's bookkeeping are called.
#pragma once

#include "models/kernel/memory_setup.h"
#include "sim/core/statistics.h"

namespace farfault {

/// Adds metadata.*, which are of set-up.
void add_metadata(Statistics& out, const MetadataFigures& figures);

}  // namespace farfault
