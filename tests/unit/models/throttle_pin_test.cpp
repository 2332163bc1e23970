// The production driver's guard against thrashing: its decisions in their order, and in a machine.
#include "models/policies/thrashing/throttle_pin.h"

#include <doctest/doctest.h>

#include "models/policies/eviction/last_migration.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace throttle_pin_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::ns;

constexpr DeviceId kDevice(0);
constexpr DeviceId kOther(1);
constexpr BlockSlot kBlock(4);
constexpr unsigned kPage = 7;
const PageMask kThePage = PageMask::single(kPage);

SimTime us(std::int64_t n) { return SimTime::microseconds(n); }

/// A guard and the moves of one page.
struct Moves {
  explicit Moves(const ThrottlePinParameters& parameters = {}) : guard(make_throttle_pin(parameters)) {}
  void to_device(std::int64_t at, DeviceId device = kDevice) { guard->on_arrived(device, kBlock, kThePage, us(at)); }
  void to_host(std::int64_t at) { guard->on_left(kDevice, kBlock, kThePage, Departure::kCpuFault, us(at)); }
  /// Whether a fault of the device is put off.
  bool throttles(std::int64_t at, DeviceId device = kDevice) {
    const Throttle t = guard->throttle(device, kBlock, kThePage, us(at));
    if (t.pages.none()) return false;
    CHECK(t.pages == kThePage);
    until = t.until;
    return true;
  }
  bool holds(std::int64_t at) { return guard->hold(kDevice, kBlock, kThePage, us(at)) == kThePage; }
  SimTime cpu_waits_until(std::int64_t at) { return guard->earliest_return(kDevice, kBlock, kPage, us(at)); }
  bool thrashes(std::int64_t at) { return guard->thrashing(kBlock, us(at)) == kThePage; }
  /// The first event does not count, the next three do; the last is the host's.
  void detect() {
    to_device(0);
    to_host(100);
    to_device(200);
    CHECK_FALSE(thrashes(201));
    to_host(300);
    CHECK(thrashes(301));
  }

  std::unique_ptr<ThrashingGuard> guard;
  SimTime until;
};

TEST_CASE("throttle_pin: a page thrashes at the third move that follows another processor's") {
  Moves m;
  CHECK(m.guard->name() == "throttle_pin/1");
  m.detect();
  // The host moved it last and may go on; the device is put off for a nap.
  CHECK(m.cpu_waits_until(350) == us(350));
  CHECK(m.throttles(350));
  CHECK(m.until == us(850));
  CHECK(m.guard->throttle(kDevice, kBlock, PageMask::single(8), us(350)).pages.none());
  CHECK(m.guard->throttle(kDevice, BlockSlot(5), kThePage, us(350)).pages.none());
  CHECK(m.guard->throttle(kDevice, BlockSlot(3), kThePage, us(350)).pages.none());
}

TEST_CASE("throttle_pin: moves count up to a lapse apart") {
  for (const std::int64_t gap : {500, 501}) {
    Moves m;
    for (int i = 0; i < 10; ++i) i % 2 == 0 ? m.to_device(i * gap) : m.to_host(i * gap);
    CHECK(m.thrashes(10 * gap) == (gap == 500));
  }
}

TEST_CASE("throttle_pin: one processor alone never thrashes, nor do evictions count") {
  Moves m;
  for (int i = 0; i < 50; ++i) {
    m.to_device(10 * i);
    m.guard->on_left(kDevice, kBlock, kThePage, Departure::kOther, us(10 * i + 5));
  }
  CHECK_FALSE(m.thrashes(500));
  CHECK_FALSE(m.throttles(500));
}

TEST_CASE("throttle_pin: two devices thrash like a device and the host") {
  Moves m;
  m.to_device(0, kOther);
  m.to_device(10, kDevice);
  m.to_device(20, kOther);
  m.to_device(30, kDevice);
  CHECK_FALSE(m.throttles(40, kDevice));
  CHECK(m.throttles(40, kOther));
}

TEST_CASE("throttle_pin: the one who was throttled has its turn after the nap, and the other is throttled") {
  Moves m;
  m.detect();
  CHECK(m.throttles(400));
  // It asks after each replay: the nap does not become longer.
  CHECK(m.throttles(899));
  CHECK(m.until == us(900));
  CHECK_FALSE(m.throttles(900));
  m.to_device(920);
  CHECK(m.cpu_waits_until(930) == us(1430));
  CHECK(m.cpu_waits_until(1000) == us(1430));
  CHECK_FALSE(m.throttles(1000));
  CHECK(m.cpu_waits_until(1430) == us(1430));
  m.to_host(1440);
  CHECK(m.throttles(1450));
  CHECK(m.until == us(1950));
}

