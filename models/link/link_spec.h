/// Parameters of a link: between host and devices, or between two devices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/sourced.h"
#include "sim/core/units.h"

namespace farfault {

enum class LinkKind : std::uint8_t {
  kPcie,    ///< rates follow from generation, lanes and packet sizes (models/link/pcie.h)
  kFixed,   ///< `bandwidth` in each direction, for DMA and remote accesses alike
  kCxl,     ///< lines of 64 bytes in flits over the lanes of a PCIe generation
  kNvlink,  ///< `links` links of `bandwidth` each, with packets of their own
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
  Sourced<SimTime> piece_setup{
      SimTime::nanoseconds(850),
      "derived: cudaMemcpy of 4 KiB takes 1.184 us on a GTX 1080 Ti, less 4 KiB at 12.1 GB/s "
      "(gpgpu-sim_UVMSmart bafab5d, transferBandwidth.cu)"};  ///< per piece, where there are no points
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

/// Explicit copies, as a program asks for them (cudaMemcpy). Each is one job of one piece.
struct MemcpySpec {
  DmaDirectionSpec to_device;
  DmaDirectionSpec to_host;
  bool operator==(const MemcpySpec&) const = default;
};

/// Share of a direction's rate that is left while the other direction carries traffic; above 0, at most 1.
struct DuplexSpec {
  Sourced<double> to_device{1.0, "assumption: the directions do not disturb each other"};
  Sourced<double> to_host{1.0, "assumption: the directions do not disturb each other"};
  bool operator==(const DuplexSpec&) const = default;
};

struct LinkSpec {
  std::string name = "pcie";  ///< names statistics: bytes.link.<name>.to_device
  LinkKind kind = LinkKind::kPcie;
  Sourced<std::uint64_t> generation{3};                       ///< PCIe 1..6
  Sourced<std::uint64_t> lanes{16};                           ///< 1, 2, 4, 8, 16
  Sourced<Bytes> max_payload{Bytes(128)};                     ///< MPS: payload of a write or completion packet
  Sourced<Bytes> packet_overhead{Bytes(24)};                  ///< framing, header, LCRC of a packet
  Sourced<double> control_share{0.05};                        ///< of the raw rate: ACK and flow control; 0..0.5
  Sourced<std::uint64_t> read_tags{256};                      ///< outstanding reads of the device
  Sourced<Bytes> read_request{Bytes(128)};                    ///< size of a device's remote read
  Sourced<SimTime> round_trip{SimTime::nanoseconds(1600)};    ///< of a remote read, device to host memory and back
  Sourced<Bandwidth> bandwidth{Bandwidth::unlimited()};       ///< for kFixed and a link of kNvlink: each direction
  Sourced<std::uint64_t> links{1, "assumption: one link"};    ///< of kNvlink, side by side
  Sourced<Bytes> flit{Bytes(68), "vendor: CXL 1.1 and 2.0"};  ///< of kCxl: 68 or 256
  /// Slots of 16 bytes that the headers of a 64-byte line take on average beside its four, for kCxl.
  Sourced<double> header_slots{1.0, "assumption: each line is announced in a slot of its own"};
  DmaSpec dma;
  MemcpySpec memcpy;
  DuplexSpec duplex;
  /// Names of the two devices that it joins. From the first to the second is to_device, back is to_host. Empty: it
  /// joins the host to the devices that name it.
  std::vector<std::string> peers;
  bool operator==(const LinkSpec&) const = default;
};

}  // namespace farfault
