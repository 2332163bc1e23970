/// The copy engines of one direction of a link.
#pragma once

#include <cstdint>

#include "models/link/copy_time.h"
#include "sim/core/units.h"
#include "sim/engine/engine.h"

namespace farfault {

/// A fixed number of engines that take work first come first served. Set-up of all jobs and pieces passes first, then
/// all bytes move as one flow, so that copies share memories and links max-min fair with all other traffic.
class DmaEngine {
 public:
  /// `channel` is the route that copies take: memory, link direction, memory, and a cap where the engine is slower than
  /// the link.
  DmaEngine(engine::Engine& engine, engine::Channel channel, std::uint64_t engines, CopyTime time);

  /// What copies of this direction cost; for whoever plans them.
  const CopyTime& time() const { return time_; }

  /// Blocks the calling actor until the copies are complete. Zero pieces are no copy.
  void copy(const CopyJob& job) { copy(job, channel_); }
  /// The same over another route: copies of another kind share the engines.
  void copy(const CopyJob& job, const engine::Channel& channel);

  /// Pushes: what one block's service, or one explicit copy, hands over at once.
  std::uint64_t jobs() const { return jobs_; }
  std::uint64_t pieces() const { return pieces_; }
  Bytes bytes() const { return bytes_; }
  /// Time from taking an engine to the last byte, summed over calls of copy().
  SimTime busy() const { return busy_; }

 private:
  engine::Engine& engine_;
  engine::Channel channel_;
  engine::Semaphore free_;
  CopyTime time_;
  std::uint64_t jobs_ = 0;
  std::uint64_t pieces_ = 0;
  Bytes bytes_;
  SimTime busy_;
};

}  // namespace farfault
