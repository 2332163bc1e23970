#include "sim/engine/state.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>

#include <simgrid/Exception.hpp>
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u/Link.hpp>
#include <simgrid/s4u/NetZone.hpp>

#include "sim/core/error.h"
#include "sim/engine/clock.h"
#include "sim/engine/logging.h"

namespace farfault::engine {
namespace {

namespace s4u = simgrid::s4u;
using simgrid::kernel::timer::Timer;

// Never the bottleneck: 10^24 bytes a second.
constexpr double kUnitLinkBandwidth = 1e15;

/// Puts back the signal handlers that SimGrid replaces when its engine is made.
class SignalHandlerKeeper {
 public:
  SignalHandlerKeeper() {
    for (Kept& kept : kept_) sigaction(kept.signal, nullptr, &kept.action);
  }
  ~SignalHandlerKeeper() {
    for (Kept& kept : kept_) sigaction(kept.signal, &kept.action, nullptr);
  }
  SignalHandlerKeeper(const SignalHandlerKeeper&) = delete;
  SignalHandlerKeeper& operator=(const SignalHandlerKeeper&) = delete;

 private:
  struct Kept {
    int signal;
    struct sigaction action;
  };
  std::array<Kept, 3> kept_{{{SIGINT, {}}, {SIGSEGV, {}}, {SIGBUS, {}}}};
};

/// SimGrid's clock, which a new engine of its does not set back, and for which it has no function: a static member
/// (kernel::EngineImpl::now_, 3.32) of its library. Null where the library does not show it.
double* simgrid_clock() {
  static auto* const clock = static_cast<double*>(::dlsym(RTLD_DEFAULT, "_ZN7simgrid6kernel10EngineImpl4now_E"));
  return clock;
}

/// SimGrid's callbacks are for ever, and an engine's are not: they go to the one that lives.
Engine::State*& living_engine() {
  static Engine::State* living = nullptr;
  return living;
}

/// For each engine but the first.
std::unique_ptr<s4u::Engine> make_next_simgrid_engine() {
  if (living_engine() != nullptr)
    throw RunError("this process has a simulation engine; one can follow, but not join it");
  double* const clock = simgrid_clock();
  if (clock != nullptr) *clock = 0;
  if (clock == nullptr || s4u::Engine::get_clock() != 0) {
    throw RunError(
        "this process has had a simulation engine before, and this SimGrid's clock cannot be set back; run each "
        "simulation in a process of its own (fork)");
  }
  std::string name = "farfault";
  std::array<char*, 2> arguments = {name.data(), nullptr};
  int count = 1;
  const SignalHandlerKeeper keeper;
  return std::make_unique<s4u::Engine>(&count, arguments.data());  // the settings of the first stay
}

std::unique_ptr<s4u::Engine> make_simgrid_engine() {
  static bool made = false;
  if (std::exchange(made, true)) return make_next_simgrid_engine();

  route_simgrid_log();
  const SignalHandlerKeeper keeper;
  // As arguments, because contexts/factory cannot be set once the engine exists.
  std::vector<std::string> settings{
      "farfault",
      "--cfg=network/model:CM02",
      "--cfg=network/crosstraffic:0",
      "--cfg=network/TCP-gamma:0",
      // The routes' latency of 1 is there for equal weights only; true latencies are ours (docs/engine.md).
      "--cfg=network/latency-factor:0",
      "--cfg=maxmin/precision:1e-12",
      std::string("--cfg=surf/precision:") + kTimePrecision,
      "--cfg=contexts/stack-size:" + std::to_string(kActorStackKibibytes),
  };
#if defined(FARFAULT_SANITIZED) && !defined(FARFAULT_ADDRESS_SANITIZED)
  settings.emplace_back("--cfg=contexts/factory:thread");  // the thread sanitizer does not understand others
#endif
  std::vector<char*> arguments;
  arguments.reserve(settings.size() + 1);
  for (std::string& setting : settings) arguments.push_back(setting.data());
  arguments.push_back(nullptr);
  int count = static_cast<int>(settings.size());
  auto engine = std::make_unique<s4u::Engine>(&count, arguments.data());
  return engine;
}

}  // namespace

void WaitList::push_back(ActorRecord& actor) {
  actor.list = this;
  actor.previous = last_;
  actor.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &actor;
  last_ = &actor;
  ++size_;
}

ActorRecord* WaitList::pop_front() {
  ActorRecord* const actor = first_;
  if (actor != nullptr) remove(*actor);
  return actor;
}

void WaitList::remove(ActorRecord& actor) {
  (actor.previous != nullptr ? actor.previous->next : first_) = actor.next;
  (actor.next != nullptr ? actor.next->previous : last_) = actor.previous;
  actor.list = nullptr;
  actor.previous = actor.next = nullptr;
  --size_;
}

bool Engine::State::can_follow_another() { return simgrid_clock() != nullptr; }

Engine::State::State() : simgrid_(make_simgrid_engine()) {
  if (static bool heard = false; !std::exchange(heard, true)) hear_simgrid();
  living_engine() = this;
}

void Engine::State::hear_simgrid() {
  s4u::Engine::on_deadlock_cb([] {
    if (living_engine() != nullptr) living_engine()->deadlocked();
  });
  s4u::Activity::on_completion_cb([](const s4u::Activity& activity) {
    if (living_engine() == nullptr) return;
    if (auto* flow = activity.get_data<Flow::State>(); flow != nullptr) living_engine()->flow_completed(*flow);
  });
}

Engine::State::~State() {
  // Every run ends its actors and flows; what is left was never started.
  end_everything();
  actors_.clear();
  ended_actors_.clear();
  last_completed_.reset();
  cancelled_.clear();
  if (turn_timer_ != nullptr) turn_timer_->remove();
  living_engine() = nullptr;
  simgrid_.reset();
}

ActorRecord& Engine::State::self(const char* what) const {
  if (current_ == nullptr) throw std::logic_error(std::string(what) + " blocks, and must be called by an actor");
  return *current_;
}

double Engine::State::now() const { return s4u::Engine::get_clock(); }

// --- actors

void Engine::State::spawn(std::string name, std::function<void()> body, bool daemon) {
  if (ending_) return;
  auto actor = std::make_unique<ActorRecord>();
  actor->name = std::move(name);
  actor->body = std::move(body);
  actor->daemon = daemon;
  actor->number = spawned_++;
  actor->index = actors_.size();
  if (!daemon) ++actors_that_matter_;
  actors_.push_back(std::move(actor));
  defer({.spawn = actors_.back().get()});
}

void Engine::State::start_actor(ActorRecord& actor) {
  // Not daemonized: SimGrid would end daemons before it knows about actors that have been spawned but not started.
  actor.handle = s4u::Actor::create(actor.name, hub_, [this, &actor] { run_actor(actor); });
}

void Engine::State::run_actor(ActorRecord& actor) {
  struct Exit {
    State& state;
    ActorRecord& actor;
    ~Exit() {
      state.actor_ended(actor);
      state.stack_.leave();
    }
  } const exit{*this, actor};

  current_ = &actor;
  actor.stack.begin();
  stack_.enter(actor.stack);
  if (actor.killed) return;
  try {
    actor.body();
  } catch (const simgrid::ForcefulKillException&) {
    throw;  // SimGrid unwinds the stack of an actor that way
  } catch (...) {
    fail(std::current_exception());
  }
}

void Engine::State::actor_ended(ActorRecord& actor) {
  if (!actor.daemon && --actors_that_matter_ == 0) end_run();
  std::unique_ptr<ActorRecord> record = std::move(actors_[actor.index]);
  if (record.get() != actors_.back().get() && actors_.back() != nullptr) {
    actors_[actor.index] = std::move(actors_.back());
    actors_[actor.index]->index = actor.index;
  }
  actors_.pop_back();
  ended_actors_.push_back(std::move(record));  // its stack is still in use
}

void Engine::State::block(ActorRecord& actor, const char* what, const std::string* name) {
  if (actor.dying) return;
  actor.waits_for = what;
  actor.waits_on = name;

  // Also on the way out of an actor that is ended here, by an exception.
  struct Resumed {
    State& state;
    ActorRecord& actor;
    bool normally = false;
    ~Resumed() {
      state.stack_.enter(actor.stack);
      state.current_ = &actor;
      actor.waits_for = nullptr;
      actor.dying = !normally;
      if (actor.list != nullptr) actor.list->remove(actor);
    }
  } resumed{*this, actor};
  stack_.leave();
  actor.handle->suspend();
  resumed.normally = true;
}

void Engine::State::resume(ActorRecord& actor) {
  ++events;
  actor.handle->resume();
}

void Engine::State::sleep_until(ActorRecord& actor, double date) {
  add_alarm({.date = date, .actor = &actor});
  block(actor, "sleep");
}

// --- what happens outside of actors

void Engine::State::defer(Deferred operation) {
  if (ending_) return;
  deferred_.push_back(operation);
  request_turn();
}

void Engine::State::request_turn() {
  if (turn_timer_ != nullptr || in_turn_ || !running) return;
  // Setting SimGrid's timers needs no switch out of the actor.
  turn_timer_ = Timer::set(now(), [this] {
    turn_timer_ = nullptr;
    turn();
  });
}

void Engine::State::add_alarm(Alarm alarm) {
  if (ending_) return;
  alarm.sequence = next_sequence_++;
  alarms_.push_back(alarm);
  std::push_heap(alarms_.begin(), alarms_.end(), std::greater<>());
  if (running && !in_turn_) set_alarm_clock();
}

bool Engine::State::alarm_due() const { return !alarms_.empty() && alarms_.front().date <= now(); }

void Engine::State::set_alarm_clock() {
  const bool wanted = !alarms_.empty();
  if (alarm_clock_ != nullptr) {
    if (wanted && alarm_clock_date_ == alarms_.front().date) return;
    alarm_clock_->remove();
    alarm_clock_ = nullptr;
  }
  if (!wanted) return;
  alarm_clock_date_ = alarms_.front().date;
  alarm_clock_ = Timer::set(std::max(alarm_clock_date_, now()), [this] {
    alarm_clock_ = nullptr;
    turn();
  });
}

void Engine::State::turn() {
  current_ = nullptr;
  in_turn_ = true;
  ended_actors_.clear();
  while (!ending_ && (alarm_due() || !deferred_.empty())) {
    while (!ending_ && alarm_due()) {
      std::pop_heap(alarms_.begin(), alarms_.end(), std::greater<>());
      const Alarm alarm = alarms_.back();
      alarms_.pop_back();
      ring(alarm);
    }
    carry_out_deferred();
  }
  in_turn_ = false;
  if (ending_) end_everything();
  set_alarm_clock();
}

void Engine::State::ring(const Alarm& alarm) {
  if (alarm.actor != nullptr) return resume(*alarm.actor);
  if (alarm.flow != nullptr)
    return alarm.flow->channel->limited ? move_bytes(*alarm.flow) : flow_completed(*alarm.flow);
  ++events;
  const std::function<void()> callback = std::exchange(callbacks_[alarm.callback], nullptr);
  free_callbacks_.push_back(alarm.callback);
  try {
    callback();
  } catch (...) {
    fail(std::current_exception());
  }
}

void Engine::State::carry_out_deferred() {
  for (std::size_t i = 0; i < deferred_.size() && !ending_; ++i) {
    const Deferred operation = deferred_[i];
    if (operation.wake != nullptr) resume(*operation.wake);
    if (operation.spawn != nullptr) start_actor(*operation.spawn);
    if (operation.rate != nullptr) {
      const Resource::State& resource = *operation.rate;
      const double share = resource.opposite->flows != 0 ? resource.left : 1.0;
      if (resource.link != nullptr) resource.link->set_bandwidth(to_engine_bandwidth(resource.bandwidth * share));
    }
    if (operation.start == nullptr) continue;
    Flow::State& flow = *operation.start;
    if (flow.channel->latency > 0) {
      add_alarm({.date = now() + flow.channel->latency, .flow = &flow});
    } else if (flow.channel->limited) {
      move_bytes(flow);
    } else {
      flow_completed(flow);
    }
  }
  deferred_.clear();
}

void Engine::State::at(double date, std::function<void()> callback) {
  if (ending_) return;
  std::size_t slot = callbacks_.size();
  if (free_callbacks_.empty()) {
    callbacks_.push_back(std::move(callback));
  } else {
    slot = free_callbacks_.back();
    free_callbacks_.pop_back();
    callbacks_[slot] = std::move(callback);
  }
  add_alarm({.date = std::max(date, now()), .callback = slot});
}

// --- flows

void Engine::State::start_later(Flow::State& flow) {
  if (ending_) {
    flow.done = true;
    return;
  }
  flow.index = flows_.size();
  flows_.push_back(&flow);
  defer({.start = &flow});
}

void Engine::State::count_flow(Flow::State& flow, bool moves) {
  if (!flow.channel->duplex || flow.moves == moves) return;
  flow.moves = moves;
  for (Resource::State* resource : flow.channel->route) {
    if (resource->opposite == nullptr) continue;
    const std::uint64_t before = resource->flows;
    resource->flows = moves ? before + 1 : before - 1;
    const bool was_busy = before != 0;
    const bool is_busy = resource->flows != 0;
    // Not at once: this may be called from the middle of SimGrid's own changes. The date is the same.
    if (was_busy != is_busy && resource->opposite->left != 1) defer({.rate = resource->opposite});
  }
}

void Engine::State::move_bytes(Flow::State& flow) {
  count_flow(flow, true);
  flow.comm = s4u::Comm::sendto_init();
  flow.comm->set_data(&flow);
  flow.comm->set_payload_size(flow.bytes.count());
  flow.comm->set_source(hub_);
  flow.comm->set_destination(flow.channel->target);  // knows both ends now, and starts
}

void Engine::State::flow_completed(Flow::State& flow) {
  ++events;
  flow.done = true;
  count_flow(flow, false);
  for (Resource::State* resource : flow.channel->route) resource->transferred += flow.bytes;
  flows_.back()->index = flow.index;
  flows_[flow.index] = flows_.back();
  flows_.pop_back();
  if (flow.comm != nullptr) last_completed_ = std::move(flow.comm);
  if (ActorRecord* const waiter = std::exchange(flow.waiter, nullptr); waiter != nullptr) resume(*waiter);
  if (flow.detached) delete &flow;
}

// --- the run

void Engine::State::build_platform() {
  platform_built = true;
  s4u::NetZone* const zone = s4u::create_full_zone("farfault");
  hub_ = zone->create_host("hub", 1.0);

  std::size_t links = 0;
  for (Resource::State& resource : resources) {
    s4u::Link* link = nullptr;
    if (!resource.bandwidth.is_unlimited()) {
      link = zone->create_link("resource-" + std::to_string(links), to_engine_bandwidth(resource.bandwidth));
      link->set_latency(0.0);
      if (resource.sharing == Resource::Sharing::kCap) link->set_sharing_policy(s4u::Link::SharingPolicy::FATPIPE);
      link->seal();
    }
    resource.link = link;
    ++links;
  }
  // All hosts before the first route: the zone's table grows with each host.
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (channels[i].limited) channels[i].target = zone->create_host("channel-" + std::to_string(i), 1.0);
  }
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (!channels[i].limited) continue;
    // One for each channel, so that flows of different channels stay independent for the solver.
    s4u::Link* const unit = zone->create_link("unit-" + std::to_string(i), kUnitLinkBandwidth);
    unit->set_latency(1.0)->seal();
    std::vector<s4u::LinkInRoute> route{s4u::LinkInRoute(unit)};
    for (const Resource::State* resource : channels[i].route) {
      channels[i].duplex = channels[i].duplex || resource->opposite != nullptr;
      if (resource->link != nullptr) route.emplace_back(resource->link);
    }
    zone->add_route(hub_->get_netpoint(), channels[i].target->get_netpoint(), nullptr, nullptr, route, false);
  }
  zone->seal();
}

