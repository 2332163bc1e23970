#include "sim/plugins/policy_guard.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "models/policies/future.h"
#include "sim/core/error.h"

namespace farfault {
namespace policy_guard_test {

/// What a policy below was asked, and how it answers.
struct Log {
  std::vector<std::string> calls;
  std::string throws;  ///< the call that throws
  std::string text = "no luck";
  int kind = 0;  ///< of what is thrown: std::runtime_error, a number, an Error of farfault

  void call(const std::string& name) {
    calls.push_back(name);
    if (name != throws) return;
    if (kind == 1) throw 7;
    if (kind == 2) throw InputError(Diagnostic{.problem = text});
    throw std::runtime_error(text);
  }
};

constexpr SimTime kNow = SimTime::nanoseconds(5);
const DeviceId kDevice(3);
const BlockSlot kBlock(4);
const ChunkId kChunk(6);
const PageMask kPages = PageMask::range(10, 20);

class Placing final : public PlacementPolicy {
 public:
  explicit Placing(Log& log) : log_(log) {}
  std::string_view name() const override { return log_.call("name"), "placing/1"; }
  Placement on_fault(const PlacementFault& fault, SimTime now) override {
    log_.call("on_fault");
    return fault.page == 9 && now == kNow ? Placement::kDuplicate : Placement::kMigrate;
  }
  bool heeds_advice() const override { return log_.call("heeds_advice"), true; }
  bool prefetch_evicts() const override { return log_.call("prefetch_evicts"), false; }
  std::optional<AccessCounting> access_counting() const override { return log_.call("access_counting"), counting; }
  PageMask on_notification(const CountedPages& counted, SimTime) override {
    return log_.call("on_notification"), counted.remote;
  }
  std::optional<std::uint64_t> sampling() const override { return log_.call("sampling"), every; }
  void on_sample(DeviceId, BlockSlot, unsigned, SimTime) override { log_.call("on_sample"); }
  std::optional<SimTime> period() const override { return log_.call("period"), time; }
  void on_period(DeviceId, PlacementView&, SimTime) override { log_.call("on_period"); }
  void on_evicted(DeviceId, BlockSlot, const PageMask&, SimTime) override { log_.call("on_evicted"); }

  AccessCounting counting{};
  std::uint64_t every = 8;
  SimTime time = SimTime::milliseconds(1);

 private:
  Log& log_;
};

class Prefetching final : public Prefetcher {
 public:
  explicit Prefetching(Log& log) : log_(log) {}
  std::string_view name() const override { return log_.call("name"), "prefetching/1"; }
  PageMask select(const PrefetchRequest& request) override { return log_.call("select"), request.eligible; }
  void ahead(const PrefetchRequest&, std::vector<PageRange>& out) override {
    log_.call("ahead");
    out.push_back({1, 2});
  }
  bool wants_future() const override { return log_.call("wants_future"), true; }
  void foresee(DeviceId, FutureUses&) override { log_.call("foresee"); }
  std::optional<BlockPages> foreseen(DeviceId, std::size_t chunks) override {
    return log_.call("foreseen"), BlockPages{BlockNumber(chunks), kPages};
  }
  bool heeds_calls() const override { return log_.call("heeds_calls"), false; }

 private:
  Log& log_;
};

class Evicting final : public EvictionPolicy {
 public:
  explicit Evicting(Log& log) : log_(log) {}
  std::string_view name() const override { return log_.call("name"), "evicting/1"; }
  TouchNeed touch_need() const override { return log_.call("touch_need"), need; }
  Bytes granularity() const override { return log_.call("granularity"), size; }
  void on_resident(ChunkId, SimTime) override { log_.call("on_resident"); }
  void on_migration(ChunkId, SimTime) override { log_.call("on_migration"); }
  void on_touches(std::span<const ChunkId> chunks, SimTime) override {
    log_.call("on_touches " + std::to_string(chunks.size()));
  }
  void on_removed(ChunkId) override { log_.call("on_removed"); }
  std::optional<ChunkId> victim(const EvictionView& view) override { return log_.call("victim"), view.wanted(); }
  std::optional<ChunkId> along(const EvictionView& view) override { return log_.call("along"), view.wanted(); }
  bool wants_future() const override { return log_.call("wants_future"), true; }
  void foresee(const FutureUses&) override { log_.call("foresee"); }
  bool keeps_all_before(ChunkId) override { return log_.call("keeps_all_before"), true; }
  std::optional<FreeReserve> reserve() const override { return log_.call("reserve"), free; }

