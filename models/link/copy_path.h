/// A kind of copies in one direction: what they cost, and the way that they take.
#pragma once

#include <array>
#include <string>

#include "models/link/copy_time.h"
#include "models/link/dma_engine.h"
#include "models/link/link_spec.h"
#include "sim/engine/engine.h"

namespace farfault {

struct CopyPath {
  CopyTime time;
  engine::Channel channel;
};

/// `way`: memory, link direction, memory. Copies that are slower than the link, which carries `link_peak`, have a rate
/// of their own, each. `name` is of channel and rate.
CopyPath make_copy_path(engine::Engine& engine, const std::string& name, const std::array<engine::Resource, 3>& way,
                        const DmaDirectionSpec& spec, Bandwidth link_peak);

/// The copy engines of one direction of a link of `link`, over `path`.
DmaEngine make_dma(engine::Engine& engine, const CopyPath& path, const LinkSpec& link);

}  // namespace farfault
