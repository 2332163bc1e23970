// Rates of links other than those of full PCIe packets, which pcie_test.cpp has.
#include <doctest/doctest.h>

#include "models/link/pcie.h"

namespace farfault {
namespace link_rates_test {

double gb_per_s(Bandwidth rate) { return rate.bytes_per_second() * 1e-9; }

TEST_CASE("models: CXL moves lines in slots of flits") {
  LinkSpec spec;
  spec.kind = LinkKind::kCxl;
  spec.generation.value = 5;
  const double lanes = 32.0 * 128 / 130 * 16 / 8;
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(lanes * 64 / 68 * 4 / 5).epsilon(1e-12));
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(47.447).epsilon(1e-4));
  spec.header_slots.value = 0;
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(lanes * 64 / 68).epsilon(1e-12));
  spec.header_slots.value = 1;
  spec.generation.value = 6;
  spec.flit.value = Bytes(256);
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(96.0).epsilon(1e-12));
  spec.lanes.value = 8;
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(48.0).epsilon(1e-12));
  CHECK(gb_per_s(remote_write_peak(spec)) == doctest::Approx(48.0).epsilon(1e-12));
  // Whoever reads half a line has the whole line moved.
  spec.read_request.value = Bytes(64);
  spec.round_trip.value = SimTime::zero();
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(48.0).epsilon(1e-12));
  CHECK(gb_per_s(remote_read_peak(spec, 32)) == doctest::Approx(24.0).epsilon(1e-12));
  // 256 lines of 64 bytes in 600 ns.
  spec.round_trip.value = SimTime::nanoseconds(600);
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(27.3067).epsilon(1e-5));
}

TEST_CASE("models: NVLink is so many links with packets of their own") {
  LinkSpec spec;
  spec.kind = LinkKind::kNvlink;
  spec.links.value = 6;
  spec.bandwidth.value = Bandwidth::gigabytes_per_second(25);
  spec.max_payload.value = Bytes(256);
  spec.packet_overhead.value = Bytes(16);
  spec.control_share.value = 0;
  spec.round_trip.value = SimTime::zero();
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(150.0 * 256 / 272).epsilon(1e-12));
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(150.0 * 128 / 144).epsilon(1e-12));
  CHECK(gb_per_s(remote_read_peak(spec, 32)) == doctest::Approx(100.0).epsilon(1e-12));
  CHECK(gb_per_s(remote_write_peak(spec)) == doctest::Approx(150.0 * 128 / 144).epsilon(1e-12));
}

TEST_CASE("models: small remote reads come near what was measured") {
  // EMOGI (Min et al., VLDB 2020), V100 over PCIe 3 x16, as quoted: reads of 32 bytes that do not merge, warps of 128
  // bytes that are not aligned (two requests each), warps of 128 that are.
  const LinkSpec spec;
  CHECK(gb_per_s(remote_read_peak(spec, 32)) == doctest::Approx(4.74).epsilon(0.09));
  CHECK(gb_per_s(remote_read_peak(spec, 64)) == doctest::Approx(9.61).epsilon(0.07));
  CHECK(gb_per_s(remote_read_peak(spec, 128)) == doctest::Approx(12.23).epsilon(0.04));
  // And exactly: 256 tags of 32 bytes in 1.6 us.
  CHECK(gb_per_s(remote_read_peak(spec, 32)) == doctest::Approx(5.12).epsilon(1e-12));
  CHECK(remote_read_peak(spec, 1000) == remote_read_peak(spec));
}

TEST_CASE("models: small requests cost what their number costs in tags or on the wire") {
  LinkSpec spec;
  const Bandwidth peak = remote_read_peak(spec);
  // 1000 requests in groups of 256, each for 1.6 us.
  CHECK(peak.time_for(full_request_bytes(spec, Bytes(32'000), 1000)).seconds() ==
        doctest::Approx(6.25e-6).epsilon(1e-4));
  // A mixture: as many requests, with more bytes, take as long as the tags do.
  CHECK(peak.time_for(full_request_bytes(spec, Bytes(60'000), 1000)).seconds() ==
        doctest::Approx(6.25e-6).epsilon(1e-4));
  spec.read_tags.value = 100'000;
  const double wire = (32'000 + 1000 * 24) / (pcie_raw(3, 16).bytes_per_second() * 0.95);
  CHECK(peak.time_for(full_request_bytes(spec, Bytes(32'000), 1000)).seconds() == doctest::Approx(wire).epsilon(1e-4));
  // Full requests, none at all, and links that know no requests.
  CHECK(full_request_bytes(spec, Bytes(128'000), 1000) == Bytes(128'000));
  CHECK(full_request_bytes(spec, Bytes(128'000), 10) == Bytes(128'000));
  CHECK(full_request_bytes(spec, Bytes(), 0) == Bytes());
  spec.kind = LinkKind::kFixed;
  spec.bandwidth.value = Bandwidth::gigabytes_per_second(10);
  CHECK(full_request_bytes(spec, Bytes(32'000), 1000) == Bytes(32'000));
  spec.kind = LinkKind::kNvlink;
  spec.bandwidth.value = Bandwidth::unlimited();
  spec.round_trip.value = SimTime::zero();
  CHECK(full_request_bytes(spec, Bytes(32'000), 1000) == Bytes(32'000));
}

}  // namespace link_rates_test
}  // namespace farfault
