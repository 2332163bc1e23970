/// A link between two devices: each one's way to the other's memory, without the host.
///
/// The direction from the first device that LinkSpec::peers names to the second is kToDevice, the way back kToHost.
/// Copy engines, shares of both directions and statistics go by these names. Each direction's engines are the link's
/// own, so that copies between devices and copies between a device and the host wait for different engines.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "models/link/copy_path.h"
#include "models/link/dma_engine.h"
#include "models/link/link.h"
#include "models/link/traffic.h"
#include "sim/core/units.h"
#include "sim/engine/engine.h"

namespace farfault {

class PeerLink {
 public:
  struct End {
    DeviceId device;
    engine::Resource memory;
  };
  /// Borrows `link`, which is of LinkSpec::peers: the names of `first` and `second`, in this order. `index` is the
  /// number of this one among all peer links.
  PeerLink(engine::Engine& engine, std::size_t index, Link& link, const End& first, const End& second);

  std::size_t index() const { return index_; }
  Link& link() { return link_; }
  const Link& link() const { return link_; }
  DeviceId first() const { return first_; }
  DeviceId second() const { return second_; }
  /// The other end. REQUIRES: `device` is one of both.
  DeviceId other(DeviceId device) const { return device == first_ ? second_ : first_; }
  /// The direction of what comes to a device. REQUIRES: it is one of both.
  LinkDirection towards(DeviceId device) const {
    return device == second_ ? LinkDirection::kToDevice : LinkDirection::kToHost;
  }

  DmaEngine& dma(LinkDirection direction) { return side(direction).dma; }
  const DmaEngine& dma(LinkDirection direction) const { return side(direction).dma; }

  // What a device's loads from, and stores to, the other's memory take. REQUIRES: the device is one of both.
  const engine::Channel& read(DeviceId by) const { return side(towards(by)).read; }
  /// What requests for less than a full remote read take of what bounds these, beside their bytes.
  const engine::Channel& requests(DeviceId by) const { return side(towards(by)).requests; }
  const engine::Channel& write(DeviceId by) const { return side(towards(other(by))).write; }

 private:
  /// What moves in one direction.
  struct Side {
    Side(engine::Engine& engine, const Link& link, LinkDirection direction, const engine::Resource& from,
         const engine::Resource& to);
    DmaEngine dma;
    engine::Resource read_requests;
    engine::Channel requests;
    engine::Channel read;   // of the device that it goes to
    engine::Channel write;  // of the device that it comes from
  };
  Side& side(LinkDirection direction) { return direction == LinkDirection::kToDevice ? forth_ : back_; }
  const Side& side(LinkDirection direction) const { return direction == LinkDirection::kToDevice ? forth_ : back_; }

  std::size_t index_;
  Link& link_;
  DeviceId first_;
  DeviceId second_;
  Side forth_;
  Side back_;
};

/// All of a machine, and which joins whom.
class PeerLinks {
 public:
  explicit PeerLinks(std::size_t devices) : devices_(devices), between_(devices * devices, nullptr) {}

  /// REQUIRES: no link joins the two yet.
  void add(engine::Engine& engine, Link& link, const PeerLink::End& first, const PeerLink::End& second);
  /// Null if none joins them.
  PeerLink* between(DeviceId a, DeviceId b) const { return between_[a.value() * devices_ + b.value()]; }
  std::size_t size() const { return links_.size(); }
  PeerLink& operator[](std::size_t index) const { return *links_[index]; }

 private:
  std::size_t devices_;
  std::vector<std::unique_ptr<PeerLink>> links_;
  std::vector<PeerLink*> between_;
};

}  // namespace farfault
