// Decisions of the eviction policies that draw, count, or look beyond an order of chunks.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/policies/eviction/access_counter.h"
#include "models/policies/eviction/clean_first.h"
#include "models/policies/eviction/fifo.h"
#include "models/policies/eviction/lru.h"
#include "models/policies/eviction/random.h"
#include "models/policies/eviction/reserve.h"
#include "models/policies/eviction/tree.h"
#include "models/policies/future.h"
#include "models/policies/registry.h"

namespace farfault {
namespace eviction_policies_test {

constexpr SimTime kNow = SimTime::microseconds(3);
using Order = std::vector<std::uint32_t>;

/// Everything may leave and must be copied, apart from what a test says.
struct View final : EvictionView {
  std::set<std::uint32_t> pinned;
  std::set<std::uint32_t> clean;
  bool evictable(ChunkId chunk) const override { return !pinned.contains(chunk.value()); }
  std::optional<ChunkId> wanted() const override { return ChunkId(77'777); }
  unsigned pages_to_copy(ChunkId chunk) const override { return clean.contains(chunk.value()) ? 0 : 1; }
};

View pinning(std::set<std::uint32_t> chunks) {
  View view;
  view.pinned = std::move(chunks);
  return view;
}
View with_clean(std::set<std::uint32_t> chunks) {
  View view;
  view.clean = std::move(chunks);
  return view;
}

void resident(EvictionPolicy& policy, const Order& chunks) {
  for (const std::uint32_t chunk : chunks) policy.on_resident(ChunkId(chunk), kNow);
}
void touch(EvictionPolicy& policy, const Order& chunks) {
  std::vector<ChunkId> ids;
  for (const std::uint32_t chunk : chunks) ids.emplace_back(chunk);
  policy.on_touches(ids, kNow);
}
void touch(EvictionPolicy& policy, std::uint32_t chunk, int times) {
  for (int i = 0; i < times; ++i) touch(policy, {chunk});
}
std::uint32_t evict(EvictionPolicy& policy, const View& view = {}) {
  const auto victim = policy.victim(view);
  REQUIRE(victim);
  policy.on_removed(*victim);
  return victim->value();
}
Order drain(EvictionPolicy& policy, const View& view = {}) {
  Order order;
  while (const auto victim = policy.victim(view)) {
    order.push_back(victim->value());
    policy.on_removed(*victim);
  }
  return order;
}
Order first(std::uint32_t count) {
  Order chunks(count);
  std::iota(chunks.begin(), chunks.end(), 0U);
  return chunks;
}

// --- random ----------------------------------------------------------------------------------------------------------

Order drain_of_seed(std::uint64_t seed) {
  const auto policy = make_random_eviction(kPageSize, seed);
  resident(*policy, first(40));
  return drain(*policy);
}

TEST_CASE("eviction: random draws the same with one seed and otherwise with another") {
  CHECK(make_random_eviction(Bytes::kib(64), 1)->name() == "random/1");
  CHECK(make_random_eviction(Bytes::kib(64), 1)->granularity() == Bytes::kib(64));
  CHECK(make_random_eviction(Bytes::kib(64), 1)->touch_need() == TouchNeed::kNone);
  const Order order = drain_of_seed(7);
  CHECK(drain_of_seed(7) == order);
  CHECK(drain_of_seed(8) != order);
  CHECK(order != first(40));
  Order sorted = order;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted == first(40));
}

/// How often each chunk is drawn.
std::map<std::uint32_t, int> draws(EvictionPolicy& policy, const View& view, int times) {
  std::map<std::uint32_t, int> counts;
  for (int i = 0; i < times; ++i) ++counts[policy.victim(view).value().value()];
  return counts;
}

TEST_CASE("eviction: random draws each chunk that may leave equally often") {
  const auto policy = make_random_eviction(kPageSize, 3);
  resident(*policy, first(8));
  const auto all = draws(*policy, View(), 8'000);
  CHECK(all.size() == 8);
  for (const auto& [chunk, count] : all) {
    CHECK(count > 800);
    CHECK(count < 1'200);
  }
  const auto some = draws(*policy, pinning({0, 3, 7}), 5'000);
  CHECK(some.size() == 5);
  for (const auto& [chunk, count] : some) {
    CHECK_FALSE(pinning({0, 3, 7}).pinned.contains(chunk));
    CHECK(count > 800);
    CHECK(count < 1'200);
  }
  CHECK(policy->victim(pinning({0, 1, 2, 3, 4, 6, 7})) == std::optional(ChunkId(5)));
  CHECK_FALSE(policy->victim(pinning({0, 1, 2, 3, 4, 5, 6, 7})));
}

TEST_CASE("eviction: random never returns what is not there, whatever came and went") {
  const auto policy = make_random_eviction(kPageSize, 11);
  std::set<std::uint32_t> there;
  std::uint32_t state = 1;
  const auto next = [&state](std::uint32_t n) { return (state = state * 1'664'525 + 1'013'904'223) / 65'536 % n; };
  for (int i = 0; i < 5'000; ++i) {
    const std::uint32_t chunk = next(30);
    if (there.insert(chunk).second) {
      policy->on_resident(ChunkId(chunk), kNow);
    } else if (next(2) == 0) {
      there.erase(chunk);
      policy->on_removed(ChunkId(chunk));
    }
    const View view = pinning({next(30), next(30), next(30)});
    const bool any = std::any_of(there.begin(), there.end(), [&](std::uint32_t c) { return !view.pinned.contains(c); });
    const auto victim = policy->victim(view);
    REQUIRE(victim.has_value() == any);
    if (!victim) continue;
    REQUIRE(there.contains(victim->value()));
    REQUIRE_FALSE(view.pinned.contains(victim->value()));
  }
}

// --- access counters -------------------------------------------------------------------------------------------------

constexpr std::uint64_t kNever = 1'000'000'000;

TEST_CASE("eviction: access_counter evicts what has the fewest accesses, and those with as many in their order") {
  const auto policy = make_access_counter_eviction(Bytes::kib(64), kNever);
  CHECK(policy->name() == "access_counter/1");
  CHECK(policy->granularity() == Bytes::kib(64));
  CHECK(policy->touch_need() == TouchNeed::kEvery);
  resident(*policy, {5, 1, 9});
  CHECK(drain(*policy) == Order{5, 1, 9});
  resident(*policy, {5, 1, 9, 2});
  touch(*policy, {9, 2, 1, 5});
  touch(*policy, {9});
  CHECK(policy->victim(pinning({2})) == std::optional(ChunkId(1)));
  CHECK_FALSE(policy->victim(pinning({1, 2, 5, 9})));
  CHECK(drain(*policy) == Order{2, 1, 5, 9});
}

TEST_CASE("eviction: access_counter's counts outlive a chunk's stay") {
  const auto policy = make_access_counter_eviction(kPageSize, kNever);
  resident(*policy, {1, 2, 3});
  touch(*policy, 1, 3);
  touch(*policy, 2, 1);
  touch(*policy, 3, 2);
  CHECK(evict(*policy) == 2);
  touch(*policy, 2, 10);  // gone, as a touch may say late
  resident(*policy, {2});
  touch(*policy, 2, 1);
  // Two accesses, as 3 has, and later.
  CHECK(drain(*policy) == Order{3, 2, 1});
  resident(*policy, {1, 2, 3, 4});
  CHECK(drain(*policy) == Order{4, 2, 3, 1});
}

TEST_CASE("eviction: access_counter halves all counts when one is full") {
  const auto policy = make_access_counter_eviction(kPageSize, 4);
  resident(*policy, {1, 2, 3});
  touch(*policy, 1, 3);
  touch(*policy, 2, 2);
  touch(*policy, 3, 1);
  touch(*policy, 1, 1);  // 2, 1 and 0 now
  CHECK(policy->victim(View()) == std::optional(ChunkId(3)));
  touch(*policy, 3, 2);
  CHECK(drain(*policy) == Order{2, 1, 3});
}

TEST_CASE("eviction: access_counter halves counts of what is away too") {
  const auto policy = make_access_counter_eviction(kPageSize, 4);
  resident(*policy, {1, 4});
  touch(*policy, 4, 3);
  CHECK(policy->victim(pinning({1})) == std::optional(ChunkId(4)));
  policy->on_removed(ChunkId(4));
  touch(*policy, 1, 4);  // 2
  touch(*policy, 1, 2);  // 4, and 2 again
  resident(*policy, {4, 5});
  // 4 had three, of which two halvings leave none.
  CHECK(drain(*policy) == Order{4, 5, 1});
}

TEST_CASE("eviction: access_counter keeps the order of counts that halving makes equal") {
  for (const bool swapped : {false, true}) {
    const auto policy = make_access_counter_eviction(kPageSize, 4);
    const std::uint32_t three = swapped ? 2 : 1;
    const std::uint32_t two = swapped ? 1 : 2;
    resident(*policy, {1, 2, 3});
    touch(*policy, swapped ? Order{two, two, three, three, three} : Order{three, three, three, two, two});
    touch(*policy, 3, 4);
    CHECK(drain(*policy) == (swapped ? Order{two, three, 3} : Order{three, two, 3}));
  }
}

// --- clean first -----------------------------------------------------------------------------------------------------

TEST_CASE("eviction: clean_first without a clean chunk is lru") {
  const auto policy = make_clean_first(Bytes::kib(64), 0.5, 64);
  const auto lru = make_lru(Bytes::kib(64));
  CHECK(policy->name() == "clean_first/1");
  CHECK(policy->granularity() == Bytes::kib(64));
  CHECK(policy->touch_need() == TouchNeed::kChunk);
  for (EvictionPolicy* each : {policy.get(), lru.get()}) {
    resident(*each, {7, 3, 900, 0, 5});
    touch(*each, {3, 7, 3, 4'000});
  }
  CHECK(policy->victim(pinning({900})) == lru->victim(pinning({900})));
  CHECK_FALSE(policy->victim(pinning({7, 3, 900, 0, 5})));
  CHECK(drain(*policy) == drain(*lru));
}

TEST_CASE("eviction: clean_first takes the oldest clean chunk of its window, and none beyond") {
  const auto policy = make_clean_first(kPageSize, 0.5, 64);
  resident(*policy, {1, 2, 3, 4});
  const auto victim = [&](const View& view) { return policy->victim(view).value().value(); };
  CHECK(victim(with_clean({1})) == 1);
  CHECK(victim(with_clean({2})) == 2);
  CHECK(victim(with_clean({3})) == 1);  // two of four are looked at
  CHECK(victim(with_clean({2, 3, 4})) == 2);
  touch(*policy, {2});
  CHECK(victim(with_clean({2})) == 1);
  CHECK(victim(with_clean({3})) == 3);
  resident(*policy, {5, 6});  // three of six
  CHECK(victim(with_clean({4})) == 4);
  CHECK(victim(with_clean({2})) == 1);
  View view = with_clean({3});
  view.pinned = {3};
  CHECK(victim(view) == 1);
}

TEST_CASE("eviction: clean_first looks at no more chunks than it may, and at one at least") {
  const auto victim = [](double window, std::size_t most, std::set<std::uint32_t> clean) {
    const auto policy = make_clean_first(kPageSize, window, most);
    resident(*policy, {1, 2, 3, 4});
    return policy->victim(with_clean(std::move(clean))).value().value();
  };
  CHECK(victim(1, 64, {4}) == 4);
  CHECK(victim(1, 3, {4}) == 1);
  CHECK(victim(1, 3, {3}) == 3);
  CHECK(victim(1, 1, {2}) == 1);
  CHECK(victim(0, 64, {1}) == 1);
  CHECK(victim(0, 64, {2}) == 1);
}

// --- tree ------------------------------------------------------------------------------------------------------------

/// The chunk that leaves, and those along, each of which leaves before the next is asked for.
Order evict_with(EvictionPolicy& policy, const View& view = {}) {
  Order gone = {evict(policy, view)};
  while (const auto along = policy.along(view)) {
    gone.push_back(along->value());
    policy.on_removed(*along);
  }
  return gone;
}
Order range(std::uint32_t from, std::uint32_t end) {
  Order chunks(end - from);
  std::iota(chunks.begin(), chunks.end(), from);
  return chunks;
}
Order operator+(Order a, const Order& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_CASE("eviction: the tree empties a block in pieces that double, as the prefetcher fills it") {
  const auto policy = make_tree_eviction(50);
  CHECK(policy->name() == "tree/1");
  CHECK(policy->granularity() == Bytes::kib(64));
  CHECK(policy->touch_need() == TouchNeed::kChunk);
  resident(*policy, first(32));
  // Half of a piece is not less than half of it.
  CHECK(evict_with(*policy) == Order{0});
  CHECK(evict_with(*policy) == Order{1});
  CHECK(evict_with(*policy) == Order{2, 3});
  CHECK(evict_with(*policy) == range(4, 8));
  CHECK(evict_with(*policy) == range(8, 16));
  CHECK(evict_with(*policy) == range(16, 32));
  CHECK_FALSE(policy->victim(View()));
}

TEST_CASE("eviction: the tree's larger pieces count what the smaller ones have lost") {
  const auto policy = make_tree_eviction(50);
  resident(*policy, Order{1, 0} + range(8, 15) + range(16, 32));
  // 0 is one of four; without it 7 of 16 are left; then 16 of 32 are.
  CHECK(evict_with(*policy) == Order{1, 0} + range(8, 15));
  CHECK(evict_with(*policy) == range(16, 32));
}

TEST_CASE("eviction: the tree's threshold is exact") {
  const auto gone = [](unsigned threshold) {
    const auto policy = make_tree_eviction(threshold);
    // Behind 5: 1 of 2, 3 of 4, 3 of 8, 3 of 16 and 11 of 32.
    resident(*policy, Order{5, 4, 6, 7} + range(24, 32));
    return evict_with(*policy);
  };
  CHECK(gone(18) == Order{5});
  CHECK(gone(19) == Order{5, 4, 6, 7});  // 3 x 100 < 16 x 19; of 32 there are 8 left then
  CHECK(gone(25) == Order{5, 4, 6, 7});
  CHECK(gone(26) == Order{5, 4, 6, 7} + range(24, 32));
}

TEST_CASE("eviction: a tree of threshold 0 takes nothing along, of 100 the rest of the block") {
  for (const unsigned threshold : {0U, 100U}) {
    const auto policy = make_tree_eviction(threshold);
    resident(*policy, {40, 41, 95, 33, 2, 63});
    CHECK(evict_with(*policy) == (threshold == 0 ? Order{40} : Order{40, 33, 41, 63}));
    CHECK(evict_with(*policy) == (threshold == 0 ? Order{41} : Order{95}));
  }
}

TEST_CASE("eviction: the tree takes along what may leave, and what is still there") {
  const auto policy = make_tree_eviction(100);
  resident(*policy, {40, 41, 42, 43, 2});
  touch(*policy, {41, 40});
  CHECK(policy->victim(pinning({42, 2, 41})) == std::optional(ChunkId(43)));
  policy->on_removed(ChunkId(43));
  CHECK(policy->along(pinning({42, 2, 41})) == std::optional(ChunkId(40)));
  policy->on_removed(ChunkId(41));  // by the host
  CHECK(policy->along(View()) == std::optional(ChunkId(42)));
  CHECK_FALSE(policy->along(View()));
  // A new victim: what was to go along with the one before stays.
  resident(*policy, {43, 41});
  CHECK(policy->victim(View()) == std::optional(ChunkId(42)));
  CHECK(policy->victim(pinning({40, 41, 42, 43})) == std::optional(ChunkId(2)));
  CHECK_FALSE(policy->along(View()));
}

// --- reserve ---------------------------------------------------------------------------------------------------------

struct NoFuture final : FutureUses {
  std::uint64_t next_use(ChunkId /*chunk*/) const override { return kNever; }
  std::uint64_t use_after_next(ChunkId /*chunk*/) const override { return kNever; }
  std::optional<BlockPages> ahead(std::size_t /*chunks*/) override { return std::nullopt; }
};

/// Notes what it is told.
struct Recorder final : EvictionPolicy {
  std::string* log;
  explicit Recorder(std::string* text) : log(text) {}
  std::string_view name() const override { return "recorder/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kEvery; }
  Bytes granularity() const override { return Bytes::kib(64); }
  void on_resident(ChunkId chunk, SimTime now) override { note('r', chunk, now); }
  void on_migration(ChunkId chunk, SimTime now) override { note('m', chunk, now); }
  void on_touches(std::span<const ChunkId> chunks, SimTime now) override {
    for (const ChunkId chunk : chunks) note('t', chunk, now);
  }
  void on_removed(ChunkId chunk) override { note('g', chunk, SimTime()); }
  std::optional<ChunkId> victim(const EvictionView& view) override { return *view.wanted(); }
  std::optional<ChunkId> along(const EvictionView& view) override { return ChunkId(view.wanted()->value() + 1); }

  bool wants_future() const override { return true; }
  void foresee(const FutureUses& future) override { foreseen = &future; }
  bool keeps_all_before(ChunkId chunk) override { return chunk == ChunkId(6); }

  const FutureUses* foreseen = nullptr;
  void note(char what, ChunkId chunk, SimTime now) {
    *log += what + std::to_string(chunk.value()) + '@' + std::to_string(now.picoseconds() / 1'000'000) + ' ';
  }
};

TEST_CASE("eviction: reserve decides as the policy that it wraps") {
  std::string log;
  auto recorder = std::make_unique<Recorder>(&log);
  const Recorder& wrapped = *recorder;
  const auto policy = make_reserve(std::move(recorder), {0.25, 0.5});
  CHECK(policy->name() == "reserve/1");
  CHECK(policy->touch_need() == TouchNeed::kEvery);
  CHECK(policy->granularity() == Bytes::kib(64));
  REQUIRE(policy->reserve());
  CHECK(policy->reserve()->low == 0.25);
  CHECK(policy->reserve()->high == 0.5);
  policy->on_resident(ChunkId(1), kNow);
  policy->on_migration(ChunkId(2), kNow);
  touch(*policy, {3, 4});
  policy->on_removed(ChunkId(5));
  CHECK(log == "r1@3 m2@3 t3@3 t4@3 g5@0 ");
  CHECK(policy->victim(View()) == std::optional(ChunkId(77'777)));
  CHECK(policy->along(View()) == std::optional(ChunkId(77'778)));
  CHECK(policy->wants_future());
  const NoFuture future;
  policy->foresee(future);
  CHECK(wrapped.foreseen == &future);
  CHECK(policy->keeps_all_before(ChunkId(6)));
  CHECK_FALSE(policy->keeps_all_before(ChunkId(7)));
  CHECK_FALSE(make_lru(kPageSize)->reserve());
}

TEST_CASE("eviction: reserve is made of any order that needs not know what comes") {
  PolicyRegistry registry;
  register_policies(registry);
  const PolicyInfo<EvictionPolicy>& info = *registry.eviction.find("reserve");
  const auto order =
      std::find_if(info.parameters.begin(), info.parameters.end(), [](const auto& p) { return p.name == "order"; });
  REQUIRE(order != info.parameters.end());
  const std::set<std::string> choices(order->choices.begin(), order->choices.end());
  for (const char* const name : {"lru", "fifo", "clock", "lfu", "random", "clean_first", "access_counter"}) {
    CHECK(choices.contains(name));
  }
  CHECK_FALSE(choices.contains("arc"));
  CHECK_FALSE(choices.contains("reserve"));
  for (const std::string& name : choices) {
    Parameters parameters = Parameters::defaults(info.parameters);
    parameters.set("order", name);
    parameters.set("granularity", Bytes::kib(64));
    const auto policy = info.make(parameters, 5);
    CHECK(policy->granularity() == Bytes::kib(64));
    const PolicyInfo<EvictionPolicy>& plain = *registry.eviction.find(name);
    Parameters own = Parameters::defaults(plain.parameters);
    own.set("granularity", Bytes::kib(64));
    const auto same = plain.make(own, 5);
    CHECK(policy->touch_need() == same->touch_need());
    if (policy->wants_future()) continue;
    for (EvictionPolicy* each : {policy.get(), same.get()}) {
      resident(*each, {4, 1, 3, 2, 0, 9});
      touch(*each, {1, 1, 9, 3, 4, 4, 1, 3, 1});
    }
    CHECK(drain(*policy) == drain(*same));
  }
}

TEST_CASE("eviction: a reserve whose high mark is below its low one ends at the low one") {
  PolicyRegistry registry;
  register_policies(registry);
  const PolicyInfo<EvictionPolicy>& info = *registry.eviction.find("reserve");
  const auto reserve = [&](double low, double high) {
    Parameters parameters = Parameters::defaults(info.parameters);
    parameters.set("low", low);
    parameters.set("high", high);
    return info.make(parameters, 1)->reserve().value();
  };
  CHECK(reserve(0.125, 0.5).low == 0.125);
  CHECK(reserve(0.125, 0.5).high == 0.5);
  CHECK(reserve(0.5, 0.125).low == 0.5);
  CHECK(reserve(0.5, 0.125).high == 0.5);
}

}  // namespace eviction_policies_test
}  // namespace farfault
