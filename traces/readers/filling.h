/// What readers have in common that put accesses, times and other events into a block one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "traces/access.h"

namespace farfault::traces {

/// Size of an access that is known by its page fault alone: a fault tells a page, and of it that much was wanted for
/// certain. Whole pages would make up traffic that nobody recorded.
inline constexpr std::uint32_t kFaultBytes = 1;

/// As many events as a reader may add for one line or record.
inline constexpr std::size_t kEventsAtOnce = 4;

/// Whether the block has no room for what one more line or record yields.
inline bool is_full(const AccessBlock& block) {
  return block.accesses.size() >= kBlockAccesses || block.events.size() + kEventsAtOnce > kBlockAccesses;
}

/// Adds an event that stands behind the accesses that the block has.
inline Event& add_event(AccessBlock& block, EventKind kind, std::uint16_t agent) {
  Event& event = block.events.emplace_back();
  event.kind = kind;
  event.agent = agent;
  event.position = static_cast<std::uint32_t>(block.accesses.size());
  return event;
}

/// Turns a format's own times into kTimestamp events: from the first one on, and only where the time changes.
class Timeline {
 public:
  /// What follows happens at `time`, in the format's own count. False, with no event, if that is before the last one.
  bool advance(std::uint64_t time, std::uint16_t agent, AccessBlock& block) {
    if (begun_ && time <= last_) return time == last_;
    if (!begun_) first_ = time;
    begun_ = true;
    last_ = time;
    add_event(block, EventKind::kTimestamp, agent).value = time - first_;
    return true;
  }

 private:
  bool begun_ = false;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

/// Agents by what the format calls them. Memory: each key and each name once.
class AgentTable {
 public:
  /// The index of the agent with this key. `make` gives the Agent where the key is new; nothing if kMaxAgents are there
  /// already. Fastest where it is the same key as the last time.
  template <class Make>
  std::optional<std::uint16_t> index_of(std::string_view key, Make make) {
    if (!agents_.empty() && key == last_key_) return last_index_;
    auto found = indices_.find(key);
    if (found == indices_.end()) {
      if (agents_.size() == kMaxAgents) return std::nullopt;
      found = indices_.emplace(key, static_cast<std::uint16_t>(agents_.size())).first;
      agents_.push_back(make());
    }
    last_key_ = key;
    last_index_ = found->second;
    return last_index_;
  }

  const std::vector<Agent>& agents() const { return agents_; }

 private:
  /// Lets the map be asked for a string_view.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };

  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> indices_;
  std::vector<Agent> agents_;
  std::string last_key_;
  std::uint16_t last_index_ = 0;
};

}  // namespace farfault::traces
