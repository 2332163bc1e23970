#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/engine/engine.h"
#include "tests/unit/engine/in_child.h"

namespace farfault::engine {
namespace actor_test {

using testing::in_child;
using testing::output_of_child;

SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

TEST_CASE("engine: actors start in the order of their making") {
  in_child([] {
    Engine engine;
    std::string order;
    for (char c = 'a'; c <= 'j'; ++c) engine.spawn("x", [&order, c] { order += c; });
    engine.run();
    CHILD_CHECK_EQ(order, std::string("abcdefghij"));
    CHILD_CHECK_EQ(engine.now().picoseconds(), 0);
  });
}

TEST_CASE("engine: a run without actors ends at once") {
  in_child([] {
    Engine engine;
    engine.at(ns(5), [] { CHILD_CHECK(false); });
    engine.spawn_daemon("d", [] { CHILD_CHECK(false); });
    engine.run();
    CHILD_CHECK_EQ(engine.now().picoseconds(), 0);
  });
}

TEST_CASE("engine: an engine that never runs can be destroyed") {
  in_child([] {
    Engine engine;
    Signal signal(engine);
    const Resource link = engine.add_resource("link", Bandwidth::gigabytes_per_second(1));
    const Channel channel = engine.add_channel("c", std::vector{link});
    engine.spawn("a", [&] { channel.transfer(Bytes(1)); });
    engine.at(ns(1), [&] { signal.notify_all(); });
  });
}

TEST_CASE("engine: sleeping lands on the date to the picosecond") {
  in_child([] {
    Engine engine;
    engine.spawn("a", [&] {
      std::mt19937_64 random(1);
      std::int64_t date = 0;
      while (date < 1'000'000'000'000'000) {  // 10^12 ns
        const auto span = static_cast<std::int64_t>(random() >> (14 + random() % 50));
        date += span;
        if (random() % 2 == 0) {
          engine.sleep_until(SimTime::picoseconds(date));
        } else {
          engine.sleep_for(SimTime::picoseconds(span));
        }
        CHILD_CHECK_EQ(engine.now().picoseconds(), date);
      }
      engine.sleep_for(SimTime::picoseconds(-5));
      engine.sleep_for(SimTime::zero());
      engine.sleep_until(SimTime::zero());
      CHILD_CHECK_EQ(engine.now().picoseconds(), date);
    });
    engine.run();
  });
}

TEST_CASE("engine: sleeps of one picosecond are not merged") {
  in_child([] {
    Engine engine;
    std::string order;
    for (int i = 9; i >= 1; --i) {
      engine.spawn("a", [&engine, &order, i] {
        engine.sleep_for(SimTime::picoseconds(i));
        CHILD_CHECK_EQ(engine.now().picoseconds(), i);
        order += std::to_string(i);
      });
    }
    engine.run();
    CHILD_CHECK_EQ(order, std::string("123456789"));
  });
}

TEST_CASE("engine: the clock is exact after ten to the twelve nanoseconds") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", Bandwidth::gigabytes_per_second(10));
    const Channel channel = engine.add_channel("c", std::vector{link}, ns(500));
    engine.spawn("a", [&] {
      std::int64_t date = 1'000'000'000'000'000;
      engine.sleep_until(SimTime::picoseconds(date));
      for (int i = 1; i <= 2000; ++i) {
        date += i;
        engine.sleep_for(SimTime::picoseconds(i));
        CHILD_CHECK_EQ(engine.now().picoseconds(), date);
      }
      channel.transfer(Bytes(1'000'000));
      CHILD_CHECK_EQ(engine.now().picoseconds(), date + 100'500'000);
    });
    engine.run();
  });
}

