// Copies that the program asks for, and what requests cost, through whole runs.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace explicit_copy_test {

using testing::Figures;
using testing::run_scenario;

/// Copies of 4000 bytes over a link of 4 bytes a nanosecond, between memories that are much faster.
Figures run_copies(const std::string& direction, const std::string& link) {
  return run_scenario(R"({"platform": {"base": "generic-pcie3", "links": {"pcie": {"kind": "fixed",
      "bandwidth": "4 GB/s", )" +
                      link + R"(}}},
      "workload": {"generator": {"kind": "copies", "size": "4 kB", "count": 10, "direction": ")" +
                      direction + R"("}}})");
}

double ps(double ns) { return ns * 1000; }

TEST_CASE("replay: explicit copies take their set-up and their bytes one after the other") {
  const Figures figures = run_copies("to_device", R"("memcpy": {"to_device": {"piece_setup": "100 ns"}})");
  CHECK(figures.at("time.total") == doctest::Approx(ps(11'000)).epsilon(1e-9));
  CHECK(figures.at("time.device.remote") == doctest::Approx(ps(11'000)).epsilon(1e-9));
  CHECK(figures.at("bytes.link.pcie.to_device.memcpy") == 40'000);
  CHECK(figures.at("bytes.link.pcie.to_device") == 40'000);
  CHECK(figures.at("bytes.link.pcie.to_host") == 0);
  CHECK(figures.at("dma.gpu0.to_device.jobs") == 10);
  CHECK(figures.at("accesses.total") == 1);
  // Pages stay where they are.
  CHECK(figures.at("pages.to_device.demand") == 0);
}

TEST_CASE("replay: explicit copies of both directions run side by side as far as the link lets them") {
  const std::string setup = R"("memcpy": {"to_device": {"piece_setup": "0 s"}, "to_host": {"piece_setup": "0 s"}})";
  const Figures free = run_copies("both", setup);
  CHECK(free.at("time.total") == doctest::Approx(ps(10'000)).epsilon(1e-9));
  CHECK(free.at("bytes.link.pcie.to_host.memcpy") == 40'000);
  // Five copies at half the rate while the other direction is busy, and five alone.
  const Figures disturbed = run_copies("both", setup + R"(, "duplex": {"to_device": 0.5})");
  CHECK(disturbed.at("time.total") == doctest::Approx(ps(15'000)).epsilon(1e-6));
}

/// One pass of remote loads over 16 MiB, a load in each 256 bytes, where nothing but memory takes time.
Figures run_remote(const std::string& size) {
  return run_scenario(R"({"driver": {"memory": "managed", "batch_time": "0 s", "new_block_time": "0 s",
      "page_time": "0 s", "interrupt_latency": "0 s"}, "policy": {"placement": "remote_map"},
      "platform": {"base": "generic-pcie3"},
      "workload": {"generator": {"kind": "strided", "footprint": "16 MiB", "stride": "256 B", "access_size": ")" +
                      size + R"("}}})");
}

TEST_CASE("replay: remote loads of sectors are bound by tags and those of lines by the wire") {
  const double loads = (16U << 20U) / 256.0;
  const Figures sectors = run_remote("32 B");
  CHECK(sectors.at("accesses.device.remote") == loads);
  CHECK(sectors.at("bytes.link.pcie.to_device.remote") == loads * 32);
  // 256 requests in 1.6 us.
  CHECK(sectors.at("time.device.remote") == doctest::Approx(ps(loads * 1600 / 256)).epsilon(0.02));
  const Figures lines = run_remote("128 B");
  CHECK(lines.at("bytes.link.pcie.to_device.remote") == loads * 128);
  CHECK(lines.at("time.device.remote") == doctest::Approx(ps(loads * 128 / 12.603)).epsilon(0.02));
}

}  // namespace explicit_copy_test
}  // namespace farfault
