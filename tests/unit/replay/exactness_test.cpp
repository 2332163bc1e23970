// On the ideal platform, with 4 KiB chunks and no prefetch, the simulator is a cache simulator: its faults must be
// exactly the misses of a cache, by an implementation that shares nothing with farfault's.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sim/config/catalogue.h"
#include "tests/unit/models/reference_caches.h"
#include "tests/unit/replay/run_scenario.h"
#include "traces/source.h"

namespace farfault {
namespace exactness_test {

/// Every page access of a trace in its order; an access over a page boundary is one of each page.
std::vector<std::uint64_t> page_stream(const traces::Source& source) {
  std::vector<std::uint64_t> pages;
  const auto reader = source.open();
  traces::AccessBlock block;
  while (reader->next(block)) {
    for (const traces::Access& access : block.accesses) {
      const std::uint64_t last = (access.address + access.size() - 1) / 4096;
      for (std::uint64_t page = access.address / 4096; page <= last; ++page) pages.push_back(page);
    }
  }
  return pages;
}

std::uint64_t distinct(const std::vector<std::uint64_t>& pages) {
  return std::unordered_set<std::uint64_t>(pages.begin(), pages.end()).size();
}

/// Misses of a cache of `capacity` pages; `recency`: a hit moves its page to the end of the order (LRU), else not
/// (FIFO).
std::uint64_t cache_misses(const std::vector<std::uint64_t>& pages, std::uint64_t capacity, bool recency) {
  std::list<std::uint64_t> order;
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> where;
  std::uint64_t misses = 0;
  for (const std::uint64_t page : pages) {
    const auto it = where.find(page);
    if (it != where.end()) {
      if (recency) order.splice(order.end(), order, it->second);
      continue;
    }
    ++misses;
    if (where.size() == capacity) {
      where.erase(order.front());
      order.pop_front();
    }
    order.push_back(page);
    where[page] = std::prev(order.end());
  }
  return misses;
}

/// The published definitions, of page streams whose pages are numbered from 0.
std::uint64_t reference_misses(const std::string& kind, const std::vector<std::uint64_t>& pages,
                               std::uint64_t capacity) {
  namespace reference = testing::reference;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  std::vector<std::uint32_t> stream;
  for (const std::uint64_t page : pages) {
    stream.push_back(numbers.try_emplace(page, static_cast<std::uint32_t>(numbers.size())).first->second);
  }
  if (kind == "clock") return reference::clock_misses(stream, capacity);
  if (kind == "sieve") return reference::sieve_misses(stream, capacity);
  if (kind == "two_q") return reference::two_q_misses(stream, capacity);
  if (kind == "s3_fifo") return reference::s3_fifo_misses(stream, capacity);
  if (kind == "arc") return reference::arc_misses(stream, capacity);
  if (kind == "belady") return reference::least_misses(stream, capacity);
  return reference::lfu_misses(stream, capacity, true);
}

void check_against_caches(const std::string& workload, const traces::Source& source,
                          const std::vector<std::uint64_t>& percents = {10, 75}) {
  const std::vector<std::uint64_t> pages = page_stream(source);
  const std::uint64_t footprint = distinct(pages);
  for (const std::string eviction : {"lru", "fifo"}) {
    for (const std::uint64_t percent : percents) {
      CAPTURE(eviction);
      CAPTURE(percent);
      const std::uint64_t capacity = std::max<std::uint64_t>(1, footprint * percent / 100);
      const auto figures = testing::run_scenario(
          R"({"platform": "ideal", "policy": {"prefetch": "none", "eviction": {"kind": ")" + eviction +
          R"(", "granularity": "4 KiB"}}, "workload": )" + workload + R"(, "memory": {"device_capacity": ")" +
          std::to_string(percent) + R"( % of footprint"}})");
      REQUIRE(figures.contains("faults.device.serviced"));
      CHECK(figures.at("memory.device.capacity") == static_cast<double>(capacity * 4096));
      CHECK(figures.at("footprint.pages") == static_cast<double>(footprint));
      const auto expected = static_cast<double>(cache_misses(pages, capacity, eviction == "lru"));
      CHECK(figures.at("faults.device.serviced") == expected);
      // Nothing takes time but a fault, 10 us each.
      CHECK(figures.at("time.total") == expected * 10e6);
    }
  }
}

std::unique_ptr<traces::Source> generator(const std::string& name,
                                          const std::vector<std::pair<std::string, ParameterValue>>& set) {
  const Catalogue catalogue = make_catalogue();
  const traces::GeneratorInfo* info = catalogue.generators.find(name);
  REQUIRE(info != nullptr);
  Parameters parameters = Parameters::defaults(info->parameters);
  for (const auto& [key, value] : set) parameters.set(key, value);
  return info->make(parameters, 1);
}

