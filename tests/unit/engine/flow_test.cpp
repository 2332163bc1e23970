#include <cstdlib>
#include <optional>
#include <vector>

#include "sim/engine/engine.h"
#include "tests/unit/engine/in_child.h"

namespace farfault::engine {
namespace flow_test {

using testing::in_child;

Bandwidth bytes_per_ns(double rate) { return Bandwidth::gigabytes_per_second(rate); }
SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

/// The engine, and transfers by actors of their own that note when they end.
struct Bench {
  Engine engine;
  std::vector<std::int64_t> end_ns = {};

  Channel channel(std::vector<Resource> route, SimTime latency = SimTime::zero()) {
    return engine.add_channel("channel", route, latency);
  }
  void transfer(Channel over, std::uint64_t bytes, SimTime start = SimTime::zero()) {
    const std::size_t index = end_ns.size();
    end_ns.push_back(-1);
    engine.spawn("transfer", [this, over, bytes, start, index] {
      engine.sleep_until(start);
      over.transfer(Bytes(bytes));
      // Not a whole number of nanoseconds: shows as a wrong time.
      const std::int64_t ps = engine.now().picoseconds();
      end_ns[index] = ps % 1000 == 0 ? ps / 1000 : -ps;
    });
  }
};

using Ends = std::vector<std::int64_t>;

TEST_CASE("engine: one transfer takes its bytes over the bandwidth plus the latency") {
  in_child([] {
    Bench b;
    const Resource link = b.engine.add_resource("link", bytes_per_ns(12));
    b.transfer(b.channel({link}, ns(700)), 12'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{1'000'700}));
    CHILD_CHECK_EQ(link.transferred().count(), 12'000'000U);
    CHILD_CHECK_EQ(link.name(), std::string("link"));
    CHILD_CHECK(b.engine.events() > 0);
  });
}

TEST_CASE("engine: a transfer of any size is exact to a picosecond") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", bytes_per_ns(7));
    const Channel channel = engine.add_channel("c", std::vector{link});
    engine.spawn("a", [&] {
      for (std::uint64_t bytes = 1; bytes < 2'000'000'000'000; bytes = bytes * 3 + 1) {
        const SimTime start = engine.now();
        channel.transfer(Bytes(bytes));
        // The engine keeps fractions of a picosecond: now() rounds twice.
        const std::int64_t expected = link.bandwidth().time_for(Bytes(bytes)).picoseconds();
        CHILD_CHECK(std::llabs((engine.now() - start).picoseconds() - expected) <= 1);
        engine.sleep_for(ns(1));
      }
    });
    engine.run();
  });
}

TEST_CASE("engine: fractions of a picosecond do not add up to a drift") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", bytes_per_ns(12));
    const Channel channel = engine.add_channel("c", std::vector{link}, ns(300));
    engine.spawn("a", [&] {
      for (int i = 0; i < 30'000; ++i) channel.transfer(Bytes(4096));  // 341.333... ns each
    });
    engine.run();
    CHILD_CHECK_EQ(engine.now().picoseconds(), 30'000 * 300'000LL + 10'240'000'000LL);
  });
}

