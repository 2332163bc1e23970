// Explicit copies of a device, and links whose directions disturb each other. 4 bytes a nanosecond.
#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace memcpy_test {

using engine::testing::in_child;
using testing::ns;

/// Explicit copies cost 100 ns to the device and 30 ns to the host before their bytes.
testing::BenchSpec spec() {
  testing::BenchSpec out;
  LinkSpec& link = out.platform.links[0];
  link.memcpy.to_device.piece_setup.value = ns(100);
  link.memcpy.to_host.job_setup.value = ns(20);
  link.memcpy.to_host.piece_setup.value = ns(10);
  out.platform.host.memory.bandwidth.value = Bandwidth::gigabytes_per_second(8);
  out.platform.devices[0].memory.bandwidth.value = Bandwidth::gigabytes_per_second(20);
  return out;
}

TEST_CASE("models: explicit copies have their own set-up and cause and use memories at both ends") {
  in_child([] {
    testing::Bench bench(spec());
    std::vector<SimTime> took;
    bench.engine.spawn("test", [&] {
      const auto timed = [&](const std::function<void()>& copy) {
        const SimTime start = bench.engine.now();
        copy();
        took.push_back(bench.engine.now() - start);
      };
      timed([&] { bench.device().memcpy(LinkDirection::kToDevice, Bytes(4000)); });
      timed([&] { bench.device().memcpy(LinkDirection::kToHost, Bytes(8000)); });
      timed([&] { bench.device().memcpy(LinkDirection::kToHost, Bytes()); });
      // Inside a memory all bytes are read and written.
      timed([&] { bench.device().memcpy_inside(Bytes(20'000)); });
      timed([&] { bench.machine().host().memcpy_inside(Bytes(8'000)); });
    });
    bench.engine.run();
    bench.machine().check();
    CHILD_CHECK(took == (std::vector<SimTime>{ns(1100), ns(2030), ns(0), ns(2000), ns(2000)}));
    CHILD_CHECK_EQ(bench.traffic(LinkDirection::kToDevice, Cause::kMemcpy), 4000U);
    CHILD_CHECK_EQ(bench.traffic(LinkDirection::kToHost, Cause::kMemcpy), 8000U);
    CHILD_CHECK_EQ(bench.device().dma(LinkDirection::kToDevice).jobs(), 1U);
    CHILD_CHECK_EQ(bench.device().dma(LinkDirection::kToHost).jobs(), 1U);
    CHILD_CHECK_EQ(bench.machine().host().dram().transferred().count(), 28'000U);
    CHILD_CHECK_EQ(bench.device().vram().transferred().count(), 52'000U);
  });
}

TEST_CASE("models: explicit copies wait for a copy engine and one direction for none of the other") {
  in_child([] {
    testing::Bench bench(spec());
    std::vector<SimTime> ended(3);
    const auto start = [&](std::size_t index, LinkDirection direction) {
      bench.engine.spawn("copy", [&, index, direction] {
        bench.device().memcpy(direction, Bytes(4000));
        ended[index] = bench.engine.now();
      });
    };
    start(0, LinkDirection::kToDevice);
    start(1, LinkDirection::kToDevice);
    start(2, LinkDirection::kToHost);
    bench.engine.run();
    CHILD_CHECK(ended[0] == ns(1100));
    CHILD_CHECK(ended[1] == ns(2200));
    CHILD_CHECK(ended[2] == ns(1030));
  });
}

TEST_CASE("models: while the other direction is busy a copy has the share that the link leaves") {
  in_child([] {
    testing::BenchSpec with_penalty = spec();
    LinkSpec& link = with_penalty.platform.links[0];
    link.duplex.to_device.value = 0.5;
    for (DmaDirectionSpec* way : {&link.memcpy.to_device, &link.memcpy.to_host}) {
      way->job_setup.value = way->piece_setup.value = SimTime::zero();
    }
    testing::Bench bench(with_penalty);
    std::vector<SimTime> ended(2);
    bench.engine.spawn("in", [&] {
      bench.device().memcpy(LinkDirection::kToDevice, Bytes(4000));
      ended[0] = bench.engine.now();
    });
    bench.engine.spawn("out", [&] {
      bench.device().memcpy(LinkDirection::kToHost, Bytes(2000));
      ended[1] = bench.engine.now();
    });
    bench.engine.run();
    // 500 ns at 2 bytes a nanosecond, then 3000 bytes at 4. The way out keeps its rate.
    CHILD_CHECK(ended[1] == ns(500));
    CHILD_CHECK(ended[0] == ns(1250));
  });
}

}  // namespace memcpy_test
}  // namespace farfault