void Engine::State::run() {
  if (running) throw std::logic_error("Engine::run() is called by an actor or a timer");
  if (actors_that_matter_ == 0) return;
  if (!platform_built) build_platform();
  for (const Resource::State& resource : resources) {
    // A run that was cut short may have left it at a part of its rate.
    if (resource.opposite == nullptr || resource.link == nullptr) continue;
    resource.link->set_bandwidth(to_engine_bandwidth(resource.bandwidth));
  }

  running = true;
  ending_ = false;
  in_turn_ = true;
  carry_out_deferred();
  in_turn_ = false;
  set_alarm_clock();
  simgrid_->run();

  running = false;
  current_ = nullptr;
  end_everything();
  ended_actors_.clear();
  last_completed_.reset();
  cancelled_.clear();
  ending_ = false;
  if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Engine::State::fail(std::exception_ptr error) {
  if (failure_ == nullptr) failure_ = std::move(error);
  end_run();
}

void Engine::State::end_run() {
  if (ending_) return;
  request_turn();
  ending_ = true;
}

void Engine::State::end_everything() {
  ending_ = true;
  deferred_.clear();
  alarms_.clear();
  callbacks_.clear();
  free_callbacks_.clear();
  if (running) set_alarm_clock();

  for (Flow::State* flow : std::exchange(flows_, {})) {
    flow->done = true;
    count_flow(*flow, false);
    flow->waiter = nullptr;
    if (flow->comm != nullptr) {
      flow->comm->set_data(nullptr);
      flow->comm->cancel();
      cancelled_.push_back(std::move(flow->comm));
    }
    if (flow->detached) delete flow;
  }

  std::vector<ActorRecord*> alive;
  for (const std::unique_ptr<ActorRecord>& actor : actors_) {
    if (!actor->killed) alive.push_back(actor.get());
  }
  std::sort(alive.begin(), alive.end(), [](auto* a, auto* b) { return a->number < b->number; });
  for (ActorRecord* actor : alive) {
    actor->killed = true;
    if (actor->handle != nullptr) {
      actor->stack.wipe();
      actor->handle->kill();
    } else {
      actor_ended(*actor);  // never started
    }
  }
}

void Engine::State::deadlocked() {
  fail(std::make_exception_ptr(RunError("every actor waits, and no timer or transfer is pending: " + waiting_actors() +
                                        "; an actor that may wait for ever must be a daemon")));
  end_everything();
}

std::string Engine::State::waiting_actors() const {
  constexpr std::size_t kMostNamed = 16;
  std::vector<const ActorRecord*> waiting;
  for (const std::unique_ptr<ActorRecord>& actor : actors_) {
    if (!actor->daemon) waiting.push_back(actor.get());
  }
  std::sort(waiting.begin(), waiting.end(), [](auto* a, auto* b) { return a->number < b->number; });
  std::string text;
  for (std::size_t i = 0; i < std::min(waiting.size(), kMostNamed); ++i) {
    const ActorRecord& actor = *waiting[i];
    text += (i == 0 ? "" : ", ") + actor.name;
    if (actor.waits_for == nullptr) continue;
    text += std::string(" (") + actor.waits_for;
    if (actor.waits_on != nullptr) text += " \"" + *actor.waits_on + '"';
    text += ')';
  }
  if (waiting.size() > kMostNamed) text += " and " + std::to_string(waiting.size() - kMostNamed) + " more";
  return text;
}

}  // namespace farfault::engine
