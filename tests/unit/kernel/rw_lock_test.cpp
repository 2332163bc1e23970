#include "models/kernel/rw_lock.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/unit/engine/in_child.h"

namespace farfault {
namespace rw_lock_test {

using engine::testing::in_child;
using engine::testing::output_of_child;

SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

/// Actors that take one lock at given dates and hold it for given spans, and what they did.
class LockBench {
 public:
  void reader(const std::string& name, std::int64_t at, std::int64_t held) { spawn(name, at, held, false); }
  void writer(const std::string& name, std::int64_t at, std::int64_t held) { spawn(name, at, held, true); }
  /// "name@date" of each that got the lock, in that order.
  std::string run() {
    engine_.run();
    return log_;
  }
  const RwLock& lock() const { return lock_; }

 private:
  void spawn(const std::string& name, std::int64_t at, std::int64_t held, bool write) {
    engine_.spawn(name, [=, this] {
      engine_.sleep_until(ns(at));
      write ? lock_.lock() : lock_.lock_shared();
      CHILD_CHECK(writers_ == 0);
      if (write) CHILD_CHECK_EQ(readers_, 0);
      ++(write ? writers_ : readers_);
      log_ += name + '@' + std::to_string(engine_.now().picoseconds() / 1000) + ' ';
      engine_.sleep_for(ns(held));
      --(write ? writers_ : readers_);
      write ? lock_.unlock() : lock_.unlock_shared();
    });
  }

  engine::Engine engine_;
  RwLock lock_{engine_};
  std::string log_;
  int readers_ = 0;
  int writers_ = 0;
};

TEST_CASE("kernel: readers of a lock share it") {
  in_child([] {
    LockBench b;
    b.reader("a", 0, 100);
    b.reader("b", 40, 100);
    b.reader("c", 40, 1);
    CHILD_CHECK_EQ(b.run(), "a@0 b@40 c@40 ");
    CHILD_CHECK(b.lock().waited() == SimTime::zero());
    CHILD_CHECK_EQ(b.lock().reads(), 3U);
    CHILD_CHECK_EQ(b.lock().writes(), 0U);
  });
}

TEST_CASE("kernel: a writer waits for all readers and holds later readers back") {
  in_child([] {
    LockBench b;
    b.reader("a", 0, 100);
    b.reader("b", 10, 150);
    b.writer("w", 20, 1000);
    b.reader("c", 30, 5);
    b.reader("d", 500, 5);
    CHILD_CHECK_EQ(b.run(), "a@0 b@10 w@160 c@1160 d@1160 ");
    // w waits 140, c 1130, d 660.
    CHILD_CHECK(b.lock().waited() == ns(140 + 1130 + 660));
    CHILD_CHECK_EQ(b.lock().reads(), 4U);
    CHILD_CHECK_EQ(b.lock().writes(), 1U);
  });
}

TEST_CASE("kernel: writers exclude each other and come before readers that arrived between them") {
  in_child([] {
    LockBench b;
    b.writer("v", 0, 100);
    b.writer("w", 10, 100);
    b.reader("a", 20, 7);
    b.writer("x", 30, 100);
    CHILD_CHECK_EQ(b.run(), "v@0 w@100 x@200 a@300 ");
    CHILD_CHECK(b.lock().waited() == ns(90 + 170 + 280));
  });
}

TEST_CASE("kernel: a lock that is free again costs nothing") {
  in_child([] {
    LockBench b;
    b.writer("v", 0, 10);
    b.reader("a", 10, 10);
    b.writer("w", 20, 10);
    b.reader("b", 50, 10);
    CHILD_CHECK_EQ(b.run(), "v@0 a@10 w@20 b@50 ");
    CHILD_CHECK(b.lock().waited() == SimTime::zero());
  });
}

TEST_CASE("kernel: the order in which a lock is got depends on the calls alone") {
  const auto run = [] {
    LockBench b;
    for (int i = 0; i < 60; ++i) {
      const std::string name = std::to_string(i);
      const std::int64_t at = i * 37 % 23;
      i % 7 == 0 ? b.writer(name, at, i % 5) : b.reader(name, at, i % 11);
    }
    return b.run() + std::to_string(b.lock().waited().picoseconds());
  };
  const std::string first = output_of_child(run);
  CHECK(first.find("59@") != std::string::npos);
  CHECK(output_of_child(run) == first);
}

TEST_CASE("kernel: a lock says whether a reader would wait") {
  in_child([] {
    engine::Engine engine;
    RwLock lock(engine);
    engine.spawn("reader", [&] {
      lock.lock_shared();
      CHILD_CHECK(!lock.readers_wait());
      engine.sleep_for(ns(10));
      CHILD_CHECK(lock.readers_wait());  // a writer waits
      lock.unlock_shared();
      engine.sleep_for(ns(5));
      CHILD_CHECK(lock.readers_wait());  // and has it
      engine.sleep_for(ns(10));
      CHILD_CHECK(!lock.readers_wait());
    });
    engine.spawn("writer", [&] {
      engine.sleep_for(ns(5));
      lock.lock();
      engine.sleep_for(ns(10));
      lock.unlock();
    });
    engine.run();
  });
}

TEST_CASE("kernel: a shared hold ends with its scope or when it is released and may hold nothing") {
  in_child([] {
    engine::Engine engine;
    RwLock lock(engine);
    engine.spawn("reader", [&] {
      {
        const SharedHold hold(&lock);
        engine.sleep_for(ns(10));
      }
      engine.sleep_for(ns(100));
      SharedHold hold(&lock);
      hold.release();
      hold.release();
      const SharedHold nothing(nullptr);
      engine.sleep_for(ns(100));
    });
    engine.spawn("writer", [&] {
      lock.lock();
      CHILD_CHECK(engine.now() == ns(10));
      lock.unlock();
      engine.sleep_until(ns(150));
      lock.lock();
      CHILD_CHECK(engine.now() == ns(150));
      lock.unlock();
    });
    engine.run();
  });
}

}  // namespace rw_lock_test
}  // namespace farfault