TEST_CASE("engine: two flows of different sizes share until the first ends") {
  in_child([] {
    Bench b;
    const Channel channel = b.channel({b.engine.add_resource("link", bytes_per_ns(10))});
    b.transfer(channel, 1'000'000);
    b.transfer(channel, 3'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{200'000, 400'000}));
  });
}

TEST_CASE("engine: one actor can have several flows in flight") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", bytes_per_ns(10));
    const Channel channel = engine.add_channel("c", std::vector{link});
    engine.spawn("a", [&] {
      Flow first = channel.start(Bytes(1'000'000));
      std::vector<Flow> others;
      others.push_back(channel.start(Bytes(3'000'000)));
      others.emplace_back();
      first.wait();
      CHILD_CHECK_EQ(engine.now().picoseconds(), ns(200'000).picoseconds());
      for (Flow& flow : others) flow.wait();
      CHILD_CHECK_EQ(engine.now().picoseconds(), ns(400'000).picoseconds());
      first.wait();  // again, at once
      CHILD_CHECK_EQ(engine.now().picoseconds(), ns(400'000).picoseconds());
    });
    engine.run();
  });
}

TEST_CASE("engine: the two directions of a link run at full duplex") {
  in_child([] {
    Bench b;
    const Resource dram = b.engine.add_resource("dram", bytes_per_ns(100));
    const Resource vram = b.engine.add_resource("vram", bytes_per_ns(1000));
    const Resource up = b.engine.add_resource("pcie up", bytes_per_ns(10));
    const Resource down = b.engine.add_resource("pcie down", bytes_per_ns(10));
    b.transfer(b.channel({dram, up, vram}), 1'000'000);
    b.transfer(b.channel({vram, down, dram}), 1'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{100'000, 100'000}));
    CHILD_CHECK_EQ(dram.transferred().count(), 2'000'000U);
    CHILD_CHECK_EQ(up.transferred().count(), 1'000'000U);
  });
}

TEST_CASE("engine: a copy that competes with four memory streams gets a fifth") {
  in_child([] {
    Bench b;
    const Resource dram = b.engine.add_resource("dram", bytes_per_ns(100));
    const Resource pcie = b.engine.add_resource("pcie", bytes_per_ns(25));
    const Resource vram = b.engine.add_resource("vram", bytes_per_ns(1000));
    const Channel local = b.channel({dram});
    for (int i = 0; i < 4; ++i) b.transfer(local, 20'000'000);
    b.transfer(b.channel({dram, pcie, vram}), 20'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, Ends(5, 1'000'000));
  });
}

TEST_CASE("engine: a copy bound elsewhere leaves the rest to the others") {
  in_child([] {
    Bench b;
    const Resource dram = b.engine.add_resource("dram", bytes_per_ns(100));
    const Resource pcie = b.engine.add_resource("pcie", bytes_per_ns(10));
    const Channel local = b.channel({dram});
    for (int i = 0; i < 3; ++i) b.transfer(local, 30'000'000);
    b.transfer(b.channel({dram, pcie}), 10'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, Ends(4, 1'000'000));
  });
}

TEST_CASE("engine: latencies do not change shares") {
  in_child([] {
    Bench b;
    const Resource link = b.engine.add_resource("link", bytes_per_ns(10));
    b.transfer(b.channel({link}), 1'000'000);
    b.transfer(b.channel({link}, ns(1'000)), 1'000'000);
    b.engine.run();
    // The first is alone for 1000 ns, then both get half, then the second is alone with 10,000 bytes.
    CHILD_CHECK_EQ(b.end_ns, (Ends{199'000, 200'000}));
  });
}

TEST_CASE("engine: a flow in its latency leaves the bandwidth to others") {
  in_child([] {
    Bench b;
    const Resource link = b.engine.add_resource("link", bytes_per_ns(10));
    b.transfer(b.channel({link}), 1'000'000);
    b.transfer(b.channel({link}, ns(500'000)), 1'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{100'000, 600'000}));
  });
}

TEST_CASE("engine: a cap bounds each flow and takes nothing from the others") {
  in_child([] {
    Bench b;
    const Resource dram = b.engine.add_resource("dram", bytes_per_ns(10));
    const Resource cap = b.engine.add_resource("cap", bytes_per_ns(3), Resource::Sharing::kCap);
    const Channel capped = b.channel({dram, cap});
    b.transfer(capped, 3'000'000);
    b.transfer(capped, 3'000'000);
    b.transfer(b.channel({dram}), 4'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, Ends(3, 1'000'000));
  });
}

TEST_CASE("engine: capped flows that the memory bounds share it fairly") {
  in_child([] {
    Bench b;
    const Resource dram = b.engine.add_resource("dram", bytes_per_ns(10));
    const Resource cap = b.engine.add_resource("cap", bytes_per_ns(3), Resource::Sharing::kCap);
    const Channel capped = b.channel({dram, cap});
    for (int i = 0; i < 3; ++i) b.transfer(capped, 2'500'000);
    b.transfer(b.channel({dram}), 2'500'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, Ends(4, 1'000'000));
  });
}

TEST_CASE("engine: any number of flows get the cap if nothing else bounds them") {
  in_child([] {
    Bench b;
    const Channel capped = b.channel({b.engine.add_resource("cap", bytes_per_ns(3), Resource::Sharing::kCap)});
    for (int i = 0; i < 50; ++i) b.transfer(capped, 3'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, Ends(50, 1'000'000));
  });
}

TEST_CASE("engine: a resource that is listed twice is used twice") {
  in_child([] {
    Bench b;
    const Resource dram = b.engine.add_resource("dram", bytes_per_ns(10));
    b.transfer(b.channel({dram, dram}), 1'000'000);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{200'000}));
    CHILD_CHECK_EQ(dram.transferred().count(), 2'000'000U);
  });
}

TEST_CASE("engine: unlimited resources cost no time") {
  in_child([] {
    Bench b;
    const Resource unlimited = b.engine.add_resource("ideal", Bandwidth::unlimited());
    const Resource link = b.engine.add_resource("link", bytes_per_ns(10));
    CHILD_CHECK(unlimited.bandwidth().is_unlimited());
    b.transfer(b.channel({unlimited}), 1'000'000'000);
    b.transfer(b.channel({unlimited}, ns(250)), 1'000'000'000);
    b.transfer(b.channel({unlimited, link}, ns(250)), 1'000);
    b.transfer(b.channel({link}, ns(1'000)), 0);
    b.engine.run();
    CHILD_CHECK_EQ(b.end_ns, (Ends{0, 250, 350, 0}));
    CHILD_CHECK_EQ(unlimited.transferred().count(), 2'000'001'000U);
  });
}

TEST_CASE("engine: a flow that nobody waits for still moves its bytes") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", bytes_per_ns(10));
    const Channel channel = engine.add_channel("c", std::vector{link});
    engine.spawn("a", [&] {
      {
        const Flow dropped = channel.start(Bytes(1'000'000));
      }
      channel.transfer(Bytes(1'000'000));
      CHILD_CHECK_EQ(engine.now().picoseconds(), ns(200'000).picoseconds());
      Flow replaced = channel.start(Bytes(500'000));
      replaced = channel.start(Bytes(1'000'000));
      replaced.wait();
      CHILD_CHECK_EQ(engine.now().picoseconds(), ns(350'000).picoseconds());
    });
    engine.run();
    CHILD_CHECK_EQ(link.transferred().count(), 3'500'000U);
  });
}

TEST_CASE("engine: flows in flight when the run ends are dropped safely") {
  in_child([] {
    std::optional<Flow> kept;
    {
      Engine engine;
      const Resource link = engine.add_resource("link", bytes_per_ns(10));
      const Channel channel = engine.add_channel("c", std::vector{link}, ns(10));
      engine.spawn_daemon("d", [&] { channel.transfer(Bytes(1'000'000)); });
      engine.spawn("a", [&] {
        kept = channel.start(Bytes(1'000'000));
        {
          const Flow dropped = channel.start(Bytes(1'000'000));
        }
        engine.sleep_for(ns(100));
        {
          const Flow dropped = channel.start(Bytes(1'000'000));
        }  // in its latency, or not even started
      });
      engine.run();
      CHILD_CHECK_EQ(engine.now().picoseconds(), ns(100).picoseconds());
      CHILD_CHECK_EQ(link.transferred().count(), 0U);
    }
    kept.reset();
  });
}

}  // namespace flow_test
}  // namespace farfault::engine
