#include "models/link/copy_path.h"

#include <vector>

namespace farfault {

CopyPath make_copy_path(engine::Engine& engine, const std::string& name, const std::array<engine::Resource, 3>& way,
                        const DmaDirectionSpec& spec, Bandwidth link_peak) {
  const CopyTime time(spec, link_peak);
  std::vector<engine::Resource> route(way.begin(), way.end());
  if (time.peak() < link_peak) {
    route.push_back(engine.add_resource(name, time.peak(), engine::Resource::Sharing::kCap));
  }
  return {time, engine.add_channel(name, route)};
}

DmaEngine make_dma(engine::Engine& engine, const CopyPath& path, const LinkSpec& link) {
  return DmaEngine(engine, path.channel, link.dma.engines.value, path.time);
}

}  // namespace farfault
