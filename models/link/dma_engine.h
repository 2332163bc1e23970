/// The copy engines of one direction of a link.
#pragma once

#include <cstdint>

#include "models/link/copy_time.h"
#include "models/link/traffic.h"
#include "sim/core/units.h"
#include "sim/engine/engine.h"

namespace farfault {

class Link;
class Observer;

/// A fixed number of engines that take work first come first served. Set-up of all jobs and pieces passes first, then
/// all bytes move as one flow, so that copies share memories and links max-min fair with all other traffic.
class DmaEngine {
 public:
  /// `channel` is the route that copies take: memory, link direction, memory, and a cap where the engine is slower than
  /// the link.
  DmaEngine(engine::Engine& engine, engine::Channel channel, std::uint64_t engines, CopyTime time);

  /// What copies of this direction cost; for whoever plans them.
  const CopyTime& time() const { return time_; }

  /// Tells the observer of every copy; both are borrowed. `link` and `direction` are where the engines' bytes move.
  void watch(Observer& observer, const Link& link, LinkDirection direction) {
    observer_ = &observer;
    link_ = &link;
    direction_ = direction;
  }

  /// Blocks the calling actor until the copies are complete. Zero pieces are no copy. `owner` is who waits for it, for
  /// those who watch; 0: nobody with an id.
  void copy(const CopyJob& job, std::uint32_t owner = 0) { copy(job, channel_, owner); }
  /// The same over another route: copies of another kind share the engines.
  void copy(const CopyJob& job, const engine::Channel& channel, std::uint32_t owner = 0);

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
  Observer* observer_ = nullptr;  ///< null: nobody watches
  const Link* link_ = nullptr;
  LinkDirection direction_ = LinkDirection::kToDevice;
};

}  // namespace farfault
