#include "sim/plugins/load_plugin.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/error.h"

namespace farfault {
namespace load_plugin_test {

void register_nothing(PolicyRegistry&) {}

Plugin right() { return make_plugin("mine", register_nothing); }

std::string misfit(const Plugin& plugin) {
  const auto found = plugin_misfit(plugin);
  return found ? found->problem : "none";
}

PolicyInfo<EvictionPolicy> policy(const std::string& name) {
  return {name, name + "/1", "one\x1B[2J", "two\n", {}, [](const Parameters&, std::uint64_t) { return nullptr; }};
}

ParameterInfo parameter(const std::string& name, ParameterValue fallback) {
  ParameterInfo out;
  out.name = name;
  out.fallback = std::move(fallback);
  out.maximum = 100;
  return out;
}

/// The text of what adopting one policy reports; "none" if nothing.
std::string faults(const PolicyInfo<EvictionPolicy>& info) {
  PolicyRegistry registered;
  registered.eviction.add(info);
  PolicyRegistry policies;
  LoadedPlugin plugin;
  plugin.path = "libmine.so";
  try {
    adopt_policies(registered, plugin, policies);
  } catch (const InputError& error) {
    CHECK(policies.eviction.names().empty());
    CHECK(plugin.policies.empty());
    return error.what();
  }
  return "none";
}

std::string faults_of_parameter(const ParameterInfo& info) {
  PolicyInfo<EvictionPolicy> with = policy("mine");
  with.parameters = {info};
  return faults(with);
}

TEST_CASE("plugins: what was built alike fits") {
  constexpr Plugin kPlugin = make_plugin("mine", register_nothing);
  CHECK(misfit(kPlugin) == "none");
  const std::string built(kPlugin.built_with.data());
#if !defined(__clang__)
  CHECK(built.starts_with("g++ " + std::to_string(__GNUC__) + ", libstdc++ "));
#endif
  CHECK(built.find("sizes 32 24 32 ") != std::string::npos);
}

TEST_CASE("plugins: what was built otherwise does not fit") {
  Plugin plugin = right();
  plugin.magic[7] = 'T';
  CHECK(misfit(plugin).starts_with("is no plug-in"));
  // Of another ABI nothing more is looked at.
  plugin = right();
  plugin.abi = kPluginAbi + 1;
  std::memset(plugin.built_with.data(), 0xFF, plugin.built_with.size());
  plugin.name = nullptr;
  CHECK(misfit(plugin) == "is for plug-in ABI " + std::to_string(kPluginAbi + 1) + ", and this farfault has " +
                              std::to_string(kPluginAbi));
  plugin = right();
  std::memset(plugin.built_with.data(), 0xFF, plugin.built_with.size());
  CHECK(misfit(plugin).starts_with("was built with \"\\xFF"));
  plugin = right();
  plugin.built_with[4] = '9';
  CHECK(misfit(plugin).starts_with("was built with \"g++ 9"));
  plugin = right();
  plugin.register_policies = nullptr;
  CHECK(misfit(plugin) == "has no register_policies");
  plugin = right();
  plugin.name = nullptr;
  CHECK(misfit(plugin) == "has a name that no config takes");
  for (const char* name : {"", "a b", "a/b", "..", "a\n", "\xC3\xA4", "a123456789012345678901234567890123"}) {
    CAPTURE(name);
    plugin.name = name;
    CHECK(misfit(plugin) == "has a name that no config takes");
  }
  plugin.name = "A-b_3456789012345678901234567890";
  CHECK(misfit(plugin) == "none");
}

TEST_CASE("plugins: what is new is adopted and what was there stays") {
  PolicyRegistry policies;
  policies.eviction.add(policy("lru"));
  PolicyRegistry registered = policies;
  registered.eviction.add(policy("mine"));
  registered.prefetch.add({"mine", "mine/1", "", "", {}, [](const Parameters&, std::uint64_t) { return nullptr; }});
  LoadedPlugin plugin;
  plugin.path = "libmine.so";
  adopt_policies(registered, plugin, policies);
  CHECK(plugin.policies == std::vector<std::string>{"prefetch mine", "eviction mine"});
  CHECK(policies.eviction.names() == std::vector<std::string>{"lru", "mine"});
  CHECK(policies.prefetch.names() == std::vector<std::string>{"mine"});
  // Texts are made safe to show, of what is adopted alone.
  CHECK(policies.eviction.find("mine")->summary == "one\\x1B[2J");
  CHECK(policies.eviction.find("mine")->source == "two\\x0A");
  CHECK(policies.eviction.find("lru")->source == "two\n");
  // And it is guarded.
  CHECK(policies.eviction.find("lru")->make({}, 1) == nullptr);
  CHECK_THROWS_AS(policies.eviction.find("mine")->make({}, 1), RunError);
}

TEST_CASE("plugins: a plug-in without a new policy is refused") {
  PolicyRegistry policies;
  policies.eviction.add(policy("lru"));
  const PolicyRegistry registered = policies;
  LoadedPlugin plugin;
  CHECK_THROWS_AS(adopt_policies(registered, plugin, policies), InputError);
}

TEST_CASE("plugins: policies that no config could choose are refused") {
  CHECK(faults(policy("mine")) == "none");
  CHECK(faults(policy(std::string(64, 'a'))) == "none");
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a\0b", 3), std::string("../a"),
                                  std::string(65, 'a'), std::string("a.b"), std::string("\x1B[2J")}) {
    CAPTURE(name);
    CHECK(faults(policy(name)).find("has a name that no config takes") != std::string::npos);
  }
  PolicyInfo<EvictionPolicy> wrong = policy("mine");
  wrong.make = nullptr;
  wrong.version = "mine\n";
  CHECK(faults(wrong) ==
        "libmine.so: eviction policy \"mine\" has no factory; give it a `make`\n"
        "libmine.so: eviction policy \"mine\" has no version that results could name; give one such as \"mine/1\"");
  wrong = policy("mine");
  wrong.parameters = {parameter("a", true), parameter("a", true)};
  CHECK(faults(wrong).find("has the parameter \"a\" twice") != std::string::npos);
  for (const char* name : {"", "kind", "a.b", "a=b"}) {
    CHECK(faults_of_parameter(parameter(name, true)).find("which no config could name") != std::string::npos);
  }
}