  TouchNeed need = TouchNeed::kEvery;
  Bytes size = Bytes::kib(64);
  FreeReserve free{0.1, 0.2};

 private:
  Log& log_;
};

class Guarding final : public ThrashingGuard {
 public:
  explicit Guarding(Log& log) : log_(log) {}
  std::string_view name() const override { return log_.call("name"), "guarding/1"; }
  Throttle throttle(DeviceId, BlockSlot, const PageMask& faulted, SimTime now) override {
    return log_.call("throttle"), Throttle{faulted, now};
  }
  PageMask hold(DeviceId, BlockSlot, const PageMask& faulted, SimTime) override { return log_.call("hold"), faulted; }
  std::optional<SimTime> hold_ends(DeviceId, BlockSlot, const PageMask&, SimTime now) override {
    return log_.call("hold_ends"), now;
  }
  SimTime earliest_return(DeviceId, BlockSlot, unsigned, SimTime) override {
    return log_.call("earliest_return"), SimTime::max();
  }
  PageMask thrashing(BlockSlot, SimTime) override { return log_.call("thrashing"), kPages; }
  PageMask beside(DeviceId, BlockSlot, const PageMask&, SimTime) override { return log_.call("beside"), kPages; }
  void on_arrived(DeviceId, BlockSlot, const PageMask&, SimTime) override { log_.call("on_arrived"); }
  void on_left(DeviceId, BlockSlot, const PageMask&, Departure, SimTime) override { log_.call("on_left"); }

