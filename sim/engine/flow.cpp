#include <stdexcept>
#include <utility>

#include "sim/engine/engine.h"
#include "sim/engine/state.h"

namespace farfault::engine {

const std::string& Resource::name() const { return state_->name; }
Bandwidth Resource::bandwidth() const { return state_->bandwidth; }
Bytes Resource::transferred() const { return state_->transferred; }

Flow::Flow() noexcept = default;
Flow::Flow(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Flow::Flow(Flow&&) noexcept = default;

Flow& Flow::operator=(Flow&& other) noexcept {
  Flow old(std::move(*this));  // detaches what this has held
  state_ = std::move(other.state_);
  return *this;
}

Flow::~Flow() {
  if (state_ == nullptr || state_->done) return;
  // In flight: the engine owns it from here on.
  state_->waiter = nullptr;
  state_->detached = true;
  static_cast<void>(state_.release());
}

void Flow::wait() {
  if (state_ == nullptr || state_->done) return;
  if (state_->waiter != nullptr) throw std::logic_error("two actors wait for one flow");
  Engine::State& engine = state_->channel->engine;
  ActorRecord& actor = engine.self("Flow::wait()");
  if (actor.dying) return;
  state_->waiter = &actor;
  engine.block(actor, "transfer on", &state_->channel->name);
}

Flow Channel::start(Bytes bytes) const {
  if (!state_->engine.running) throw std::logic_error("Channel::start() outside of the run");
  if (bytes == Bytes()) return {};
  auto flow = std::make_unique<Flow::State>();
  flow->channel = state_;
  flow->bytes = bytes;
  state_->engine.start_later(*flow);
  return Flow(std::move(flow));
}

void Channel::transfer(Bytes bytes) const { start(bytes).wait(); }

const std::string& Channel::name() const { return state_->name; }

}  // namespace farfault::engine
