/// Kernel work that the trace does not show, as the scenario injects it: a thread of the process for each kind, which
/// calls the kernel every so often.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "models/machine.h"
#include "sim/config/run_spec.h"
#include "sim/engine/engine.h"
#include "sim/replay/dispatcher.h"

namespace farfault {

class Injector {
 public:
  /// Borrows all. Spawns daemons; with managed memory there is no kernel to call, and nothing is injected.
  Injector(engine::Engine& engine, Machine& machine, const InjectSpec& spec, const KernelSpec& kernel,
           std::uint64_t seed);

  /// No call begins any more, and the calling actor waits until none is under way: the books can be closed then.
  void stop();

  /// What is to be done by accesses; for the dispatcher.
  std::vector<PeriodicCall> periodic_calls() const { return periodic_; }

 private:
  /// A run of neighbouring pages that hold something.
  struct Piece {
    VirtualAddress address;
    Bytes length;
  };
  /// One call: who makes it, and its own random numbers. They depend on the seed, the kind of call and its number
  /// alone, so that what one design delays does not change what is asked of it later.
  struct Call {
    std::uint32_t owner = 0;
    std::mt19937_64 random;
  };
  void every(std::string name, SimTime period, std::uint64_t accesses, std::function<void(Call&)> body);
  Call make_call(std::uint64_t kind, std::uint64_t number, std::uint32_t owner) const;
  std::optional<Piece> choose(Call& call, std::uint64_t pages);
  void gup(const GupInjection& spec, Call& call);
  void pin(const PinInjection& spec, bool long_term, Call& call);
  void fork(const ForkInjection& spec);
  void unmap(const UnmapInjection& spec, Call& call);
  void add_pmem(const KernelSpec& kernel);

  engine::Engine& engine_;
  Machine& machine_;
  std::uint64_t seed_;
  std::uint64_t kinds_ = 0;
  std::vector<PeriodicCall> periodic_;
  engine::Signal call_done_;
  std::uint64_t under_way_ = 0;
  bool stopped_ = false;
};

}  // namespace farfault
