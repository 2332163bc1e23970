#include "models/link/dma_engine.h"

#include <utility>

namespace farfault {

DmaEngine::DmaEngine(engine::Engine& engine, engine::Channel channel, std::uint64_t engines, CopyTime time)
    : engine_(engine), channel_(channel), free_(engine, static_cast<unsigned>(engines)), time_(std::move(time)) {}

void DmaEngine::copy(const CopyJob& job, const engine::Channel& channel) {
  if (job.pieces == 0) return;
  free_.acquire();
  const SimTime start = engine_.now();
  engine_.sleep_for(job.overhead);
  channel.transfer(job.bytes);
  busy_ += engine_.now() - start;
  free_.release();
  jobs_ += job.jobs;
  pieces_ += job.pieces;
  bytes_ += job.bytes;
}

}  // namespace farfault