 private:
  Log& log_;
};

struct Room final : EvictionView {
  bool evictable(ChunkId) const override { return true; }
  std::optional<ChunkId> wanted() const override { return kChunk; }
  unsigned pages_to_copy(ChunkId) const override { return 0; }
};
struct Device final : PlacementView {
  std::size_t blocks() const override { return 0; }
  PageMask resident(BlockSlot) const override { return {}; }
  PageMask remote(BlockSlot) const override { return {}; }
  std::uint64_t capacity_pages() const override { return 0; }
  PageMask unmap(BlockSlot, const PageMask&) override { return {}; }
  void bring(BlockSlot, const PageMask&) override {}
};
struct Future final : FutureUses {
  std::uint64_t next_use(ChunkId) const override { return kNever; }
  std::uint64_t use_after_next(ChunkId) const override { return kNever; }
  std::optional<BlockPages> ahead(std::size_t) override { return std::nullopt; }
};

template <class Interface>
PolicyInfo<Interface> entry(std::function<std::unique_ptr<Interface>()> make) {
  return {"mine", "mine/1", "", "", {}, [make](const Parameters&, std::uint64_t) { return make(); }};
}

PolicyOrigin origin(const std::string& slot) { return {"folder/libmine.so", slot, "mine"}; }

/// The policy behind its guard. `set` may change how it answers.
template <class Policy, class Interface>
std::unique_ptr<Interface> wrapped(
    Log& log, const std::string& slot, const std::function<void(Policy&)>& set = [](Policy&) {}) {
  const auto make = [&]() -> std::unique_ptr<Interface> {
    auto policy = std::make_unique<Policy>(log);
    set(*policy);
    return policy;
  };
  return guarded(entry<Interface>(make), origin(slot)).make({}, 1);
}

/// "" if it throws no RunError.
template <class Call>
std::string run_error(Call&& call) {
  try {
    call();
  } catch (const RunError& error) {
    return error.what();
  } catch (...) {
    return "another error";
  }
  return "";
}

/// How many virtual functions an interface has, destructors and all: where in the table one more would stand, which a
/// pointer to it tells (Itanium C++ ABI, 2.3).
template <class Interface>
std::size_t virtual_functions() {
  struct More : Interface {
    virtual void last() = 0;
  };
  const auto pointer = &More::last;
  std::uintptr_t place = 0;
  std::memcpy(&place, &pointer, sizeof(place));
  return (place - 1) / sizeof(void*);
}

TEST_CASE("plugins: no virtual function of an interface is forgotten") {
  // Does one of these fail? Then an interface has a new function. Forward it in sim/plugins/policy_guard.cpp, call it
  // in the case below, raise kPluginAbi in models/policies/plugin.h, and only then count it here. Two are destructors.
  CHECK(virtual_functions<PlacementPolicy>() == 2 + 11);
  CHECK(virtual_functions<Prefetcher>() == 2 + 7);
  CHECK(virtual_functions<EvictionPolicy>() == 2 + 13);
  CHECK(virtual_functions<ThrashingGuard>() == 2 + 9);
  CHECK(virtual_functions<PlacementView>() == 2 + 6);
  CHECK(virtual_functions<EvictionView>() == 2 + 3);
  CHECK(virtual_functions<FutureUses>() == 2 + 3);
}

TEST_CASE("plugins: every call to a guarded policy arrives and is answered") {
  const Room room;
  Device device;
  Future future;
  Log log;
  const auto placement = wrapped<Placing, PlacementPolicy>(log, "placement");
  CHECK(placement->name() == "placing/1");
  CHECK(placement->on_fault({.device = kDevice, .block = kBlock, .page = 9}, kNow) == Placement::kDuplicate);
  CHECK(placement->heeds_advice());
  CHECK_FALSE(placement->prefetch_evicts());
  CHECK(placement->access_counting().has_value());
  CHECK(placement->on_notification({kDevice, kBlock, kPages, 0.5}, kNow) == kPages);
  CHECK(placement->sampling() == std::uint64_t{8});
  placement->on_sample(kDevice, kBlock, 7, kNow);
  CHECK(placement->period() == SimTime::milliseconds(1));
  placement->on_period(kDevice, device, kNow);
  placement->on_evicted(kDevice, kBlock, kPages, kNow);
  CHECK(log.calls == std::vector<std::string>{"name", "on_fault", "heeds_advice", "prefetch_evicts", "access_counting",
                                              "on_notification", "sampling", "on_sample", "period", "on_period",
                                              "on_evicted"});

  log.calls.clear();
  const auto prefetcher = wrapped<Prefetching, Prefetcher>(log, "prefetch");
  CHECK(prefetcher->name() == "prefetching/1");
  PrefetchRequest request;
  request.eligible = kPages;
  CHECK(prefetcher->select(request) == kPages);
  std::vector<PageRange> ahead;
  prefetcher->ahead(request, ahead);
  CHECK(ahead == std::vector<PageRange>{{1, 2}});
  CHECK(prefetcher->wants_future());
  prefetcher->foresee(kDevice, future);
  CHECK(prefetcher->foreseen(kDevice, 12)->block == BlockNumber(12));
  CHECK_FALSE(prefetcher->heeds_calls());
  CHECK(log.calls ==
        std::vector<std::string>{"name", "select", "ahead", "wants_future", "foresee", "foreseen", "heeds_calls"});

  log.calls.clear();
  const auto eviction = wrapped<Evicting, EvictionPolicy>(log, "eviction");
  CHECK(eviction->name() == "evicting/1");
  CHECK(eviction->touch_need() == TouchNeed::kEvery);
  CHECK(eviction->granularity() == Bytes::kib(64));
  eviction->on_resident(kChunk, kNow);
  eviction->on_migration(kChunk, kNow);
  eviction->on_touches(std::vector<ChunkId>{kChunk, kChunk}, kNow);
  eviction->on_removed(kChunk);
  CHECK(eviction->victim(room) == kChunk);
  CHECK(eviction->along(room) == kChunk);
  CHECK(eviction->wants_future());
  eviction->foresee(future);
  CHECK(eviction->keeps_all_before(kChunk));
  CHECK(eviction->reserve()->high == 0.2);
  CHECK(log.calls == std::vector<std::string>{"name", "touch_need", "granularity", "on_resident", "on_migration",
                                              "on_touches 2", "on_removed", "victim", "along", "wants_future",
                                              "foresee", "keeps_all_before", "reserve"});

  log.calls.clear();
  const auto thrashing = wrapped<Guarding, ThrashingGuard>(log, "thrashing");
  CHECK(thrashing->name() == "guarding/1");
  CHECK(thrashing->throttle(kDevice, kBlock, kPages, kNow).until == kNow);
  CHECK(thrashing->hold(kDevice, kBlock, kPages, kNow) == kPages);
  CHECK(thrashing->hold_ends(kDevice, kBlock, kPages, kNow) == kNow);
  CHECK(thrashing->earliest_return(kDevice, kBlock, 3, kNow) == SimTime::max());
  CHECK(thrashing->thrashing(kBlock, kNow) == kPages);
  CHECK(thrashing->beside(kDevice, kBlock, kPages, kNow) == kPages);
  thrashing->on_arrived(kDevice, kBlock, kPages, kNow);
  thrashing->on_left(kDevice, kBlock, kPages, Departure::kCpuFault, kNow);
  CHECK(log.calls == std::vector<std::string>{"name", "throttle", "hold", "hold_ends", "earliest_return", "thrashing",
                                              "beside", "on_arrived", "on_left"});
}

TEST_CASE("plugins: what a policy throws names plug-in and policy") {
  const Room room;
  Log log;
  log.throws = "victim";
  log.text = "no\nluck";
  const auto eviction = wrapped<Evicting, EvictionPolicy>(log, "eviction");
  CHECK(run_error([&] { eviction->victim(room); }) ==
        "plug-in folder/libmine.so: eviction policy \"mine\" threw: no\\x0Aluck");
  log.kind = 1;
  CHECK(run_error([&] { eviction->victim(room); }) ==
        "plug-in folder/libmine.so: eviction policy \"mine\" threw what is no std::exception");
  // What farfault throws in a call back is its own.
  log.kind = 2;
  CHECK_THROWS_AS(eviction->victim(room), InputError);
  log.throws = "";
  CHECK(run_error([&] { eviction->victim(room); }) == "");
}

TEST_CASE("plugins: a factory that fails names plug-in and policy") {
  const auto null = [] { return std::unique_ptr<Prefetcher>(); };
  CHECK(run_error([&] { guarded(entry<Prefetcher>(null), origin("prefetch")).make({}, 1); }) ==
        "plug-in folder/libmine.so: prefetch policy \"mine\" is not made: its factory returned null");
  const auto throwing = []() -> std::unique_ptr<Prefetcher> { throw std::runtime_error("no luck"); };
  CHECK(run_error([&] { guarded(entry<Prefetcher>(throwing), origin("prefetch")).make({}, 1); }) ==
        "plug-in folder/libmine.so: prefetch policy \"mine\" threw: no luck");
}

TEST_CASE("plugins: answers that an interface rules out end the run") {
  Log log;
  const auto eviction = [&log](const std::function<void(Evicting&)>& set) {
    return wrapped<Evicting, EvictionPolicy>(log, "eviction", set);
  };
  const auto placement = [&log](const std::function<void(Placing&)>& set) {
    return wrapped<Placing, PlacementPolicy>(log, "placement", set);
  };
  const std::string rule = "plug-in folder/libmine.so: eviction policy \"mine\" breaks a rule of its interface: ";
  for (const Bytes size : {Bytes(0), Bytes(1), Bytes::kib(8), Bytes::mib(4)}) {
    CHECK(run_error([&] { eviction([&](Evicting& p) { p.size = size; })->granularity(); }) ==
          rule + "a chunk is 4 KiB, 64 KiB or 2 MiB");
  }
  CHECK(run_error([&] { eviction([](Evicting& p) { p.need = static_cast<TouchNeed>(3); })->touch_need(); }) != "");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const FreeReserve free : {FreeReserve{0.2, 0.1}, {-0.1, 0.1}, {0.1, 1.1}, {nan, 0.1}, {0.1, nan}}) {
    CHECK(run_error([&] { eviction([&](Evicting& p) { p.free = free; })->reserve(); }) != "");
  }
  CHECK(run_error([&] { placement([](Placing& p) { p.every = 0; })->sampling(); }) != "");
  CHECK(run_error([&] { placement([](Placing& p) { p.time = SimTime::zero(); })->period(); }) != "");
  const auto counts = [&](AccessCounting counting) {
    return run_error([&] { placement([&](Placing& p) { p.counting = counting; })->access_counting(); });
  };
  CHECK(counts({}) == "");
  CHECK(counts({.granularity = Bytes::kib(32)}) != "");
  CHECK(counts({.granularity = Bytes::kib(96)}) != "");
  CHECK(counts({.threshold = 0}) != "");
  CHECK(counts({.buffer = 0}) != "");
  CHECK(counts({.batch = 0}) != "");
}

}  // namespace policy_guard_test
}  // namespace farfault
