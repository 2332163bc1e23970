#include "models/link/pcie.h"

#include <algorithm>
#include <array>

namespace farfault {

Bandwidth pcie_raw(std::uint64_t generation, std::uint64_t lanes) {
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
  const Rate& rate = kRates.at(generation - 1);
  return Bandwidth::bytes_per_second(rate.transfers * rate.efficiency * static_cast<double>(lanes) / 8.0);
}

double payload_efficiency(const LinkSpec& spec, Bytes payload) {
  const auto carried = static_cast<double>(std::min(payload, spec.max_payload.value).count());
  const auto overhead = static_cast<double>(spec.packet_overhead.value.count());
  return carried / (carried + overhead) * (1.0 - spec.control_share.value);
}

Bandwidth dma_peak(const LinkSpec& spec) {
  if (spec.kind == LinkKind::kFixed) return spec.bandwidth.value;
  return pcie_raw(spec.generation.value, spec.lanes.value) * payload_efficiency(spec, spec.max_payload.value);
}

Bandwidth remote_read_peak(const LinkSpec& spec) {
  if (spec.kind == LinkKind::kFixed) return spec.bandwidth.value;
  const Bandwidth wire =
      pcie_raw(spec.generation.value, spec.lanes.value) * payload_efficiency(spec, spec.read_request.value);
  if (spec.round_trip.value <= SimTime::zero()) return wire;
  const auto in_flight = static_cast<double>(spec.read_tags.value * spec.read_request.value.count());
  return std::min(wire, Bandwidth::bytes_per_second(in_flight / spec.round_trip.value.seconds()));
}

Bandwidth remote_write_peak(const LinkSpec& spec) {
  if (spec.kind == LinkKind::kFixed) return spec.bandwidth.value;
  return pcie_raw(spec.generation.value, spec.lanes.value) * payload_efficiency(spec, spec.read_request.value);
}

}  // namespace farfault
