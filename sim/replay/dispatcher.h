/// Deals a trace out to lanes: which agent's accesses run on which processor, in which order.
///
/// An agent's accesses on one processor form a lane and keep their order. Lanes run side by side, kept together in
/// four ways: at most kMaxBuffered accesses of the trace are read ahead of the lane that is last; all lanes meet where
/// an assignment rule begins or ends (a phase); all meet where the process unmaps memory; and some wait for others
/// where the trace says so (a launch, a synchronisation, an event).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/driver/memory_manager.h"
#include "sim/config/run_spec.h"
#include "sim/engine/engine.h"
#include "sim/replay/assignment.h"
#include "sim/replay/lane.h"
#include "sim/replay/mapping_events.h"
#include "traces/reader.h"

namespace farfault {

/// Something that happens each time so many accesses of the trace have been dealt out, on the lane that makes the next
/// one. Blocks that lane's actor. `number` counts the calls.
struct PeriodicCall {
  std::uint64_t every = 0;  ///< > 0
  std::function<void(std::uint64_t number, std::uint32_t owner)> call;
};

class Dispatcher {
 public:
  static constexpr std::size_t kMaxBuffered = 1U << 20U;
  static constexpr std::size_t kMaxLanes = 4096;
  /// Events that were recorded and are not done yet.
  static constexpr std::size_t kMaxRecords = 65536;

  /// `device_names` in the order of ids. `start_lane` is called for every new lane, by the actor that met it.
  Dispatcher(engine::Engine& engine, traces::Reader& reader, std::vector<AssignRule> rules,
             const std::vector<std::string>& device_names, MemoryManager& memory,
             std::function<void(Lane&)> start_lane);

  /// REQUIRES: nothing has been read yet.
  void set_periodic_calls(std::vector<PeriodicCall> calls);

  /// Does what a memcpy event asks for, on the actor of the agent's lane. Without it such events are only counted.
  using Copier = std::function<void(const Lane& lane, const traces::Event& event)>;
  void set_copier(Copier copier) { copier_ = std::move(copier); }

  /// What the policies want of what the program asks for; else such events are only counted.
  struct Heeded {
    bool prefetches = false;
    bool advice = false;
    std::vector<AdviceRule> rules;  ///< advice beside the trace's
    /// Brings a page that a device's own prefetch instruction asks for, when no fault waits.
    std::function<void(DeviceId device, VirtualAddress page)> page_ahead;
  };
  void set_heeded(Heeded heeded);

  /// Reads until the first lane exists. False if the trace has no access.
  bool begin();

  /// Replaces `block` with the lane's next piece. Blocks the calling actor where it is too far ahead of other lanes.
  /// False at the lane's end.
  bool next(Lane& lane, LaneBlock& block);

  /// Arrives at the mark's barrier, or blocks the calling actor until all who must have arrived, or both.
  void pass(const LaneMark& mark);

  std::uint64_t accesses_read() const { return accesses_read_; }
  const std::vector<std::unique_ptr<Lane>>& lanes() const { return lanes_; }
  /// Events so far that the replay has no model for, by kind.
  const std::array<std::uint64_t, traces::kEventKindCount>& ignored_events() const { return ignored_; }

 private:
  /// One agent, decided when it is first met.
  struct AgentRules {
    Assignment::Targets targets;
    std::vector<Lane*> lanes;                       ///< by processor; null where there is none yet
    Lane* last = nullptr;                           ///< where its compute events go
    std::vector<std::shared_ptr<Barrier>> awaited;  ///< that lanes which do not exist yet must wait for
    std::shared_ptr<const KernelLaunch> kernel;     ///< that has been launched and not ended
    std::optional<BlockTurn> turn;                  ///< whose accesses come
    std::uint64_t launches = 0;
  };

  bool pump();
  void deal_whole();
  void deal_each();
  void handle_event(const traces::Event& event);
  void handle_order(const traces::Event& event);
  void free_pages(VirtualAddress address, Bytes length);
  /// Has the lane that the agent was last seen on call the kernel at this place.
  void call_kernel(const traces::Event& event);
  /// Has the lane that the agent was last seen on copy memory at this place, after all before.
  void copy_memory(const traces::Event& event);
  /// Has the lane that the agent was last seen on prefetch, or advise, at this place, after all before.
  void ask_memory(const traces::Event& event);
  /// Gives a rule's advice for what it covers of a range.
  void advise_by(const AdviceRule& rule, std::uint64_t first, std::uint64_t end);
  /// Adds a mark at this place of the lane that the agent was last seen on.
  void mark_call(std::uint32_t agent, std::function<void(std::uint32_t owner)> call, LaneMark mark = {});
  /// Marks for periodic calls that are due before `count` more accesses of the lane are dealt, the first of which will
  /// have `position`.
  void mark_periodic_calls(Lane& lane, std::uint32_t position, std::uint64_t count);
  Lane& current_lane(std::uint32_t agent);
  /// Adds a mark at this place to each of the agent's lanes; returns how many it has.
  std::size_t mark_lanes(std::uint32_t agent, LaneMark mark);
  /// A kernel begins; with none, one ends.
  void launch_boundary(std::uint32_t agent, std::shared_ptr<const KernelLaunch> kernel);
  /// A barrier at which the agent's lanes arrive here; null if it has none, so that there is nothing to wait for.
  std::shared_ptr<Barrier> arrival_of(std::uint32_t agent);
  /// The agent's lanes, those of later too, go on from here when the barrier is done.
  void wait_for(std::uint32_t agent, const std::shared_ptr<Barrier>& barrier);
  void drain(std::uint32_t agent);
  void record(std::uint64_t id, std::shared_ptr<Barrier> barrier);
  /// All lanes meet; the last does `action`. With `phase`, launches end here: what runs where changes.
  void add_barrier(std::function<void()> action, bool phase);
  std::uint32_t position_in(const Lane& lane) const;
  AgentRules& rules_of(std::uint32_t agent);
  Lane& lane_of(AgentRules& rules, std::uint32_t agent, std::size_t processor);
  void queue(Lane& lane);

  engine::Engine& engine_;
  traces::Reader& reader_;
  Assignment assignment_;
  const std::vector<std::string>& device_names_;
  MemoryManager& memory_;
  std::function<void(Lane&)> start_lane_;
  MappingEvents mappings_;
  std::vector<std::uint64_t> phase_starts_;  ///< access numbers at which a rule begins or ends, ascending
  std::size_t next_phase_ = 0;
  std::vector<std::unique_ptr<AgentRules>> agents_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  traces::AccessBlock block_;
  const Lane* whole_lane_ = nullptr;                           ///< while a block goes to one lane as it is
  std::uint32_t whole_position_ = 0;                           ///< and where in it an event stands
  std::shared_ptr<Barrier> last_barrier_;                      ///< every lane made before it is passed starts behind it
  std::map<std::uint64_t, std::shared_ptr<Barrier>> records_;  ///< by the id of the event that was recorded
  std::array<std::uint64_t, traces::kEventKindCount> ignored_{};
  std::vector<LaneBlock> spare_;
  std::uint64_t accesses_read_ = 0;
  std::size_t buffered_ = 0;
  Copier copier_;
  Heeded heeded_;
  std::vector<PeriodicCall> periodic_;
  std::uint64_t next_periodic_ = ~std::uint64_t{0};  ///< number of the access before which the next of them is due
  bool ended_ = false;
  engine::Signal consumed_;
};

}  // namespace farfault
