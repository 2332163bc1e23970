// Members of links that are more than one number: points of copy times, directions, kinds.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/core/quantity.h"
#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace link_test {

std::string with_link(const std::string& members) {
  return scenario(R"(, "platform": {"base": "generic-pcie3", "links": {"pcie": )" + members + "}}");
}

std::string with_points(const std::string& points) {
  return with_link(R"({"dma": {"to_device": {"points": )" + points + "}}}");
}

TEST_CASE("config: points of copies are sizes and times with a source") {
  const RunSpec spec =
      load(with_points(R"({"value": [["4 KiB", "1.184 us"], ["64 KiB", "7.2 us"]], "source": "measured: somebody"})"));
  const DmaSpec& dma = spec.platform.links.at(0).dma;
  CHECK(dma.to_device.points.value == std::vector<CopyPoint>{{Bytes::kib(4), SimTime::nanoseconds(1184)},
                                                             {Bytes::kib(64), SimTime::nanoseconds(7200)}});
  CHECK(dma.to_device.points.source == "measured: somebody");
  CHECK(dma.to_host.points.value.empty());
  CHECK(load(with_points("[]")).platform.links.at(0).dma.to_device.points.value.empty());
}

TEST_CASE("config: points of copies that cannot be are refused") {
  const auto refused = [](const std::string& points, const std::string& problem) {
    CAPTURE(points);
    const auto found = problems(with_points(points));
    CAPTURE(texts(found));
    REQUIRE(found.size() == 1);
    CHECK(found[0].pointer == "/platform/links/pcie/dma/to_device/points");
    CHECK(found[0].problem.find(problem) != std::string::npos);
    CHECK(!found[0].remedy.empty());
  };
  refused(R"("4 KiB")", "is a string, not an array of points");
  refused(R"([["4 KiB"]])", "point 0 is not a size and a time");
  refused(R"([["4 KiB", "1 us"], "8 KiB"])", "point 1 is not a size and a time");
  refused(R"([["4 KiB", "1 us"], ["8 KiB", 2]])", "point 1: 2 is a number without a unit");
  refused(R"([["1 us", "4 KiB"]])", "point 0: ");
  refused(R"([["0 B", "1 us"]])", "point 0 is of no bytes");
  refused(R"([["4 KiB", "1 us"], ["4 KiB", "2 us"]])", "point 1: 4 KiB is not more than 4 KiB");
  refused(R"([["8 KiB", "2 us"], ["4 KiB", "3 us"]])", "point 1: 4 KiB is not more than 8 KiB");
  refused(R"([["4 KiB", "2 us"], ["8 KiB", "1.5 us"]])", "point 1: 1.5 us for 8 KiB is not more than 2 us for 4 KiB");
}

TEST_CASE("config: copies and explicit copies and duplex shares have a value for each direction") {
  const RunSpec spec = load(with_link(
      R"({"dma": {"to_device": {"job_setup": "1 us", "piece_setup": "2 us", "bandwidth": "3 GB/s"},
                  "to_host": {"piece_setup": "4 us"}},
          "memcpy": {"to_device": {"piece_setup": "5 us"}, "to_host": {"job_setup": "6 us"}},
          "duplex": {"to_device": "44 %", "to_host": 0.5}})"));
  const LinkSpec& link = spec.platform.links.at(0);
  CHECK(format_exact(link.dma.to_device.job_setup.value) == "1 us");
  CHECK(format_exact(link.dma.to_device.piece_setup.value) == "2 us");
  CHECK(format_exact(link.dma.to_device.bandwidth.value) == "3 GB/s");
  CHECK(format_exact(link.dma.to_host.piece_setup.value) == "4 us");
  CHECK(link.dma.to_host.bandwidth.value.is_unlimited());
  CHECK(format_exact(link.memcpy.to_device.piece_setup.value) == "5 us");
  CHECK(format_exact(link.memcpy.to_host.job_setup.value) == "6 us");
  CHECK(link.duplex.to_device.value == 0.44);
  CHECK(link.duplex.to_host.value == 0.5);
  const auto none_left = problems(with_link(R"({"duplex": {"to_device": 0}})"));
  REQUIRE(none_left.size() == 1);
  CHECK(none_left[0].pointer == "/platform/links/pcie/duplex/to_device");
}

