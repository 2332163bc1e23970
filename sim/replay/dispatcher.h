/// Deals a trace out to lanes: which agent's accesses run on which processor, in which order.
///
/// An agent's accesses on one processor form a lane and keep their order. Lanes run side by side, kept together in
/// three ways: at most kMaxBuffered accesses of the trace are read ahead of the lane that is last; all lanes meet where
/// an assignment rule begins or ends (a phase); and all meet where the process unmaps memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/driver/memory_manager.h"
#include "sim/config/run_spec.h"
#include "sim/engine/engine.h"
#include "sim/replay/lane.h"
#include "traces/reader.h"

namespace farfault {

class Dispatcher {
 public:
  static constexpr std::size_t kMaxBuffered = 1U << 20U;
  static constexpr std::size_t kMaxLanes = 4096;

  /// `device_names` in the order of ids. `start_lane` is called for every new lane, by the actor that met it.
  Dispatcher(engine::Engine& engine, traces::Reader& reader, std::vector<AssignRule> rules,
             const std::vector<std::string>& device_names, MemoryManager& memory,
             std::function<void(Lane&)> start_lane);

  /// Reads until the first lane exists. False if the trace has no access.
  bool begin();

  /// Replaces `block` with the lane's next piece. Blocks the calling actor where it is too far ahead of other lanes.
  /// False at the lane's end.
  bool next(Lane& lane, LaneBlock& block);

  /// Blocks the calling actor until every lane is at `barrier`.
  void pass(Barrier& barrier);

  std::uint64_t accesses_read() const { return accesses_read_; }
  const std::vector<std::unique_ptr<Lane>>& lanes() const { return lanes_; }

 private:
  /// The rules as they apply to one agent.
  struct AgentRules {
    std::vector<const AssignRule*> rules;
    bool constant = false;  ///< the first rule takes everything
    std::size_t processor = 0;
    std::vector<Lane*> lanes;  ///< by processor; null where there is none yet
    Lane* last = nullptr;      ///< where its compute events go
  };

  bool pump();
  void deal_whole();
  void deal_each();
  void handle_event(const traces::Event& event);
  void unmap(VirtualAddress address, Bytes length);
  void set_heap(VirtualAddress base, Bytes size, std::uint8_t kind);
  void add_barrier(std::function<void()> action);
  std::uint32_t position_in(const Lane& lane) const;
  AgentRules& rules_of(std::uint32_t agent);
  std::size_t processor_of(const AgentRules& rules, const traces::Access& access);
  std::size_t processor_named(const std::string& name) const;
  Lane& lane_of(AgentRules& rules, std::uint32_t agent, std::size_t processor);
  void queue(Lane& lane);

  engine::Engine& engine_;
  traces::Reader& reader_;
  std::vector<AssignRule> rules_;
  const std::vector<std::string>& device_names_;
  MemoryManager& memory_;
  std::function<void(Lane&)> start_lane_;
  std::vector<std::uint64_t> phase_starts_;  ///< access numbers at which a rule begins or ends, ascending
  std::size_t next_phase_ = 0;
  std::vector<std::unique_ptr<AgentRules>> agents_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  traces::AccessBlock block_;
  const Lane* whole_lane_ = nullptr;  ///< while a block goes to one lane as it is
  std::uint32_t whole_position_ = 0;  ///< and where in it an event stands
  Bytes heap_size_;
  std::shared_ptr<Barrier> last_barrier_;  ///< every lane made before it is passed starts behind it
  std::vector<LaneBlock> spare_;
  std::uint64_t accesses_read_ = 0;
  std::size_t buffered_ = 0;
  bool ended_ = false;
  engine::Signal consumed_;
};

}  // namespace farfault
