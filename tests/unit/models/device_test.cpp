#include <doctest/doctest.h>

#include <vector>

#include "models/driver/fault_buffer.h"
#include "models/link/dma_engine.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace device_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::ns;

Fault fault_on(unsigned page, SimTime raised = SimTime::zero(), std::uint32_t micro_tlb = 0) {
  Fault fault;
  fault.page = static_cast<std::uint16_t>(page);
  fault.raised = raised;
  fault.micro_tlb = micro_tlb;
  return fault;
}

std::vector<unsigned> pages_of(const std::vector<Fault>& faults) {
  std::vector<unsigned> pages;
  for (const Fault& fault : faults) pages.push_back(fault.page);
  return pages;
}

using Pages = std::vector<unsigned>;

TEST_CASE("driver: the fault buffer gives what is visible, oldest first") {
  FaultBuffer buffer(10);
  CHECK(buffer.empty());
  for (const auto& [page, at] : {std::pair{1U, 5}, {2U, 90}, {3U, 0}, {4U, 5}, {5U, 6}})
    buffer.push(fault_on(page, ns(at)));
  CHECK(buffer.size() == 5);
  CHECK(buffer.earliest() == ns(0));
  std::vector<Fault> batch = {fault_on(77)};
  buffer.fetch(ns(5), 10, batch);
  CHECK(pages_of(batch) == Pages{3, 1, 4});  // of one date in the order of their writing
  CHECK(buffer.earliest() == ns(6));
  buffer.fetch(ns(5), 10, batch);
  CHECK(batch.empty());
  buffer.fetch(ns(90), 10, batch);
  CHECK(pages_of(batch) == Pages{5, 2});
  CHECK(buffer.empty());
}

TEST_CASE("driver: a fetch takes no more than its limit and loses nothing") {
  FaultBuffer buffer(10);
  for (unsigned page = 0; page < 6; ++page) buffer.push(fault_on(page, ns(page % 2 == 0 ? 0 : 100)));
  std::vector<Fault> batch;
  buffer.fetch(ns(50), 2, batch);
  CHECK(pages_of(batch) == Pages{0, 2});
  CHECK(buffer.size() == 4);
  buffer.fetch(ns(100), 3, batch);
  CHECK(pages_of(batch) == Pages{4, 1, 3});
  buffer.fetch(ns(100), 3, batch);
  CHECK(pages_of(batch) == Pages{5});
}

TEST_CASE("driver: the fault buffer fills and is flushed") {
  FaultBuffer buffer(2);
  buffer.push(fault_on(0));
  CHECK_FALSE(buffer.full());
  buffer.push(fault_on(1, ns(1000)));
  CHECK(buffer.full());
  CHECK(buffer.flush(ns(999)) == 1);  // the other has not come yet
  CHECK(buffer.flush(ns(1000)) == 1);
  CHECK(buffer.empty());
  CHECK(buffer.flush(ns(1000)) == 0);
  CHECK_FALSE(buffer.full());
}

TEST_CASE("driver: a micro-TLB has so many faults outstanding and joins those on one page") {
  in_child([] {
    BenchSpec spec;
    spec.platform.devices[0].fault_slots.value = 2;
    spec.platform.devices[0].micro_tlbs.value = 2;
    Bench b(spec);
    Device& device = b.device();
    (void)b.slot(0);
    (void)b.slot(1);
    CHILD_CHECK(!device.join(0, BlockSlot(0), 3));
    CHILD_CHECK(device.raise(fault_on(3)));
    CHILD_CHECK(device.join(0, BlockSlot(0), 3));
    CHILD_CHECK(!device.join(0, BlockSlot(1), 3));
    CHILD_CHECK(!device.join(1, BlockSlot(0), 3));  // another micro-TLB raises its own
    CHILD_CHECK(device.raise(fault_on(4)));
    CHILD_CHECK(!device.raise(fault_on(5)));
    CHILD_CHECK(device.join(0, BlockSlot(0), 4));  // without a free slot, too
    CHILD_CHECK(device.raise(fault_on(3, ns(0), 1)));
    CHILD_CHECK_EQ(device.counters().raised, 3U);
    CHILD_CHECK_EQ(device.counters().coalesced, 2U);
    CHILD_CHECK_EQ(device.fault_buffer().size(), 3U);

    device.replay(ns(0));
    CHILD_CHECK_EQ(device.replay_epoch(), 1U);
    CHILD_CHECK_EQ(device.counters().replays, 1U);
    CHILD_CHECK(!device.join(0, BlockSlot(0), 3));
    CHILD_CHECK(device.raise(fault_on(5)));
    CHILD_CHECK_EQ(device.fault_buffer().size(), 4U);
  });
}

