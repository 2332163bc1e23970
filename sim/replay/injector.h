/// Kernel work that the trace does not show, as the scenario injects it: a thread of the process for each kind, which
/// calls the kernel every so often.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "models/machine.h"
#include "sim/config/run_spec.h"
#include "sim/engine/engine.h"

namespace farfault {

class Injector {
 public:
  /// Borrows all. Spawns daemons; with managed memory there is no kernel to call, and nothing is injected.
  Injector(engine::Engine& engine, Machine& machine, const InjectSpec& spec, const KernelSpec& kernel,
           std::uint64_t seed);

  /// No call begins any more, and the calling actor waits until none is under way: the books can be closed then.
  void stop();

 private:
  /// A run of neighbouring pages that hold something.
  struct Piece {
    VirtualAddress address;
    Bytes length;
  };
  void every(std::string name, SimTime period, std::function<void(std::uint32_t)> call);
  std::optional<Piece> choose(std::uint64_t pages);
  void gup(const GupInjection& spec, std::uint32_t owner);
  void pin(const PinInjection& spec, bool long_term, std::uint32_t owner);
  void fork(const ForkInjection& spec);
  void unmap(const UnmapInjection& spec);
  void add_pmem(const KernelSpec& kernel);

  engine::Engine& engine_;
  Machine& machine_;
  std::mt19937_64 random_;
  engine::Signal call_done_;
  std::uint64_t under_way_ = 0;
  bool stopped_ = false;
};

}  // namespace farfault
