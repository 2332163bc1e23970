#include "traces/read_ahead.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "sim/core/error.h"
#include "traces/limited_reader.h"

namespace farfault::traces {
namespace read_ahead_test {

/// Blocks of ten accesses with consecutive addresses, and an event before the first of each; throws after `fails_after`
/// blocks, if that is not zero.
class CountingReader final : public Reader {
 public:
  CountingReader(int blocks, int fails_after) : blocks_(blocks), fails_after_(fails_after) {}

  std::string_view format() const override { return "counting"; }
  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }
  bool next(AccessBlock& block) override {
    block.clear();
    if (fails_after_ != 0 && given_ == fails_after_) throw InputError(Diagnostic{.problem = "bad block"});
    if (given_ == blocks_) {
      agents_.push_back({AgentKind::kCpuThread, "known at the end"});
      limits_.unknown = {"something"};
      return false;
    }
    for (std::uint64_t i = 0; i < 10; ++i) {
      block.accesses.push_back(Access::make(static_cast<std::uint64_t>(given_) * 10 + i, 8, Op::kRead));
    }
    Event event;
    event.kind = EventKind::kMarker;
    event.name = std::to_string(given_);
    block.events.push_back(event);
    ++given_;
    return true;
  }

 private:
  int blocks_;
  int fails_after_;
  int given_ = 0;
  std::vector<Agent> agents_;
  TraceLimits limits_;
};

std::unique_ptr<Reader> counting(int blocks, int fails_after = 0) {
  return std::make_unique<CountingReader>(blocks, fails_after);
}

TEST_CASE("traces: reading ahead changes neither blocks nor their order") {
  const auto reader = read_ahead(counting(1000));
  CHECK(reader->format() == "counting");
  AccessBlock block;
  std::uint64_t next = 0;
  while (reader->next(block)) {
    REQUIRE(block.accesses.size() == 10);
    REQUIRE(block.events.size() == 1);
    REQUIRE(block.events[0].name == std::to_string(next / 10));
    for (const Access& access : block.accesses) REQUIRE(access.address == next++);
  }
  CHECK(next == 10'000);
  CHECK(block.empty());
  CHECK(reader->agents().size() == 1);
  CHECK(reader->limits().unknown == std::vector<std::string>{"something"});
  CHECK_FALSE(reader->next(block));
}

TEST_CASE("traces: what is known of a trace is known with the block that told it, also when read ahead") {
  class Telling final : public Reader {
   public:
    std::string_view format() const override { return "telling"; }
    bool next(AccessBlock& block) override {
      block.clear();
      if (++blocks_ > 3) return false;
      if (blocks_ == 2) meta_.time_unit = "ns";
      block.accesses.push_back(Access::make(0, 1, Op::kRead));
      return true;
    }
    const std::vector<Agent>& agents() const override { return agents_; }
    const TraceLimits& limits() const override { return limits_; }
    const TraceMeta& meta() const override { return meta_; }

   private:
    int blocks_ = 0;
    std::vector<Agent> agents_{{AgentKind::kCpuThread, "a"}};
    TraceLimits limits_;
    TraceMeta meta_;
  };
  const auto reader = read_ahead(std::make_unique<Telling>());
  AccessBlock block;
  REQUIRE(reader->next(block));
  CHECK(reader->meta().time_unit.empty());
  REQUIRE(reader->next(block));
  CHECK(reader->meta().time_unit == "ns");
}

TEST_CASE("traces: an error comes after the blocks before it") {
  const auto reader = read_ahead(counting(1000, 25));
  AccessBlock block;
  for (int i = 0; i < 25; ++i) REQUIRE(reader->next(block));
  CHECK_THROWS_AS(reader->next(block), InputError);
  CHECK_THROWS_AS(reader->next(block), InputError);
}

TEST_CASE("traces: a reader may be dropped while it reads ahead") {
  for (int i = 0; i < 50; ++i) {
    const auto reader = read_ahead(counting(1000));
    AccessBlock block;
    if (i % 2 == 0) CHECK(reader->next(block));
  }
}

TEST_CASE("traces: a limit cuts at the access and keeps the events before it") {
  const auto reader = limit_reader(counting(1000), 25);
  AccessBlock block;
  std::uint64_t accesses = 0;
  std::uint64_t events = 0;
  while (reader->next(block)) {
    accesses += block.accesses.size();
    events += block.events.size();
  }
  CHECK(accesses == 25);
  CHECK(events == 3);
  CHECK_FALSE(reader->next(block));
  CHECK_FALSE(limit_reader(counting(5), 0)->next(block));
}

}  // namespace read_ahead_test
}  // namespace farfault::traces
