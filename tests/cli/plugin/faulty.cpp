// A plug-in with the fault that $FAULT names; with none it works.
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "models/policies/eviction/chunk_order.h"
#include "models/policies/parameter_info.h"
#include "models/policies/plugin.h"

namespace {

using namespace farfault;

bool fault_is(std::string_view name) {
  const char* const fault = std::getenv("FAULT");
  return fault != nullptr && name == fault;
}

/// An exception that only the plug-in knows.
struct OwnException : std::exception {
  const char* what() const noexcept override { return "out of\x1B luck"; }
};

class FaultyPlacement final : public PlacementPolicy {
 public:
  std::string_view name() const override { return "faulty/1"; }
  Placement on_fault(const PlacementFault& /*fault*/, SimTime /*now*/) override {
    if (fault_is("placement")) throw OwnException();
    return Placement::kMigrate;
  }
  std::optional<std::uint64_t> sampling() const override {
    if (fault_is("sampling")) return 0;
    return std::nullopt;
  }
};

class FaultyPrefetcher final : public Prefetcher {
 public:
  std::string_view name() const override { return "faulty/1"; }
  PageMask select(const PrefetchRequest& /*request*/) override {
    if (fault_is("prefetch")) throw OwnException();
    return {};
  }
};

class FaultyEviction final : public ChunkOrder {
 public:
  FaultyEviction() : ChunkOrder(fault_is("granularity") ? Bytes::kib(3) : Bytes::kib(4)) {}
  std::string_view name() const override { return "faulty/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kChunk; }
  void on_touches(std::span<const ChunkId> /*chunks*/, SimTime /*now*/) override {
    if (fault_is("eviction")) throw std::runtime_error("no more luck");
    if (fault_is("number")) throw 7;
  }
};

class FaultyThrashing final : public ThrashingGuard {
 public:
  std::string_view name() const override { return "faulty/1"; }
  PageMask hold(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*faulted*/, SimTime /*now*/) override {
    if (fault_is("thrashing")) throw OwnException();
    return {};
  }
  void on_left(DeviceId /*device*/, BlockSlot /*block*/, const PageMask& /*pages*/, Departure /*why*/,
               SimTime /*now*/) override {}
};

template <class Interface, class Policy>
PolicyInfo<Interface> entry(const std::string& name) {
  return {name,
          name + "/1",
          "Has the fault of the environment.",
          "this test",
          {},
          [](const Parameters& /*parameters*/, std::uint64_t /*seed*/) -> std::unique_ptr<Interface> {
            if (fault_is("make throws")) throw OwnException();
            if (fault_is("make null")) return nullptr;
            return std::make_unique<Policy>();
          }};
}

void register_faulty(PolicyRegistry& registry) {
  if (fault_is("register throws")) throw OwnException();
  if (fault_is("register throws a number")) throw 7;
  if (fault_is("nothing")) return;
  PolicyInfo<EvictionPolicy> eviction = entry<EvictionPolicy, FaultyEviction>("faulty");
  if (fault_is("taken")) eviction.name = "lru";
  if (fault_is("no name")) eviction.name = "";
  if (fault_is("control")) eviction.name = "a\nb";
  if (fault_is("path")) eviction.name = "../../evil";
  if (fault_is("long")) eviction.name = std::string(65, 'a');
  if (fault_is("no make")) eviction.make = nullptr;
  if (fault_is("no version")) eviction.version = "";
  if (fault_is("kind")) eviction.parameters.push_back(number_parameter("kind", 1, "", "", 0, 9));
  if (fault_is("default")) eviction.parameters.push_back(number_parameter("much", 10, "", "", 0, 9));
  registry.eviction.add(eviction);
  if (fault_is("twice")) registry.eviction.add(eviction);
  registry.placement.add(entry<PlacementPolicy, FaultyPlacement>("faulty"));
  registry.prefetch.add(entry<Prefetcher, FaultyPrefetcher>("faulty"));
  registry.thrashing.add(entry<ThrashingGuard, FaultyThrashing>("faulty"));
}

}  // namespace

const farfault::Plugin* farfault_plugin() {
  static farfault::Plugin plugin = farfault::make_plugin("faulty", register_faulty);
  if (fault_is("null")) return nullptr;
  if (fault_is("plugin throws")) throw OwnException();
  if (fault_is("magic")) plugin.magic[0] = 'F';
  if (fault_is("abi")) plugin.abi += 1;
  if (fault_is("built")) plugin.built_with[0] = 'G';
  if (fault_is("plugin name")) plugin.name = "../evil";
  if (fault_is("no registration")) plugin.register_policies = nullptr;
  return &plugin;
}