TEST_CASE("replay: faults on the ideal platform are the misses of a cache - real trace") {
  check_against_caches(R"({"trace": "traces/samples/bfs.lackey.zst"})",
                       *traces::open_file("traces/samples/bfs.lackey.zst"), {25});
}

TEST_CASE("replay: faults on the ideal platform are the misses of a cache - zipf") {
  check_against_caches(R"({"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 20000}})",
                       *generator("zipf", {{"footprint", Bytes::mib(4)}, {"accesses", std::uint64_t{20000}}}));
}

TEST_CASE("replay: faults on the ideal platform are the misses of each policy's definition") {
  const std::vector<std::uint64_t> pages =
      page_stream(*generator("zipf", {{"footprint", Bytes::mib(1)}, {"accesses", std::uint64_t{6000}}}));
  const std::uint64_t footprint = distinct(pages);
  for (const std::string kind : {"clock", "sieve", "lfu", "two_q", "s3_fifo", "arc", "belady"}) {
    CAPTURE(kind);
    const auto figures = testing::run_scenario(
        R"({"platform": "ideal", "policy": {"prefetch": "none", "eviction": {"kind": ")" + kind +
        R"(", "granularity": "4 KiB"}}, "workload": {"generator": {"kind": "zipf", "footprint": "1 MiB",
        "accesses": 6000}}, "memory": {"device_capacity": "25 % of footprint"}})");
    REQUIRE(figures.contains("faults.device.serviced"));
    CHECK(figures.at("faults.device.serviced") ==
          static_cast<double>(reference_misses(kind, pages, footprint * 25 / 100)));
  }
}

TEST_CASE("replay: with hindsight, bypassing misses exactly as seldom as it can") {
  for (const std::string workload : {R"({"generator": {"kind": "zipf", "footprint": "1 MiB", "accesses": 3000}})",
                                     R"({"generator": {"kind": "random", "footprint": "1 MiB", "accesses": 2000}})"}) {
    CAPTURE(workload);
    const bool zipf = workload.find("zipf") != std::string::npos;
    const std::vector<std::uint64_t> pages = page_stream(*generator(
        zipf ? "zipf" : "random", {{"footprint", Bytes::mib(1)}, {"accesses", std::uint64_t{zipf ? 3000U : 2000U}}}));
    std::unordered_map<std::uint64_t, std::uint32_t> numbers;
    std::vector<std::uint32_t> stream;
    for (const std::uint64_t page : pages) {
      stream.push_back(numbers.try_emplace(page, static_cast<std::uint32_t>(numbers.size())).first->second);
    }
    const auto run = [&](const std::string& placement) {
      return testing::run_scenario(
          R"({"platform": "ideal", "policy": {"placement": ")" + placement +
          R"(", "prefetch": "none", "eviction": {"kind": "belady", "granularity": "4 KiB"}}, "workload": )" + workload +
          R"(, "memory": {"device_capacity": "25 % of footprint"}})");
    };
    const std::uint64_t capacity = distinct(pages) * 25 / 100;
    const auto bypassing = run("oracle");
    const std::uint64_t least = testing::reference::least_misses(stream, capacity, true);
    CHECK(bypassing.at("faults.device.serviced") == static_cast<double>(least));
    CHECK(bypassing.at("accesses.device.remote") > 0);
    CHECK(least < testing::reference::least_misses(stream, capacity));
    // Over the link goes what misses and does not stay.
    CHECK(bypassing.at("pages.to_device.demand") + bypassing.at("accesses.device.remote") ==
          static_cast<double>(least));
  }
}

TEST_CASE("replay: the perfect prefetcher leaves nothing to fault on") {
  // Of the first accesses some come before anything can have come.
  const auto figures = testing::run_scenario(
      R"({"platform": "generic-pcie3", "policy": {"prefetch": "oracle", "eviction": {"kind": "belady",
      "granularity": "4 KiB"}}, "workload": {"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 30000}},
      "memory": {"device_capacity": "50 % of footprint"}})");
  const double faults = figures.at("faults.device.serviced");
  CHECK(faults < 0.02 * figures.at("pages.to_device.prefetch"));
  CHECK(figures.at("pages.to_device.prefetch") > figures.at("footprint.pages") / 2);
}

TEST_CASE("replay: faults on the ideal platform are the misses of a cache - random") {
  check_against_caches(R"({"generator": {"kind": "random", "footprint": "2 MiB", "accesses": 8000}})",
                       *generator("random", {{"footprint", Bytes::mib(2)}, {"accesses", std::uint64_t{8000}}}));
}

TEST_CASE("replay: faults on the ideal platform are the misses of a cache - sequential") {
  check_against_caches(R"({"generator": {"kind": "sequential", "footprint": "3 MiB", "passes": 3}})",
                       *generator("sequential", {{"footprint", Bytes::mib(3)}, {"passes", std::uint64_t{3}}}));
}

}  // namespace exactness_test
}  // namespace farfault