TEST_CASE("throttle_pin: with two throttled at once both are served, and the one who comes last is not throttled") {
  Moves m;
  m.detect();
  CHECK(m.throttles(400, kDevice));
  CHECK(m.throttles(600, kOther));
  CHECK(m.until == us(1100));
  // The later nap holds for both.
  CHECK(m.throttles(900, kDevice));
  CHECK(m.until == us(1100));
  CHECK_FALSE(m.throttles(1100, kDevice));
  m.to_device(1100, kDevice);
  CHECK(m.cpu_waits_until(1101) == us(1101));
  CHECK_FALSE(m.throttles(1102, kOther));
  CHECK_FALSE(m.throttles(1103, kOther));
  CHECK(m.throttles(1104, kDevice));
  CHECK(m.until == us(1604));
  CHECK(m.cpu_waits_until(1105) == us(1605));
}

/// Turns of 500 us until the page is pinned; returns the date after the last throttle.
std::int64_t throttle_times(Moves& m, int times) {
  std::int64_t now = 400;
  for (int i = 0; i < times; ++i) {
    if (i % 2 == 0) {
      CHECK(m.throttles(now));
      now += 500;
      if (i + 1 == times) return now;
      CHECK_FALSE(m.throttles(now));
      m.to_device(now);
    } else {
      CHECK(m.cpu_waits_until(now) == us(now + 500));
      now += 500;
      if (i + 1 == times) return now;
      CHECK(m.cpu_waits_until(now) == us(now));
      m.to_host(now);
    }
    now += 1;
  }
  return now;
}

