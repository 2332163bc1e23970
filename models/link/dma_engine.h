/// The copy engines of one direction of a link.
#pragma once

#include <cstdint>

#include "sim/core/histogram.h"
#include "sim/core/units.h"
#include "sim/engine/engine.h"

namespace farfault {

/// A fixed number of engines that take jobs first come first served. A job of several contiguous pieces takes the
/// set-up time of each piece and then moves all bytes as one flow, so alone it takes pieces x setup + bytes /
/// bandwidth.
class DmaEngine {
 public:
  /// `channel` is the route that copies take: memory, link direction, memory.
  DmaEngine(engine::Engine& engine, engine::Channel channel, std::uint64_t engines, SimTime setup);

  /// Blocks the calling actor until the job is complete. Zero pieces is no job.
  void copy(std::uint64_t pieces, Bytes bytes);

  std::uint64_t jobs() const { return jobs_; }
  std::uint64_t pieces() const { return pieces_; }
  Bytes bytes() const { return bytes_; }
  /// Time from taking an engine to the last byte, summed over jobs.
  SimTime busy() const { return busy_; }

 private:
  engine::Engine& engine_;
  engine::Channel channel_;
  engine::Semaphore free_;
  SimTime setup_;
  std::uint64_t jobs_ = 0;
  std::uint64_t pieces_ = 0;
  Bytes bytes_;
  SimTime busy_;
};

}  // namespace farfault
