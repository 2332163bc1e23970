#include "traces/readers/gpu_streams.h"

#include "traces/readers/filling.h"

namespace farfault::traces {

GpuStreams::GpuStreams() { add(AgentKind::kCpuThread, "cpu"); }

std::optional<std::uint16_t> GpuStreams::index_of(std::uint64_t context, std::uint64_t stream) {
  const auto known = streams_.find({context, stream});
  if (known != streams_.end()) return known->second;
  if (agents_.size() == kMaxAgents) return std::nullopt;
  const std::size_t number = contexts_.emplace(context, contexts_.size()).first->second;
  std::string name = "stream " + std::to_string(stream);
  if (number != 0) name.insert(0, "ctx " + std::to_string(number) + ' ');
  const std::uint16_t agent = add(AgentKind::kGpuStream, std::move(name));
  streams_.emplace(std::pair{context, stream}, agent);
  return agent;
}

std::uint16_t GpuStreams::add(AgentKind kind, std::string name) {
  agents_.push_back(Agent{kind, std::move(name)});
  running_.push_back(false);
  return static_cast<std::uint16_t>(agents_.size() - 1);
}

void GpuStreams::launch(std::uint16_t stream, std::string_view name, AccessBlock& block) {
  end(stream, block);
  running_[stream] = true;
  Event& event = add_event(block, EventKind::kKernelLaunch, stream);
  event.value = kCpu;
  event.name = name.substr(0, kMaxKernelName);
}

void GpuStreams::end(std::uint16_t stream, AccessBlock& block) {
  if (!running_[stream]) return;
  running_[stream] = false;
  add_event(block, EventKind::kKernelEnd, stream);
}

bool GpuStreams::end_one(AccessBlock& block) {
  while (ended_ < agents_.size() && !running_[ended_]) ++ended_;
  if (ended_ == agents_.size()) return false;
  end(static_cast<std::uint16_t>(ended_++), block);
  return true;
}

}  // namespace farfault::traces
