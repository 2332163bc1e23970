/// What the engine's sources share: actor records, wait lists, alarms, and the state behind the public handles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <simgrid/s4u/Actor.hpp>
#include <simgrid/s4u/Comm.hpp>
#include <simgrid/s4u/Engine.hpp>
#include <simgrid/s4u/Host.hpp>
#include <simgrid/s4u/Link.hpp>

#include "sim/core/units.h"
#include "sim/engine/actor_stack.h"
#include "sim/engine/engine.h"

namespace simgrid::kernel::timer {
class Timer;
}

namespace farfault::engine {

class WaitList;

/// One actor. It blocks for one thing at a time, so the links of wait lists live here and waiting allocates nothing.
struct ActorRecord {
  std::string name;
  std::function<void()> body;
  std::uint64_t number = 0;  ///< order of the spawn() calls
  bool daemon = false;
  bool killed = false;  ///< the run is over: do not begin
  bool dying = false;   ///< its stack is being unwound: do not block
  ActorStack stack;
  simgrid::s4u::ActorPtr handle;
  std::size_t index = 0;  ///< in Engine::State::actors_

  const char* waits_for = nullptr;        ///< "signal", ...; nullptr while it runs
  const std::string* waits_on = nullptr;  ///< the name of what it waits for, where it has one
  WaitList* list = nullptr;
  ActorRecord* previous = nullptr;
  ActorRecord* next = nullptr;
};

/// First-in-first-out list of blocked actors.
class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  ~WaitList() {
    while (pop_front() != nullptr) {
    }
  }

  void push_back(ActorRecord& actor);
  /// nullptr if empty.
  ActorRecord* pop_front();
  void remove(ActorRecord& actor);
  std::size_t size() const { return size_; }

 private:
  ActorRecord* first_ = nullptr;
  ActorRecord* last_ = nullptr;
  std::size_t size_ = 0;
};

struct Resource::State {
  Engine::State& engine;
  std::string name;
  Bandwidth bandwidth;
  Sharing sharing;
  Bytes transferred = Bytes();
  State* opposite = nullptr;           ///< the other direction of a link, where the two disturb each other
  double left = 1;                     ///< share of the bandwidth that is left while flows use the other direction
  std::uint64_t flows = 0;             ///< that move bytes now; counted only where there is an opposite
  simgrid::s4u::Link* link = nullptr;  ///< made by the first run; null if the bandwidth is unlimited
};

struct Channel::State {
  Engine::State& engine;
  std::string name;
  std::vector<Resource::State*> route;
  double latency = 0;                    ///< ns
  bool limited = false;                  ///< some resource has a finite bandwidth
  bool duplex = false;                   ///< some resource is disturbed by its other direction; set by the first run
  simgrid::s4u::Host* target = nullptr;  ///< stands for the channel in SimGrid's platform; made by the first run
};

struct Flow::State {
  const Channel::State* channel = nullptr;
  Bytes bytes;
  simgrid::s4u::CommPtr comm;     ///< while SimGrid moves it
  ActorRecord* waiter = nullptr;  ///< blocked in wait()
  std::size_t index = 0;          ///< in Engine::State::flows_
  bool done = false;
  bool moves = false;     ///< its bytes are counted as flows of its resources
  bool detached = false;  ///< no Flow owns it any more: the engine deletes it
};

struct Signal::State {
  explicit State(Engine::State& engine_state) : engine(engine_state) {}
  Engine::State& engine;
  WaitList waiters;
};

struct Semaphore::State {
  State(Engine::State& engine_state, unsigned initial) : engine(engine_state), value(initial) {}
  Engine::State& engine;
  std::uint64_t value;
  WaitList waiters;
};

struct Engine::State {
  State();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static bool can_follow_another();