TEST_CASE("plugins: defaults that config would not take are refused") {
  CHECK(faults_of_parameter(parameter("a", true)) == "none");
  CHECK(faults_of_parameter(parameter("a", std::uint64_t{100})) == "none");
  CHECK(faults_of_parameter(parameter("a", 0.5)) == "none");
  CHECK(faults_of_parameter(parameter("a", Bandwidth::unlimited())) == "none");
  const std::string problem = "with a default that may not be";
  for (const ParameterValue& value :
       {ParameterValue(std::uint64_t{101}), ParameterValue(100.5), ParameterValue(-1.0), ParameterValue(Bytes(101)),
        ParameterValue(std::numeric_limits<double>::quiet_NaN()), ParameterValue(SimTime::nanoseconds(1)),
        ParameterValue(Bandwidth::bytes_per_second(101))}) {
    CAPTURE(value.index());
    CHECK(faults_of_parameter(parameter("a", value)).find(problem) != std::string::npos);
  }
  ParameterInfo size = parameter("a", Bytes::kib(8));
  size.sizes = {Bytes::kib(4), Bytes::kib(64)};
  CHECK(faults_of_parameter(size).find(problem) != std::string::npos);
  size.fallback = Bytes::kib(64);
  CHECK(faults_of_parameter(size) == "none");
  ParameterInfo text = parameter("a", std::string("x"));
  CHECK(faults_of_parameter(text) == "none");
  text.choices = {"y"};
  CHECK(faults_of_parameter(text).find(problem) != std::string::npos);
}

}  // namespace load_plugin_test
}  // namespace farfault