TEST_CASE("driver: a full fault buffer takes no more") {
  in_child([] {
    BenchSpec spec;
    spec.platform.devices[0].fault_buffer.value = 3;
    Bench b(spec);
    Device& device = b.device();
    for (unsigned page = 0; page < 3; ++page) CHILD_CHECK(device.raise(fault_on(page)));
    CHILD_CHECK(!device.raise(fault_on(3)));
    // The one that found no room is not outstanding.
    CHILD_CHECK(!device.join(0, BlockSlot(0), 3));
    CHILD_CHECK_EQ(device.fault_buffer().flush(ns(0)), 3U);
    CHILD_CHECK(device.raise(fault_on(3)));
  });
}

/// DMA engines on a link of 1 GB/s in each direction: 1000 bytes take 1000 ns.
struct DmaBench {
  engine::Engine engine;
  engine::Resource in = engine.add_resource("in", Bandwidth::gigabytes_per_second(1));
  engine::Resource out = engine.add_resource("out", Bandwidth::gigabytes_per_second(1));
  std::vector<std::int64_t> end_ns = {};

  DmaEngine make(const engine::Resource& wire, std::uint64_t engines) {
    DmaDirectionSpec spec;
    spec.piece_setup.value = ns(50);
    return DmaEngine(engine, engine.add_channel("dma-" + wire.name(), std::vector{wire}), engines,
                     CopyTime(spec, wire.bandwidth()));
  }
  void copy(DmaEngine& dma, std::uint64_t pieces, std::uint64_t bytes, SimTime start = SimTime::zero()) {
    const std::size_t index = end_ns.size();
    end_ns.push_back(-1);
    engine.spawn("copy", [this, &dma, pieces, bytes, start, index] {
      engine.sleep_until(start);
      CopyJob job;
      if (pieces != 0) job.begin_job(dma.time());
      for (std::uint64_t i = 0; i < pieces; ++i) job.add_piece(dma.time(), Bytes(bytes / pieces));
      job.bytes.add(Cause::kDemand, Bytes(bytes));
      dma.copy(job);
      end_ns[index] = engine.now().picoseconds() % 1000 == 0 ? engine.now().picoseconds() / 1000 : -2;
    });
  }
};

using Ends = std::vector<std::int64_t>;

TEST_CASE("driver: a copy alone takes its set-ups and its bytes over the bandwidth") {
  in_child([] {
    DmaBench b;
    DmaEngine dma = b.make(b.in, 1);
    b.copy(dma, 3, 6000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{3 * 50 + 6000}));
    CHILD_CHECK_EQ(dma.jobs(), 1U);
    CHILD_CHECK_EQ(dma.pieces(), 3U);
    CHILD_CHECK_EQ(dma.bytes().count(), 6000U);
    CHILD_CHECK(dma.busy() == ns(6150));
  });
}

TEST_CASE("driver: a copy of no pieces is no job") {
  in_child([] {
    DmaBench b;
    DmaEngine dma = b.make(b.in, 1);
    b.copy(dma, 0, 0);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{0}));
    CHILD_CHECK_EQ(dma.jobs(), 0U);
    CHILD_CHECK(dma.busy() == SimTime::zero());
  });
}

TEST_CASE("driver: one engine takes copies in their order") {
  in_child([] {
    DmaBench b;
    DmaEngine dma = b.make(b.in, 1);
    b.copy(dma, 1, 1000);
    b.copy(dma, 2, 2000);
    b.copy(dma, 1, 500, ns(100));
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{1050, 1050 + 2100, 3150 + 550}));
    CHILD_CHECK(dma.busy() == ns(3700));
  });
}

TEST_CASE("driver: two engines work at once and share the link") {
  in_child([] {
    DmaBench b;
    DmaEngine dma = b.make(b.in, 2);
    b.copy(dma, 1, 1000);
    b.copy(dma, 1, 1000);
    // A third waits for an engine: from 2050 alone.
    b.copy(dma, 1, 1000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{2050, 2050, 2050 + 1050}));
    CHILD_CHECK(dma.busy() == ns(2050 + 2050 + 1050));
    CHILD_CHECK_EQ(b.in.transferred().count(), 3000U);
  });
}

TEST_CASE("driver: the set-up of one copy overlaps with the bytes of another") {
  in_child([] {
    DmaBench b;
    DmaEngine dma = b.make(b.in, 2);
    b.copy(dma, 1, 1000);  // moves alone from 50 on, shared from 250 on
    b.copy(dma, 5, 1000);  // sets up until 250
    b.engine.run();
    // 200 bytes alone, then 800 at half rate to 1850; the other has 200 left then.
    CHILD_CHECK_EQ(b.end_ns, (Ends{1850, 2050}));
  });
}

TEST_CASE("driver: the two directions of a link do not slow each other") {
  in_child([] {
    DmaBench b;
    DmaEngine in = b.make(b.in, 1);
    DmaEngine out = b.make(b.out, 1);
    b.copy(in, 1, 4000);
    b.copy(out, 1, 1000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{4050, 1050}));
  });
}

}  // namespace device_test
}  // namespace farfault
