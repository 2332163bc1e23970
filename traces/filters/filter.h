/// What filters have in common: a Reader over a Reader, which looks at each access and event of the input in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "traces/reader.h"

namespace farfault::traces {

/// Format, agents and limits are those of the input. Output comes in blocks of about kBlockAccesses, like a reader's.
class Filter : public Reader {
 public:
  std::string_view format() const final { return input_->format(); }
  bool next(AccessBlock& block) final;
  const std::vector<Agent>& agents() const final { return input_->agents(); }
  const TraceLimits& limits() const final { return input_->limits(); }
  const TraceMeta& meta() const final { return meta_; }

 protected:
  /// `lossy` goes into TraceMeta::lossy.
  Filter(std::unique_ptr<Reader> input, std::string lossy);

  /// Each appends to `out` what follows from the record: a few records at most.
  virtual void on_access(const Access& access, AccessBlock& out) = 0;
  virtual void on_event(const Event& event, AccessBlock& out) = 0;
  /// Where more follows from a record than a few: called before the next one until it returns false, which says that
  /// nothing was left.
  virtual bool on_more(AccessBlock&) { return false; }
  /// At the end: as on_more().
  virtual bool on_end(AccessBlock&) { return false; }
  /// The record at hand is not wanted, and what follows is not either; it will not be read.
  void stop() { stopped_ = true; }

 private:
  bool step(AccessBlock& out);
  bool refill();
  void update_meta();

  std::unique_ptr<Reader> input_;
  std::string lossy_;
  TraceMeta meta_;
  AccessBlock block_;
  std::size_t access_ = 0;  ///< the next one of block_
  std::size_t event_ = 0;
  bool stopped_ = false;
  bool ended_ = false;
};

/// Appends an access that comes after so many instructions of its agent. What does not fit its gap becomes an event.
void append_access(AccessBlock& out, Access access, std::uint64_t instructions);
/// Appends an event behind all that is there.
void append_event(AccessBlock& out, Event event);

/// Instructions, by agent, whose accesses a filter has taken away, until they find a place.
class PendingInstructions {
 public:
  void add(std::uint16_t agent, std::uint64_t instructions) {
    if (agent >= pending_.size()) pending_.resize(agent + std::size_t{1});
    pending_[agent] += instructions;
  }
  /// What there was; it is no longer pending.
  std::uint64_t take(std::size_t agent);
  /// Before an event whose agents have come as far as they have: makes kCompute events of theirs.
  void settle(const Event& event, AccessBlock& out);
  /// The same for all agents, some of them in each call; false if nothing was left.
  bool settle_some(AccessBlock& out);

 private:
  void settle(std::size_t agent, AccessBlock& out);

  std::vector<std::uint64_t> pending_;
  std::size_t next_ = 0;  ///< agent, for settle_some()
};

}  // namespace farfault::traces
