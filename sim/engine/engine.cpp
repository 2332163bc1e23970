#include "sim/engine/engine.h"

#include <stdexcept>
#include <utility>

#include "sim/core/error.h"
#include "sim/engine/clock.h"
#include "sim/engine/state.h"

namespace farfault::engine {

Signal::Signal(Engine& engine) : state_(std::make_unique<State>(*engine.state_)) {}
Signal::~Signal() = default;

void Signal::wait() {
  ActorRecord& actor = state_->engine.self("Signal::wait()");
  if (actor.dying) return;
  state_->waiters.push_back(actor);
  state_->engine.block(actor, "signal");
}

void Signal::notify_all() {
  while (ActorRecord* actor = state_->waiters.pop_front()) state_->engine.wake_later(*actor);
}

std::size_t Signal::waiting() const { return state_->waiters.size(); }

Semaphore::Semaphore(Engine& engine, unsigned initial) : state_(std::make_unique<State>(*engine.state_, initial)) {}
Semaphore::~Semaphore() = default;

void Semaphore::acquire() {
  if (state_->value > 0) {
    --state_->value;
    return;
  }
  ActorRecord& actor = state_->engine.self("Semaphore::acquire()");
  if (actor.dying) return;
  state_->waiters.push_back(actor);
  state_->engine.block(actor, "semaphore");
}

void Semaphore::release() {
  if (ActorRecord* actor = state_->waiters.pop_front(); actor != nullptr) {
    state_->engine.wake_later(*actor);
  } else {
    ++state_->value;
  }
}

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;

Resource Engine::add_resource(std::string name, Bandwidth bandwidth, Resource::Sharing sharing) {
  if (state_->platform_built) throw std::logic_error("Engine::add_resource() after the first run");
  if (!(bandwidth.bytes_per_second() > 0)) throw std::logic_error("resource \"" + name + "\" without bandwidth");
  state_->resources.push_back({.engine = *state_, .name = std::move(name), .bandwidth = bandwidth, .sharing = sharing});
  return Resource(state_->resources.back());
}

void Engine::set_duplex(Resource a, double left_of_a, Resource b, double left_of_b) {
  if (state_->platform_built) throw std::logic_error("Engine::set_duplex() after the first run");
  if (a.state_ == b.state_) throw std::logic_error("a resource cannot be its own other direction");
  for (const double left : {left_of_a, left_of_b}) {
    if (!(left > 0) || left > 1) throw std::logic_error("a direction is left a share above 0, and at most 1");
  }
  for (const Resource& each : {a, b}) {
    if (&each.state_->engine != state_.get()) throw std::logic_error("a resource of another engine");
    if (each.state_->opposite != nullptr) throw std::logic_error("\"" + each.name() + "\" has an other direction");
  }
  if (left_of_a == 1 && left_of_b == 1) return;
  a.state_->opposite = b.state_;
  a.state_->left = left_of_a;
  b.state_->opposite = a.state_;
  b.state_->left = left_of_b;
}

Channel Engine::add_channel(std::string name, std::span<const Resource> route, SimTime latency) {
  if (state_->platform_built) throw std::logic_error("Engine::add_channel() after the first run");
  if (route.empty()) throw std::logic_error("channel \"" + name + "\" without resources");
  if (latency < SimTime::zero()) throw std::logic_error("channel \"" + name + "\" with a negative latency");
  Channel::State channel{.engine = *state_, .name = std::move(name), .route = {}, .latency = to_engine_date(latency)};
  for (const Resource& resource : route) {
    if (&resource.state_->engine != state_.get()) throw std::logic_error("a resource of another engine");
    channel.route.push_back(resource.state_);
    channel.limited = channel.limited || !resource.bandwidth().is_unlimited();
  }
  state_->channels.push_back(std::move(channel));
  return Channel(state_->channels.back());
}

void Engine::spawn(std::string name, std::function<void()> body) {
  state_->spawn(std::move(name), std::move(body), false);
}

void Engine::spawn_daemon(std::string name, std::function<void()> body) {
  state_->spawn(std::move(name), std::move(body), true);
}

void Engine::at(SimTime date, std::function<void()> callback) { state_->at(to_engine_date(date), std::move(callback)); }

void Engine::sleep_for(SimTime span) {
  if (span > SimTime::zero()) sleep_until(now() + span);
}

void Engine::sleep_until(SimTime date) {
  if (date > kLastDate) {
    throw RunError(
        "simulated time passes 1,000,000 s, beyond which the engine's clock is not precise; check the platform's and "
        "driver's times and bandwidths, or replay less");
  }
  ActorRecord& actor = state_->self("Engine::sleep_until()");
  if (date > now()) state_->sleep_until(actor, to_engine_date(date));
}

SimTime Engine::now() const { return from_engine_date(state_->now()); }

void Engine::run() { state_->run(); }

std::uint64_t Engine::events() const { return state_->events; }

bool Engine::can_follow_another() { return State::can_follow_another(); }

}  // namespace farfault::engine
