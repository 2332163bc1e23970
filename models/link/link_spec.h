/// Parameters of a link between host and device.
#pragma once

#include <cstdint>
#include <string>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

enum class LinkKind : std::uint8_t {
  kPcie,   ///< rates follow from generation, lanes and packet sizes (models/link/pcie.h)
  kFixed,  ///< `bandwidth` in each direction, for DMA and remote accesses alike
};

struct DmaSpec {
  Sourced<std::uint64_t> engines{1};                  ///< per direction; >= 1
  Sourced<SimTime> setup{SimTime::nanoseconds(850)};  ///< per contiguous piece, before its bytes move
  bool operator==(const DmaSpec&) const = default;
};

struct LinkSpec {
  std::string name = "pcie";  ///< names statistics: bytes.link.<name>.to_device
  LinkKind kind = LinkKind::kPcie;
  Sourced<std::uint64_t> generation{3};                     ///< PCIe 1..6
  Sourced<std::uint64_t> lanes{16};                         ///< 1, 2, 4, 8, 16
  Sourced<Bytes> max_payload{Bytes(128)};                   ///< MPS: payload of a write or completion packet
  Sourced<Bytes> packet_overhead{Bytes(24)};                ///< framing, header, LCRC of a packet
  Sourced<double> control_share{0.05};                      ///< of the raw rate: ACK and flow control; 0..0.5
  Sourced<std::uint64_t> read_tags{256};                    ///< outstanding reads of the device
  Sourced<Bytes> read_request{Bytes(128)};                  ///< size of a device's remote read
  Sourced<SimTime> round_trip{SimTime::nanoseconds(1600)};  ///< of a remote read, device to host memory and back
  Sourced<Bandwidth> bandwidth{Bandwidth::unlimited()};     ///< for kFixed: each direction
  DmaSpec dma;
  bool operator==(const LinkSpec&) const = default;
};

}  // namespace farfault