TEST_CASE("throttle_pin: after ten throttles a page is pinned in host memory, then begins anew") {
  Moves m;
  m.detect();
  const std::int64_t now = throttle_times(m, 10);
  CHECK_FALSE(m.holds(now));
  // The tenth was the host's. Its fault pins the page, and takes it.
  CHECK(m.cpu_waits_until(now) == us(now));
  m.to_host(now);
  CHECK_FALSE(m.throttles(now + 1));
  CHECK(m.holds(now + 1));
  CHECK(m.guard->hold_ends(kDevice, kBlock, kThePage, us(now + 1)) == us(now + 150'000));
  CHECK(m.thrashes(now + 149'999));
  CHECK(m.holds(now + 149'999));
  CHECK_FALSE(m.holds(now + 150'000));
  CHECK_FALSE(m.thrashes(now + 150'000));
  // It takes three moves again, and ten throttles.
  m.to_device(now + 150'010);
  m.to_host(now + 150'020);
  m.to_device(now + 150'030);
  CHECK_FALSE(m.thrashes(now + 150'031));
  m.to_host(now + 150'040);
  CHECK(m.throttles(now + 150'050));
  CHECK_FALSE(m.holds(now + 150'050));
}

TEST_CASE("throttle_pin: with nine throttles a page is not pinned, and with none at once") {
  Moves m;
  m.detect();
  const std::int64_t now = throttle_times(m, 9);
  CHECK_FALSE(m.throttles(now));
  CHECK_FALSE(m.holds(now));

  ThrottlePinParameters at_once;
  at_once.pin_threshold = 0;
  Moves n(at_once);
  n.detect();
  CHECK_FALSE(n.throttles(400));
  CHECK(n.holds(400));
}

TEST_CASE("throttle_pin: a calm block forgets after an epoch, as often as it may") {
  ThrottlePinParameters parameters;
  parameters.max_resets = 2;
  Moves m(parameters);
  for (std::int64_t i = 0; i < 3; ++i) {
    const std::int64_t base = i * 2'000'000;
    m.to_device(base);
    m.to_host(base + 100);
    m.to_device(base + 200);
    m.to_host(base + 300);
    CHECK(m.thrashes(base + 301));
    // The epoch counts from the last move of a thrashing page.
    CHECK(m.throttles(base + 1'000'300));
    CHECK(m.throttles(base + 1'000'301) == (i == 2));
    CHECK(m.thrashes(base + 1'000'302) == (i == 2));
  }
}

TEST_CASE("throttle_pin: a block with a pinned page does not forget") {
  ThrottlePinParameters parameters;
  parameters.pin_threshold = 0;
  parameters.pin = 100'000;
  Moves m(parameters);
  m.detect();
  CHECK_FALSE(m.throttles(400));
  CHECK(m.holds(400));
  CHECK_FALSE(m.throttles(1'500'000));
  CHECK(m.holds(1'500'000));
}

// --- in a machine: prices as in time_slice_test.cpp ------------------------------------------------------------------

constexpr std::int64_t kToWorker = 1'000'000 + 100'000;
constexpr std::int64_t kMove = 100 + 1024;
constexpr std::int64_t kOneFault = kToWorker + 10 + kMove;
constexpr std::int64_t kTrap = 2'000 + 20;

BenchSpec guarded(const ThrottlePinParameters& parameters) {
  BenchSpec spec;
  spec.thrashing = [parameters] { return make_throttle_pin(parameters); };
  return spec;
}

/// The worker is slow here: moves count up to 5 ms apart.
ThrottlePinParameters slow() {
  ThrottlePinParameters parameters;
  parameters.lapse = us(5'000);
  return parameters;
}

void thrash(Bench& b) {
  (void)b.access(0, 3);
  (void)b.memory().host_access(b.slot(0), 3, false, 99);
  (void)b.access(0, 3);
  (void)b.memory().host_access(b.slot(0), 3, false, 99);
  CHILD_CHECK_EQ(b.now_ns(), 2 * (kOneFault + kTrap + kMove));
}

TEST_CASE("driver: a throttled fault comes again after each replay until its nap is over") {
  in_child([] {
    Bench b(guarded(slow()));
    b.run([&] {
      thrash(b);
      const std::int64_t begin = b.now_ns();
      // The nap begins when the worker first looks, with the batch's time still to pass; each round takes kToWorker.
      const std::int64_t looked = begin + 1'000'000;
      CHILD_CHECK_EQ(b.access(0, 3), 6U);
      CHILD_CHECK_EQ(b.now_ns(), begin + 5 * kToWorker + kOneFault);
      CHILD_CHECK(begin + 5 * kToWorker + 1'000'000 >= looked + 5'000'000);
      // Now it is the host's turn to sleep.
      const std::int64_t came = b.now_ns();
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      CHILD_CHECK_EQ(b.now_ns(), came + 5'000'000 + kTrap + kMove);
    });
    CHILD_CHECK_EQ(b.counters().throttled, 5U);
    CHILD_CHECK_EQ(b.counters().dropped, 0U);
    CHILD_CHECK_EQ(b.counters().serviced, 3U);
    CHILD_CHECK_EQ(b.counters().batches, 8U);
  });
}

TEST_CASE("driver: other faults of a batch are served while one is throttled") {
  in_child([] {
    Bench b(guarded(slow()));
    b.run([&] {
      thrash(b);
      b.raise(0, {3, 4});
      while (b.on_device(0).resident.none()) b.device().replayed().wait();
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(4));
    });
    CHILD_CHECK_EQ(b.counters().throttled, 1U);
    CHILD_CHECK_EQ(b.counters().serviced, 3U);
  });
}

TEST_CASE("driver: where nothing takes time, a throttled fault waits for the end of its nap") {
  in_child([] {
    BenchSpec spec = guarded({});
    for (Sourced<SimTime>* cost : {&spec.driver().interrupt_latency, &spec.driver().batch_time}) {
      cost->value = SimTime::zero();
    }
    spec.platform.devices[0].page_table.walk_level.value = SimTime::zero();
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      (void)b.access(0, 3);
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      const std::int64_t begin = b.now_ns();
      CHILD_CHECK_EQ(b.access(0, 3), 7U);
      CHILD_CHECK_EQ(b.now_ns(), begin + 500'000 + 10 + kMove);
    });
    CHILD_CHECK_EQ(b.counters().throttled, 6U);
  });
}

TEST_CASE("driver: a worker that waits for a nap is woken by another fault") {
  in_child([] {
    BenchSpec spec = guarded({});
    for (Sourced<SimTime>* cost : {&spec.driver().interrupt_latency, &spec.driver().batch_time}) {
      cost->value = SimTime::zero();
    }
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      (void)b.access(0, 3);
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      const std::int64_t begin = b.now_ns();
      b.engine.spawn("other", [&] {
        b.engine.sleep_for(ns(200'000));
        (void)b.access(0, 9, false, 0, 1);
        CHILD_CHECK_EQ(b.now_ns(), begin + 200'000 + 10 + kMove);
      });
      (void)b.access(0, 3);
      CHILD_CHECK_EQ(b.now_ns(), begin + 500'000 + 10 + kMove);
    });
    // Six at the first date, one beside the other fault, and six after it: each date has its own count.
    CHILD_CHECK_EQ(b.counters().throttled, 13U);
  });
}

/// Puts every fault off until a date.
class NotBefore final : public ThrashingGuard {
 public:
  explicit NotBefore(SimTime date) : date_(date) {}
  std::string_view name() const override { return "not_before/1"; }
  Throttle throttle(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& faulted, SimTime now) override {
    return {now < date_ ? faulted : PageMask(), date_};
  }
  PageMask hold(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) override {
    return {};
  }
  void on_left(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*pages*/, Departure /*why*/,
               SimTime /*now*/) override {}

 private:
  SimTime date_;
};

TEST_CASE("driver: after so many batches with throttled faults the worker sleeps") {
  for (const unsigned limit : {1U, 2U, 5U}) {
    in_child([&] {
      BenchSpec spec;
      spec.thrashing = [] { return std::make_unique<NotBefore>(us(1'000'000)); };
      spec.driver().replay = ReplayPolicy::kBatch;
      spec.driver().batch_size.value = 1;
      spec.driver().throttled_batches.value = limit;
      Bench b(spec);
      b.run([&] { b.raise(0, {3, 4, 5, 6}); });
      CHILD_CHECK_EQ(b.counters().throttled, 4U);
      CHILD_CHECK_EQ(b.counters().interrupts, limit == 1 ? 4U : limit == 2 ? 2U : 1U);
    });
  }
}

TEST_CASE("driver: a pinned page is mapped remotely until the pin is over") {
  in_child([] {
    ThrottlePinParameters parameters = slow();
    parameters.pin_threshold = 0;
    parameters.pin = 2;
    Bench b(guarded(parameters));
    b.run([&] {
      thrash(b);
      const std::int64_t begin = b.now_ns();
      CHILD_CHECK_EQ(b.access(0, 3), 1U);
      CHILD_CHECK_EQ(b.now_ns(), begin + kToWorker + 10);
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
      (void)b.memory().host_access(b.slot(0), 3, true, 99);
      CHILD_CHECK_EQ(b.now_ns(), begin + kToWorker + 10);
      // Pinned when the worker looked at the fault.
      b.engine.sleep_until(ns(begin + 1'000'000 + 10'000'000 - 1));
      CHILD_CHECK(b.on_device(0).remote_mapped == PageMask::single(3));
      b.engine.sleep_for(ns(2));
      CHILD_CHECK(b.on_device(0).remote_mapped.none());
      CHILD_CHECK_EQ(b.access(0, 3), 1U);
      CHILD_CHECK(b.on_device(0).resident == PageMask::single(3));
    });
    CHILD_CHECK_EQ(b.counters().throttled, 0U);
    CHILD_CHECK_EQ(b.counters().remote_pages, 1U);
  });
}

/// Takes page 5 of every block for thrashing.
class FivesThrash final : public ThrashingGuard {
 public:
  std::string_view name() const override { return "fives/1"; }
  PageMask hold(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) override {
    return {};
  }
  PageMask thrashing(BlockSlot /*block*/, SimTime /*now*/) override { return PageMask::single(5); }
  void on_left(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*pages*/, Departure /*why*/,
               SimTime /*now*/) override {}
};

/// Wants all that it may have.
class Greedy final : public Prefetcher {
 public:
  std::string_view name() const override { return "greedy/1"; }
  PageMask select(const PrefetchRequest& /*request*/) override { return PageMask::all(); }
};

TEST_CASE("driver: pages that thrash come beside no others, whatever the prefetcher says") {
  in_child([] {
    BenchSpec spec;
    spec.thrashing = [] { return std::make_unique<FivesThrash>(); };
    spec.prefetch = [] { return std::make_unique<Greedy>(); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK(b.on_device(0).resident == (PageMask::all() & ~PageMask::single(5)));
    });
  });
}

TEST_CASE("driver: pages that thrash neither come beside others nor go back beside others") {
  in_child([] {
    BenchSpec spec;
    spec.thrashing = [] { return std::make_unique<FivesThrash>(); };
    spec.prefetch = [] { return make_tree_prefetcher(0); };
    spec.driver().cpu_fault_granularity.value = Bytes::kib(64);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 3);
      CHILD_CHECK(b.on_device(0).resident == (PageMask::all() & ~PageMask::single(5)));
      (void)b.access(0, 5);
      CHILD_CHECK(b.on_device(0).resident.full());
      (void)b.memory().host_access(b.slot(0), 3, false, 99);
      CHILD_CHECK(b.block(0).host == (PageMask::range(0, 16) & ~PageMask::single(5)));
      (void)b.memory().host_access(b.slot(0), 5, false, 99);
      CHILD_CHECK(b.block(0).host == PageMask::range(0, 16));
    });
  });
}

}  // namespace throttle_pin_test
}  // namespace farfault
