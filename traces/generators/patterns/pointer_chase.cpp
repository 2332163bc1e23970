#include "traces/generators/patterns/pointer_chase.h"

#include "sim/core/quantity.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace pointer_chase_program {

constexpr const char* kName = "pointer_chase";
constexpr std::uint64_t kPointer = 8;

struct Settings {
  std::uint64_t nodes = 0;
  std::uint64_t node_size = 0;
  std::uint64_t accesses = 0;
  std::uint64_t seed = 0;
  bool write_nodes = false;
  bool on_device = false;
};

/// The cycle goes through perm(0), perm(1), ... perm(n - 1): no table of pointers is kept.
Program pointer_chase(Emitter& out, Settings s) {
  const std::uint64_t nodes = out.map("nodes", Bytes(s.nodes * s.node_size));
  for (std::uint64_t i = 0; s.write_nodes && i < s.nodes; ++i) {
    out.write(nodes + i * s.node_size, kPointer);
    if (out.full()) co_yield Pause{};
  }
  if (s.on_device) out.launch("chase");
  const Permutation order(s.nodes, s.seed);
  std::uint64_t position = 0;
  for (std::uint64_t i = 0; i < s.accesses; ++i) {
    if (i != 0) out.dependency();
    out.read(nodes + order(position) * s.node_size, kPointer);
    position = position + 1 == s.nodes ? 0 : position + 1;
    if (out.full()) co_yield Pause{};
  }
  if (!s.on_device) co_return;
  out.end_kernel();
  out.synchronize();
}

StartProgram prepare(const Parameters& parameters, std::uint64_t seed) {
  Settings s;
  const Bytes footprint = footprint_of(parameters, kName);
  const Bytes node_size = parameters.get<Bytes>("node_size");
  if (node_size.count() < kPointer || node_size > footprint) {
    refuse(kName, "node_size " + format_exact(node_size) + " is not in 8 B to footprint, " + format_exact(footprint),
           "give a size in this range, \"64 B\"");
  }
  s.nodes = footprint / node_size;
  s.node_size = node_size.count();
  s.accesses = parameters.get<std::uint64_t>("accesses");
  s.seed = seed;
  s.write_nodes = parameters.get<bool>("host_first");
  s.on_device = parameters.get<std::string>("processor") == "gpu";
  return [s](Emitter& out) { return pointer_chase(out, s); };
}

}  // namespace pointer_chase_program

GeneratorInfo pointer_chase_generator() {
  using namespace pointer_chase_program;  // NOLINT(google-build-using-namespace): what is above
  ParameterInfo node_size;
  node_size.name = "node_size";
  node_size.fallback = Bytes(64);
  node_size.description = "bytes of a node, whose first 8 are the pointer; as many nodes as fit the footprint";
  node_size.source = "assumption: a cache line";
  node_size.minimum = kPointer;
  node_size.maximum = static_cast<double>(kMaxFootprint.count());

  ParameterInfo host_first;
  host_first.name = "host_first";
  host_first.fallback = true;
  host_first.description = "the CPU writes all pointers first, in the order of addresses";
  host_first.source = "assumption: somebody has to";

  return program_generator({
      .name = kName,
      .summary = "follows a random cycle through all nodes, every access after the one before is done",
      .parameters = {footprint_parameter(), node_size, accesses_parameter(), host_first,
                     choice_parameter("processor", {"cpu", "gpu"}, "who follows the pointers", "assumption")},
      .seeded = true,
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
