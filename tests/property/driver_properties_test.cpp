// What must hold of the driver and the device for every history: prices add up, memory is taken in whole chunks, more
// memory and faster links do no harm.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "models/policies/eviction/access_counter.h"
#include "models/policies/eviction/clean_first.h"
#include "models/policies/eviction/last_migration.h"
#include "models/policies/eviction/random.h"
#include "models/policies/eviction/tree.h"
#include "models/policies/prefetch/calls_only.h"
#include "models/policies/prefetch/random.h"
#include "tests/property/dice.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace driver_properties_test {

using engine::testing::report_of_child;
using testing::Bench;
using testing::BenchSpec;
using testing::Dice;
using testing::ns;

constexpr std::uint32_t kThread = 99;
constexpr std::int64_t kPageCopy = 1024;  // ns of 4 KiB on the link of round_platform()

/// One thing after the other, by one actor.
struct Step {
  enum class What : std::uint8_t { kFaults, kHost, kUnmap } what = What::kFaults;
  std::vector<std::pair<std::uint64_t, unsigned>> pages;  // block and page; kFaults: all at one date
  bool write = false;
};

std::vector<Step> any_history(Dice& dice, std::uint64_t blocks, unsigned pages, unsigned most_at_once) {
  std::vector<Step> steps(1 + dice.below(40));
  for (Step& step : steps) {
    const std::uint64_t what = dice.below(10);
    step.what = what < 7 ? Step::What::kFaults : what < 9 ? Step::What::kHost : Step::What::kUnmap;
    const std::uint64_t count = step.what == Step::What::kFaults ? 1 + dice.below(most_at_once) : 1;
    for (std::uint64_t i = 0; i < count; ++i) {
      step.pages.emplace_back(dice.below(blocks), static_cast<unsigned>(dice.below(pages)));
    }
    step.write = dice.once_in(2);
  }
  return steps;
}

void do_step(Bench& b, const Step& step) {
  const auto [block, page] = step.pages.front();
  switch (step.what) {
    case Step::What::kFaults:
      for (const auto& [other, number] : step.pages) {
        if (!b.on_device(other).resident.test(number)) b.raise(other, {number});
      }
      (void)b.access(block, page, step.write);
      break;
    case Step::What::kHost:
      b.engine.sleep_for(b.memory().host_access(b.slot(block), page, step.write, kThread).owed);
      break;
    case Step::What::kUnmap:
      b.memory().free_pages(VirtualAddress((block * kPagesPerBlock + page) * kPageSize.count()), kPageSize * 3);
      break;
  }
}

/// round_platform() whose software takes no time; copies do.
BenchSpec free_spec() {
  BenchSpec spec;
  DriverSpec& d = spec.driver();
  for (Sourced<SimTime>* price :
       {&d.interrupt_latency, &d.process_start_time, &d.batch_time, &d.fault_time, &d.block_time, &d.new_block_time,
        &d.unmap_time, &d.page_time, &d.service_time, &d.flush_time, &d.replay_time, &d.eviction_time}) {
    price->value = SimTime::zero();
  }
  HostSpec& host = spec.platform.host;
  for (Sourced<SimTime>* price :
       {&host.minor_fault, &host.migrate_fault, &host.page_table.walk_level, &host.ipi_time, &host.ipi_time_per_cpu}) {
    price->value = SimTime::zero();
  }
  LinkSpec& link = spec.platform.links[0];
  for (DmaDirectionSpec* way : {&link.dma.to_device, &link.dma.to_host}) {
    way->job_setup.value = ns(70);
    way->piece_setup.value = ns(100);
  }
  return spec;
}

std::function<std::unique_ptr<EvictionPolicy>()> any_eviction(Dice& dice) {
  const Bytes granularity = dice.one_of({Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)});
  return dice.one_of<std::function<std::unique_ptr<EvictionPolicy>()>>(
      {[granularity] { return make_lru(granularity); }, [granularity] { return make_fifo(granularity); },
       [granularity] { return make_last_migration(granularity); },
       [granularity] { return make_random_eviction(granularity, 5); },
       [granularity] { return make_access_counter_eviction(granularity, 9); },
       [granularity] { return make_clean_first(granularity, 0.5, 9); }, [] { return make_tree_eviction(50); },
       [] { return make_tree_eviction(100); }});
}

