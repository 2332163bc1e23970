/// Rates of a link from its parameters. Sources: PCI Express Base Specification, revisions 1.0 to 6.0, for signalling
/// rates, line codes and packet formats; CXL Specification 2.0 and 3.0 for flits; Foley and Danskin (IEEE Micro 2017)
/// for NVLink's packets. docs/model-link.md has the derivation.
#pragma once

#include "models/link/link_spec.h"

namespace farfault {

/// Raw payload-capable rate of one direction: signalling rate x lanes x line-code efficiency. Generation 6 is PAM4 in
/// 256-byte flits of which 236 carry packets. REQUIRES: generation 1..6.
Bandwidth pcie_raw(std::uint64_t generation, std::uint64_t lanes);

/// Rate of 64-byte lines in one direction of a CXL link: signalling rate x lanes x share of a flit that is slots x
/// share of the slots that is data. REQUIRES: generation 5 or 6; a flit of 68 or 256 bytes.
Bandwidth cxl_lines(const LinkSpec& spec);

/// Share of the raw rate that is payload, for packets of `payload` bytes.
double payload_efficiency(const LinkSpec& spec, Bytes payload);

/// Peak of DMA in one direction: packets of the maximum payload. For kFixed the stated bandwidth.
Bandwidth dma_peak(const LinkSpec& spec);

/// Peak of a device's loads from host memory: the smaller of the link's payload rate at the request's size and what the
/// outstanding tags allow, tags x request / round trip (Little's law). For kFixed the stated bandwidth.
Bandwidth remote_read_peak(const LinkSpec& spec);

/// The same for requests of `request` bytes on average; at most spec.read_request. Exact for a mixture of sizes, since
/// both the overhead of packets and the time that tags are held are proportional to the number of requests.
Bandwidth remote_read_peak(const LinkSpec& spec, double request);

/// Bytes in requests of spec.read_request that take as long as `bytes` in so many requests do: `bytes` itself where
/// these are no smaller.
Bytes full_request_bytes(const LinkSpec& spec, Bytes bytes, std::uint64_t requests);

/// Peak of a device's stores to host memory, which are posted: the link's payload rate at the request's size.
Bandwidth remote_write_peak(const LinkSpec& spec);

}  // namespace farfault
