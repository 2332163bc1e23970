#include "models/link/dma_engine.h"

namespace farfault {

DmaEngine::DmaEngine(engine::Engine& engine, engine::Channel channel, std::uint64_t engines, SimTime setup)
    : engine_(engine), channel_(channel), free_(engine, static_cast<unsigned>(engines)), setup_(setup) {}

void DmaEngine::copy(std::uint64_t pieces, Bytes bytes) {
  if (pieces == 0) return;
  free_.acquire();
  const SimTime start = engine_.now();
  engine_.sleep_for(setup_ * pieces);
  channel_.transfer(bytes);
  busy_ += engine_.now() - start;
  free_.release();
  ++jobs_;
  pieces_ += pieces;
  bytes_ += bytes;
}

}  // namespace farfault
