#include "models/link/dma_engine.h"

#include <utility>

#include "models/observer.h"

namespace farfault {

DmaEngine::DmaEngine(engine::Engine& engine, engine::Channel channel, std::uint64_t engines, CopyTime time)
    : engine_(engine), channel_(channel), free_(engine, static_cast<unsigned>(engines)), time_(std::move(time)) {}

void DmaEngine::copy(const CopyJob& job, const engine::Channel& channel, std::uint32_t owner) {
  if (job.pieces == 0) return;
  const SimTime asked = engine_.now();
  free_.acquire();
  const SimTime start = engine_.now();
  engine_.sleep_for(job.overhead);
  const SimTime moving = engine_.now();
  const Bytes bytes = job.bytes.total();
  channel.transfer(bytes);
  busy_ += engine_.now() - start;
  free_.release();
  jobs_ += job.jobs;
  pieces_ += job.pieces;
  bytes_ += bytes;
  if (observer_ == nullptr) return;
  observer_->on_copy({*link_, direction_, owner, job.jobs, job.pieces, job.bytes, asked, start, moving, engine_.now()});
}

}  // namespace farfault
