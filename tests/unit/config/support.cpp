#include "tests/unit/config/support.h"

#include <memory>

namespace farfault::config_test {
namespace {

template <class Interface>
PolicyInfo<Interface> policy(const std::string& name, std::vector<ParameterInfo> parameters = {}) {
  return {name,   name + "/1",           "A stand-in.",
          "test", std::move(parameters), [](const Parameters&, std::uint64_t) { return std::unique_ptr<Interface>(); }};
}

ParameterInfo parameter(const std::string& name, ParameterValue fallback, double minimum = 0, double maximum = 1.8e19) {
  ParameterInfo info;
  info.name = name;
  info.fallback = std::move(fallback);
  info.description = "a parameter";
  info.source = "test";
  info.minimum = minimum;
  info.maximum = maximum;
  return info;
}

ParameterInfo granularity() {
  ParameterInfo info = parameter("granularity", Bytes::mib(2));
  info.sizes = {Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)};
  return info;
}

traces::GeneratorInfo generator(const std::string& name, std::vector<ParameterInfo> parameters) {
  return {name, "A stand-in.", std::move(parameters),
          [](const Parameters&, std::uint64_t) { return std::unique_ptr<traces::Source>(); }};
}

}  // namespace

Catalogue catalogue() {
  Catalogue out;
  out.policies.placement.add(policy<PlacementPolicy>("migrate_on_fault"));
  out.policies.placement.add(policy<PlacementPolicy>("remote_map"));
  out.policies.prefetch.add(policy<Prefetcher>("none"));
  out.policies.prefetch.add(policy<Prefetcher>("tree", {parameter("threshold", std::uint64_t{51}, 0, 100),
                                                        parameter("minimum_faults", std::uint64_t{1}, 1, 512)}));
  out.policies.eviction.add(policy<EvictionPolicy>("lru", {granularity()}));
  out.policies.eviction.add(policy<EvictionPolicy>("fifo", {granularity()}));
  out.policies.eviction.add(policy<EvictionPolicy>("last_migration", {granularity()}));
  out.policies.eviction.add(policy<EvictionPolicy>("random"));
  ParameterInfo mode = parameter("mode", std::string("nap"));
  mode.choices = {"nap", "pin"};
  out.policies.thrashing.add(policy<ThrashingGuard>("none"));
  out.policies.thrashing.add(policy<ThrashingGuard>(
      "throttle", {mode, parameter("lapse", SimTime::microseconds(500), 1), parameter("share", 0.25, 0, 1),
                   parameter("rate", Bandwidth::gigabytes_per_second(1)), parameter("strict", false)}));
  // As configs/policies/uvm-default.json has it.
  std::vector<ParameterInfo> throttle_pin = {parameter("lapse", SimTime::microseconds(500))};
  for (const char* name : {"threshold", "pin_threshold", "nap", "epoch", "pin", "max_resets"}) {
    throttle_pin.push_back(parameter(name, std::uint64_t{1}));
  }
  out.policies.thrashing.add(policy<ThrashingGuard>("throttle_pin", std::move(throttle_pin)));
  out.designs.add(
      {"separate_radix", "A stand-in.", "test", [](const DesignSpec&) { return std::unique_ptr<KernelDesign>(); }});
  ParameterInfo footprint = parameter("footprint", Bytes::mib(64), 1);
  out.generators.add(generator(
      "zipf", {footprint, parameter("accesses", std::uint64_t{1'000'000}, 1), parameter("exponent", 0.9, 0, 10)}));
  out.generators.add(generator("sequential", {footprint, parameter("passes", std::uint64_t{1}, 1)}));
  return out;
}

ConfigPaths paths() { return {"configs"}; }

std::string scenario(const std::string& more) { return R"({"workload": {"generator": {"kind": "zipf"}})" + more + "}"; }

RunSpec load(const std::string& text, const std::vector<std::string>& sets) {
  return load_scenario_text(text, "t.json", ".", sets, paths(), catalogue());
}

std::vector<Diagnostic> problems(const std::string& text, const std::vector<std::string>& sets) {
  try {
    load(text, sets);
  } catch (const InputError& error) {
    return error.diagnostics();
  }
  return {};
}

std::vector<std::string> places(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> out;
  out.reserve(diagnostics.size());
  for (const Diagnostic& d : diagnostics) out.push_back(std::to_string(d.line) + ' ' + d.pointer);
  return out;
}

std::string texts(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& d : diagnostics) out += d.text() + '\n';
  return out;
}

}  // namespace farfault::config_test