  /// The calling actor. Throws std::logic_error outside of actors.
  ActorRecord& self(const char* what) const;
  /// Blocks `actor`, which is the calling one, until resume(). Returns at once in an actor that is being ended.
  void block(ActorRecord& actor, const char* what, const std::string* name = nullptr);
  void sleep_until(ActorRecord& actor, double date);
  void spawn(std::string name, std::function<void()> body, bool daemon);
  void at(double date, std::function<void()> callback);
  double now() const;
  void run();

  /// These are carried out by turn(), at the same date, in the order of the calls: the caller goes on without a switch.
  void wake_later(ActorRecord& actor) { defer({.wake = &actor}); }
  /// Adopts `flow` while it is in flight.
  void start_later(Flow::State& flow);

  std::deque<Resource::State> resources;
  std::deque<Channel::State> channels;
  bool platform_built = false;
  bool running = false;
  std::uint64_t events = 0;

 private:
  struct Deferred {
    ActorRecord* wake = nullptr;
    Flow::State* start = nullptr;
    ActorRecord* spawn = nullptr;
    Resource::State* rate = nullptr;  ///< set its bandwidth anew
  };
  /// Something that is due at a date: the wake of an actor, a callback, or the next phase of a flow.
  struct Alarm {
    double date = 0;
    std::uint64_t sequence = 0;
    ActorRecord* actor = nullptr;
    Flow::State* flow = nullptr;
    std::size_t callback = 0;
    friend bool operator>(const Alarm& a, const Alarm& b) {
      return a.date != b.date ? a.date > b.date : a.sequence > b.sequence;
    }
  };

  static void hear_simgrid();
  void build_platform();
  void defer(Deferred operation);
  void add_alarm(Alarm alarm);
  bool alarm_due() const;
  /// Runs outside of actors, called by SimGrid's timers: what is due and what was deferred, until neither is left.
  void turn();
  void ring(const Alarm& alarm);
  void carry_out_deferred();
  void request_turn();
  void set_alarm_clock();
  void resume(ActorRecord& actor);
  void start_actor(ActorRecord& actor);
  void run_actor(ActorRecord& actor);
  void actor_ended(ActorRecord& actor);
  void move_bytes(Flow::State& flow);
  void flow_completed(Flow::State& flow);
  /// Counts the flow in, or out of, its resources, whose other directions change their rates if need be.
  void count_flow(Flow::State& flow, bool moves);
  void fail(std::exception_ptr error);
  /// Called in any context: the run is to end. turn() does the rest.
  void end_run();
  void end_everything();
  void deadlocked();
  std::string waiting_actors() const;

  std::unique_ptr<simgrid::s4u::Engine> simgrid_;
  CurrentStack stack_;
  simgrid::s4u::Host* hub_ = nullptr;  ///< every actor lives here, every flow leaves from here
  ActorRecord* current_ = nullptr;

  std::vector<std::unique_ptr<ActorRecord>> actors_;  ///< alive, order of no meaning
  std::vector<std::unique_ptr<ActorRecord>> ended_actors_;
  std::size_t actors_that_matter_ = 0;  ///< alive and not daemons
  std::uint64_t spawned_ = 0;

  std::vector<Flow::State*> flows_;  ///< in flight
  /// SimGrid still uses a Comm after it has said that it is complete: keep the last one until the next.
  simgrid::s4u::CommPtr last_completed_;
  std::vector<simgrid::s4u::CommPtr> cancelled_;

  std::vector<Deferred> deferred_;
  simgrid::kernel::timer::Timer* turn_timer_ = nullptr;  ///< armed if a turn was asked for
  bool in_turn_ = false;

  std::vector<Alarm> alarms_;  ///< a heap, earliest first
  std::uint64_t next_sequence_ = 0;
  std::vector<std::function<void()>> callbacks_;
  std::vector<std::size_t> free_callbacks_;
  simgrid::kernel::timer::Timer* alarm_clock_ = nullptr;  ///< armed for the earliest alarm
  double alarm_clock_date_ = 0;

  bool ending_ = false;
  std::exception_ptr failure_;
};

}  // namespace farfault::engine
