// What a block that goes to and fro may bring beside a fault.
#include "models/policies/thrashing/adaptive_granularity.h"

#include <doctest/doctest.h>

#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace adaptive_granularity_test {

constexpr DeviceId kDevice(0);
constexpr BlockSlot kBlock(2);
SimTime us(std::int64_t n) { return SimTime::microseconds(n); }

AdaptiveGranularityParameters parameters(std::uint64_t bounces = 2) {
  AdaptiveGranularityParameters out;
  out.lapse = us(100);
  out.bounces = bounces;
  out.calm = us(1'000);
  return out;
}

void leave(ThrashingGuard& guard, unsigned page, SimTime now, BlockSlot block = kBlock) {
  guard.on_left(kDevice, block, PageMask::single(page), Departure::kOther, now);
}
PageMask beside(ThrashingGuard& guard, unsigned page, SimTime now, BlockSlot block = kBlock) {
  return guard.beside(kDevice, block, PageMask::single(page), now);
}
/// Pages that may come beside page 100, which left ten microseconds ago.
unsigned bounce(ThrashingGuard& guard, std::int64_t at) {
  leave(guard, 100, us(at - 10));
  return beside(guard, 100, us(at)).count();
}

TEST_CASE("thrashing: adaptive_granularity holds nothing, and a block that stays may have all") {
  const auto guard = make_adaptive_granularity(parameters());
  CHECK(guard->name() == "adaptive_granularity/1");
  CHECK(guard->hold(kDevice, kBlock, PageMask::all(), us(1)).none());
  CHECK(guard->throttle(kDevice, kBlock, PageMask::all(), us(1)).pages.none());
  CHECK(guard->thrashing(kBlock, us(1)).none());
  for (std::int64_t at = 0; at < 50; ++at) CHECK(beside(*guard, 100, us(at)).full());
  CHECK(make_no_thrashing_guard()->beside(kDevice, kBlock, PageMask::single(1), us(1)).full());
}

TEST_CASE("thrashing: adaptive_granularity goes from 2 MiB to 64 KiB to 4 KiB as a block bounces") {
  const auto guard = make_adaptive_granularity(parameters());
  CHECK(bounce(*guard, 1'000) == 512);
  CHECK(bounce(*guard, 1'100) == 16);
  CHECK(bounce(*guard, 1'200) == 16);
  CHECK(bounce(*guard, 1'300) == 1);
  for (std::int64_t at = 1'400; at < 2'000; at += 100) CHECK(bounce(*guard, at) == 1);
  CHECK(beside(*guard, 100, us(2'010), BlockSlot(3)).full());
}

TEST_CASE("thrashing: adaptive_granularity keeps to the pieces around the faults") {
  const auto guard = make_adaptive_granularity(parameters(1));
  leave(*guard, 100, us(10));
  const PageMask faulted = PageMask::single(100) | PageMask::single(111) | PageMask::single(0);
  CHECK(guard->beside(kDevice, kBlock, faulted, us(20)) == (PageMask::range(96, 112) | PageMask::range(0, 16)));
  leave(*guard, 111, us(30));
  CHECK(guard->beside(kDevice, kBlock, faulted, us(40)) == faulted);
}

TEST_CASE("thrashing: adaptive_granularity counts what comes back within the lapse, and what has left") {
  const auto guard = make_adaptive_granularity(parameters(1));
  leave(*guard, 100, us(1'000));
  CHECK(beside(*guard, 101, us(1'010)).full());  // another page
  CHECK(beside(*guard, 100, us(1'101)).full());  // too late
  leave(*guard, 5, us(1'200));                   // by now 100 is forgotten
  CHECK(beside(*guard, 100, us(1'210)).full());
  leave(*guard, 100, us(1'290));
  CHECK(beside(*guard, 5, us(1'300)).count() == 16);   // in time: within a lapse of what left last
  CHECK(beside(*guard, 5, us(1'305)).count() == 16);   // has been counted
  CHECK(beside(*guard, 100, us(1'390)).count() == 1);  // just in time
}

TEST_CASE("thrashing: adaptive_granularity goes back step by step when a block is calm") {
  const auto guard = make_adaptive_granularity(parameters());
  for (const std::int64_t at : {1'000, 1'100, 1'200, 1'300}) (void)bounce(*guard, at);
  CHECK(beside(*guard, 7, us(2'299)).count() == 1);
  CHECK(beside(*guard, 7, us(2'300)).count() == 16);
  CHECK(beside(*guard, 7, us(3'299)).count() == 16);
  // One bounce keeps it small for longer, another makes it smaller.
  CHECK(bounce(*guard, 3'299) == 16);
  CHECK(beside(*guard, 7, us(4'298)).count() == 16);
  CHECK(beside(*guard, 7, us(4'299)).full());
  CHECK(beside(*guard, 7, us(9'000)).full());
  // What was counted before the step back counts no more.
  CHECK(bounce(*guard, 9'100) == 512);
  CHECK(bounce(*guard, 9'200) == 16);
}

TEST_CASE("driver: a block that bounces brings less beside its faults") {
  engine::testing::in_child([] {
    testing::BenchSpec spec;
    AdaptiveGranularityParameters setup;
    setup.bounces = 1;
    setup.lapse = SimTime::milliseconds(10);
    setup.calm = SimTime::milliseconds(1'000);
    spec.thrashing = [setup] { return make_adaptive_granularity(setup); };
    spec.prefetch = [] { return make_tree_prefetcher(0); };
    testing::Bench b(spec);
    b.run([&] {
      for (const unsigned expected : {512U, 16U, 1U}) {
        (void)b.access(0, 100);
        CHILD_CHECK_EQ(b.on_device(0).resident.count(), expected);
        for (unsigned page = 0; page < kPagesPerBlock; ++page) {
          (void)b.memory().host_access(b.slot(0), page, true, 99);
        }
        CHILD_CHECK(b.on_device(0).resident.none());
      }
    });
  });
}

}  // namespace adaptive_granularity_test
}  // namespace farfault
