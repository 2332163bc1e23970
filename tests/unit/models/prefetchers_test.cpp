// Decisions of the prefetchers that look beyond the block of a fault, and of those that need not look at all.
#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "models/policies/prefetch/calls_only.h"
#include "models/policies/prefetch/markov.h"
#include "models/policies/prefetch/none.h"
#include "models/policies/prefetch/random.h"
#include "models/policies/prefetch/stride.h"
#include "models/policies/prefetch/whole_allocation.h"
#include "models/policies/registry.h"

namespace farfault {
namespace prefetchers_test {

using Ranges = std::vector<PageRange>;

PageMask pages(std::initializer_list<unsigned> list) {
  PageMask mask;
  for (const unsigned page : list) mask.set(page);
  return mask;
}

PrefetchRequest request(std::uint64_t block, const PageMask& faulted, PageRange allocation = {}) {
  PrefetchRequest out{BlockSlot(0), faulted, PageMask(), ~faulted};
  out.number = BlockNumber(block);
  out.allocation = allocation;
  return out;
}

/// What a driver asks for one fault.
struct Wanted {
  PageMask here;
  Ranges ahead;
};
Wanted ask(Prefetcher& prefetcher, const PrefetchRequest& about) {
  Wanted out;
  out.here = prefetcher.select(about);
  prefetcher.ahead(about, out.ahead);
  return out;
}
Ranges ahead(Prefetcher& prefetcher, const PrefetchRequest& about) { return ask(prefetcher, about).ahead; }

// --- stride ----------------------------------------------------------------------------------------------------------

StrideParameters strides(std::uint64_t degree, std::uint64_t confirmations, std::uint64_t entries = 64) {
  StrideParameters parameters;
  parameters.degree = degree;
  parameters.confirmations = confirmations;
  parameters.entries = entries;
  return parameters;
}

/// A fault on page number `page`, of a mapping that begins at `mapping`.
Wanted fault(Prefetcher& prefetcher, std::uint64_t page, std::uint64_t mapping = 0) {
  const std::uint64_t block = page / kPagesPerBlock;
  const auto index = static_cast<unsigned>(page % kPagesPerBlock);
  return ask(prefetcher, request(block, PageMask::single(index), {mapping, 1 << 20}));
}

TEST_CASE("prefetch: stride waits for as many equal distances as it is told") {
  const auto two = make_stride(strides(3, 2));
  CHECK(two->name() == "stride/1");
  CHECK(two->heeds_calls());
  CHECK(fault(*two, 10).here.none());
  CHECK(fault(*two, 12).here.none());
  CHECK(fault(*two, 14).here == pages({16, 18, 20}));
  CHECK(fault(*two, 16).here == pages({18, 20, 22}));
  CHECK(fault(*two, 19).here.none());  // another distance
  CHECK(fault(*two, 22).here == pages({25, 28, 31}));
  CHECK(fault(*two, 22).here.none());  // the same page again tells nothing, and takes nothing back
  CHECK(fault(*two, 25).here == pages({28, 31, 34}));

  const auto one = make_stride(strides(1, 1));
  CHECK(fault(*one, 10).here.none());
  CHECK(fault(*one, 12).here == pages({14}));
  const auto three = make_stride(strides(1, 3));
  for (const std::uint64_t page : {10U, 12U, 14U}) CHECK(fault(*three, page).here.none());
  CHECK(fault(*three, 16).here == pages({18}));
}

TEST_CASE("prefetch: stride follows the faults of a batch, but none of thrashing pages") {
  const auto stride = make_stride(strides(2, 2));
  PrefetchRequest batch = request(0, pages({10, 12, 14, 100}));
  CHECK(stride->select(batch) == pages({16, 18}));
  const auto calm = make_stride(strides(2, 2));
  batch.thrashing = pages({12});
  CHECK(calm->select(batch).none());
}

TEST_CASE("prefetch: stride goes backwards too") {
  const auto stride = make_stride(strides(3, 2));
  (void)fault(*stride, 100);
  CHECK(fault(*stride, 90).here.none());
  const Wanted wanted = fault(*stride, 80);
  CHECK(wanted.here == pages({50, 60, 70}));
  CHECK(wanted.ahead.empty());
}

TEST_CASE("prefetch: stride goes on in other blocks, ahead") {
  const auto stride = make_stride(strides(3, 2));
  (void)fault(*stride, 0);
  (void)fault(*stride, 200);
  const Wanted up = fault(*stride, 400);
  CHECK(up.here.none());
  CHECK(up.ahead == Ranges{{600, 1}, {800, 1}, {1000, 1}});
  const Wanted next = fault(*stride, 600);
  CHECK(next.here == pages({800 - 512, 1000 - 512}));
  CHECK(next.ahead == Ranges{{1200, 1}});
  CHECK(fault(*stride, 601).ahead.empty());

  const auto down = make_stride(strides(3, 2));
  (void)fault(*down, 612);
  (void)fault(*down, 572);
  CHECK(fault(*down, 532).ahead == Ranges{{492, 1}, {452, 1}, {412, 1}});
}

TEST_CASE("prefetch: stride stops at both ends of the address space") {
  const auto low = make_stride(strides(3, 2));
  (void)fault(*low, 60);
  (void)fault(*low, 35);
  const Wanted bottom = fault(*low, 10);
  CHECK(bottom.here.none());
  CHECK(bottom.ahead.empty());
  const auto high = make_stride(strides(3, 2));
  const std::uint64_t end = std::uint64_t{1} << 36U;
  (void)fault(*high, end - 50);
  (void)fault(*high, end - 30);
  const Wanted top = fault(*high, end - 10);
  CHECK(top.here.none());
  CHECK(top.ahead.empty());
}

TEST_CASE("prefetch: stride follows each mapping by itself") {
  const auto stride = make_stride(strides(1, 2));
  (void)fault(*stride, 10, 5);
  (void)fault(*stride, 300, 280);
  (void)fault(*stride, 11, 5);
  (void)fault(*stride, 310, 280);
  CHECK(fault(*stride, 12, 5).here == pages({13}));
  CHECK(fault(*stride, 320, 280).here == pages({330}));
}

TEST_CASE("prefetch: with one entry, mappings push each other out") {
  const auto stride = make_stride(strides(1, 2, 1));
  for (std::uint64_t i = 0; i < 10; ++i) {
    CHECK(fault(*stride, 10 + i, 5).here.none());
    CHECK(fault(*stride, 300 + i, 280).here.none());
  }
  CHECK(fault(*stride, 310, 280).here.none());
  CHECK(fault(*stride, 311, 280).here == pages({312}));
}

// --- markov ----------------------------------------------------------------------------------------------------------

MarkovParameters chains(std::uint64_t successors, std::uint64_t depth, std::uint64_t entries = 4096) {
  MarkovParameters parameters;
  parameters.successors = successors;
  parameters.depth = depth;
  parameters.entries = entries;
  return parameters;
}
using Blocks = std::vector<std::uint64_t>;
/// A fault in a block: the blocks that come behind it.
Blocks visit(Prefetcher& prefetcher, std::uint64_t block) {
  Blocks out;
  for (const PageRange& range : ahead(prefetcher, request(block, PageMask::single(7)))) {
    CHECK(range.pages == kPagesPerBlock);
    CHECK(range.first % kPagesPerBlock == 0);
    out.push_back(range.first / kPagesPerBlock);
  }
  return out;
}

TEST_CASE("prefetch: markov brings the block of the fault whole") {
  const auto markov = make_markov(chains(2, 1));
  CHECK(markov->name() == "markov/1");
  CHECK(markov->heeds_calls());
  PrefetchRequest about = request(3, pages({4, 9}));
  CHECK(markov->select(about).full());
  about.thrashing = pages({4});
  CHECK(markov->select(about).full());
  about.thrashing = pages({4, 9});
  CHECK(markov->select(about).none());
}

TEST_CASE("prefetch: markov brings what faulted behind a block before, the last first") {
  const auto markov = make_markov(chains(2, 1));
  CHECK(visit(*markov, 1).empty());
  CHECK(visit(*markov, 2).empty());
  CHECK(visit(*markov, 1) == Blocks{2});
  CHECK(visit(*markov, 3).empty());
  CHECK(visit(*markov, 1) == Blocks{3, 2});
  CHECK(visit(*markov, 1) == Blocks{3, 2});  // is not its own successor
  CHECK(visit(*markov, 2) == Blocks{1});
  CHECK(visit(*markov, 1) == Blocks{2, 3});
  CHECK(visit(*markov, 4).empty());
  CHECK(visit(*markov, 1) == Blocks{4, 2});  // 3 is forgotten
}

TEST_CASE("prefetch: markov keeps as many successors as it is told") {
  const auto markov = make_markov(chains(1, 1));
  for (const std::uint64_t block : {1U, 2U, 1U, 3U}) (void)visit(*markov, block);
  CHECK(visit(*markov, 1) == Blocks{3});
  const auto many = make_markov(chains(8, 1));
  for (std::uint64_t block = 10; block < 20; ++block) {
    (void)visit(*many, 1);
    (void)visit(*many, block);
  }
  CHECK(visit(*many, 1) == Blocks{19, 18, 17, 16, 15, 14, 13, 12});
}

TEST_CASE("prefetch: markov follows the likeliest path as deep as it is told") {
  const auto learn = [](std::uint64_t depth) {
    auto markov = make_markov(chains(2, depth));
    for (const std::uint64_t block : {1U, 9U, 1U, 2U, 3U, 4U, 7U}) (void)visit(*markov, block);
    return visit(*markov, 1);
  };
  CHECK(learn(1) == Blocks{2, 9});
  CHECK(learn(2) == Blocks{2, 9, 3});
  CHECK(learn(3) == Blocks{2, 9, 3, 4});
}

TEST_CASE("prefetch: markov's table is bounded, and who comes later takes the place") {
  const auto one = make_markov(chains(2, 1, 1));
  const auto many = make_markov(chains(2, 1));
  for (const std::uint64_t block : {1U, 2U, 1U, 2U, 3U, 2U, 1U}) {
    CHECK(visit(*one, block).empty());  // the place is always that of the block before
    (void)visit(*many, block);
  }
  CHECK(visit(*many, 2) == Blocks{1, 3});
  // What another had learned there is not taken for one's own.
  const auto few = make_markov(chains(8, 1, 3));
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::uint64_t last = 0;
  for (std::uint64_t i = 1; i < 2'000; ++i) {
    const std::uint64_t block = 1 + i * i % 11 + i % 3;
    seen.emplace(last, block);
    last = block;
    for (const std::uint64_t next : visit(*few, block)) CHECK(seen.contains({block, next}));
  }
}

// --- whole allocation ------------------------------------------------------------------------------------------------

TEST_CASE("prefetch: whole_allocation brings the block, then the rest behind it, then what is before it") {
  const auto whole = make_whole_allocation();
  CHECK(whole->name() == "whole_allocation/1");
  CHECK(whole->heeds_calls());
  // Pages 700 to 2999; block 2 is pages 1024 to 1535.
  const PageRange mapping{700, 2300};
  const Wanted wanted = ask(*whole, request(2, pages({3}), mapping));
  CHECK(wanted.here.full());
  CHECK(wanted.ahead == Ranges{{1536, 1464}, {700, 324}});
  CHECK(ahead(*whole, request(3, pages({3}), mapping)).empty());  // asked for already
  PrefetchRequest thrashes = request(3, pages({3}), mapping);
  thrashes.thrashing = pages({3});
  CHECK(whole->select(thrashes).none());
  // Another one, then the first again: it may have left meanwhile.
  CHECK(ahead(*whole, request(9, pages({0}), {9 * 512, 1024})) == Ranges{{10 * 512, 512}});
  CHECK(ahead(*whole, request(2, pages({3}), mapping)).size() == 2);
}

TEST_CASE("prefetch: whole_allocation asks for nothing beyond a mapping's ends") {
  const auto whole = make_whole_allocation();
  CHECK(ahead(*whole, request(2, pages({3}), {1024, 512})).empty());
  CHECK(ahead(*whole, request(2, pages({3}), {1026, 9})).empty());
  CHECK(ahead(*whole, request(2, pages({3}), {1024, 513})) == Ranges{{1536, 1}});
  CHECK(ahead(*whole, request(2, pages({3}), {1023, 2})) == Ranges{{1023, 1}});
}

TEST_CASE("prefetch: whole_allocation brings the block alone where no mapping is known") {
  const auto whole = make_whole_allocation();
  const Wanted wanted = ask(*whole, request(2, pages({3})));
  CHECK(wanted.here.full());
  CHECK(wanted.ahead.empty());
}

// --- random ----------------------------------------------------------------------------------------------------------

TEST_CASE("prefetch: random brings as many eligible pages beside each fault as it is told") {
  const auto random = make_random_prefetcher(3, 1);
  CHECK(random->name() == "random/1");
  PrefetchRequest about = request(0, pages({1, 2, 3, 4}));
  about.eligible = PageMask::range(100, 400);
  for (int i = 0; i < 20; ++i) {
    const PageMask chosen = random->select(about);
    CHECK(chosen.count() == 12);
    CHECK(about.eligible.contains(chosen));
  }
  about.thrashing = pages({2, 3});
  CHECK(random->select(about).count() == 6);
  about.thrashing = about.faulted;
  CHECK(random->select(about).none());
  about.thrashing = PageMask();
  about.eligible = PageMask::range(100, 105);
  CHECK(random->select(about) == about.eligible);
  about.eligible = PageMask();
  CHECK(random->select(about).none());
}

TEST_CASE("prefetch: random draws the same with one seed, and every page in time") {
  const PrefetchRequest about = request(0, pages({1}));
  const auto draw = [&](std::uint64_t seed) {
    const auto random = make_random_prefetcher(8, seed);
    std::vector<PageMask> out;
    for (int i = 0; i < 5; ++i) out.push_back(random->select(about));
    return out;
  };
  const std::vector<PageMask> drawn = draw(4);
  CHECK(draw(4) == drawn);
  CHECK(draw(5) != drawn);
  CHECK(drawn[0] != drawn[1]);
  const auto random = make_random_prefetcher(64, 4);
  PageMask seen;
  for (int i = 0; i < 100; ++i) seen |= random->select(about);
  CHECK(seen == about.eligible);
}

// --- calls -----------------------------------------------------------------------------------------------------------

TEST_CASE("prefetch: explicit and none bring nothing beside a fault, and only none ignores the program's calls") {
  const auto none = make_no_prefetch();
  const auto calls = make_calls_only();
  CHECK(calls->name() == "explicit/1");
  for (Prefetcher* prefetcher : {none.get(), calls.get()}) {
    const Wanted wanted = ask(*prefetcher, request(2, pages({3}), {700, 2300}));
    CHECK(wanted.here.none());
    CHECK(wanted.ahead.empty());
  }
  PolicyRegistry registry;
  register_policies(registry);
  for (const auto& [name, info] : registry.prefetch) {
    if (name == "oracle") continue;
    CHECK(info.make(Parameters::defaults(info.parameters), 1)->heeds_calls() == (name != "none"));
  }
}

}  // namespace prefetchers_test
}  // namespace farfault
