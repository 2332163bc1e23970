#include "models/link/pcie.h"

#include <algorithm>
#include <array>

namespace farfault {
namespace {

struct Rate {
  double transfers;   // per second and lane, one bit each
  double efficiency;  // of the line code
};

constexpr std::array<Rate, 6> kRates = {{{2.5e9, 8.0 / 10.0},
                                         {5e9, 8.0 / 10.0},
                                         {8e9, 128.0 / 130.0},
                                         {16e9, 128.0 / 130.0},
                                         {32e9, 128.0 / 130.0},
                                         {64e9, 236.0 / 256.0}}};

/// Of links that send packets.
Bandwidth raw(const LinkSpec& spec) {
  if (spec.kind == LinkKind::kNvlink) return spec.bandwidth.value * static_cast<double>(spec.links.value);
  return pcie_raw(spec.generation.value, spec.lanes.value);
}

double efficiency(const LinkSpec& spec, double payload) {
  const double carried = std::min(payload, static_cast<double>(spec.max_payload.value.count()));
  const auto overhead = static_cast<double>(spec.packet_overhead.value.count());
  return carried / (carried + overhead) * (1.0 - spec.control_share.value);
}

/// Payload in packets of `payload` bytes. A link of lines moves whole lines, whatever is asked for of them.
Bandwidth wire(const LinkSpec& spec, double payload) {
  if (spec.kind == LinkKind::kFixed) return spec.bandwidth.value;
  if (spec.kind == LinkKind::kCxl) return cxl_lines(spec) * std::min(1.0, payload / 64.0);
  return raw(spec) * efficiency(spec, payload);
}

double full_request(const LinkSpec& spec) { return static_cast<double>(spec.read_request.value.count()); }

}  // namespace

Bandwidth pcie_raw(std::uint64_t generation, std::uint64_t lanes) {
  const Rate& rate = kRates.at(generation - 1);
  return Bandwidth::bytes_per_second(rate.transfers * rate.efficiency * static_cast<double>(lanes) / 8.0);
}

Bandwidth cxl_lines(const LinkSpec& spec) {
  // A flit's slots of 16 bytes: 4 of 68 bytes, 15 of 256. The line code is none (generation 6) or that of PCIe 5, which
  // CXL may leave out; it is counted.
  constexpr double kSlot = 16;
  constexpr double kLineSlots = 4;
  const Rate& rate = kRates.at(spec.generation.value - 1);
  const bool is_large = spec.flit.value > Bytes(68);
  const double flit = is_large ? 15 * kSlot / 256.0 : 4 * kSlot / 68.0;
  const double code = spec.generation.value == 6 ? 1.0 : rate.efficiency;
  const double data = kLineSlots / (kLineSlots + spec.header_slots.value);
  return Bandwidth::bytes_per_second(rate.transfers * code * static_cast<double>(spec.lanes.value) / 8.0 * flit * data);
}

double payload_efficiency(const LinkSpec& spec, Bytes payload) {
  return efficiency(spec, static_cast<double>(payload.count()));
}

Bandwidth dma_peak(const LinkSpec& spec) { return wire(spec, static_cast<double>(spec.max_payload.value.count())); }

Bandwidth remote_read_peak(const LinkSpec& spec) { return remote_read_peak(spec, full_request(spec)); }

Bandwidth remote_read_peak(const LinkSpec& spec, double request) {
  const double size = std::min(request, full_request(spec));
  const Bandwidth on_wire = wire(spec, size);
  if (spec.kind == LinkKind::kFixed || spec.round_trip.value <= SimTime::zero()) return on_wire;
  const double in_flight = static_cast<double>(spec.read_tags.value) * size;
  return std::min(on_wire, Bandwidth::bytes_per_second(in_flight / spec.round_trip.value.seconds()));
}

Bytes full_request_bytes(const LinkSpec& spec, Bytes bytes, std::uint64_t requests) {
  if (requests == 0 || spec.kind == LinkKind::kFixed) return bytes;
  const double size = static_cast<double>(bytes.count()) / static_cast<double>(requests);
  if (size >= full_request(spec)) return bytes;
  const Bandwidth peak = remote_read_peak(spec);
  if (peak.is_unlimited()) return bytes;
  const double ratio = peak.bytes_per_second() / remote_read_peak(spec, size).bytes_per_second();
  return Bytes(static_cast<std::uint64_t>(static_cast<double>(bytes.count()) * ratio + 0.5));
}

Bandwidth remote_write_peak(const LinkSpec& spec) { return wire(spec, full_request(spec)); }

}  // namespace farfault
