// Two directions of a link that disturb each other. All times are exact.
#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "sim/engine/engine.h"
#include "tests/unit/engine/in_child.h"

namespace farfault::engine {
namespace duplex_test {

using testing::in_child;

SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

/// A link of 10 bytes a nanosecond in each direction, and when transfers over it end.
struct Pair {
  Pair(double left_of_in, double left_of_out) {
    engine.set_duplex(in_resource, left_of_in, out_resource, left_of_out);
    in.push_back(engine.add_channel("in", std::vector{in_resource}));
    out.push_back(engine.add_channel("out", std::vector{out_resource}));
  }
  void transfer(const Channel& over, std::uint64_t bytes, SimTime start) {
    const std::size_t index = ends.size();
    ends.emplace_back();
    engine.spawn("transfer", [this, over, bytes, start, index] {
      engine.sleep_until(start);
      over.transfer(Bytes(bytes));
      ends[index] = engine.now();
    });
  }

  Engine engine;
  Resource in_resource = engine.add_resource("in", Bandwidth::gigabytes_per_second(10));
  Resource out_resource = engine.add_resource("out", Bandwidth::gigabytes_per_second(10));
  std::vector<Channel> in;
  std::vector<Channel> out;
  std::vector<SimTime> ends;
};

TEST_CASE("engine: a direction has its share while the other is busy and all of it before and after") {
  in_child([] {
    Pair link(0.5, 1.0);
    link.transfer(link.in[0], 10'000, ns(0));
    link.transfer(link.out[0], 2'500, ns(500));
    link.engine.run();
    // 500 ns at 10, 250 at 5, and 3750 bytes at 10 again. The other direction loses nothing.
    CHILD_CHECK(link.ends[0] == ns(1125));
    CHILD_CHECK(link.ends[1] == ns(750));
    CHILD_CHECK(link.in_resource.transferred() == Bytes(10'000));
  });
}

TEST_CASE("engine: both directions may lose") {
  in_child([] {
    Pair link(0.5, 0.25);
    link.transfer(link.in[0], 1'000, ns(0));
    link.transfer(link.out[0], 1'000, ns(0));
    link.engine.run();
    // In: 1000 bytes at 5. Out: 200 ns at 2.5, and 500 bytes alone.
    CHILD_CHECK(link.ends[0] == ns(200));
    CHILD_CHECK(link.ends[1] == ns(250));
  });
}

TEST_CASE("engine: what is left is shared among the flows of a direction") {
  in_child([] {
    Pair link(0.4, 1.0);
    link.transfer(link.in[0], 1'000, ns(0));
    link.transfer(link.in[0], 1'000, ns(0));
    link.transfer(link.out[0], 6'000, ns(0));
    link.transfer(link.out[0], 1'000, ns(0));
    link.transfer(link.in[0], 1'000, ns(800));
    link.engine.run();
    CHILD_CHECK(link.ends[0] == ns(500));
    CHILD_CHECK(link.ends[1] == ns(500));
    CHILD_CHECK(link.ends[2] == ns(700));
    CHILD_CHECK(link.ends[3] == ns(200));
    CHILD_CHECK(link.ends[4] == ns(900));
  });
}

TEST_CASE("engine: a direction that goes on and off changes the other's rate each time") {
  in_child([] {
    Pair link(0.5, 1.0);
    link.transfer(link.in[0], 10'000, ns(0));
    for (int i = 0; i < 4; ++i) link.transfer(link.out[0], 1'000, ns(200 * i));
    link.engine.run();
    // Busy for 400 ns of the first 700: 2000 bytes then, 3000 in between, 5000 bytes after.
    CHILD_CHECK(link.ends[0] == ns(1200));
    CHILD_CHECK(link.ends[4] == ns(700));
  });
}

TEST_CASE("engine: one flow right behind another keeps the other direction at its share") {
  in_child([] {
    Pair link(0.5, 1.0);
    link.transfer(link.in[0], 2'000, ns(0));
    link.engine.spawn("out", [&] {
      for (int i = 0; i < 10; ++i) link.out[0].transfer(Bytes(400));
    });
    link.engine.run();
    CHILD_CHECK(link.ends[0] == ns(400));
  });
}

TEST_CASE("engine: a run that is cut short does not leave a direction slow") {
  in_child([] {
    Pair link(0.5, 1.0);
    link.engine.spawn_daemon("out", [&] { link.out[0].transfer(Bytes(1'000'000)); });
    link.engine.spawn("first", [&] { link.engine.sleep_for(ns(100)); });
    link.engine.run();
    link.transfer(link.in[0], 1'000, ns(100));
    link.engine.run();
    CHILD_CHECK(link.ends[0] == ns(200));
  });
}

TEST_CASE("engine: duplex shares and pairs are checked") {
  in_child([] {
    Engine engine;
    const Resource a = engine.add_resource("a", Bandwidth::gigabytes_per_second(1));
    const Resource b = engine.add_resource("b", Bandwidth::gigabytes_per_second(1));
    const Resource c = engine.add_resource("c", Bandwidth::unlimited());
    const auto refuses = [&](const Resource& x, double left_of_x, const Resource& y, double left_of_y) {
      try {
        engine.set_duplex(x, left_of_x, y, left_of_y);
      } catch (const std::logic_error&) {
        return true;
      }
      return false;
    };
    CHILD_CHECK(refuses(a, 0.0, b, 1.0));
    CHILD_CHECK(refuses(a, 1.0, b, 1.5));
    CHILD_CHECK(refuses(a, 0.5, a, 0.5));
    CHILD_CHECK(!refuses(a, 1.0, b, 1.0));
    CHILD_CHECK(!refuses(a, 0.5, b, 1.0));
    CHILD_CHECK(refuses(a, 0.5, c, 1.0));
  });
}

}  // namespace duplex_test
}  // namespace farfault::engine
