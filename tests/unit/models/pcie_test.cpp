#include "models/link/pcie.h"

#include <doctest/doctest.h>

#include <cmath>

namespace farfault {
namespace pcie_test {

double gb_per_s(Bandwidth rate) { return rate.bytes_per_second() * 1e-9; }

LinkSpec pcie(std::uint64_t generation, std::uint64_t lanes) {
  LinkSpec spec;
  spec.generation.value = generation;
  spec.lanes.value = lanes;
  return spec;
}

TEST_CASE("models: raw rates of PCIe generations are those of the specification") {
  // Per direction at 16 lanes, after the line code, as the specification's tables state them.
  CHECK(gb_per_s(pcie_raw(1, 16)) == doctest::Approx(4.0).epsilon(1e-12));
  CHECK(gb_per_s(pcie_raw(2, 16)) == doctest::Approx(8.0).epsilon(1e-12));
  CHECK(gb_per_s(pcie_raw(3, 16)) == doctest::Approx(15.753846).epsilon(1e-6));
  CHECK(gb_per_s(pcie_raw(4, 16)) == doctest::Approx(31.507692).epsilon(1e-6));
  CHECK(gb_per_s(pcie_raw(5, 16)) == doctest::Approx(63.015385).epsilon(1e-6));
  CHECK(gb_per_s(pcie_raw(6, 16)) == doctest::Approx(118.0).epsilon(1e-12));
}

TEST_CASE("models: the raw rate is proportional to the lanes") {
  for (std::uint64_t generation = 1; generation <= 6; ++generation) {
    const double one = gb_per_s(pcie_raw(generation, 1));
    for (const std::uint64_t lanes : {2U, 4U, 8U, 16U}) {
      CHECK(gb_per_s(pcie_raw(generation, lanes)) == doctest::Approx(one * static_cast<double>(lanes)).epsilon(1e-12));
    }
  }
  CHECK(gb_per_s(pcie_raw(1, 1)) == doctest::Approx(0.25).epsilon(1e-12));
}

TEST_CASE("models: payload efficiency counts packet overhead and control share") {
  LinkSpec spec = pcie(3, 16);
  spec.control_share.value = 0;
  CHECK(payload_efficiency(spec, Bytes(128)) == doctest::Approx(128.0 / 152.0).epsilon(1e-12));
  CHECK(payload_efficiency(spec, Bytes(32)) == doctest::Approx(32.0 / 56.0).epsilon(1e-12));
  // A larger request is answered in packets of the maximum payload.
  CHECK(payload_efficiency(spec, Bytes(4096)) == payload_efficiency(spec, Bytes(128)));
  spec.max_payload.value = Bytes(256);
  CHECK(payload_efficiency(spec, Bytes(4096)) == doctest::Approx(256.0 / 280.0).epsilon(1e-12));
  spec.control_share.value = 0.05;
  CHECK(payload_efficiency(spec, Bytes(256)) == doctest::Approx(256.0 / 280.0 * 0.95).epsilon(1e-12));
  spec.packet_overhead.value = Bytes(0);
  spec.control_share.value = 0;
  CHECK(payload_efficiency(spec, Bytes(1)) == 1.0);
}

TEST_CASE("models: the DMA peak is the raw rate times the efficiency of full packets") {
  LinkSpec spec = pcie(3, 16);
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(15.7538462 * 128 / 152 * 0.95).epsilon(1e-7));
  // The defaults come out at what PCIe 3 x16 is known to sustain with 128-byte payloads.
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(12.6).epsilon(0.005));
  spec.max_payload.value = Bytes(256);
  CHECK(gb_per_s(dma_peak(spec)) == doctest::Approx(15.7538462 * 256 / 280 * 0.95).epsilon(1e-7));
}

TEST_CASE("models: remote loads are bound by tags or by the wire") {
  LinkSpec spec = pcie(3, 16);
  const double wire = 15.7538462 * 128 / 152 * 0.95;
  // 256 x 128 B / 1600 ns = 20.48 GB/s: the wire binds.
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(wire).epsilon(1e-7));
  spec.read_tags.value = 100;
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(8.0).epsilon(1e-12));
  spec.round_trip.value = SimTime::nanoseconds(800);
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(wire).epsilon(1e-7));
  // Half the request size halves what the tags hold and also makes the wire worse.
  spec.round_trip.value = SimTime::nanoseconds(1600);
  spec.read_request.value = Bytes(64);
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(4.0).epsilon(1e-12));
  spec.read_tags.value = 100'000;
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(15.7538462 * 64 / 88 * 0.95).epsilon(1e-7));
  // No round trip: any number of tags suffices.
  spec.read_tags.value = 1;
  spec.round_trip.value = SimTime::zero();
  CHECK(gb_per_s(remote_read_peak(spec)) == doctest::Approx(15.7538462 * 64 / 88 * 0.95).epsilon(1e-7));
}

TEST_CASE("models: remote stores are posted and know no tags") {
  LinkSpec spec = pcie(4, 8);
  spec.read_tags.value = 1;
  spec.read_request.value = Bytes(32);
  CHECK(gb_per_s(remote_write_peak(spec)) == doctest::Approx(15.7538462 * 32 / 56 * 0.95).epsilon(1e-7));
}

TEST_CASE("models: a fixed link has its stated bandwidth for everything") {
  LinkSpec spec;
  spec.kind = LinkKind::kFixed;
  spec.bandwidth.value = Bandwidth::gigabytes_per_second(450);
  spec.read_tags.value = 1;
  for (const Bandwidth rate : {dma_peak(spec), remote_read_peak(spec), remote_write_peak(spec)}) {
    CHECK(rate == Bandwidth::gigabytes_per_second(450));
  }
  spec.bandwidth.value = Bandwidth::unlimited();
  for (const Bandwidth rate : {dma_peak(spec), remote_read_peak(spec), remote_write_peak(spec)}) {
    CHECK(rate.is_unlimited());
  }
}

}  // namespace pcie_test
}  // namespace farfault
