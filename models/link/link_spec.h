/// Parameters of a link between host and device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

enum class LinkKind : std::uint8_t {
  kPcie,   ///< rates follow from generation, lanes and packet sizes (models/link/pcie.h)
  kFixed,  ///< `bandwidth` in each direction, for DMA and remote accesses alike
};

/// A measured time of one contiguous piece of a copy, alone.
struct CopyPoint {
  Bytes size;
  SimTime time;
  bool operator==(const CopyPoint&) const = default;
};

/// What copies in one direction take. A job is what is pushed together for one block and direction; its pieces are runs
/// of contiguous pages.
struct DmaDirectionSpec {
  Sourced<SimTime> job_setup{SimTime::zero(), "assumption: part of piece_setup"};  ///< per job
  Sourced<SimTime> piece_setup{SimTime::nanoseconds(850)};  ///< per piece, where there are no points
  /// Of the engine; the link's rate bounds it too.
  Sourced<Bandwidth> bandwidth{Bandwidth::unlimited(), "assumption: an engine is as fast as its link"};
  Sourced<std::vector<CopyPoint>> points;  ///< rising in both; none: piece_setup + bytes / bandwidth
  bool operator==(const DmaDirectionSpec&) const = default;
};

struct DmaSpec {
  Sourced<std::uint64_t> engines{1};  ///< per direction; >= 1
  DmaDirectionSpec to_device;
  DmaDirectionSpec to_host;
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
