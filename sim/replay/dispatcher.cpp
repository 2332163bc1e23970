#include "sim/replay/dispatcher.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "sim/core/error.h"

namespace farfault {
Dispatcher::Dispatcher(engine::Engine& engine, traces::Reader& reader, std::vector<AssignRule> rules,
                       const std::vector<std::string>& device_names, MemoryManager& memory,
                       std::function<void(Lane&)> start_lane)
    : engine_(engine),
      reader_(reader),
      assignment_(std::move(rules), device_names, reader),
      device_names_(device_names),
      memory_(memory),
      start_lane_(std::move(start_lane)),
      mappings_(memory.address_space(), [this](VirtualAddress address, Bytes length) { free_pages(address, length); }),
      phase_starts_(assignment_.phase_starts()),
      consumed_(engine) {}

void Dispatcher::set_periodic_calls(std::vector<PeriodicCall> calls) {
  periodic_ = std::move(calls);
  for (const PeriodicCall& each : periodic_) next_periodic_ = std::min(next_periodic_, each.every);
}

void Dispatcher::mark_periodic_calls(Lane& lane, std::uint32_t position, std::uint64_t count) {
  if (next_periodic_ >= accesses_read_ + count) return;
  next_periodic_ = ~std::uint64_t{0};
  for (const PeriodicCall& each : periodic_) {
    std::uint64_t number = std::max<std::uint64_t>(1, (accesses_read_ + each.every - 1) / each.every);
    for (; number * each.every < accesses_read_ + count; ++number) {
      const auto at = static_cast<std::uint32_t>(number * each.every - accesses_read_);
      lane.filling.marks.push_back({.position = position + at,
                                    .system_call = std::make_shared<const std::function<void(std::uint32_t)>>(
                                        [&each, number](std::uint32_t owner) { each.call(number - 1, owner); })});
    }
    next_periodic_ = std::min(next_periodic_, number * each.every);
  }
  std::stable_sort(lane.filling.marks.begin(), lane.filling.marks.end(),
                   [](const LaneMark& a, const LaneMark& b) { return a.position < b.position; });
}

bool Dispatcher::begin() {
  while (accesses_read_ == 0) {
    if (!pump()) return false;
  }
  return true;
}

bool Dispatcher::next(Lane& lane, LaneBlock& block) {
  if (block.accesses.capacity() != 0) spare_.push_back(std::move(block));
  block = LaneBlock();
  while (lane.queue.empty()) {
    if (ended_) return false;
    if (buffered_ >= kMaxBuffered) {
      consumed_.wait();
    } else {
      pump();
    }
  }
  block = std::move(lane.queue.front());
  lane.queue.pop_front();
  const bool was_full = buffered_ >= kMaxBuffered;
  buffered_ -= block.accesses.size();
  if (was_full) consumed_.notify_all();
  return true;
}

void Dispatcher::pass(const LaneMark& mark) {
  Barrier& barrier = *mark.barrier;
  if (mark.arrives && ++barrier.arrived == barrier.expected) {
    if (barrier.action) barrier.action();
    barrier.done = true;
    barrier.passed.notify_all();
  }
  while (mark.waits && !barrier.done) barrier.passed.wait();
}

bool Dispatcher::pump() {
  if (ended_) return false;
  if (!reader_.next(block_)) {
    ended_ = true;
    // Those who wait for room may find that they are at the end.
    consumed_.notify_all();
    return false;
  }
  const auto& accesses = block_.accesses;
  const bool one_agent = std::all_of(accesses.begin(), accesses.end(), [&](const traces::Access& access) {
    return access.agent == accesses.front().agent;
  });
  const bool whole = one_agent && !accesses.empty() && rules_of(accesses.front().agent).targets.constant &&
                     next_phase_ == phase_starts_.size();
  if (whole) {
    deal_whole();
  } else {
    deal_each();
  }
  return true;
}

void Dispatcher::queue(Lane& lane) {
  if (lane.filling.empty()) return;
  buffered_ += lane.filling.accesses.size();
  lane.queue.push_back(std::move(lane.filling));
  lane.filling = LaneBlock();
  if (!spare_.empty()) {
    lane.filling = std::move(spare_.back());
    lane.filling.clear();
    spare_.pop_back();
  }
}

void Dispatcher::deal_whole() {
  const std::uint32_t agent = block_.accesses.front().agent;
  AgentRules& rules = rules_of(agent);
  Lane& lane = lane_of(rules, agent, rules.targets.processor);
  rules.last = &lane;
  whole_lane_ = &lane;
  for (const traces::Event& event : block_.events) {
    whole_position_ = event.position;
    handle_event(event);
  }
  whole_lane_ = nullptr;
  mark_periodic_calls(lane, 0, block_.accesses.size());
  std::swap(lane.filling.accesses, block_.accesses);
  accesses_read_ += lane.filling.accesses.size();
  for (const auto& each : lanes_) queue(*each);
}

void Dispatcher::deal_each() {
  std::size_t event = 0;
  const auto events_before = [&](std::size_t position) {
    while (event < block_.events.size() && block_.events[event].position <= position) {
      handle_event(block_.events[event++]);
    }
  };
  for (std::size_t i = 0; i < block_.accesses.size(); ++i) {
    events_before(i);
    while (next_phase_ < phase_starts_.size() && phase_starts_[next_phase_] <= accesses_read_) {
      ++next_phase_;
      add_barrier({}, true);
    }
    const traces::Access& access = block_.accesses[i];
    AgentRules& rules = rules_of(access.agent);
    const std::size_t processor =
        rules.targets.constant
            ? rules.targets.processor
            : Assignment::processor_of(rules.targets, access, accesses_read_, memory_.address_space());
    Lane& lane = lane_of(rules, access.agent, processor);
    rules.last = &lane;
    mark_periodic_calls(lane, position_in(lane), 1);
    lane.filling.accesses.push_back(access);
    ++accesses_read_;
  }
  events_before(block_.accesses.size());
  for (const auto& each : lanes_) queue(*each);
}

void Dispatcher::handle_event(const traces::Event& event) {
  switch (event.kind) {
    case traces::EventKind::kCompute: {
      Lane& lane = current_lane(event.agent);
      lane.filling.marks.push_back({.position = position_in(lane), .instructions = event.value});
      break;
    }
    case traces::EventKind::kThreadBlock:
      rules_of(event.agent).turn = BlockTurn{event.value, event.value2};
      mark_lanes(event.agent, {.turn = rules_of(event.agent).turn});
      break;
    case traces::EventKind::kMmap:
    case traces::EventKind::kMunmap:
    case traces::EventKind::kMremap:
    case traces::EventKind::kBrk:
      // Known from here on, though lanes may be a little behind: a mapping only widens what may be prefetched.
      mappings_.apply(event);
      if (event.kind != traces::EventKind::kMmap) break;
      for (const AdviceRule& rule : heeded_.rules) {
        if (rule.mapping.empty() || fnmatch(rule.mapping.c_str(), event.name.c_str(), 0) != 0) continue;
        advise_by(rule, event.address, traces::end_of(event.address, event.length));
      }
      break;
    case traces::EventKind::kKernelLaunch:
    case traces::EventKind::kKernelEnd:
    case traces::EventKind::kStreamSync:
    case traces::EventKind::kEventRecord:
    case traces::EventKind::kEventWait:
    case traces::EventKind::kDependency:
      handle_order(event);
      break;
    case traces::EventKind::kFork:
    case traces::EventKind::kGup:
    case traces::EventKind::kPin:
    case traces::EventKind::kUnpin:
      call_kernel(event);
      break;
    case traces::EventKind::kMprotect:
    case traces::EventKind::kExit:
    case traces::EventKind::kMarker:
    case traces::EventKind::kTimestamp:
      break;
    case traces::EventKind::kMemcpy:
      copy_memory(event);
      break;
    case traces::EventKind::kPrefetch:
    case traces::EventKind::kAdvise:
      ask_memory(event);
      break;
  }
}

void Dispatcher::handle_order(const traces::Event& event) {
  const auto other = static_cast<std::uint32_t>(std::min<std::uint64_t>(event.value, traces::kMaxAgents));
  switch (event.kind) {
    case traces::EventKind::kKernelLaunch:
      // Kernels of a stream do not overlap, even if nothing tells where one ends.
      launch_boundary(event.agent, nullptr);
      if (other != event.agent) wait_for(event.agent, arrival_of(other));
      launch_boundary(event.agent, std::make_shared<const KernelLaunch>(
                                       KernelLaunch{event.name, rules_of(event.agent).launches++, event.value2}));
      break;
    case traces::EventKind::kStreamSync:
      if (other != event.agent) wait_for(event.agent, arrival_of(other));
      break;
    case traces::EventKind::kEventRecord:
      record(event.value, arrival_of(event.agent));
      break;
    case traces::EventKind::kEventWait: {
      const auto recorded = records_.find(event.value);
      if (recorded != records_.end()) wait_for(event.agent, recorded->second);
      break;
    }
    case traces::EventKind::kKernelEnd:
      launch_boundary(event.agent, nullptr);
      break;
    default:
      drain(event.agent);
      break;
  }
}

Lane& Dispatcher::current_lane(std::uint32_t agent) {
  AgentRules& rules = rules_of(agent);
  // What comes before an agent's first access is taken to belong where its first rule sends it.
  return rules.last != nullptr ? *rules.last : lane_of(rules, agent, rules.targets.processor);
}

void Dispatcher::call_kernel(const traces::Event& event) {
  if (memory_.kernel() == nullptr) {
    ++ignored_[static_cast<std::size_t>(event.kind)];
    return;
  }
  std::function<void(std::uint32_t)> call;
  const VirtualAddress address(event.address);
  const Bytes length(event.length);
  if (event.kind == traces::EventKind::kFork) {
    call = [this](std::uint32_t) { memory_.fork(); };
  } else if (event.kind == traces::EventKind::kUnpin) {
    call = [this, address, length](std::uint32_t) { memory_.unpin(address, length); };
  } else {
    GupRequest request{.address = address, .length = length, .write = event.value != 0};
    request.pin = event.kind == traces::EventKind::kPin;
    request.long_term = request.pin && event.value2 != 0;
    call = [this, request](std::uint32_t owner) { memory_.gup(request, owner); };
  }
  mark_call(event.agent, std::move(call));
}

void Dispatcher::mark_call(std::uint32_t agent, std::function<void(std::uint32_t)> call, LaneMark mark) {
  Lane& lane = current_lane(agent);
  mark.position = position_in(lane);
  mark.system_call = std::make_shared<const std::function<void(std::uint32_t)>>(std::move(call));
  lane.filling.marks.push_back(std::move(mark));
}

void Dispatcher::set_heeded(Heeded heeded) {
  heeded_ = std::move(heeded);
  for (const AdviceRule& rule : heeded_.rules) {
    if (rule.mapping.empty()) advise_by(rule, 0, std::uint64_t{1} << BlockTable::kAddressBits);
  }
}

void Dispatcher::advise_by(const AdviceRule& rule, std::uint64_t first, std::uint64_t end) {
  if (rule.from_address) first = std::max(first, rule.from_address->value());
  if (rule.to_address) end = std::min(end, rule.to_address->value());
  if (first >= end) return;
  const auto device = std::find(device_names_.begin(), device_names_.end(), rule.processor);
  const std::size_t processor =
      device == device_names_.end() ? 0 : static_cast<std::size_t>(device - device_names_.begin()) + 1;
  memory_.advice().advise(VirtualAddress(first), Bytes(end - first), static_cast<AdviceKind>(rule.advice), processor);
}

void Dispatcher::ask_memory(const traces::Event& event) {
  const bool prefetch = event.kind == traces::EventKind::kPrefetch;
  const std::uint64_t processor = prefetch ? event.value : event.value2;
  if (!(prefetch ? heeded_.prefetches : heeded_.advice) || processor > device_names_.size()) {
    ++ignored_[static_cast<std::size_t>(event.kind)];
    return;
  }
  const VirtualAddress address(event.address);
  const Bytes length(event.length);
  if (!prefetch) {
    const auto kind = static_cast<AdviceKind>(std::min<std::uint64_t>(event.value, 3));
    return mark_call(event.agent, [this, address, length, kind, processor](std::uint32_t) {
      memory_.advice().advise(address, length, kind, processor);
    });
  }
  if (length <= kPageSize && processor != 0 && heeded_.page_ahead) {
    // One page: an instruction's, that nobody waits for.
    const DeviceId device(static_cast<std::uint32_t>(processor - 1));
    return mark_call(event.agent, [this, device, address](std::uint32_t) { heeded_.page_ahead(device, address); },
                     {.at_once = true});
  }
  mark_call(
      event.agent,
      [this, address, length, processor](std::uint32_t owner) { memory_.prefetch(processor, address, length, owner); },
      {.copies = true});
}

void Dispatcher::copy_memory(const traces::Event& event) {
  // A copy with a name is a migration that a profiler saw the driver make: the replay's driver makes its own.
  if (!copier_ || !event.name.empty()) {
    ++ignored_[static_cast<std::size_t>(event.kind)];
    return;
  }
  const Lane& lane = current_lane(event.agent);
  mark_call(event.agent, [this, &lane, event](std::uint32_t) { copier_(lane, event); }, {.copies = true});
}

std::size_t Dispatcher::mark_lanes(std::uint32_t agent, LaneMark mark) {
  if (agent >= agents_.size() || !agents_[agent]) return 0;
  std::size_t marked = 0;
  for (Lane* const lane : agents_[agent]->lanes) {
    if (lane == nullptr) continue;
    mark.position = position_in(*lane);
    lane->filling.marks.push_back(mark);
    ++marked;
  }
  return marked;
}

void Dispatcher::launch_boundary(std::uint32_t agent, std::shared_ptr<const KernelLaunch> kernel) {
  rules_of(agent).kernel = kernel;
  rules_of(agent).turn.reset();
  mark_lanes(agent, {.drain = true, .launch = true, .kernel = std::move(kernel)});
}

void Dispatcher::drain(std::uint32_t agent) { mark_lanes(agent, {.drain = true}); }

std::shared_ptr<Barrier> Dispatcher::arrival_of(std::uint32_t agent) {
  auto barrier = std::make_shared<Barrier>(engine_);
  barrier->expected = mark_lanes(agent, {.barrier = barrier, .waits = false});
  return barrier->expected == 0 ? nullptr : barrier;
}

void Dispatcher::wait_for(std::uint32_t agent, const std::shared_ptr<Barrier>& barrier) {
  if (!barrier) return;
  AgentRules& rules = rules_of(agent);
  const std::size_t marked = mark_lanes(agent, {.barrier = barrier, .arrives = false});
  if (marked == (rules.targets.constant ? 1 : rules.lanes.size())) return;
  std::erase_if(rules.awaited, [](const std::shared_ptr<Barrier>& each) { return each->done; });
  rules.awaited.push_back(barrier);
}

void Dispatcher::record(std::uint64_t id, std::shared_ptr<Barrier> barrier) {
  if (records_.size() >= kMaxRecords) {
    std::erase_if(records_, [](const auto& each) { return !each.second || each.second->done; });
  }
  if (records_.size() >= kMaxRecords) {
    throw InputError(Diagnostic{
        .pointer = "/workload",
        .problem = "the trace has more than " + std::to_string(kMaxRecords) + " recorded events that are not done",
        .remedy = "cut the trace into parts (farfault trace cut)"});
  }
  records_[id] = std::move(barrier);
}

void Dispatcher::free_pages(VirtualAddress address, Bytes length) {
  // The mapping goes now, in the trace's order with the mappings that follow; the pages go when the lanes are there.
  add_barrier([this, address, length] { memory_.free_pages(address, length); }, false);
}

std::uint32_t Dispatcher::position_in(const Lane& lane) const {
  if (&lane == whole_lane_) return whole_position_;
  return static_cast<std::uint32_t>(lane.filling.accesses.size());
}

void Dispatcher::add_barrier(std::function<void()> action, bool phase) {
  if (lanes_.empty()) {
    if (action) action();
    return;
  }
  const auto barrier = std::make_shared<Barrier>(engine_);
  barrier->expected = lanes_.size();
  barrier->action = std::move(action);
  for (const auto& lane : lanes_) {
    lane->filling.marks.push_back({.position = position_in(*lane), .phase = phase, .barrier = barrier});
  }
  last_barrier_ = barrier;
}

Dispatcher::AgentRules& Dispatcher::rules_of(std::uint32_t agent) {
  if (agent >= agents_.size()) agents_.resize(agent + 1);
  if (agents_[agent]) return *agents_[agent];
  agents_[agent] = std::make_unique<AgentRules>();
  AgentRules& mine = *agents_[agent];
  mine.targets = assignment_.targets_of(agent);
  mine.lanes.resize(device_names_.size() + 1, nullptr);
  return mine;
}

Lane& Dispatcher::lane_of(AgentRules& rules, std::uint32_t agent, std::size_t processor) {
  if (rules.lanes[processor] != nullptr) return *rules.lanes[processor];
  if (lanes_.size() >= kMaxLanes) {
    throw InputError(Diagnostic{
        .pointer = "/workload",
        .problem = "the trace has more than " + std::to_string(kMaxLanes) + " agents and processors to run them on",
        .remedy = "merge agents when converting the trace"});
  }
  auto lane = std::make_unique<Lane>();
  lane->agent = agent;
  lane->processor = processor;
  lane->number = static_cast<std::uint32_t>(lanes_.size());
  const std::string agent_name =
      agent < reader_.agents().size() ? reader_.agents()[agent].name : "agent " + std::to_string(agent);
  lane->name = agent_name + " on " + (processor == 0 ? "host" : device_names_[processor - 1]);
  if (last_barrier_ && !last_barrier_->done) {
    // What this lane does comes after the barrier in the trace.
    ++last_barrier_->expected;
    lane->filling.marks.push_back({.barrier = last_barrier_});
  }
  for (const std::shared_ptr<Barrier>& barrier : rules.awaited) {
    lane->filling.marks.push_back({.barrier = barrier, .arrives = false});
  }
  if (rules.kernel) lane->filling.marks.push_back({.drain = true, .launch = true, .kernel = rules.kernel});
  if (rules.turn) lane->filling.marks.push_back({.turn = rules.turn});
  rules.lanes[processor] = lane.get();
  lanes_.push_back(std::move(lane));
  start_lane_(*lanes_.back());
  return *lanes_.back();
}

}  // namespace farfault
