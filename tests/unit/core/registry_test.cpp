#include "sim/core/registry.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "sim/core/parameters.h"

namespace farfault {
namespace registry_test {

struct Entry {
  std::string name;
  int value = 0;
};

TEST_CASE("registry: finds by name") {
  Registry<Entry> registry;
  registry.add({"lru", 1});
  registry.add({"fifo", 2});
  REQUIRE(registry.find("lru") != nullptr);
  CHECK(registry.find("lru")->value == 1);
  CHECK(registry.find("lru")->name == "lru");
  CHECK(registry.find("LRU") == nullptr);
  CHECK(registry.find("") == nullptr);
}

TEST_CASE("registry: names are sorted") {
  Registry<Entry> registry;
  for (const char* name : {"c", "a", "b"}) registry.add({name, 0});
  CHECK(registry.names() == std::vector<std::string>{"a", "b", "c"});
  std::string seen;
  for (const auto& [name, entry] : registry) seen += name + entry.name;
  CHECK(seen == "aabbcc");
}

TEST_CASE("registry: a name is registered once") {
  Registry<Entry> registry;
  registry.add({"lru", 1});
  CHECK_THROWS_AS(registry.add({"lru", 2}), std::logic_error);
  CHECK(registry.find("lru")->value == 1);
}

TEST_CASE("registry: parameters have defaults of their kind") {
  ParameterInfo window;
  window.name = "window";
  window.fallback = Bytes::mib(2);
  ParameterInfo depth;
  depth.name = "depth";
  depth.fallback = std::uint64_t{4};
  Parameters parameters = Parameters::defaults({window, depth});
  CHECK(parameters.get<Bytes>("window") == Bytes::mib(2));
  CHECK(parameters.get<std::uint64_t>("depth") == 4);
  parameters.set("depth", std::uint64_t{8});
  CHECK(parameters.get<std::uint64_t>("depth") == 8);
  CHECK(parameters.contains("window"));
  CHECK_FALSE(parameters.contains("width"));
  CHECK_THROWS_AS(parameters.get<bool>("width"), std::logic_error);
  CHECK_THROWS(parameters.get<bool>("depth"));
  CHECK_FALSE(parameters == Parameters::defaults({window, depth}));
}

}  // namespace registry_test
}  // namespace farfault
