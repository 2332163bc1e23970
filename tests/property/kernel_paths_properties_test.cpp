// Random histories of what the kernel does for a process that devices share, under every design.
//
// By default each design goes through four thousand operations, which the sanitized suite does in well under a
// minute. FARFAULT_KERNEL_OPS=N asks for N operations a design (150'000 make more than a million), and
// FARFAULT_KERNEL_SEED=N for other histories.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/policies/thrashing/time_slice.h"
#include "tests/property/dice.h"
#include "tests/unit/driver/kernel_bench.h"

namespace farfault {
namespace kernel_paths_properties_test {

using namespace testing;

constexpr std::uint64_t kDefaultOps = 4'000;
constexpr std::uint64_t kOpsAHistory = 500;
constexpr std::uint64_t kOpsBetweenChecks = 16;
constexpr std::size_t kDevices = 2;

std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
  const char* const text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// A machine, and where its process works.
struct World {
  BenchSpec spec;
  std::uint64_t blocks = 1;
  unsigned pages = 20;  ///< of a block that are used one by one
  unsigned stride = 1;
  bool knows_mappings = true;
  bool prefetches = false;
  std::string text;
};

void any_prices(Dice& dice, BenchSpec& spec) {
  const auto price = [&] { return ns(static_cast<std::int64_t>(dice.one_of({0U, 0U, 10U, 700U, 9'000U}))); };
  DriverSpec& driver = spec.driver();
  KernelSpec& kernel = spec.kernel;
  for (Sourced<SimTime>* cost : {&driver.interrupt_latency,
                                 &driver.batch_time,
                                 &driver.page_time,
                                 &driver.page_time_hmm,
                                 &driver.replay_time,
                                 &driver.eviction_time,
                                 &spec.platform.host.migrate_fault,
                                 &spec.platform.host.minor_fault,
                                 &kernel.split_folio,
                                 &kernel.page_free,
                                 &kernel.gup.call,
                                 &kernel.gup.page,
                                 &kernel.gup.fast_page,
                                 &kernel.gup.put_page,
                                 &kernel.fork.call,
                                 &kernel.fork.page,
                                 &kernel.fork.cow_fault,
                                 &kernel.fork.reuse_fault,
                                 &kernel.unmap.call,
                                 &kernel.unmap.page,
                                 &kernel.notifier.mirror,
                                 &kernel.notifier.device,
                                 &kernel.notifier.retry,
                                 &spec.design.to_device.collect.page,
                                 &spec.design.to_host.setup.call,
                                 &spec.design.library.staging_call}) {
    cost->value = price();
  }
}

World any_world(Dice& dice, const std::string& design) {
  World world;
  BenchSpec& spec = world.spec;
  spec = hmm_spec(design, kDevices);
  any_prices(dice, spec);
  DriverSpec& driver = spec.driver();
  driver.replay =
      dice.one_of({ReplayPolicy::kBlock, ReplayPolicy::kBatch, ReplayPolicy::kBatchFlush, ReplayPolicy::kOnce});
  driver.batch_size.value = dice.one_of({1U, 3U, 256U});
  driver.cpu_fault_granularity.value = dice.one_of({Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)});
  for (std::size_t i = 0; i < kDevices; ++i) {
    if (dice.once_in(4)) spec.platform.links[i].bandwidth.value = Bandwidth::unlimited();
    spec.platform.devices[i].micro_tlbs.value = 2;
    spec.capacity.push_back(kPageSize * dice.one_of<std::uint64_t>({1, 2, 5, 17, 40, 530, 600, 2'000}));
  }
  spec.initial = dice.one_of({InitialContents::kHostMemory, InitialContents::kNothing});
  const Bytes granularity = dice.one_of({Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)});
  spec.eviction = dice.once_in(2) ? std::function([granularity] { return make_lru(granularity); })
                                  : std::function([granularity] { return make_fifo(granularity); });
  world.prefetches = !dice.once_in(2);
  if (world.prefetches) {
    spec.prefetch =
        dice.once_in(2) ? std::function(make_block64k) : std::function([] { return make_tree_prefetcher(0); });
  }
  if (dice.once_in(6)) spec.placement = make_remote_map;
  if (dice.once_in(5)) spec.thrashing = [] { return make_time_slice(ns(20'000), Bytes::kib(64)); };
  spec.kernel.thp = dice.once_in(2);
  spec.design.folio = dice.one_of({FolioSize::k4KiB, FolioSize::k2MiB});
  spec.design.library.adoption.value = dice.one_of({0.0, 1.0, 1.0});
  spec.design.library.interpose = dice.once_in(4);
  spec.design.library.bar = dice.one_of({BarAccess::kMapped, BarAccess::kMapped, BarAccess::kNone});
  world.blocks = 1 + dice.below(3);
  world.pages = dice.one_of({3U, 20U, 500U});
  world.stride = dice.once_in(2) ? 1 : 511 / world.pages;
  world.knows_mappings = !dice.once_in(3);
  world.text = design + ", capacity " + std::to_string(spec.capacity[0] / kPageSize) + " and " +
               std::to_string(spec.capacity[1] / kPageSize) + " pages, replay " +
               std::to_string(static_cast<int>(driver.replay)) + ", batch " + std::to_string(driver.batch_size.value) +
               ", " + std::string(spec.eviction()->name()) + ' ' + std::to_string(granularity.count()) + ", " +
               std::string(spec.prefetch()->name()) + ", " + std::string(spec.placement()->name()) + ", thp " +
               std::to_string(spec.kernel.thp) + ", folio " + std::to_string(static_cast<int>(spec.design.folio)) +
               ", " + std::to_string(world.blocks) + " blocks of " + std::to_string(world.pages) + " pages";
  return world;
}

constexpr VmaKind kEvery[] = {
    VmaKind::kUnknown, VmaKind::kPrivateAnonymous, VmaKind::kPrivateAnonymous, VmaKind::kHeap,    VmaKind::kStack,
    VmaKind::kFile,    VmaKind::kShared,           VmaKind::kExecutable,       VmaKind::kHugeTlb, VmaKind::kDax,
    VmaKind::kSpecial};

VmaKind any_kind(Dice& dice) {
  return dice.once_in(2) ? VmaKind::kPrivateAnonymous : kEvery[dice.below(std::size(kEvery))];
}

/// Mappings over all blocks: mostly whole ones, some of a few pages.
void map_everything(Bench& b, const World& world, Dice& dice) {
  if (!world.knows_mappings) return;
  for (std::uint64_t block = 0; block < world.blocks; ++block) {
    for (unsigned page = 0; page < kPagesPerBlock;) {
      const auto pages = std::min<unsigned>(dice.one_of({16U, 100U, 512U}), kPagesPerBlock - page);
      map_as(b, any_kind(dice), block, page, pages);
      page += pages;
    }
  }
}

enum class Op : std::uint8_t {
  kDevice,
  kHost,
  kGup,
  kPin,
  kUnpin,
  kFork,
  kExit,
  kUnmap,
  kEndLaunch,
  kPause,
};

struct Step {
  Op op = Op::kHost;
  std::uint64_t block = 0;
  unsigned page = 0;
  unsigned pages = 1;
  bool write = false;
  bool long_term = false;
  DeviceId device;
  SimTime pause;
};

Step any_step(Dice& dice, const World& world) {
  constexpr std::pair<Op, unsigned> kWeights[] = {{Op::kDevice, 40}, {Op::kHost, 30}, {Op::kGup, 5},
                                                  {Op::kPin, 6},     {Op::kUnpin, 8}, {Op::kFork, 2},
                                                  {Op::kExit, 3},    {Op::kUnmap, 4}, {Op::kEndLaunch, 2}};
  Step step;
  std::uint64_t roll = dice.below(102);
  step.op = Op::kPause;
  for (const auto& [op, weight] : kWeights) {
    if (roll < weight) {
      step.op = op;
      break;
    }
    roll -= weight;
  }
  step.block = dice.below(world.blocks);
  step.page = static_cast<unsigned>(dice.below(world.pages)) * world.stride;
  step.write = dice.once_in(2);
  step.long_term = dice.once_in(3);
  step.device = DeviceId(static_cast<std::uint32_t>(dice.below(kDevices)));
  step.pause = ns(static_cast<std::int64_t>(dice.below(30'000)));
  const bool by_range = step.op == Op::kGup || step.op == Op::kPin || step.op == Op::kUnpin || step.op == Op::kUnmap;
  if (by_range && dice.once_in(3)) step.pages = std::min(dice.one_of({4U, 100U, 512U}), 512 - step.page);
  if (by_range && dice.once_in(12)) {
    step.page = 0;
    step.pages = 512;
  }
  return step;
}

std::string text_of(const Step& step) {
  static const char* const kNames[] = {"device", "host", "gup",   "pin", "unpin",
                                       "fork",   "exit", "unmap", "end", "pause"};
  return std::string(kNames[static_cast<std::size_t>(step.op)]) + ' ' + std::to_string(step.block) + ':' +
         std::to_string(step.page) + '+' + std::to_string(step.pages) + (step.write ? " w" : "") +
         (step.long_term ? " l" : "") + " d" + std::to_string(step.device.value());
}

void fail(const std::string& what) { throw RunError("property does not hold: " + what); }

/// Where a page is: -1 the host, else a device and its frame; nothing where it has no contents.
using Place = std::optional<std::pair<int, std::uint32_t>>;
Place place_of(Bench& b, std::uint64_t block, unsigned page) {
  if (b.block(block).host.test(page)) return std::pair(-1, 0U);
  for (std::uint32_t d = 0; d < kDevices; ++d) {
    if (b.on_device(block, d).resident.test(page)) {
      return std::pair(static_cast<int>(d), b.on_device(block, d).frames.frame(page));
    }
  }
  return std::nullopt;
}

/// No frame of a device backs two pages, and all that is used has a user.
void check_frames(Bench& b, std::uint64_t blocks) {
  for (std::uint32_t d = 0; d < kDevices; ++d) {
    std::set<std::uint32_t> frames;
    for (std::uint64_t block = 0; block < blocks; ++block) {
      b.on_device(block, d).resident.for_each([&](unsigned page) {
        if (!frames.insert(b.on_device(block, d).frames.frame(page)).second) fail("a frame backs two pages");
      });
    }
    if (frames.size() + b.counters(d).child_pages != b.device(d).memory().used_pages()) fail("frames without a user");
  }
}

/// A device's access as a stream's: stages first, if that is needed.
AccessOutcome device_use(Bench& b, const Step& step, std::uint32_t owner) {
  MemoryManager& memory = b.memory();
  while (memory.needs_staging(step.device, b.slot(step.block), step.page)) {
    memory.stage(step.device, b.slot(step.block), step.page, owner);
  }
  (void)b.access(step.block, step.page, step.write, step.device.value(), owner % 2);
  return memory.device_access(step.device, b.slot(step.block), step.page, step.write);
}

GupRequest request_of(const Step& step) {
  return {.address = address_of(step.block, step.page),
          .length = bytes_of(step.pages),
          .write = step.write,
          .pin = step.op == Op::kPin,
          .long_term = step.op == Op::kPin && step.long_term};
}

// --- one actor, and a model that knows what everything must be -------------------------------------------------------

/// A page as the process has it.
struct Page {
  bool present = false;
  bool shared = false;      ///< a child has the same page: a write copies
  bool dirty_copy = false;  ///< written in a launch's copy: the page itself is written when that goes back
  std::uint64_t pins = 0;
  Place pinned_at;
};

class Reference {
 public:
  Reference(Bench& bench, const World& world) : b_(bench), world_(world) {
    for (std::uint64_t i = 0; i < world.blocks; ++i) pages_[i].resize(kPagesPerBlock);
  }

  void run(const Step& step) {
    switch (step.op) {
      case Op::kDevice:
        return device(step);
      case Op::kHost:
        return host(step);
      case Op::kGup:
      case Op::kPin:
        return gup(step);
      case Op::kUnpin:
        return unpin(step);
      case Op::kFork:
        return fork();
      case Op::kExit:
        b_.memory().child_exits();
        if (children_ != 0 && --children_ == 0) of_children_ = 0;
        return;
      case Op::kUnmap:
        return unmap(step);
      case Op::kEndLaunch:
        b_.memory().end_launch(step.device, kThread);
        return settle_copies();
      case Op::kPause:
        return b_.engine.sleep_for(step.pause);
    }
  }

  void compare() {
    settle_copies();
    std::uint64_t present = 0;
    for (const auto& [block, pages] : pages_) {
      const PageMask populated = b_.memory().residency().populated(b_.slot(block));
      for (unsigned i = 0; i < kPagesPerBlock; ++i) {
        const Page& page = pages[i];
        const std::string where = std::to_string(block) + ':' + std::to_string(i);
        present += page.present ? 1 : 0;
        if (page.present != populated.test(i)) fail(where + (page.present ? " is lost" : " came from nowhere"));
        if (page.shared != b_.block(block).shared.test(i)) fail(where + (page.shared ? " is not" : " is") + " shared");
        if ((page.pins != 0) != b_.block(block).pinned.test(i)) fail(where + " has other pins");
        if (page.pins != 0 && page.pinned_at != place_of(b_, block, i)) fail(where + " moved though it was pinned");
      }
    }
    std::uint64_t memory = b_.machine().host().held();
    for (std::uint32_t d = 0; d < kDevices; ++d) {
      memory += b_.device(d).memory().used_pages();
      for (const auto& [block, pages] : pages_) memory -= b_.on_device(block, d).copies.count();
    }
    if (memory != present + of_children_) {
      fail("memory of " + std::to_string(memory) + " pages for " + std::to_string(present) + " of the process and " +
           std::to_string(of_children_) + " of its children");
    }
    if (b_.memory().children() != children_) fail("number of children");
    check_frames(b_, world_.blocks);
  }

 private:
  VmaKind kind_of(std::uint64_t block, unsigned page) {
    const auto kind = b_.memory().address_space().kind_at(address_of(block, page));
    return kind ? static_cast<VmaKind>(*kind) : VmaKind::kUnknown;
  }
  bool is_library(std::uint64_t block, unsigned page) {
    if (world_.spec.design.kind != "driver_vma") return false;
    const LibrarySpec& library = world_.spec.design.library;
    const VmaKind kind = kind_of(block, page);
    return (library.interpose || library.adoption.value == 1.0) &&
           (kind == VmaKind::kUnknown || kind == VmaKind::kPrivateAnonymous);
  }

  void unshare(Page& page) {
    if (!page.shared) return;
    page.shared = false;
    if (children_ != 0) ++of_children_;
  }

  /// Copies of launches that have gone back: what they wrote is the process's page now.
  void settle_copies() {
    for (auto& [block, pages] : pages_) {
      for (unsigned i = 0; i < kPagesPerBlock; ++i) {
        if (!pages[i].dirty_copy) continue;
        bool staged = false;
        for (std::uint32_t d = 0; d < kDevices; ++d) {
          const PageMask& written = b_.masks(d + 1, block).writable;
          staged = staged || (b_.on_device(block, d).copies.test(i) && written.test(i));
        }
        if (pages[i].shared && !b_.block(block).shared.test(i)) unshare(pages[i]);  // one of two copies went back
        if (staged) continue;
        pages[i].dirty_copy = false;
        unshare(pages[i]);
      }
    }
  }

  /// Whether the host's first touch of a page takes its whole block: a huge page of anonymous memory.
  bool comes_huge(std::uint64_t block) {
    if (!world_.spec.kernel.thp || b_.block(block).split) return false;
    for (unsigned i = 0; i < kPagesPerBlock; ++i) {
      const bool anonymous = (kAnonymousKinds & kinds_of({kind_of(block, i)})) != 0;
      if (pages_[block][i].present || !anonymous || is_library(block, i)) return false;
    }
    return true;
  }
  void touch_whole(std::uint64_t block) {
    for (Page& page : pages_[block]) page.present = true;
  }

  /// Pages that came beside the one that was asked for: they may, in its block.
  void adopt_neighbours(std::uint64_t block) {
    const PageMask populated = b_.memory().residency().populated(b_.slot(block));
    for (unsigned i = 0; i < kPagesPerBlock; ++i) pages_[block][i].present |= populated.test(i);
  }

  void device(const Step& step) {
    const bool stages = b_.memory().needs_staging(step.device, b_.slot(step.block), step.page);
    const AccessOutcome outcome = device_use(b_, step, kThread);
    const bool special = kind_of(step.block, step.page) == VmaKind::kSpecial;
    Page& page = pages_[step.block][step.page];
    if (outcome != AccessOutcome::kLocal && outcome != AccessOutcome::kRemote) {
      if (!special || outcome != AccessOutcome::kFailed) fail("a device access fails: " + text_of(step));
      return;
    }
    page.present = true;
    if (stages || world_.prefetches) adopt_neighbours(step.block);
    settle_copies();
    if (!step.write) return;
    if (b_.on_device(step.block, step.device.value()).copies.test(step.page)) {
      page.dirty_copy = true;
    } else {
      unshare(page);
    }
  }

  void host(const Step& step) {
    Page& page = pages_[step.block][step.page];
    const bool huge = comes_huge(step.block);
    const HostAccess access = b_.memory().host_access(b_.slot(step.block), step.page, step.write, kThread);
    if (access.way == HostAccess::Way::kFailed) {
      if (!page.present) fail("a CPU access fails on a page without contents");
      return;
    }
    if (huge) touch_whole(step.block);
    page.present = true;
    if (step.write) unshare(page);
    b_.engine.sleep_for(access.owed);
  }

  void gup(const Step& step) {
    const GupRequest request = request_of(step);
    std::uint64_t failed = 0;
    std::vector<unsigned> taken;
    for (unsigned i = step.page; i < step.page + step.pages; ++i) {
      const Page& page = pages_[step.block][i];
      const Place place = place_of(b_, step.block, i);
      const bool stays = place && place->first >= 0 && page.pins != 0;
      const bool fails =
          kind_of(step.block, i) == VmaKind::kSpecial || is_library(step.block, i) || (stays && request.long_term);
      fails ? void(++failed) : taken.push_back(i);
    }
    const bool huge = !taken.empty() && comes_huge(step.block);
    const std::uint64_t before = failures(b_).gup;
    b_.memory().gup(request, kThread);
    if (huge) touch_whole(step.block);
    if (failures(b_).gup - before != failed) fail("get_user_pages fails on other pages: " + text_of(step));
    for (const unsigned i : taken) {
      Page& page = pages_[step.block][i];
      page.present = true;
      if (request.write || request.pin) unshare(page);
      if (!request.pin) continue;
      if (page.pins++ == 0) page.pinned_at = place_of(b_, step.block, i);
    }
  }

  void unpin(const Step& step) {
    b_.memory().unpin(address_of(step.block, step.page), bytes_of(step.pages));
    for (unsigned i = step.page; i < step.page + step.pages; ++i) {
      Page& page = pages_[step.block][i];
      if (page.pins != 0) --page.pins;
    }
  }

  void fork() {
    if (children_ >= 3) return;
    b_.memory().fork();
    ++children_;
    for (auto& [block, pages] : pages_) {
      for (unsigned i = 0; i < kPagesPerBlock; ++i) {
        const VmaKind kind = kind_of(block, i);
        const bool anonymous = (kAnonymousKinds & kinds_of({kind})) != 0 && !is_library(block, i);
        if (!pages[i].present || !anonymous) continue;
        pages[i].pins != 0 ? void(++of_children_) : void(pages[i].shared = true);
      }
    }
  }

  void unmap(const Step& step) {
    b_.memory().free_pages(address_of(step.block, step.page), bytes_of(step.pages));
    for (unsigned i = step.page; i < step.page + step.pages; ++i) {
      unshare(pages_[step.block][i]);
      pages_[step.block][i] = Page();
    }
  }

  Bench& b_;
  const World& world_;
  std::map<std::uint64_t, std::vector<Page>> pages_;
  std::uint64_t children_ = 0;
  std::uint64_t of_children_ = 0;  ///< pages that only children have
};

void run_alone(Bench& b, const World& world, Dice& dice, std::string& last) {
  map_everything(b, world, dice);
  b.run([&] {
    Reference reference(b, world);
    for (std::uint64_t i = 0; i < kOpsAHistory; ++i) {
      const Step step = any_step(dice, world);
      last = std::to_string(i) + ' ' + text_of(step);
      reference.run(step);
      if (i % kOpsBetweenChecks != 0) continue;
      b.memory().check();
      reference.compare();
    }
    last = "the end";
    b.wait_until_idle();
    b.machine().check();
    reference.compare();
  });
}

// --- several actors at once ------------------------------------------------------------------------------------------

/// What can be said of a page while several use it.
class Watch {
 public:
  explicit Watch(Bench& bench) : b_(bench) {}

  void used(std::uint64_t block, unsigned page) {
    if (!place_of(b_, block, page)) fail("an access went through to a page without contents");
    State& state = pages_[{block, page}];
    state.present = state.unmappings == 0;
  }
  void unmap_begins(const Step& step) {
    for (unsigned i = step.page; i < step.page + step.pages; ++i) {
      State& state = pages_[{step.block, i}];
      ++state.unmappings;
      state.present = false;
      state.pinned_at.reset();
    }
  }
  void unmap_ended(const Step& step) {
    for (unsigned i = step.page; i < step.page + step.pages; ++i) {
      State& state = pages_[{step.block, i}];
      --state.unmappings;
      state.pinned_at.reset();
    }
  }
  /// A page that its actor has just pinned; false if another unmapped it meanwhile.
  bool pinned(std::uint64_t block, unsigned page) {
    State& state = pages_[{block, page}];
    if (!b_.block(block).pinned.test(page) || state.unmappings != 0) return false;
    state.pinned_at = place_of(b_, block, page);
    return true;
  }
  /// Whether the pin is still there to be dropped.
  bool unpin(std::uint64_t block, unsigned page) {
    State& state = pages_[{block, page}];
    const bool there = state.pinned_at.has_value();
    state.pinned_at.reset();
    return there;
  }
  bool is_pinned(std::uint64_t block, unsigned page) { return pages_[{block, page}].pinned_at.has_value(); }

  void check() {
    for (const auto& [at, state] : pages_) {
      const Place place = place_of(b_, at.first, at.second);
      if (state.present && !place) fail("a page is lost");
      if (state.pinned_at && state.pinned_at != place) fail("a page moved though it was pinned");
    }
  }

 private:
  struct State {
    bool present = false;  ///< for certain
    unsigned unmappings = 0;
    Place pinned_at;
  };
  Bench& b_;
  std::map<std::pair<std::uint64_t, unsigned>, State> pages_;
};

class Actor {
 public:
  Actor(Bench& bench, Watch& watch, std::uint32_t owner) : b_(bench), watch_(watch), owner_(owner) {}

  void run(const Step& step) {
    switch (step.op) {
      case Op::kDevice: {
        const AccessOutcome outcome = device_use(b_, step, owner_);
        if (outcome == AccessOutcome::kLocal || outcome == AccessOutcome::kRemote) watch_.used(step.block, step.page);
        return;
      }
      case Op::kHost: {
        const HostAccess access = b_.memory().host_access(b_.slot(step.block), step.page, step.write, owner_);
        watch_.used(step.block, step.page);
        return b_.engine.sleep_for(access.owed);
      }
      case Op::kGup:
        return b_.memory().gup(request_of(step), owner_);
      case Op::kPin:
        return pin(step);
      case Op::kUnpin:
        return unpin();
      case Op::kFork:
        return b_.memory().children() < 3 ? b_.memory().fork() : void();
      case Op::kExit:
        return b_.memory().child_exits();
      case Op::kUnmap:
        watch_.unmap_begins(step);
        b_.memory().free_pages(address_of(step.block, step.page), bytes_of(step.pages));
        return watch_.unmap_ended(step);
      case Op::kEndLaunch:
        return b_.memory().end_launch(step.device, owner_);
      case Op::kPause:
        return b_.engine.sleep_for(step.pause);
    }
  }

 private:
  void pin(Step step) {
    step.pages = 1;
    if (watch_.is_pinned(step.block, step.page)) return;  // one pin a page, so that it is known whose it is
    b_.memory().gup(request_of(step), owner_);
    if (watch_.is_pinned(step.block, step.page)) return;  // another was faster
    if (watch_.pinned(step.block, step.page)) mine_.emplace_back(step.block, step.page);
  }
  void unpin() {
    if (mine_.empty()) return;
    const auto [block, page] = mine_.back();
    mine_.pop_back();
    if (watch_.unpin(block, page)) b_.memory().unpin(address_of(block, page), kPageSize);
  }

  Bench& b_;
  Watch& watch_;
  std::uint32_t owner_;
  std::vector<std::pair<std::uint64_t, unsigned>> mine_;
};

void run_together(Bench& b, const World& world, Dice& dice, std::string& last) {
  map_everything(b, world, dice);
  Watch watch(b);
  engine::Signal ended(b.engine);
  const std::uint64_t actors = 2 + dice.below(5);
  std::uint64_t running = actors;
  std::uint64_t done = 0;
  for (std::uint64_t a = 0; a < actors; ++a) {
    std::vector<Step> steps(kOpsAHistory / actors);
    for (Step& step : steps) step = any_step(dice, world);
    const std::uint64_t seed = dice.below(1U << 30U);
    b.engine.spawn("actor" + std::to_string(a), [&, steps = std::move(steps), seed] {
      Dice mine(seed);
      Actor actor(b, watch, b.machine().new_owner());
      for (const Step& step : steps) {
        last = std::to_string(done) + ' ' + text_of(step);
        if (world.knows_mappings && mine.once_in(40)) {
          // Mapped over, without an munmap first.
          map_as(b, any_kind(mine), step.block, step.page & ~15U, 16);
        }
        actor.run(step);
        if (mine.once_in(4)) b.engine.sleep_for(ns(static_cast<std::int64_t>(mine.below(5'000))));
        if (++done % kOpsBetweenChecks != 0) continue;
        b.memory().check();
        watch.check();
        check_frames(b, world.blocks);
      }
      --running;
      ended.notify_all();
    });
  }
  b.run([&] {
    while (running != 0) ended.wait();
    b.wait_until_idle();
    watch.check();
    check_frames(b, world.blocks);
    for (std::uint32_t d = 0; d < kDevices; ++d) b.memory().end_launch(DeviceId(d), kThread);
    while (b.memory().children() != 0) b.memory().child_exits();
    b.machine().check();
    // And when the process unmaps all that it has, nothing is left anywhere.
    b.memory().free_pages(VirtualAddress(0), Bytes(std::uint64_t{1} << 47U));
    if (b.machine().host().held() != 0) fail("host memory is left over");
    for (std::uint32_t d = 0; d < kDevices; ++d) {
      if (b.device(d).memory().used_pages() != 0) fail("device memory is left over");
      const DeviceCounters& c = b.counters(d);
      if (c.allocated_folios + c.split_folios * (kPagesPerBlock - 1) != c.freed_folios)
        fail("callbacks for all folios");
    }
    if (b.memory().any_locked()) fail("a block stays locked");
  });
}

/// Empty if all went well.
std::string history(const std::string& design, std::uint64_t seed, bool alone) {
  Dice dice(seed * 0x9E3779B97F4A7C15U);
  for (int i = 0; i < 8; ++i) (void)dice.below(2);  // neighbouring seeds are alike at first
  const World world = any_world(dice, design);
  const auto report = engine::testing::report_of_child([&] {
    std::string last;
    try {
      Bench b(world.spec);
      alone ? run_alone(b, world, dice, last) : run_together(b, world, dice, last);
    } catch (const std::exception& error) {
      engine::testing::child_failures() += std::string(error.what()) + "\n  at " + last + '\n';
    }
    return std::string();
  });
  if (report.failures.empty()) return "";
  return "seed " + std::to_string(seed) + (alone ? ", alone: " : ", together: ") + world.text + "\n  " +
         report.failures;
}

void check_design(const std::string& design) {
  const std::uint64_t histories =
      std::max<std::uint64_t>(2, from_environment("FARFAULT_KERNEL_OPS", kDefaultOps) / kOpsAHistory);
  const std::uint64_t first = from_environment("FARFAULT_KERNEL_SEED", 1);
  std::uint64_t failed = 0;
  for (std::uint64_t seed = first; seed < first + histories && failed < 5; ++seed) {
    const std::string said = history(design, seed, seed % 2 == 0);
    CHECK_MESSAGE(said.empty(), said);
    failed += said.empty() ? 0 : 1;
  }
}

TEST_CASE("kernel properties: devm_memremap_pages keeps every page through any history") {
  check_design("devm_memremap_pages");
}
TEST_CASE("kernel properties: separate_radix keeps every page through any history") { check_design("separate_radix"); }
TEST_CASE("kernel properties: memremap_xarray keeps every page through any history") {
  check_design("memremap_xarray");
}
TEST_CASE("kernel properties: off_pfn_maple keeps every page through any history") { check_design("off_pfn_maple"); }
TEST_CASE("kernel properties: device_coherent keeps every page through any history") {
  check_design("device_coherent");
}
TEST_CASE("kernel properties: driver_vma keeps every page through any history") { check_design("driver_vma"); }
TEST_CASE("kernel properties: none keeps every page through any history") { check_design("none"); }

}  // namespace kernel_paths_properties_test
}  // namespace farfault
