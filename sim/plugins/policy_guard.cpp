#include "sim/plugins/policy_guard.h"

#include <bit>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "models/policies/future.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault {
namespace {

constexpr std::size_t kLongestText = 400;

/// Makes calls to a policy's code, and errors of what comes of them.
class GuardedCalls {
 public:
  explicit GuardedCalls(const PolicyOrigin& origin)
      : who_("plug-in " + printable(origin.plugin, kLongestText) + ": " + origin.slot + " policy " +
             in_quotes(origin.policy)) {}

  template <class Call>
  decltype(auto) operator()(Call&& call) const {
    try {
      return std::forward<Call>(call)();
    } catch (const Error&) {
      throw;  // a policy calls back; what fails there is not its doing
    } catch (const std::exception& error) {
      const char* const text = error.what();
      fail("threw: " + printable(text == nullptr ? "" : text, kLongestText));
    } catch (...) {
      fail("threw what is no std::exception");
    }
  }

  /// Throws RunError unless the rule holds.
  void check(bool holds, const char* rule) const {
    if (!holds) fail(std::string("breaks a rule of its interface: ") + rule);
  }
  [[noreturn]] void fail(const std::string& what) const { throw RunError(who_ + ' ' + what); }

 private:
  std::string who_;
};

class GuardedPlacement final : public PlacementPolicy {
 public:
  GuardedPlacement(GuardedCalls call, std::unique_ptr<PlacementPolicy> policy)
      : call_(std::move(call)), policy_(std::move(policy)) {}

  std::string_view name() const override {
    return call_([&] { return policy_->name(); });
  }
  Placement on_fault(const PlacementFault& fault, SimTime now) override {
    return call_([&] { return policy_->on_fault(fault, now); });
  }
  bool heeds_advice() const override {
    return call_([&] { return policy_->heeds_advice(); });
  }
  bool prefetch_evicts() const override {
    return call_([&] { return policy_->prefetch_evicts(); });
  }
  std::optional<AccessCounting> access_counting() const override {
    const std::optional<AccessCounting> out = call_([&] { return policy_->access_counting(); });
    if (!out) return out;
    call_.check(std::has_single_bit(out->granularity.count()) && out->granularity >= Bytes::kib(64),
                "regions with a counter are a power of two of 64 KiB or more");
    call_.check(out->threshold >= 1 && out->buffer >= 1 && out->batch >= 1,
                "threshold, buffer and batch of access counting are at least 1");
    return out;
  }
  PageMask on_notification(const CountedPages& counted, SimTime now) override {
    return call_([&] { return policy_->on_notification(counted, now); });
  }
  std::optional<std::uint64_t> sampling() const override {
    const std::optional<std::uint64_t> out = call_([&] { return policy_->sampling(); });
    call_.check(out != std::uint64_t{0}, "sampling is every 1st access or rarer");
    return out;
  }
  void on_sample(DeviceId device, BlockSlot block, unsigned page, SimTime now) override {
    call_([&] { policy_->on_sample(device, block, page, now); });
  }
  std::optional<SimTime> period() const override {
    const std::optional<SimTime> out = call_([&] { return policy_->period(); });
    call_.check(!out || *out > SimTime::zero(), "a period is longer than 0");
    return out;
  }
  void on_period(DeviceId device, PlacementView& view, SimTime now) override {
    call_([&] { policy_->on_period(device, view, now); });
  }
  void on_evicted(DeviceId device, BlockSlot block, const PageMask& pages, SimTime now) override {
    call_([&] { policy_->on_evicted(device, block, pages, now); });
  }

 private:
  GuardedCalls call_;
  std::unique_ptr<PlacementPolicy> policy_;
};

class GuardedPrefetcher final : public Prefetcher {
 public:
  GuardedPrefetcher(GuardedCalls call, std::unique_ptr<Prefetcher> policy)
      : call_(std::move(call)), policy_(std::move(policy)) {}

  std::string_view name() const override {
    return call_([&] { return policy_->name(); });
  }
  PageMask select(const PrefetchRequest& request) override {
    return call_([&] { return policy_->select(request); });
  }
  void ahead(const PrefetchRequest& request, std::vector<PageRange>& out) override {
    call_([&] { policy_->ahead(request, out); });
  }
  bool wants_future() const override {
    return call_([&] { return policy_->wants_future(); });
  }
  void foresee(DeviceId device, FutureUses& future) override {
    call_([&] { policy_->foresee(device, future); });
  }
  std::optional<BlockPages> foreseen(DeviceId device, std::size_t chunks) override {
    return call_([&] { return policy_->foreseen(device, chunks); });
  }
  bool heeds_calls() const override {
    return call_([&] { return policy_->heeds_calls(); });
  }

 private:
  GuardedCalls call_;
  std::unique_ptr<Prefetcher> policy_;
};

class GuardedEviction final : public EvictionPolicy {
 public:
  GuardedEviction(GuardedCalls call, std::unique_ptr<EvictionPolicy> policy)
      : call_(std::move(call)), policy_(std::move(policy)) {}