std::function<std::unique_ptr<Prefetcher>()> any_prefetch(Dice& dice) {
  return dice.one_of<std::function<std::unique_ptr<Prefetcher>()>>({make_no_prefetch, make_calls_only, make_block64k,
                                                                    [] { return make_tree_prefetcher(51); },
                                                                    [] { return make_random_prefetcher(3, 5); }});
}

// --- prices ----------------------------------------------------------------------------------------------------------

/// What a history came to.
struct Outcome {
  std::int64_t end_ns = 0;
  std::int64_t copies_ns = 0;  // what all copies take one after the other
  std::vector<std::uint64_t> counts;

  std::string text() const {
    std::string out = std::to_string(end_ns) + ' ' + std::to_string(copies_ns);
    for (const std::uint64_t count : counts) out += ' ' + std::to_string(count);
    return out;
  }
};

/// Each price, and what it is charged for.
struct Price {
  const char* name;
  Sourced<SimTime> DriverSpec::* member;
};
constexpr std::array<Price, 11> kPrices = {{
    {"interrupt_latency", &DriverSpec::interrupt_latency},
    {"process_start_time", &DriverSpec::process_start_time},
    {"batch_time", &DriverSpec::batch_time},
    {"fault_time", &DriverSpec::fault_time},
    {"block_time", &DriverSpec::block_time},
    {"new_block_time", &DriverSpec::new_block_time},
    {"page_time", &DriverSpec::page_time},
    {"service_time", &DriverSpec::service_time},
    {"replay_time", &DriverSpec::replay_time},
    {"eviction_time", &DriverSpec::eviction_time},
    {"unmap_time", &DriverSpec::unmap_time},
}};

Outcome run_history(const BenchSpec& spec, const std::vector<Step>& history, std::string& failures) {
  const auto report = report_of_child([&] {
    Bench b(spec);
    // Pages that CPUs have mapped, as a set of its own; for histories of one fault at a time without prefetch.
    std::set<std::pair<std::uint64_t, unsigned>> unmapped;
    std::uint64_t unmaps = 0;
    b.run([&] {
      for (const Step& step : history) {
        const std::pair<std::uint64_t, unsigned> at = step.pages.front();
        const bool comes = step.what == Step::What::kFaults && !b.on_device(at.first).resident.test(at.second);
        if (comes && unmapped.insert(at).second) ++unmaps;
        if (step.what == Step::What::kHost) unmapped.erase(at);
        if (step.what == Step::What::kUnmap) {
          for (unsigned i = 0; i < 3; ++i) unmapped.erase({at.first, at.second + i});
        }
        do_step(b, step);
        b.wait_until_idle();
      }
    });
    std::uint64_t served_blocks = 0;
    for (std::uint32_t i = 0; i < b.memory().residency().blocks(); ++i) {
      if (b.memory().residency().device(DeviceId(0), BlockSlot(i)).served) ++served_blocks;
    }
    Outcome out;
    out.end_ns = b.now_ns();
    for (const LinkDirection way : {LinkDirection::kToDevice, LinkDirection::kToHost}) {
      const DmaEngine& dma = b.device().dma(way);
      out.copies_ns += static_cast<std::int64_t>(70 * dma.jobs() + 100 * dma.pieces() +
                                                 kPageCopy * (dma.bytes().count() / kPageSize.count()));
    }
    const DeviceCounters& c = b.counters();
    out.counts = {c.interrupts,
                  c.batches != 0 ? 1U : 0U,
                  c.batches,
                  static_cast<std::uint64_t>(c.batch_faults.sum()),
                  static_cast<std::uint64_t>(c.batch_blocks.sum()),
                  served_blocks,
                  c.demand_pages + c.prefetch_pages,
                  c.serviced,
                  c.replays,
                  c.evicted_chunks,
                  unmaps};
    return out.text();
  });
  failures += report.failures;
  Outcome out;
  std::istringstream in(report.output);
  in >> out.end_ns >> out.copies_ns;
  for (std::uint64_t count = 0; in >> count;) out.counts.push_back(count);
  return out;
}

