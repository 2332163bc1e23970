// What programs ask of memory, prefetches and advice, through whole runs: events of a trace, and advice of a scenario.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "tests/unit/replay/program_run.h"

namespace farfault {
namespace requests_of_programs_test {

using testing::Figures;
using testing::run_program_on;
using traces::Emitter;
using traces::Event;
using traces::EventKind;
using traces::Program;

constexpr std::uint64_t kPages = 16;

/// The CPU writes an array and may prefetch it or advise; the device reads it; the CPU reads it.
Program read_all(Emitter& out, EventKind asked, std::uint64_t value, std::uint64_t value2) {
  const std::uint64_t data = out.map("data", kPageSize * kPages);
  for (std::uint64_t page = 0; page < kPages; ++page) out.write(data + page * kPageSize.count(), 64);
  if (asked != EventKind::kMarker) {
    Event& event = out.event(asked);
    event.address = data;
    event.length = kPages * kPageSize.count();
    event.value = value;
    event.value2 = value2;
  }
  out.launch("kernel", 0, 1);
  for (std::uint64_t page = 0; page < kPages; ++page) out.read(data + page * kPageSize.count(), 64);
  out.end_kernel();
  out.synchronize();
  for (std::uint64_t page = 0; page < kPages; ++page) out.read(data + page * kPageSize.count(), 64);
  co_return;
}

Figures run(EventKind asked, std::uint64_t value, std::uint64_t value2, const std::string& policy,
            const std::string& workload = "") {
  return run_program_on(
      R"("generic-managed-pcie3")", [=](Emitter& out) { return read_all(out, asked, value, value2); },
      R"(, "policy": {)" + policy + "}", workload);
}

TEST_CASE("replay: a program's prefetch brings its range before the kernel behind it reads") {
  const Figures called = run(EventKind::kPrefetch, 1, 0, R"("prefetch": "explicit")");
  CHECK(called.at("faults.device.serviced") == 0);
  CHECK(called.at("pages.to_device.prefetch") == kPages);
  CHECK(called.at("pages.to_device.prefetch_used") == kPages);
  const Figures ignored = run(EventKind::kPrefetch, 1, 0, R"("prefetch": "none")");
  CHECK(ignored.at("faults.device.serviced") == kPages);
  CHECK(ignored.at("pages.to_device.prefetch") == 0);
  // To a processor that there is not: nothing, and no harm.
  CHECK(run(EventKind::kPrefetch, 9, 0, R"("prefetch": "explicit")").at("faults.device.serviced") == kPages);
}

TEST_CASE("replay: what a program advises to be read mostly is copied, so that the host reads on") {
  const std::uint64_t read_mostly = 3;
  const Figures advised = run(EventKind::kAdvise, read_mostly, 0, R"("placement": "advice", "prefetch": "none")");
  CHECK(advised.at("pages.to_device.duplicated") == kPages);
  CHECK(advised.at("pages.to_host.cpu_fault") == 0);
  const Figures not_heeded = run(EventKind::kAdvise, read_mostly, 0, R"("prefetch": "none")");
  CHECK(not_heeded.at("pages.to_device.duplicated") == 0);
  CHECK(not_heeded.at("pages.to_host.cpu_fault") == kPages);
}

TEST_CASE("replay: a scenario's advice is for mappings by their names") {
  for (const std::string mapping : {"da*", "other"}) {
    CAPTURE(mapping);
    const Figures figures =
        run(EventKind::kMarker, 0, 0, R"("placement": "advice", "prefetch": "none")",
            R"(, "advice": [{"mapping": ")" + mapping + R"(", "advice": "preferred_location", "processor": "host"}])");
    CHECK(figures.at("accesses.device.remote") == (mapping == "da*" ? kPages : 0));
    CHECK(figures.at("pages.to_device.demand") == (mapping == "da*" ? 0 : kPages));
  }
}

}  // namespace requests_of_programs_test
}  // namespace farfault
