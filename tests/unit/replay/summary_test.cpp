#include "sim/replay/summary.h"

#include <doctest/doctest.h>

#include <sstream>

namespace farfault {
namespace summary_test {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

RunSpec sample_spec() {
  RunSpec spec;
  spec.name = "sample";
  spec.policy.placement.kind = "migrate_on_fault";
  spec.policy.prefetch.kind = "none";
  spec.policy.thrashing.kind = "none";
  spec.policy.eviction.kind = "lru";
  spec.policy.eviction.parameters.set("granularity", Bytes::mib(2));
  return spec;
}

RunResult sample_result() {
  RunResult result;
  result.workload = "a.lackey.zst";
  Statistics& s = result.statistics;
  s.count("accesses.total", 1'234'567, "");
  s.time("time.total", SimTime::microseconds(200), "");
  s.count("lanes.device", 1, "");
  s.time("time.device.compute", SimTime::microseconds(50), "");
  s.time("time.device.stall", SimTime::microseconds(150), "");
  s.time("time.device.idle", SimTime::zero(), "");
  s.count("faults.device.raised", 42, "");
  s.bytes("bytes.link.pcie.to_device", Bytes::mib(3), "");
  s.bytes("bytes.link.pcie.to_device.demand", Bytes::mib(1), "");
  s.bytes("bytes.link.pcie.to_device.prefetch", Bytes::mib(2), "");
  s.bandwidth("bandwidth.link.pcie.to_device", Bandwidth::gigabytes_per_second(6), "");
  s.ratio("utilisation.link.pcie.to_device", 0.5, "");
  s.count("pages.to_device.prefetch", 512, "");
  s.count("pages.to_device.prefetch_used", 128, "");
  Histogram latency;
  latency.add(30'000'000, 42);
  s.distribution("latency.fault.device", Unit::kTime, latency, "");
  s.bytes("memory.device.peak", Bytes::mib(4), "");
  s.bytes("memory.device.capacity", Bytes::mib(8), "");
  return result;
}

TEST_CASE("summary: has the figures that a person wants") {
  const std::string text = summary_text(sample_spec(), sample_result(), false);
  for (const char* part :
       {"sample\n", "eviction lru (granularity 2 MiB)", "a.lackey.zst", "1,234,567 accesses", "200 us simulated",
        "compute 25.0 %", "page faults 75.0 %", "42 raised", "demand 1 MiB", "prefetch 2 MiB", "6 GB/s",
        "50.0 % of the peak", "25.0 % used", "device fault", "30 us", "peak 4 MiB of 8 MiB (50.0 %)", "assumption"}) {
    CAPTURE(part);
    CHECK_MESSAGE(contains(text, part), text);
  }
  CHECK_FALSE(contains(text, "idle"));
}

TEST_CASE("summary: figures that a run does not have are left out") {
  const std::string text = summary_text(sample_spec(), RunResult(), false);
  CHECK(contains(text, "sample\n"));
  for (const char* part : {"faults", "latency", "bandwidth", "memory   "}) {
    CAPTURE(part);
    CHECK_MESSAGE(!contains(text, part), text);
  }
}

TEST_CASE("summary: a host alone has no policies") {
  RunSpec spec = sample_spec();
  spec.platform.devices.clear();
  spec.platform.links.clear();
  const std::string text = summary_text(spec, RunResult(), false);
  CHECK_FALSE(contains(text, "policy"));
}

TEST_CASE("summary: color adds escapes and nothing else") {
  const std::string plain = summary_text(sample_spec(), sample_result(), false);
  std::string colored = summary_text(sample_spec(), sample_result(), true);
  CHECK(contains(colored, "\x1B[1m"));
  for (const char* escape : {"\x1B[1m", "\x1B[0m"}) {
    for (std::size_t at = 0; (at = colored.find(escape)) != std::string::npos;) colored.erase(at, 4);
  }
  CHECK(colored == plain);
  CHECK_FALSE(contains(plain, "\x1B"));
}

TEST_CASE("summary: texts of configs and traces are harmless") {
  RunSpec spec = sample_spec();
  spec.name = "evil\x1B[2J\nname";
  RunResult result = sample_result();
  result.notes = {"a\x1B]0;title\x07"};
  result.trace_unknown = {"\x1B[31m"};
  result.workload = "t\r.zst";
  const std::string text = summary_text(spec, result, false);
  CHECK_FALSE(contains(text, "\x1B"));
  CHECK_FALSE(contains(text, "\r"));
  CHECK(contains(text, "evil\\x1B[2J\\x0Aname"));
}

TEST_CASE("summary: no line ends in blanks") {
  std::istringstream lines(summary_text(sample_spec(), sample_result(), false));
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK((line.empty() || line.back() != ' '));
  }
}

TEST_CASE("summary: parameters read as configs write them") {
  CHECK(parameter_text(true) == "true");
  CHECK(parameter_text(std::uint64_t{51}) == "51");
  CHECK(parameter_text(0.1) == "0.1");
  CHECK(parameter_text(Bytes::mib(2)) == "2 MiB");
  CHECK(parameter_text(SimTime::nanoseconds(1500)) == "1.5 us");
  CHECK(parameter_text(std::string("a\x1B")) == "a\\x1B");
}

TEST_CASE("summary: reachability has a line where the run has the figures, largest class first") {
  CHECK_FALSE(contains(summary_text(sample_spec(), sample_result(), false), "reach"));
  RunSpec spec = sample_spec();
  spec.platform.devices.emplace_back();
  RunResult result = sample_result();
  Statistics& s = result.statistics;
  s.count("reach.device.library.accesses", 100, "");
  s.count("reach.device.file.accesses", 300, "");
  s.count("reach.device.stack.accesses", 0, "");
  s.ratio("reach.device.reachable.accesses", 0.25, "");
  s.ratio("reach.device.migratable.accesses", 0.125, "");
  std::string text = summary_text(spec, result, false);
  CHECK_MESSAGE(contains(text, "25.0 % of device accesses, 12.5 % migratable; file 75.0 %, library 25.0 %\n"), text);
  CHECK_FALSE(contains(text, "80 %"));
  s.ratio("reach.adoption.100.accesses", 0.25, "");
  text = summary_text(spec, result, false);
  CHECK_MESSAGE(contains(text, "80 % not reached: 25.0 % if every allocation uses the library"), text);
  s.ratio("reach.adoption.for_80_percent", 0.9, "");
  text = summary_text(spec, result, false);
  CHECK_MESSAGE(contains(text, "80 % reached if 90.0 % of allocations use the library"), text);
}

}  // namespace summary_test
}  // namespace farfault
