/// Rates of a PCI Express link from its parameters. Sources: PCI Express Base Specification, revisions 1.0 to 6.0, for
/// signalling rates, line codes and packet formats; docs/model-link.md has the derivation.
#pragma once

#include "models/link/link_spec.h"

namespace farfault {

/// Raw payload-capable rate of one direction: signalling rate x lanes x line-code efficiency. Generation 6 is PAM4 in
/// 256-byte flits of which 236 carry packets. REQUIRES: generation 1..6.
Bandwidth pcie_raw(std::uint64_t generation, std::uint64_t lanes);

/// Share of the raw rate that is payload, for packets of `payload` bytes.
double payload_efficiency(const LinkSpec& spec, Bytes payload);

/// Peak of DMA in one direction: packets of the maximum payload. For kFixed the stated bandwidth.
Bandwidth dma_peak(const LinkSpec& spec);

/// Peak of a device's loads from host memory: the smaller of the link's payload rate at the request's size and what the
/// outstanding tags allow, tags x request / round trip (Little's law). For kFixed the stated bandwidth.
Bandwidth remote_read_peak(const LinkSpec& spec);

/// Peak of a device's stores to host memory, which are posted: the link's payload rate at the request's size.
Bandwidth remote_write_peak(const LinkSpec& spec);

}  // namespace farfault
