// Thread blocks that wait: where they run, in which order their accesses are tried, and what a replay does.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sim/replay/block_queues.h"

namespace farfault {
namespace block_queues_test {

using Order = std::vector<std::uint64_t>;

ParkedAccess access(std::uint64_t address) { return {address, address + 4, traces::Op::kRead, SimTime::zero(), 0}; }

/// Queues with the next accesses of a block, and what pass() tries.
struct Bench {
  BlockQueues queues;

  void add(std::uint64_t block, std::uint64_t stage, const Order& addresses, bool for_fault = false) {
    queues.turn(block, stage);
    for (const std::uint64_t address : addresses) queues.push(access(address), for_fault);
  }
  /// Each access comes out as `of` says.
  template <class Of>
  Order pass(Of&& of) {
    Order order;
    queues.pass([&](const ParkedAccess& a) {
      order.push_back(a.address);
      return of(a.address);
    });
    return order;
  }
  Order pass_all(Attempt result) {
    return pass([result](std::uint64_t) { return result; });
  }
};

TEST_CASE("replay: blocks go to the micro-TLB of their number, or where the fewest are") {
  BlockQueues queues(3, 2);
  queues.begin_kernel(12);  // two for each multiprocessor
  for (std::uint64_t block = 0; block < 9; ++block) {
    queues.turn(block, 0);
    CHECK(queues.micro_tlb() == block % 3);
    CHECK(!queues.full());
  }
  for (std::uint64_t block = 0; block < 36; block += 6) {  // all of one multiprocessor
    queues.turn(block, 0);
    CHECK(queues.micro_tlb() == (block < 12 ? 0 : block < 18 ? 0 : block < 24 ? 1 : block < 30 ? 1 : 2));
    queues.push(access(block), false);
  }
  queues.turn(12, 1);  // stays where it is
  CHECK(queues.micro_tlb() == 0);
}

TEST_CASE("replay: a stage begins when the one before is done, and a block that is done gives its place up") {
  Bench b{BlockQueues(1, 1)};
  b.queues.begin_kernel(2);
  b.add(0, 0, {1, 2}, true);
  b.add(0, 1, {3});
  b.add(1, 0, {4});
  b.add(1, 1, {5});
  b.queues.turn(2, 0);
  CHECK(b.queues.full());
  b.queues.turn(1, 2);  // has its place
  CHECK(!b.queues.full());
  CHECK(b.pass_all(Attempt::kFaulted) == Order{4});  // 1 and 2 wait for a replay
  CHECK(b.pass_all(Attempt::kFaulted).empty());
  b.queues.replay();
  const auto all_but_2 = [](std::uint64_t a) { return a == 2 ? Attempt::kFaulted : Attempt::kDone; };
  CHECK(b.pass(all_but_2) == Order{1, 2, 4, 5});
  b.queues.turn(2, 0);
  CHECK(!b.queues.full());
  CHECK(!b.queues.empty());
  b.queues.replay();
  CHECK(b.pass_all(Attempt::kDone) == Order{2, 3});
  CHECK(b.queues.empty());
}

TEST_CASE("replay: what a stage adds comes behind what is there, and stages may be told in any order") {
  Bench b{BlockQueues(1, 1)};
  b.queues.begin_kernel(0);
  b.add(7, 5, {1});
  b.add(7, 2, {2, 3});
  b.add(8, 0, {4, 5});
  b.add(7, 5, {6});
  CHECK(b.pass_all(Attempt::kDone) == Order{1, 4, 5, 2, 3, 6});
  CHECK(b.queues.empty());
}

TEST_CASE("replay: multiprocessors of a micro-TLB take turns, and no free slot stops them all until a replay") {
  Bench b{BlockQueues(2, 2)};
  b.queues.begin_kernel(4);
  // Blocks 0 and 2 share micro-TLB 0, blocks 1 and 3 micro-TLB 1.
  b.add(0, 0, {1, 2, 3});
  b.add(1, 0, {11, 12});
  b.add(2, 0, {21});
  b.add(3, 0, {31, 32});
  const auto no_room_for_2 = [](std::uint64_t a) {
    return a == 2 ? Attempt::kNoSlot : a == 32 ? Attempt::kDone : Attempt::kFaulted;
  };
  CHECK(b.pass(no_room_for_2) == Order{1, 21, 2, 11, 31, 12, 32});
  CHECK(b.pass_all(Attempt::kDone).empty());
  b.queues.replay();
  CHECK(b.pass_all(Attempt::kDone) == Order{1, 21, 2, 3, 11, 31, 12});
  CHECK(b.queues.empty());
}

TEST_CASE("replay: a block that cannot stop is held at a bound") {
  Bench b{BlockQueues(1, 1)};
  b.queues.begin_kernel(0);
  b.queues.turn(0, 0);
  std::uint64_t held = 0;
  while (!b.queues.full() && held < 10'000'000) {
    b.queues.push(access(held++), false);
    if (held == 10) b.queues.turn(0, 1);
  }
  CHECK(held < 1'000'000);
  (void)b.pass([&](std::uint64_t a) { return a < 10 ? Attempt::kDone : Attempt::kFaulted; });
  CHECK(!b.queues.full());
}

}  // namespace block_queues_test
}  // namespace farfault