TEST_CASE("driver properties: without prices only copies take time, and each price adds itself times its count") {
  CHECK(rc::check([] {
    Dice dice;
    BenchSpec spec = free_spec();
    const std::uint64_t blocks = 1 + dice.below(3);
    const unsigned pages = dice.one_of({4U, 40U, 500U});
    spec.driver().replay = dice.one_of({ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce});
    spec.driver().root_chunks = dice.once_in(2);
    spec.capacity = {kPageSize * dice.one_of<std::uint64_t>({1, 3, 20, 512, 1024, 16'384})};
    spec.eviction = any_eviction(dice);
    // What unmaps is counted by one page at a time alone.
    const bool by_pages = dice.once_in(2);
    if (!by_pages) spec.prefetch = any_prefetch(dice);
    const std::vector<Step> history = any_history(dice, blocks, pages, by_pages ? 1 : 5);

    std::string failures;
    const Outcome free = run_history(spec, history, failures);
    RC_ASSERT(failures == "");
    RC_ASSERT(free.end_ns == free.copies_ns);
    for (std::size_t i = 0; i < kPrices.size(); ++i) {
      const bool unmap = kPrices[i].member == &DriverSpec::unmap_time;
      if (unmap ? !by_pages : !dice.once_in(6)) continue;
      BenchSpec priced = spec;
      const auto price = static_cast<std::int64_t>(1 + dice.below(100'000));
      (priced.driver().*kPrices[i].member).value = ns(price);
      const Outcome paid = run_history(priced, history, failures);
      RC_LOG() << kPrices[i].name << ' ' << price << '\n';
      RC_ASSERT(failures == "");
      RC_ASSERT(paid.counts == free.counts);
      RC_ASSERT(paid.end_ns - free.end_ns == price * static_cast<std::int64_t>(free.counts[i]));
    }
  }));
}

TEST_CASE("driver properties: each flush that drops something takes its time") {
  CHECK(rc::check([] {
    Dice dice;
    const unsigned faults = 1 + static_cast<unsigned>(dice.below(20));
    const unsigned batch = 1 + static_cast<unsigned>(dice.below(8));
    const auto price = static_cast<std::int64_t>(1 + dice.below(100'000));
    const auto end_of = [&](std::int64_t flush) {
      const auto report = report_of_child([&] {
        BenchSpec spec = free_spec();
        spec.driver().batch_size.value = batch;
        spec.driver().flush_time.value = ns(flush);
        Bench b(spec);
        b.run([&] {
          // All accesses fault again until they are served.
          for (unsigned left = faults; left != 0;) {
            const std::uint64_t epoch = b.device().replay_epoch();
            for (unsigned page = 0; page < faults; ++page) {
              if (!b.on_device(0).resident.test(page)) b.raise(0, {page});
            }
            while (b.device().replay_epoch() == epoch) b.device().replayed().wait();
            left = faults - b.on_device(0).resident.count();
          }
        });
        return std::to_string(b.now_ns());
      });
      RC_ASSERT(report.failures == "");
      return std::stoll(report.output);
    };
    // Nothing is dropped behind the last batch.
    RC_ASSERT(end_of(price) - end_of(0) == price * static_cast<std::int64_t>((faults - 1) / batch));
  }));
}

// --- memory ----------------------------------------------------------------------------------------------------------

TEST_CASE("driver properties: blocks take whole chunks, never more than there are") {
  CHECK(rc::check([] {
    Dice dice;
    const std::uint64_t blocks = 1 + dice.below(6);
    const unsigned pages = dice.one_of({4U, 40U, 500U});
    BenchSpec spec = free_spec();
    spec.driver().root_chunks = true;
    spec.driver().cpu_prefetch = dice.once_in(2);
    spec.driver().cpu_fault_granularity.value = dice.one_of({Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)});
    spec.driver().replay =
        dice.one_of({ReplayPolicy::kBlock, ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce});
    spec.driver().batch_size.value = dice.one_of({1U, 3U, 256U});
    spec.initial = dice.one_of({InitialContents::kHostMemory, InitialContents::kNothing});
    const std::uint64_t capacity = kPagesPerBlock * (1 + dice.below(4));
    spec.capacity = {kPageSize * capacity};
    spec.eviction = any_eviction(dice);
    spec.prefetch = any_prefetch(dice);
    std::vector<std::vector<Step>> actors(1 + dice.below(3));
    for (auto& history : actors) history = any_history(dice, blocks, pages, 5);

    const auto report = report_of_child([&] {
      Bench b(spec);
      const auto check = [&] {
        CHILD_CHECK_EQ(b.device().memory().used_pages() % kPagesPerBlock, 0U);
        CHILD_CHECK(b.device().memory().used_pages() <= capacity);
        b.memory().check();
      };
      b.machine().driver(DeviceId(0)).on_replay = check;
      std::size_t running = actors.size();
      engine::Signal ended(b.engine);
      for (std::size_t i = 1; i < actors.size(); ++i) {
        b.engine.spawn("actor", [&, i] {
          const std::uint32_t owner = b.machine().new_owner();
          for (const Step& step : actors[i]) {
            const auto [block, page] = step.pages.front();
            if (step.what == Step::What::kHost) {
              b.engine.sleep_for(b.memory().host_access(b.slot(block), page, step.write, owner).owed);
            } else {
              do_step(b, step);
            }
            check();
          }
          --running;
          ended.notify_all();
        });
      }
      b.run([&] {
        for (const Step& step : actors[0]) {
          do_step(b, step);
          check();
        }
        --running;
        while (running != 0) ended.wait();
        b.memory().free_pages(VirtualAddress(0), kBlockSize * (blocks + 1));
        b.wait_until_idle();
        // With its last page a block gives its chunk back.
        CHILD_CHECK(b.device().memory().used_pages() == kPagesPerBlock * [&] {
          std::uint64_t held = 0;
          for (std::uint64_t n = 0; n < blocks; ++n) held += b.on_device(n).resident.any() ? 1 : 0;
          return held;
        }());
      });
      return std::string();
    });
    RC_ASSERT(report.failures == "");
  }));
}

TEST_CASE("driver properties: more device memory never leads to more faults of one stream under LRU") {
  CHECK(rc::check([] {
    Dice dice;
    const std::uint64_t blocks = 1 + dice.below(3);
    const unsigned pages = dice.one_of({3U, 12U, 60U});
    std::vector<Step> history = any_history(dice, blocks, pages, 1);
    for (Step& step : history) step.what = Step::What::kFaults;
    const ReplayPolicy replay =
        dice.one_of({ReplayPolicy::kBlock, ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce});
    std::uint64_t before = ~std::uint64_t{0};
    std::uint64_t capacity = 1 + dice.below(3);
    for (int i = 0; i < 3; ++i, capacity += 1 + dice.below(pages * blocks / 3)) {
      const auto report = report_of_child([&] {
        BenchSpec spec;
        spec.driver().replay = replay;
        spec.capacity = {kPageSize * capacity};
        spec.eviction = [] { return make_lru(kPageSize); };
        Bench b(spec);
        b.run([&] {
          for (const Step& step : history) do_step(b, step);
        });
        CHILD_CHECK_EQ(b.counters().serviced, b.counters().raised);
        return std::to_string(b.counters().raised);
      });
      RC_ASSERT(report.failures == "");
      const std::uint64_t faults = std::stoull(report.output);
      RC_ASSERT(faults <= before);
      before = faults;
    }
  }));
}

TEST_CASE("driver properties: a faster link never lengthens a history of one actor") {
  CHECK(rc::check([] {
    Dice dice;
    BenchSpec spec;
    const std::vector<Step> history = any_history(dice, 1 + dice.below(3), dice.one_of({4U, 40U, 500U}), 5);
    spec.driver().root_chunks = dice.once_in(2);
    spec.driver().cpu_prefetch = dice.once_in(2);
    spec.driver().unmap_time.value = ns(5'000);
    spec.capacity = {kPageSize * dice.one_of<std::uint64_t>({1, 3, 20, 512, 16'384})};
    spec.eviction = any_eviction(dice);
    spec.prefetch = any_prefetch(dice);
    std::int64_t before = SimTime::max().picoseconds();
    std::string bytes;
    double rate = 0.1;
    for (int i = 0; i < 3; ++i, rate *= 1 + static_cast<double>(dice.below(50)) / 10) {
      spec.platform.links[0].bandwidth.value = Bandwidth::gigabytes_per_second(rate);
      const auto report = report_of_child([&] {
        Bench b(spec);
        b.run([&] {
          for (const Step& step : history) {
            do_step(b, step);
            b.wait_until_idle();
          }
        });
        return std::to_string(b.engine.now().picoseconds()) + ' ' +
               std::to_string(b.device().dma(LinkDirection::kToDevice).bytes().count());
      });
      RC_ASSERT(report.failures == "");
      const std::int64_t end = std::stoll(report.output);
      const std::string moved = report.output.substr(report.output.find(' '));
      RC_ASSERT(end <= before);
      RC_ASSERT((bytes.empty() || bytes == moved));  // the decisions are the same
      before = end;
      bytes = moved;
    }
  }));
}

}  // namespace driver_properties_test
}  // namespace farfault
