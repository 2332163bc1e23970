#include <sys/stat.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "sim/engine/engine.h"
#include "tests/unit/engine/in_child.h"

namespace farfault::engine {
namespace failure_test {

using testing::in_child;
using testing::output_of_child;

SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// The text of the RunError that the run throws; empty if it throws none.
std::string run_error(Engine& engine) {
  try {
    engine.run();
  } catch (const RunError& error) {
    return error.what();
  }
  return "";
}

struct CountDestruction {
  int& count;
  ~CountDestruction() { ++count; }
};

TEST_CASE("engine: a deadlock names who waits for what") {
  in_child([] {
    Engine engine;
    Signal signal(engine);
    Semaphore semaphore(engine, 0);
    int unwound = 0;
    engine.spawn("consumer", [&] {
      const CountDestruction count{unwound};
      engine.sleep_for(ns(5));
      signal.wait();
    });
    engine.spawn("worker", [&] {
      const CountDestruction count{unwound};
      semaphore.acquire();
    });
    engine.spawn_daemon("server", [&] {
      const CountDestruction count{unwound};
      signal.wait();
    });
    engine.spawn("innocent", [&] { engine.sleep_for(ns(2)); });
    const std::string text = run_error(engine);
    CHILD_CHECK(contains(text, "consumer (signal), worker (semaphore);"));
    CHILD_CHECK(!contains(text, "server"));
    CHILD_CHECK(!contains(text, "innocent"));
    CHILD_CHECK_EQ(unwound, 3);
    CHILD_CHECK_EQ(engine.now().picoseconds(), 5'000);
  });
}

TEST_CASE("engine: a deadlock of many actors names some of them") {
  in_child([] {
    Engine engine;
    Signal signal(engine);
    for (int i = 0; i < 100; ++i) engine.spawn("actor " + std::to_string(i), [&] { signal.wait(); });
    const std::string text = run_error(engine);
    CHILD_CHECK(contains(text, "actor 0 (signal), actor 1 (signal)"));
    CHILD_CHECK(contains(text, "and 84 more"));
  });
}

TEST_CASE("engine: an exception of an actor comes out of run and abandons the rest") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", Bandwidth::gigabytes_per_second(1));
    const Channel channel = engine.add_channel("c", std::vector{link});
    Signal signal(engine);
    int unwound = 0;
    engine.spawn("copier", [&] {
      const CountDestruction count{unwound};
      channel.transfer(Bytes(1'000'000));
      CHILD_CHECK(false);
    });
    engine.spawn("waiter", [&] {
      const CountDestruction count{unwound};
      signal.wait();
      CHILD_CHECK(false);
    });
    engine.at(ns(1'000), [] { CHILD_CHECK(false); });
    engine.spawn("thrower", [&] {
      const CountDestruction count{unwound};
      engine.sleep_for(ns(10));
      engine.spawn("too late", [] { CHILD_CHECK(false); });
      throw std::out_of_range("first");
    });
    engine.spawn("second thrower", [&] {
      engine.sleep_for(ns(10));
      throw std::out_of_range("second");
    });
    std::string text;
    try {
      engine.run();
    } catch (const std::out_of_range& error) {
      text = error.what();
    }
    CHILD_CHECK_EQ(text, std::string("first"));
    CHILD_CHECK_EQ(unwound, 3);
    CHILD_CHECK_EQ(engine.now().picoseconds(), 10'000);
  });
}

TEST_CASE("engine: an exception at date zero comes out of run") {
  in_child([] {
    Engine engine;
    engine.spawn("a", [] { throw RunError("broken"); });
    engine.spawn("b", [&] { engine.sleep_for(ns(1)); });
    CHILD_CHECK_EQ(run_error(engine), std::string("broken"));
  });
}

TEST_CASE("engine: something thrown that is no exception comes out of run") {
  in_child([] {
    Engine engine;
    engine.spawn("a", [] { throw 42; });
    int caught = 0;
    try {
      engine.run();
    } catch (int value) {
      caught = value;
    }
    CHILD_CHECK_EQ(caught, 42);
  });
}

TEST_CASE("engine: an exception of a timer comes out of run") {
  in_child([] {
    Engine engine;
    int unwound = 0;
    engine.spawn("a", [&] {
      const CountDestruction count{unwound};
      engine.sleep_for(ns(1'000));
      CHILD_CHECK(false);
    });
    engine.at(ns(10), [] { throw RunError("timer"); });
    engine.at(ns(10), [] { CHILD_CHECK(false); });
    CHILD_CHECK_EQ(run_error(engine), std::string("timer"));
    CHILD_CHECK_EQ(unwound, 1);
    CHILD_CHECK_EQ(engine.now().picoseconds(), 10'000);
  });
}

TEST_CASE("engine: destructors of ended actors may use the engine but do not block") {
  in_child([] {
    Engine engine;
    const Resource link = engine.add_resource("link", Bandwidth::gigabytes_per_second(1));
    const Channel channel = engine.add_channel("c", std::vector{link});
    Signal signal(engine);
    Semaphore semaphore(engine, 0);
    struct Busy {
      Engine& engine;
      Channel channel;
      Signal& signal;
      Semaphore& semaphore;
      ~Busy() {
        signal.notify_all();
        semaphore.release();
        semaphore.acquire();
        semaphore.acquire();
        channel.transfer(Bytes(10));
        engine.sleep_for(ns(10));
        engine.at(ns(100), [] { CHILD_CHECK(false); });
        engine.spawn("x", [] { CHILD_CHECK(false); });
        signal.wait();
      }
    };
    for (int i = 0; i < 3; ++i) {
      engine.spawn_daemon("d", [&] {
        const Busy busy{engine, channel, signal, semaphore};
        signal.wait();
      });
    }
    engine.spawn("a", [&] { engine.sleep_for(ns(1)); });
    engine.run();
    CHILD_CHECK_EQ(engine.now().picoseconds(), 1'000);
  });
}

TEST_CASE("engine: blocking outside of an actor is refused") {
  in_child([] {
    Engine engine;
    Signal signal(engine);
    int refused = 0;
    const auto refuses = [&](const std::function<void()>& call) {
      try {
        call();
      } catch (const std::logic_error&) {
        ++refused;
      }
    };
    refuses([&] { engine.sleep_for(ns(1)); });
    engine.spawn("a", [&] { engine.sleep_for(ns(5)); });
    engine.at(ns(3), [&] {
      refuses([&] { signal.wait(); });
      refuses([&] { engine.run(); });
    });
    engine.run();
    refuses([&] { signal.wait(); });
    refuses([&] { engine.add_resource("late", Bandwidth::gigabytes_per_second(1)); });
    CHILD_CHECK_EQ(refused, 5);
  });
}

TEST_CASE("engine: a second engine beside a first is refused, and one after it begins at zero") {
  in_child([] {
    CHILD_CHECK(Engine::can_follow_another());
    auto first = std::make_unique<Engine>();
    first->spawn("a", [&] { first->sleep_for(ns(5)); });
    first->run();
    std::string text;
    try {
      Engine second;
    } catch (const RunError& error) {
      text = error.what();
    }
    CHILD_CHECK(contains(text, "one can follow"));
    first->spawn("b", [&] { first->sleep_for(ns(5)); });
    first->run();
    CHILD_CHECK_EQ(first->now().picoseconds(), 10'000);
    first.reset();
    Engine third;
    CHILD_CHECK_EQ(third.now().picoseconds(), 0);
    third.spawn("a", [&] { third.sleep_for(ns(7)); });
    third.run();
    CHILD_CHECK_EQ(third.now().picoseconds(), 7'000);
  });
}

/// Has actors, timers, sleepers and flows under way when it fails.
void fail_with_all_in_flight(int& later, const std::function<void(Engine&)>& fail) {
  Engine engine;
  const Resource link = engine.add_resource("link", Bandwidth::gigabytes_per_second(1));
  const Channel channel = engine.add_channel("copy", std::vector{link}, ns(3));
  Signal signal(engine);
  engine.spawn("copies", [&] {
    channel.transfer(Bytes(1'000'000));
    ++later;
  });
  engine.spawn("waits", [&] {
    signal.wait();
    ++later;
  });
  engine.spawn("sleeps", [&] {
    engine.sleep_for(ns(50));
    ++later;
  });
  engine.spawn_daemon("serves", [&] {
    for (;;) {
      engine.sleep_for(ns(1));
      signal.notify_all();
      signal.wait();
    }
  });
  engine.at(ns(40), [&] { ++later; });
  engine.at(ns(20), [&] { fail(engine); });
  engine.spawn("fails", [&] {
    engine.sleep_for(ns(10));
    fail(engine);
  });
  CHILD_CHECK(run_error(engine) == "failed");
}

TEST_CASE("engine: nothing of a run that failed comes up in the next engine") {
  in_child([] {
    int later = 0;
    fail_with_all_in_flight(later, [](Engine& engine) {
      if (engine.now() == ns(10)) throw RunError("failed");
    });
    const int after_first = later;
    fail_with_all_in_flight(later, [](Engine& engine) {
      if (engine.now() == ns(20)) throw RunError("failed");
    });
    const int after_second = later;
    {
      Engine stuck;
      Signal never(stuck);
      stuck.spawn("waits", [&] { never.wait(); });
      CHILD_CHECK(contains(run_error(stuck), "waits (signal)"));
    }
    Engine engine;
    const Resource link = engine.add_resource("link", Bandwidth::gigabytes_per_second(1));
    const Channel channel = engine.add_channel("copy", std::vector{link}, ns(3));
    engine.spawn("copies", [&] { channel.transfer(Bytes(1'000)); });
    engine.run();
    CHILD_CHECK_EQ(engine.now().picoseconds(), 1'003'000);
    CHILD_CHECK_EQ(link.transferred().count(), 1'000U);
    // One of the daemon's signals woke "waits" before the failure; nobody else got further.
    CHILD_CHECK_EQ(after_first, 1);
    CHILD_CHECK_EQ(after_second, 2);
    CHILD_CHECK_EQ(later, 2);
  });
}

TEST_CASE("engine: processes of one parent each have a simulation") {
  const auto simulate = [] {
    Engine engine;
    engine.spawn("a", [&] { engine.sleep_for(ns(17)); });
    engine.run();
    return std::to_string(engine.now().picoseconds());
  };
  CHECK(output_of_child(simulate) == "17000");
  CHECK(output_of_child(simulate) == "17000");
}

extern "C" void own_handler(int /*signal*/) {}

TEST_CASE("engine: signal handlers are kept") {
  in_child([] {
    std::signal(SIGINT, own_handler);
    struct sigaction before{};
    sigaction(SIGSEGV, nullptr, &before);
    Engine engine;
    engine.spawn("a", [&] { engine.sleep_for(ns(1)); });
    engine.run();
    struct sigaction after{};
    sigaction(SIGINT, nullptr, &after);
    CHILD_CHECK(after.sa_handler == own_handler);
    sigaction(SIGSEGV, nullptr, &after);
    CHILD_CHECK(after.sa_handler == before.sa_handler);
  });
}

TEST_CASE("engine: nothing is written to the standard streams") {
  in_child([] {
    std::FILE* const file = std::tmpfile();
    const int kept[] = {dup(1), dup(2)};
    dup2(fileno(file), 1);
    dup2(fileno(file), 2);
    {
      Engine engine;
      Signal signal(engine);
      engine.spawn("a", [&] { signal.wait(); });
      CHILD_CHECK(!run_error(engine).empty());
    }
    std::fflush(nullptr);
    dup2(kept[0], 1);
    dup2(kept[1], 2);
    struct stat status{};
    fstat(fileno(file), &status);
    CHILD_CHECK_EQ(status.st_size, 0);
  });
}

}  // namespace failure_test
}  // namespace farfault::engine
