#include "sim/replay/kernel_times.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace farfault {
namespace kernel_times_test {

using traces::Access;
using traces::AccessBlock;
using traces::EventKind;
using traces::Op;

/// Blocks that a test has made.
class Blocks final : public traces::Reader {
 public:
  explicit Blocks(std::vector<AccessBlock> blocks) : blocks_(std::move(blocks)) {}
  std::string_view format() const override { return "test"; }
  const std::vector<traces::Agent>& agents() const override { return agents_; }
  const traces::TraceLimits& limits() const override { return limits_; }
  bool next(AccessBlock& block) override {
    block.clear();
    if (next_ == blocks_.size()) return false;
    block = blocks_[next_++];
    return true;
  }

 private:
  std::vector<AccessBlock> blocks_;
  std::size_t next_ = 0;
  std::vector<traces::Agent> agents_;
  traces::TraceLimits limits_;
};

void add_accesses(AccessBlock& block, std::uint16_t agent, unsigned count) {
  for (unsigned i = 0; i < count; ++i) block.accesses.push_back(Access::make(4096 * i, 8, Op::kRead, 0, agent));
}

void add_event(AccessBlock& block, EventKind kind, std::uint16_t agent) {
  traces::Event& event = block.events.emplace_back();
  event.kind = kind;
  event.agent = agent;
  event.position = static_cast<std::uint32_t>(block.accesses.size());
}

KernelTime given(std::string name, std::int64_t nanoseconds) {
  return {std::move(name), Sourced<SimTime>{SimTime::nanoseconds(nanoseconds)}};
}

Statistics collected(const KernelTimes& times) {
  Statistics out;
  times.collect(out);
  return out;
}

TEST_CASE("kernel times: launches add up by name") {
  KernelTimes times;
  times.add("b", SimTime::nanoseconds(5));
  times.add("a", SimTime::nanoseconds(1));
  times.add("b", SimTime::nanoseconds(7));
  const Statistics out = collected(times);
  CHECK(out.integer("kernels.launches") == 3);
  CHECK(out.integer("time.kernels") == 13'000);
  CHECK(out.integer("time.kernel.a") == 1'000);
  CHECK(out.integer("time.kernel.b") == 12'000);
  CHECK(out.figures().size() == 4);
}

TEST_CASE("kernel times: no launch is told as none") {
  const Statistics out = collected(KernelTimes());
  CHECK(out.integer("kernels.launches") == 0);
  CHECK(out.integer("time.kernels") == 0);
  CHECK(out.figures().size() == 2);
}

TEST_CASE("kernel times: names become names of figures") {
  KernelTimes times;
  times.add("void f<float, 4>(a.b)", SimTime::nanoseconds(1));
  times.add("keeps-this_Name9", SimTime::nanoseconds(2));
  times.add("", SimTime::nanoseconds(3));
  times.add(std::string(200, 'x'), SimTime::nanoseconds(4));
  times.add("caf\xc3\xa9", SimTime::nanoseconds(5));
  times.add("a b", SimTime::nanoseconds(6));
  times.add("a.b", SimTime::nanoseconds(7));  // the same when it is cleaned: one figure
  const Statistics out = collected(times);
  CHECK(out.integer("time.kernel.void_f_float__4__a_b_") == 1'000);
  CHECK(out.integer("time.kernel.keeps-this_Name9") == 2'000);
  CHECK(out.integer("time.kernel.unnamed") == 3'000);
  CHECK(out.integer("time.kernel." + std::string(64, 'x')) == 4'000);
  CHECK(out.integer("time.kernel.caf__") == 5'000);
  CHECK(out.integer("time.kernel.a_b") == 13'000);
  CHECK(out.integer("kernels.launches") == 7);
}

TEST_CASE("kernel times: so many names have a figure each, and the sum has all") {
  KernelTimes times;
  for (std::size_t i = 0; i < KernelTimes::kMaxNames + 10; ++i) {
    times.add("k" + std::to_string(i), SimTime::nanoseconds(1));
  }
  times.add("k0", SimTime::nanoseconds(1));  // known: still counted
  times.add("k70", SimTime::nanoseconds(1));
  const Statistics out = collected(times);
  CHECK(out.figures().size() == KernelTimes::kMaxNames + 2);
  CHECK(out.integer("time.kernel.k0") == 2'000);
  CHECK(out.contains("time.kernel.k63"));
  CHECK_FALSE(out.contains("time.kernel.k64"));
  CHECK_FALSE(out.contains("time.kernel.k70"));
  CHECK(out.integer("kernels.launches") == static_cast<std::int64_t>(KernelTimes::kMaxNames) + 12);
  CHECK(out.integer("time.kernels") == (static_cast<std::int64_t>(KernelTimes::kMaxNames) + 12) * 1'000);
}

TEST_CASE("resident times: a launch's time over its accesses, agent by agent, launch by launch") {
  AccessBlock one;
  add_event(one, EventKind::kKernelLaunch, 3);
  add_accesses(one, 3, 4);
  add_event(one, EventKind::kKernelLaunch, 5);
  add_accesses(one, 5, 2);
  add_accesses(one, 3, 1);  // 3's kernel goes on beside 5's
  add_event(one, EventKind::kKernelEnd, 3);
  add_accesses(one, 3, 7);  // of no kernel
  add_accesses(one, 0, 9);
  AccessBlock two;
  add_accesses(two, 5, 6);
  add_event(two, EventKind::kKernelEnd, 5);
  add_event(two, EventKind::kKernelLaunch, 3);
  add_event(two, EventKind::kKernelEnd, 3);
  add_event(two, EventKind::kKernelLaunch, 3);
  add_accesses(two, 3, 10);  // its end is not told
  Blocks blocks({one, two});
  const ResidentTimes times({given("k", 1'000)}, blocks);
  CHECK(times.accesses() == 39);
  CHECK(times.access_picoseconds(3, 0, "k") == 200'000.0);
  CHECK(times.access_picoseconds(5, 0, "k") == 125'000.0);
  CHECK_FALSE(times.access_picoseconds(3, 1, "k"));  // no accesses
  CHECK(times.access_picoseconds(3, 2, "k") == 100'000.0);
  CHECK_FALSE(times.access_picoseconds(3, 3, "k"));
  CHECK_FALSE(times.access_picoseconds(0, 0, "k"));
  CHECK_FALSE(times.access_picoseconds(9'999, 0, "k"));
  CHECK_FALSE(times.access_picoseconds(3, 0, "other"));
}

TEST_CASE("resident times: a launch behind one whose end is not told begins anew") {
  AccessBlock block;
  add_event(block, EventKind::kKernelLaunch, 0);
  add_accesses(block, 0, 4);
  add_event(block, EventKind::kKernelLaunch, 0);
  add_accesses(block, 0, 5);
  Blocks blocks({block});
  const ResidentTimes times({given("*", 1'000)}, blocks);
  CHECK(times.access_picoseconds(0, 0, "x") == 250'000.0);
  CHECK(times.access_picoseconds(0, 1, "y") == 200'000.0);
}

TEST_CASE("resident times: the first name or pattern that matches counts") {
  AccessBlock block;
  add_event(block, EventKind::kKernelLaunch, 0);
  add_accesses(block, 0, 1);
  Blocks blocks({block});
  const ResidentTimes times({given("gemm", 1), given("gemm*", 2), given("?xpy", 3), given("*", 4)}, blocks);
  CHECK(times.access_picoseconds(0, 0, "gemm") == 1'000.0);
  CHECK(times.access_picoseconds(0, 0, "gemm_nn") == 2'000.0);
  CHECK(times.access_picoseconds(0, 0, "axpy") == 3'000.0);
  CHECK(times.access_picoseconds(0, 0, "aaxpy") == 4'000.0);
  CHECK(times.access_picoseconds(0, 0, "") == 4'000.0);
}

TEST_CASE("resident times: events behind a block's last access count for the next block") {
  AccessBlock one;
  add_accesses(one, 0, 3);
  add_event(one, EventKind::kKernelLaunch, 0);
  AccessBlock two;
  add_accesses(two, 0, 2);
  Blocks blocks({AccessBlock(), one, two});
  const ResidentTimes times({given("*", 1)}, blocks);
  CHECK(times.access_picoseconds(0, 0, "k") == 500.0);
}

}  // namespace kernel_times_test
}  // namespace farfault
