#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/config/support.h"

namespace farfault::config_test {
namespace plugins_test {

/// The catalogue with a plug-in whose policies are `mine`, in two slots.
Catalogue with_plugin(const std::string& hash = "0123456789abcdef") {
  Catalogue out = catalogue();
  const auto none = [](const Parameters&, std::uint64_t) { return nullptr; };
  out.policies.eviction.add({"mine", "mine/1", "", "", {}, none});
  out.policies.prefetch.add({"mine", "mine/1", "", "", {}, none});
  out.plugins.push_back({"extra", "folder/libextra.so", "libextra.so", 7, hash, {"prefetch mine", "eviction mine"}});
  return out;
}

RunSpec load_with(const std::string& text, const Catalogue& catalogue) {
  return load_scenario_text(text, "t.json", ".", {}, paths(), catalogue);
}

std::string error_with(const std::string& text, const Catalogue& catalogue) {
  try {
    load_with(text, catalogue);
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("config: a resolved config names the plug-ins whose policies were chosen") {
  const Catalogue all = with_plugin();
  const std::string mine = scenario(R"(, "policy": {"eviction": "mine"})");
  const RunSpec spec = load_with(mine, all);
  REQUIRE(spec.plugins.size() == 1);
  CHECK(spec.plugins.front() == PluginUse{"extra", "libextra.so", 7, "0123456789abcdef", {"eviction mine"}});
  const std::string resolved = resolved_json(spec);
  CHECK(resolved.find("\"plugins\"") != std::string::npos);
  CHECK(resolved.find("folder") == std::string::npos);
  CHECK(load_with(resolved, all) == spec);

  const RunSpec both = load_with(scenario(R"(, "policy": {"eviction": "mine", "prefetch": "mine"})"), all);
  CHECK(both.plugins.front().policies == std::vector<std::string>{"prefetch mine", "eviction mine"});
}

TEST_CASE("config: a plug-in that is not chosen leaves no trace") {
  const RunSpec spec = load_with(scenario(), with_plugin());
  CHECK(spec.plugins.empty());
  CHECK(resolved_json(spec) == resolved_json(load(scenario())));
  CHECK(resolved_json(spec).find("plugins") == std::string::npos);
}

TEST_CASE("config: a plug-in that a scenario wants must be loaded") {
  const std::string wants = scenario(R"(, "plugins": {"extra": {}})");
  CHECK(error_with(wants, with_plugin()) == "none");
  CHECK(load_with(wants, with_plugin()).plugins.empty());  // it is wanted, and nothing of it is chosen
  CHECK(error_with(wants, catalogue())
            .ends_with("/plugins/extra: the plug-in is not loaded; give it with --plugin FILE"));
  const std::string resolved = resolved_json(load_with(scenario(R"(, "policy": {"eviction": "mine"})"), with_plugin()));
  const std::string error = error_with(resolved, catalogue());
  CHECK(error.find("unknown eviction policy \"mine\"") != std::string::npos);
  CHECK(error.find("give it with --plugin libextra.so") != std::string::npos);
}

TEST_CASE("config: a plug-in that was built anew is named as it is") {
  const std::string resolved = resolved_json(load_with(scenario(R"(, "policy": {"eviction": "mine"})"), with_plugin()));
  CHECK(load_with(resolved, with_plugin("fedcba9876543210")).plugins.front().hash == "fedcba9876543210");
}

TEST_CASE("config: what is wrong with the list of plug-ins is told") {
  CHECK(error_with(scenario(R"(, "plugins": ["extra"])"), with_plugin()).find("/plugins: is an array, not an object") !=
        std::string::npos);
  CHECK(error_with(scenario(R"(, "plugins": {"extra": "libextra.so"})"), with_plugin()).find("not an object") !=
        std::string::npos);
  CHECK(error_with(scenario(R"(, "plugins": {"../x": {}})"), with_plugin()).find("is no name for a plug-in") !=
        std::string::npos);
  CHECK(error_with(scenario(R"(, "plugins": {"extra": {"path": "x"}})"), with_plugin()).find("unknown key \"path\"") !=
        std::string::npos);
  CHECK(error_with(scenario(R"(, "plugins": {"extra": null})"), catalogue()) == "none");
}

}  // namespace plugins_test
}  // namespace farfault::config_test
