/// The discrete-event engine: actors, timers, signals, and flows that share bandwidth max-min fair.
///
/// A thin wrapper over SimGrid's S4U, and the only folder that includes it; docs/engine.md says how its traps are
/// handled. One Engine per process: sweeps fork. All calls come from the thread that made the Engine. Simulated time is
/// SimTime, integer picoseconds; the clock of SimGrid is a double in nanoseconds, good to a picosecond up to 10^12 ns.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sim/core/units.h"

namespace farfault::engine {

class Engine;

/// A resource with a bandwidth that the flows on it share (a memory, one direction of a link, a rate cap).
/// Owned by the Engine; a cheap handle.
class Resource {
 public:
  /// How flows divide the bandwidth.
  enum class Sharing {
    kShared,  ///< max-min fair among all flows
    kCap,     ///< each flow gets at most the bandwidth, none is taken from another ("fat pipe")
  };
  const std::string& name() const;
  Bandwidth bandwidth() const;
  /// Bytes of all flows that have crossed the resource and completed.
  Bytes transferred() const;

 private:
  friend class Engine;
  friend class Channel;
  friend class Flow;
  struct State;
  explicit Resource(State& state) : state_(&state) {}
  State* state_;
};

/// A transfer in flight. Movable; wait() must be called before the run ends, by an actor. A Flow that is destroyed
/// without wait() is detached: it still moves its bytes, until it is complete or the run ends.
class Flow {
 public:
  Flow() noexcept;
  Flow(Flow&&) noexcept;
  Flow& operator=(Flow&&) noexcept;
  ~Flow();
  /// Blocks the calling actor until the transfer is complete; returns at once if it is, or if it moved nothing.
  void wait();

 private:
  friend class Channel;
  friend class Engine;
  struct State;
  explicit Flow(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// A route over resources, all of which a flow uses at once, plus a latency that is added and never shared: it passes
/// first, then the bytes move. A resource that is listed twice is used twice (a copy within one memory).
/// Owned by the Engine; a cheap handle.
class Channel {
 public:
  /// Starts moving `bytes`; called by an actor or a timer, does not block. Resources of unlimited bandwidth cost
  /// nothing; zero bytes complete at once and take no latency.
  Flow start(Bytes bytes) const;
  /// start() and wait().
  void transfer(Bytes bytes) const;
  const std::string& name() const;

 private:
  friend class Engine;
  friend class Flow;
  struct State;
  explicit Channel(State& state) : state_(&state) {}
  State* state_;
};

/// A condition that actors wait for. Not a latch: notify wakes those who wait now, in the order in which they came.
/// REQUIRES: no actor waits when it is destroyed (those who do wait for ever).
class Signal {
 public:
  explicit Signal(Engine& engine);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Blocks the calling actor until the next notify. Callers re-test what they wait for.
  void wait();
  /// May be called by actors, timers and before the run. Does not block: the caller goes on first.
  void notify_all();
  /// Number of actors that wait now.
  std::size_t waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A counting semaphore, first come first served: a release is handed to the first who waits, nobody can overtake.
/// REQUIRES: no actor waits when it is destroyed.
class Semaphore {
 public:
  Semaphore(Engine& engine, unsigned initial);
  ~Semaphore();
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// Blocks the calling actor until it has one unit.
  void acquire();
  /// May be called by actors, timers and before the run. Does not block.
  void release();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Engine {
 public:
  /// Its clock begins at 0. Throws RunError if this process has an Engine, or has had one and none can follow.
  Engine();
  /// Ends every actor that is still alive.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// REQUIRES: no run has begun; bandwidth > 0.
  Resource add_resource(std::string name, Bandwidth bandwidth, Resource::Sharing sharing = Resource::Sharing::kShared);
  /// Two directions of a link that disturb each other: while a flow uses `b`, `a` has the share `left_of_a` of its
  /// bandwidth, and the other way round. Counts flows whose bytes move, not those in their latency. REQUIRES: no run
  /// has begun; 0 < shares <= 1; neither resource is of another pair.
  void set_duplex(Resource a, double left_of_a, Resource b, double left_of_b);
  /// REQUIRES: no run has begun. At least one resource, all of this engine; latency >= 0.
  Channel add_channel(std::string name, std::span<const Resource> route, SimTime latency = SimTime::zero());

  /// Starts an actor: a function with a stack of its own that may block. May be called before and during the run;
  /// actors that were made before the run start in the order of their making. A daemon does not keep the run alive:
  /// run() returns when the last actor that is not a daemon has ended. Does not block: the actor starts at the same
  /// date, when the caller next blocks. Actors that are still alive when the run ends are ended by unwinding their
  /// stacks: they must not swallow unknown exceptions (`catch (...)` without `throw`), nor block in a destructor or a
  /// catch clause.
  void spawn(std::string name, std::function<void()> body);
  void spawn_daemon(std::string name, std::function<void()> body);

  /// Calls `callback` at `date` (at once, if it has passed), outside of any actor: it must not block. Timers of the
  /// same date fire in the order in which they were set. Timers do not keep the run alive.
  void at(SimTime date, std::function<void()> callback);

  /// Blocks the calling actor. A span of zero or less returns at once. Throws RunError for a date beyond 10^6 s.
  void sleep_for(SimTime span);
  void sleep_until(SimTime date);

  SimTime now() const;

  /// Runs until every actor that is not a daemon has ended. Throws what an actor or a timer threw (the first one; the
  /// rest of the simulation is then abandoned), or RunError that names who waits if nothing can happen any more.
  void run();

  /// Number of engine events so far, for benchmarks.
  std::uint64_t events() const;

  /// Whether a process may have an Engine after another. It rests on a part of SimGrid that is no promise of its: where
  /// that is missing, one simulation a process is all there can be.
  static bool can_follow_another();

  struct State;

 private:
  friend class Signal;
  friend class Semaphore;
  std::unique_ptr<State> state_;
};

}  // namespace farfault::engine