  std::string_view name() const override {
    return call_([&] { return policy_->name(); });
  }
  TouchNeed touch_need() const override {
    const TouchNeed out = call_([&] { return policy_->touch_need(); });
    call_.check(out <= TouchNeed::kEvery, "touch_need() is kNone, kChunk or kEvery");
    return out;
  }
  Bytes granularity() const override {
    const Bytes out = call_([&] { return policy_->granularity(); });
    call_.check(out == Bytes::kib(4) || out == Bytes::kib(64) || out == Bytes::mib(2),
                "a chunk is 4 KiB, 64 KiB or 2 MiB");
    return out;
  }
  void on_resident(ChunkId chunk, SimTime now) override {
    call_([&] { policy_->on_resident(chunk, now); });
  }
  void on_migration(ChunkId chunk, SimTime now) override {
    call_([&] { policy_->on_migration(chunk, now); });
  }
  void on_touches(std::span<const ChunkId> chunks, SimTime now) override {
    call_([&] { policy_->on_touches(chunks, now); });
  }
  void on_removed(ChunkId chunk) override {
    call_([&] { policy_->on_removed(chunk); });
  }
  std::optional<ChunkId> victim(const EvictionView& view) override {
    return call_([&] { return policy_->victim(view); });
  }
  std::optional<ChunkId> along(const EvictionView& view) override {
    return call_([&] { return policy_->along(view); });
  }
  bool wants_future() const override {
    return call_([&] { return policy_->wants_future(); });
  }
  void foresee(const FutureUses& future) override {
    call_([&] { policy_->foresee(future); });
  }
  bool keeps_all_before(ChunkId chunk) override {
    return call_([&] { return policy_->keeps_all_before(chunk); });
  }
  std::optional<FreeReserve> reserve() const override {
    const std::optional<FreeReserve> out = call_([&] { return policy_->reserve(); });
    call_.check(!out || (out->low >= 0 && out->low <= out->high && out->high <= 1),
                "a reserve's shares are 0 to 1, low not above high");
    return out;
  }

 private:
  GuardedCalls call_;
  std::unique_ptr<EvictionPolicy> policy_;
};

class GuardedThrashing final : public ThrashingGuard {
 public:
  GuardedThrashing(GuardedCalls call, std::unique_ptr<ThrashingGuard> policy)
      : call_(std::move(call)), policy_(std::move(policy)) {}

  std::string_view name() const override {
    return call_([&] { return policy_->name(); });
  }
  Throttle throttle(DeviceId device, BlockSlot block, const PageMask& faulted, SimTime now) override {
    return call_([&] { return policy_->throttle(device, block, faulted, now); });
  }
  PageMask hold(DeviceId device, BlockSlot block, const PageMask& faulted, SimTime now) override {
    return call_([&] { return policy_->hold(device, block, faulted, now); });
  }
  std::optional<SimTime> hold_ends(DeviceId device, BlockSlot block, const PageMask& held, SimTime now) override {
    return call_([&] { return policy_->hold_ends(device, block, held, now); });
  }
  SimTime earliest_return(DeviceId device, BlockSlot block, unsigned page, SimTime now) override {
    return call_([&] { return policy_->earliest_return(device, block, page, now); });
  }
  PageMask thrashing(BlockSlot block, SimTime now) override {
    return call_([&] { return policy_->thrashing(block, now); });
  }
  PageMask beside(DeviceId device, BlockSlot block, const PageMask& faulted, SimTime now) override {
    return call_([&] { return policy_->beside(device, block, faulted, now); });
  }
  void on_arrived(DeviceId device, BlockSlot block, const PageMask& pages, SimTime now) override {
    call_([&] { policy_->on_arrived(device, block, pages, now); });
  }
  void on_left(DeviceId device, BlockSlot block, const PageMask& pages, Departure why, SimTime now) override {
    call_([&] { policy_->on_left(device, block, pages, why, now); });
  }

 private:
  GuardedCalls call_;
  std::unique_ptr<ThrashingGuard> policy_;
};

template <class Guarded, class Interface>
PolicyInfo<Interface> with_guarded_factory(PolicyInfo<Interface> info, const PolicyOrigin& origin) {
  info.make = [call = GuardedCalls(origin), make = std::move(info.make)](
                  const Parameters& parameters, std::uint64_t seed) -> std::unique_ptr<Interface> {
    std::unique_ptr<Interface> policy = call([&] { return make(parameters, seed); });
    if (policy == nullptr) call.fail("is not made: its factory returned null");
    return std::make_unique<Guarded>(call, std::move(policy));
  };
  return info;
}

}  // namespace

PolicyInfo<PlacementPolicy> guarded(PolicyInfo<PlacementPolicy> info, const PolicyOrigin& origin) {
  return with_guarded_factory<GuardedPlacement>(std::move(info), origin);
}
PolicyInfo<Prefetcher> guarded(PolicyInfo<Prefetcher> info, const PolicyOrigin& origin) {
  return with_guarded_factory<GuardedPrefetcher>(std::move(info), origin);
}
PolicyInfo<EvictionPolicy> guarded(PolicyInfo<EvictionPolicy> info, const PolicyOrigin& origin) {
  return with_guarded_factory<GuardedEviction>(std::move(info), origin);
}
PolicyInfo<ThrashingGuard> guarded(PolicyInfo<ThrashingGuard> info, const PolicyOrigin& origin) {
  return with_guarded_factory<GuardedThrashing>(std::move(info), origin);
}

}  // namespace farfault
