// What waits for what: launches, synchronisation, recorded events, dependencies; and where agents run by default.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/replay/run_scenario.h"
#include "traces/generators/program.h"

namespace farfault {
namespace stream_order_test {

using testing::Figures;
using testing::run_scenario;
using traces::Emitter;
using traces::EventKind;
using traces::Pause;
using traces::Program;

constexpr std::uint64_t kLines = 20'000;  // of 64 bytes

/// Both touch a range of their own; `order` says what comes between the CPU's part and the stream's.
enum class Order { kNone, kLaunch, kRecord };

Program two_parts(Emitter& out, Order order, bool back) {
  const std::uint64_t mine = out.map("host", Bytes(kLines * 64));
  const std::uint64_t theirs = out.map("device", Bytes(kLines * 64));
  if (order == Order::kNone) {
    // Side by side in the trace, too, so that nothing but the trace's order could keep them apart.
    for (std::uint64_t i = 0; i < kLines; ++i) {
      out.host();
      out.write(mine + i * 64, 64);
      out.stream(0);
      out.read(theirs + i * 64, 64);
      if (out.full()) co_yield Pause{};
    }
    co_return;
  }
  for (std::uint64_t i = 0; i < kLines; ++i) {
    out.write(mine + i * 64, 64);
    if (out.full()) co_yield Pause{};
  }
  if (order == Order::kLaunch) {
    out.launch("kernel");
  } else {
    out.event(EventKind::kEventRecord).value = 7;
    out.stream(0);
    out.event(EventKind::kEventWait).value = 7;
  }
  for (std::uint64_t i = 0; i < kLines; ++i) {
    out.read(theirs + i * 64, 64);
    if (out.full()) co_yield Pause{};
  }
  if (order == Order::kLaunch) out.end_kernel();
  if (!back) co_return;
  out.synchronize();
  for (std::uint64_t i = 0; i < kLines; ++i) {
    out.read(mine + i * 64, 64);
    if (out.full()) co_yield Pause{};
  }
}

/// `pages` of a device read, one each, a dependency or a kernel's end in the middle.
Program dependent(Emitter& out, std::uint64_t pages, EventKind between) {
  const std::uint64_t base = out.map("data", kPageSize * pages);
  out.stream(0);
  for (std::uint64_t i = 0; i < pages; ++i) {
    if (i == pages / 2) out.event(between);
    out.read(base + i * kPageSize.count(), 4);
    if (out.full()) co_yield Pause{};
  }
}

template <class Start>
Figures run_program(Start start, const std::string& more = "") {
  return run_scenario(R"({"policy": {"prefetch": "none"}, "workload": {"generator": {"kind": "program"})" + more + "}}",
                      {}, [start](Catalogue& catalogue) {
                        traces::GeneratorInfo info;
                        info.name = "program";
                        info.make = [start](const Parameters&, std::uint64_t) {
                          return traces::make_program_source("program", 1, start);
                        };
                        catalogue.generators.add(info);
                      });
}

Figures run_parts(Order order, bool back = false) {
  return run_program([order, back](Emitter& out) { return two_parts(out, order, back); });
}

double busy(const Figures& figures, const std::string& who) {
  double sum = 0;
  for (const char* part : {"compute", "local", "remote", "stall"}) sum += figures.at("time." + who + '.' + part);
  return sum;
}

TEST_CASE("order: by default CPU threads run on the host and streams on the device") {
  const Figures figures = run_parts(Order::kNone);
  CHECK(figures.at("lanes.host") == 1);
  CHECK(figures.at("lanes.device") == 1);
  CHECK(figures.at("accesses.host.local") == kLines);
  CHECK(figures.at("accesses.device.local") == kLines);
}

TEST_CASE("order: without a launch the two run side by side") {
  const Figures figures = run_parts(Order::kNone);
  CHECK(figures.at("time.total") < 0.95 * (busy(figures, "host") + busy(figures, "device")));
}

TEST_CASE("order: a kernel begins when its launcher has done all before") {
  for (const Order order : {Order::kLaunch, Order::kRecord}) {
    const Figures figures = run_parts(order);
    const double host = busy(figures, "host");
    CHECK(figures.at("time.total") == doctest::Approx(host + busy(figures, "device")).epsilon(0.001));
    CHECK(figures.at("time.device.idle") + figures.at("time.device.wait") == doctest::Approx(host).epsilon(0.001));
  }
}

TEST_CASE("order: the CPU waits at a synchronisation until the kernel has ended") {
  const Figures figures = run_parts(Order::kLaunch, true);
  const double device = busy(figures, "device");
  CHECK(figures.at("accesses.host.local") == 2 * kLines);
  CHECK(figures.at("time.host.wait") == doctest::Approx(device).epsilon(0.001));
  CHECK(figures.at("time.total") == doctest::Approx(device + busy(figures, "host")).epsilon(0.001));
}

TEST_CASE("order: what depends on accesses that fault waits for them") {
  const auto batches = [](EventKind between) {
    return run_program([between](Emitter& out) { return dependent(out, 40, between); }).at("faults.device.batches");
  };
  // 40 pages are fewer than the fault slots: one batch, unless the second half has to wait for the first.
  CHECK(batches(EventKind::kMarker) == 1);
  CHECK(batches(EventKind::kDependency) == 2);
  CHECK(batches(EventKind::kKernelEnd) == 2);
}

}  // namespace stream_order_test
}  // namespace farfault
