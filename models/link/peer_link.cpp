#include "models/link/peer_link.h"

#include <array>
#include <string>

#include "models/link/pcie.h"

namespace farfault {
namespace {

std::string side_name(const Link& link, LinkDirection direction, const char* what) {
  return link.spec().name + (direction == LinkDirection::kToDevice ? ".forth-" : ".back-") + what;
}

}  // namespace

PeerLink::Side::Side(engine::Engine& engine, const Link& link, LinkDirection direction, const engine::Resource& from,
                     const engine::Resource& to)
    : dma(make_dma(
          engine,
          make_copy_path(engine, side_name(link, direction, "dma"), std::array{from, link.resource(direction), to},
                         direction == LinkDirection::kToDevice ? link.spec().dma.to_device : link.spec().dma.to_host,
                         dma_peak(link.spec())),
          link.spec())),
      read_requests(engine.add_resource(side_name(link, direction, "reads"), remote_read_peak(link.spec()))),
      requests(engine.add_channel(side_name(link, direction, "requests"), std::array{read_requests})),
      read(engine.add_channel(side_name(link, direction, "read"),
                              std::array{from, link.resource(direction), read_requests})),
      write(engine.add_channel(
          side_name(link, direction, "write"),
          std::array{link.resource(direction), to,
                     engine.add_resource(side_name(link, direction, "writes"), remote_write_peak(link.spec()))})) {}

PeerLink::PeerLink(engine::Engine& engine, std::size_t index, Link& link, const End& first, const End& second)
    : index_(index),
      link_(link),
      first_(first.device),
      second_(second.device),
      forth_(engine, link, LinkDirection::kToDevice, first.memory, second.memory),
      back_(engine, link, LinkDirection::kToHost, second.memory, first.memory) {}

void PeerLinks::add(engine::Engine& engine, Link& link, const PeerLink::End& first, const PeerLink::End& second) {
  links_.push_back(std::make_unique<PeerLink>(engine, links_.size(), link, first, second));
  PeerLink* const made = links_.back().get();
  between_[first.device.value() * devices_ + second.device.value()] = made;
  between_[second.device.value() * devices_ + first.device.value()] = made;
}

}  // namespace farfault
