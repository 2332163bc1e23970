/// A link between the host and devices, or between two devices (peer_link.h): one shared resource in each direction,
/// and what crossed it.
#pragma once

#include <string>

#include "models/link/link_spec.h"
#include "models/link/pcie.h"
#include "models/link/traffic.h"
#include "sim/engine/engine.h"

namespace farfault {

class Link {
 public:
  Link(engine::Engine& engine, const LinkSpec& spec)
      : spec_(spec),
        to_device_(engine.add_resource(spec.name + ".to_device", dma_peak(spec))),
        to_host_(engine.add_resource(spec.name + ".to_host", dma_peak(spec))) {
    engine.set_duplex(to_device_, spec.duplex.to_device.value, to_host_, spec.duplex.to_host.value);
  }

  const LinkSpec& spec() const { return spec_; }
  const engine::Resource& resource(LinkDirection direction) const {
    return direction == LinkDirection::kToDevice ? to_device_ : to_host_;
  }
  Traffic& traffic(LinkDirection direction) { return direction == LinkDirection::kToDevice ? in_ : out_; }
  const Traffic& traffic(LinkDirection direction) const { return direction == LinkDirection::kToDevice ? in_ : out_; }

 private:
  LinkSpec spec_;
  engine::Resource to_device_;
  engine::Resource to_host_;
  Traffic in_;
  Traffic out_;
};

}  // namespace farfault