TEST_CASE("engine: timers of one date fire in the order in which they were set") {
  in_child([] {
    Engine engine;
    std::string order;
    for (char c = 'a'; c <= 'z'; ++c) {
      engine.at(ns(10), [&, c] {
        order += c;
        CHILD_CHECK_EQ(engine.now().picoseconds(), 10'000);
        if (c == 'c') engine.at(ns(10), [&] { order += '!'; });
        if (c == 'd') engine.at(ns(3), [&] { order += '?'; });  // has passed: at once
      });
    }
    engine.at(ns(5), [&] { order += '5'; });
    engine.spawn("a", [&] { engine.sleep_for(ns(20)); });
    engine.run();
    CHILD_CHECK_EQ(order, std::string("5abcdefghijklmnopqrstuvwxyz!?"));
  });
}

TEST_CASE("engine: timers and sleepers of one date go in the order of the calls") {
  in_child([] {
    Engine engine;
    std::string order;
    engine.spawn("a", [&] {
      engine.at(ns(10), [&] { order += '1'; });
      engine.sleep_until(ns(10));
      order += 'a';
    });
    engine.spawn("b", [&] {
      engine.sleep_until(ns(10));
      order += 'b';
    });
    engine.run();
    CHILD_CHECK_EQ(order, std::string("1ab"));
  });
}

TEST_CASE("engine: signals wake those who wait in their order") {
  in_child([] {
    Engine engine;
    Signal signal(engine);
    std::string order;
    for (char c = 'a'; c <= 'e'; ++c) {
      engine.spawn("waiter", [&, c] {
        engine.sleep_for(ns('e' - c));
        signal.wait();
        order += c;
      });
    }
    engine.spawn("notifier", [&] {
      engine.sleep_for(ns(100));
      CHILD_CHECK_EQ(signal.waiting(), 5U);
      signal.notify_all();
      order += '.';  // the caller goes on first
      CHILD_CHECK_EQ(signal.waiting(), 0U);
      signal.notify_all();  // nobody waits: lost
    });
    engine.run();
    CHILD_CHECK_EQ(order, std::string(".edcba"));
  });
}

TEST_CASE("engine: a signal is not a latch and wakes by timers too") {
  in_child([] {
    Engine engine;
    Signal signal(engine);
    bool ready = false;
    int wakes = 0;
    signal.notify_all();
    engine.at(ns(7), [&] { signal.notify_all(); });
    engine.at(ns(9), [&] {
      ready = true;
      signal.notify_all();
    });
    engine.spawn("a", [&] {
      while (!ready) {
        signal.wait();
        ++wakes;
      }
      CHILD_CHECK_EQ(engine.now().picoseconds(), 9'000);
    });
    engine.run();
    CHILD_CHECK_EQ(wakes, 2);
  });
}

TEST_CASE("engine: a semaphore serves first come first") {
  in_child([] {
    Engine engine;
    Semaphore semaphore(engine, 2);
    std::string order;
    for (char c = 'a'; c <= 'f'; ++c) {
      engine.spawn("a", [&, c] {
        semaphore.acquire();
        order += c;
        engine.sleep_for(ns(10));
        semaphore.release();
        // Comes back at once, but cannot overtake.
        semaphore.acquire();
        order += static_cast<char>(c - 'a' + 'A');
        semaphore.release();
      });
    }
    engine.run();
    CHILD_CHECK_EQ(order, std::string("abcdefABCDEF"));
  });
}

TEST_CASE("engine: a semaphore counts what is released before and by timers") {
  in_child([] {
    Engine engine;
    Semaphore semaphore(engine, 0);
    semaphore.release();
    engine.at(ns(30), [&] { semaphore.release(); });
    engine.spawn("a", [&] {
      semaphore.acquire();
      CHILD_CHECK_EQ(engine.now().picoseconds(), 0);
      semaphore.acquire();
      CHILD_CHECK_EQ(engine.now().picoseconds(), 30'000);
    });
    engine.run();
  });
}

TEST_CASE("engine: actors and timers can spawn during the run") {
  in_child([] {
    Engine engine;
    std::string order;
    engine.at(ns(4), [&] { engine.spawn("t", [&] { order += 't'; }); });
    engine.spawn("a", [&] {
      engine.spawn("b", [&] {
        order += 'b';
        engine.sleep_for(ns(10));
        order += 'B';
      });
      order += 'a';
      engine.sleep_for(ns(5));
      order += 'A';
      // The last act of the last actor: the run goes on with the new one.
      engine.spawn("c", [&] {
        engine.sleep_for(ns(50));
        order += 'c';
      });
    });
    engine.run();
    CHILD_CHECK_EQ(order, std::string("abtABc"));
    CHILD_CHECK_EQ(engine.now().picoseconds(), 55'000);
  });
}

TEST_CASE("engine: the last actor may be one that was spawned by its last act") {
  in_child([] {
    Engine engine;
    int depth = 0;
    std::function<void()> next = [&] {
      engine.sleep_for(ns(1));
      if (++depth < 3000) engine.spawn("next", next);
    };
    engine.spawn_daemon("d", [&] {
      for (;;) engine.sleep_for(ns(100));
    });
    engine.spawn("first", next);
    engine.run();
    CHILD_CHECK_EQ(depth, 3000);
    CHILD_CHECK_EQ(engine.now().picoseconds(), 3'000'000);
  });
}

TEST_CASE("engine: a daemon does not keep the run alive and its stack is unwound") {
  in_child([] {
    Engine engine;
    Signal never(engine);
    Semaphore empty(engine, 0);
    int unwound = 0;
    struct Count {
      Signal& signal;
      int& count;
      ~Count() {
        ++count;
        signal.notify_all();
      }
    };
    engine.spawn_daemon("sleeper", [&] {
      const Count counter{never, unwound};
      for (;;) engine.sleep_for(ns(3));
    });
    engine.spawn_daemon("waiter", [&] {
      const Count counter{never, unwound};
      never.wait();
      CHILD_CHECK(false);
    });
    engine.spawn_daemon("acquirer", [&] {
      const Count counter{never, unwound};
      empty.acquire();
      CHILD_CHECK(false);
    });
    engine.at(ns(1'000), [] { CHILD_CHECK(false); });
    engine.spawn("a", [&] { engine.sleep_for(ns(10)); });
    engine.run();
    CHILD_CHECK_EQ(unwound, 3);
    CHILD_CHECK_EQ(never.waiting(), 0U);
    CHILD_CHECK_EQ(engine.now().picoseconds(), 10'000);
  });
}

TEST_CASE("engine: a second run goes on where the first ended") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", Bandwidth::gigabytes_per_second(1));
    const Channel channel = engine.add_channel("c", std::vector{link});
    engine.spawn("a", [&] { engine.sleep_for(ns(10)); });
    engine.run();
    engine.spawn("b", [&] { channel.transfer(Bytes(90)); });
    engine.run();
    CHILD_CHECK_EQ(engine.now().picoseconds(), 100'000);
  });
}

TEST_CASE("engine: ten thousand actors") {
  in_child([] {
    Engine engine;
    int ended = 0;
#ifdef FARFAULT_SANITIZED
    constexpr int kActors = 300;  // threads
#else
    constexpr int kActors = 10'000;
#endif
    for (int i = 0; i < kActors; ++i) {
      engine.spawn("a", [&, i] {
        engine.sleep_for(ns(i % 7));
        ++ended;
      });
    }
    engine.run();
    CHILD_CHECK_EQ(ended, kActors);
  });
}

/// 10^5 random events; returns their dates. Every sleep, timer and flow has to come back.
std::string random_simulation(std::uint64_t seed, int events) {
  Engine engine;
  const Resource dram = engine.add_resource("dram", Bandwidth::gigabytes_per_second(97.3));
  const Resource pcie = engine.add_resource("pcie", Bandwidth::gigabytes_per_second(13.7));
  const Resource cap = engine.add_resource("cap", Bandwidth::gigabytes_per_second(5.1), Resource::Sharing::kCap);
  const std::vector<Channel> channels{
      engine.add_channel("local", std::vector{dram}, ns(90)),
      engine.add_channel("copy", std::vector{dram, pcie}, SimTime::picoseconds(1'234'567)),
      engine.add_channel("capped", std::vector{pcie, cap}),
      engine.add_channel("only cap", std::vector{cap}, ns(1)),
  };
  Signal signal(engine);
  Semaphore slots(engine, 5);
  constexpr int kActors = 20;
  std::int64_t timers_set = 0;
  std::int64_t timers_fired = 0;
  std::uint64_t pcie_bytes = 0;
  int finished = 0;
  std::uint64_t digest = 14695981039346656037U;
  const auto note = [&](std::uint64_t who) {
    digest = (digest ^ (static_cast<std::uint64_t>(engine.now().picoseconds()) * 31 + who)) * 1099511628211U;
  };
  for (int a = 0; a < kActors; ++a) {
    engine.spawn("random", [&, a] {
      std::mt19937_64 random(seed * 1000 + static_cast<std::uint64_t>(a));
      for (int i = 0; i < events / kActors; ++i) {
        const SimTime before = engine.now();
        switch (random() % 5) {
          case 0: {
            const SimTime span = SimTime::picoseconds(static_cast<std::int64_t>(random() >> (30 + random() % 30)));
            engine.sleep_for(span);
            CHILD_CHECK_EQ(engine.now().picoseconds(), (before + span).picoseconds());
            break;
          }
          case 1: {
            const SimTime date = before + SimTime::picoseconds(static_cast<std::int64_t>(random() % 5'000'000));
            ++timers_set;
            engine.at(date, [&, date] {
              CHILD_CHECK_EQ(engine.now().picoseconds(), date.picoseconds());
              ++timers_fired;
              signal.notify_all();
              note(99);
            });
            signal.wait();
            break;
          }
          case 2:
            slots.acquire();
            engine.sleep_for(SimTime::picoseconds(static_cast<std::int64_t>(random() % 3)));
            slots.release();
            break;
          default: {
            const std::size_t channel = random() % channels.size();
            const Bytes bytes(random() % 100'000);
            if (channel == 1 || channel == 2) pcie_bytes += bytes.count();
            channels[channel].transfer(bytes);
            break;
          }
        }
        note(static_cast<std::uint64_t>(a));
      }
      ++finished;
    });
  }
  engine.spawn("late", [&] {
    while (finished < kActors || timers_fired < timers_set) engine.sleep_for(SimTime::milliseconds(1));
  });
  engine.run();
  CHILD_CHECK_EQ(finished, kActors);
  CHILD_CHECK_EQ(timers_fired, timers_set);
  CHILD_CHECK_EQ(pcie.transferred().count(), pcie_bytes);
  return std::to_string(digest) + ' ' + std::to_string(engine.now().picoseconds()) + ' ' +
         std::to_string(engine.events());
}

TEST_CASE("engine: a hundred thousand random events are all kept and repeat exactly") {
#ifdef FARFAULT_SANITIZED
  constexpr int kEvents = 5'000;
#else
  constexpr int kEvents = 100'000;
#endif
  const std::string first = output_of_child([] { return random_simulation(1, kEvents); });
  const std::string second = output_of_child([] { return random_simulation(1, kEvents); });
  const std::string other = output_of_child([] { return random_simulation(2, kEvents); });
  CHECK(!first.empty());
  CHECK(first == second);
  CHECK(first != other);
  // Nothing of one simulation is left in the next of the same process.
  const auto in_a_row = [] {
    std::string out;
    for (const std::uint64_t seed : {2U, 1U, 1U, 2U}) out += random_simulation(seed, kEvents) + '\n';
    return out;
  };
  CHECK(output_of_child(in_a_row) == other + '\n' + first + '\n' + first + '\n' + other + '\n');
}

}  // namespace actor_test
}  // namespace farfault::engine