TEST_CASE("config: what a link resolves to loads again as the same") {
  const RunSpec spec = load(with_points(R"([["4 KiB", "1.184 us"], ["64 KiB", "7.2 us"]])"));
  const RunSpec again = load(resolved_json(spec));
  CHECK(again.platform.links == spec.platform.links);
}

/// Two devices, each on a link of its own, and `links` beside these.
std::string with_peers(const std::string& links, const std::string& way_of_second = "second") {
  return scenario(R"(, "platform": {"base": "generic-pcie3", "links": {"second": {}, )" + links +
                  R"(}, "devices": {"gpu1": {"link": ")" + way_of_second + R"("}}})");
}

TEST_CASE("config: a link may join two devices") {
  const RunSpec spec = load(with_peers(R"("nvlink": {"kind": "nvlink", "peers": ["gpu1", "gpu0"]})"));
  CHECK(spec.platform.links.at(0).peers.empty());
  CHECK(spec.platform.links.at(2).peers == std::vector<std::string>{"gpu1", "gpu0"});
  CHECK(load(resolved_json(spec)).platform.links == spec.platform.links);
  CHECK(load(with_peers(R"("nvlink": {"peers": []})")).platform.links.at(2).peers.empty());
}

TEST_CASE("config: a link that joins no two devices is refused") {
  const auto refused = [](const std::string& text, const std::string& pointer, const std::string& problem) {
    CAPTURE(text);
    const auto found = problems(text);
    CAPTURE(texts(found));
    REQUIRE(found.size() == 1);
    CHECK(found[0].pointer == pointer);
    CHECK(found[0].problem == problem);
    CHECK(!found[0].remedy.empty());
  };
  const std::string peers = "/platform/links/a/peers";
  refused(with_peers(R"("a": {"peers": ["gpu0", "gpu7"]})"), peers + "/1", R"(the platform has no device "gpu7")");
  refused(with_peers(R"("a": {"peers": ["host", "gpu1"]})"), peers + "/0", R"(the platform has no device "host")");
  refused(with_peers(R"("a": {"peers": ["gpu1", "gpu1"]})"), peers, R"(joins device "gpu1" to itself)");
  refused(with_peers(R"("a": {"peers": ["gpu1"]})"), peers, "has 1 device");
  refused(with_peers(R"("a": {"peers": ["gpu0", "gpu1", "gpu0"]})"), peers, "has 3 devices");
  refused(with_peers(R"("a": {"peers": ["gpu0", "gpu1"]})", "a"), "/platform/devices/gpu1/link",
          R"(link "a" joins two devices, not one to the host)");
  refused(with_peers(R"("a": {"peers": ["gpu0", "gpu1"]}, "b": {"peers": ["gpu1", "gpu0"]})"),
          "/platform/links/b/peers", R"(link "a" joins "gpu0" and "gpu1" already)");
}

TEST_CASE("config: CXL needs PCIe 5 or 6 and a flit that there is") {
  CHECK(load(with_link(R"({"kind": "cxl", "generation": 5})")).platform.links.at(0).kind == LinkKind::kCxl);
  CHECK(load(with_link(R"({"kind": "nvlink", "links": 6, "bandwidth": "25 GB/s"})")).platform.links.at(0).kind ==
        LinkKind::kNvlink);
  const auto old = problems(with_link(R"({"kind": "cxl", "generation": 4})"));
  REQUIRE(old.size() == 1);
  CHECK(old[0].pointer == "/platform/links/pcie/generation");
  CHECK(old[0].problem == "CXL over PCIe 4 does not exist");
  const auto flit = problems(with_link(R"({"kind": "cxl", "generation": 5, "flit": "128 B"})"));
  REQUIRE(flit.size() == 1);
  CHECK(flit[0].pointer == "/platform/links/pcie/flit");
}

}  // namespace link_test
}  // namespace farfault::config_test
