// What must hold of every run, whatever the trace and the machine.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/property/dice.h"
#include "tests/unit/replay/program_run.h"

namespace farfault {
namespace replay_properties_test {

using testing::Dice;
using testing::Figures;
using testing::run_program_on;
using traces::Emitter;
using traces::Pause;
using traces::Program;

/// A stream's accesses, and beside them a CPU thread's.
struct Shape {
  std::uint64_t seed = 1;
  std::uint64_t pages = 1;
  std::uint64_t accesses = 1;
  std::uint64_t host_every = 0;        ///< the CPU accesses after so many of the device's; 0: never
  std::uint64_t dependency_every = 0;  ///< the same for dependencies
  bool over_pages = false;             ///< accesses may end on the next page
  std::uint64_t block_every = 0;       ///< another thread block, or another stage of one, after so many; 0: none
  std::uint64_t resident = 0;          ///< thread blocks
};

Program random_program(Emitter& out, Shape shape) {
  Dice dice(shape.seed);
  const std::uint64_t data = out.map("data", kPageSize * (shape.pages + 1));
  out.launch("kernel", 0, shape.resident);
  for (std::uint64_t i = 0; i < shape.accesses; ++i) {
    if (shape.block_every != 0 && i % shape.block_every == 0) out.thread_block(dice.below(40), dice.below(3));
    if (shape.dependency_every != 0 && i % shape.dependency_every == 0) out.dependency();
    const std::uint64_t offset = shape.over_pages && dice.once_in(5) ? 4092 : 8 * dice.below(500);
    const std::uint64_t address = data + dice.below(shape.pages) * kPageSize.count() + offset;
    if (shape.host_every != 0 && i % shape.host_every == 1) {
      out.host();
      out.write(data + dice.below(shape.pages) * kPageSize.count(), 8);
      out.stream(0);
    }
    dice.once_in(3) ? out.write(address, 8) : out.read(address, 8);
    if (out.full()) co_yield Pause{};
  }
  out.end_kernel();
}

Figures run(const std::string& platform, const Shape& shape, const std::string& more) {
  return run_program_on(platform, [shape](Emitter& out) { return random_program(out, shape); }, more);
}

std::string capacity(std::uint64_t pages) {
  return R"(, "memory": {"device_capacity": ")" + std::to_string(4 * pages) + " KiB\"}";
}
std::string lru_policy() {
  return R"(, "policy": {"prefetch": "none", "eviction": {"kind": "lru", "granularity": "4 KiB"}})";
}

void check_times(const Figures& figures) {
  for (const std::string who : {"host", "device"}) {
    double sum = 0;
    for (const char* part : {"compute", "local", "remote", "stall", "kernel", "wait", "idle"}) {
      sum += figures.at("time." + who + '.' + part);
    }
    RC_ASSERT(sum == figures.at("lanes." + who) * figures.at("time.total"));
  }
}

TEST_CASE("replay properties: accesses that go to all micro-TLBs are each done once") {
  CHECK(rc::check([] {
    Dice dice;
    if (!dice.once_in(4)) return;  // several whole runs each, which sanitizers make slow
    Shape shape;
    shape.seed = dice.below(1'000'000);
    shape.pages = dice.one_of<std::uint64_t>({1, 7, 100, 700});
    shape.accesses = 1 + dice.below(3'000);
    shape.over_pages = dice.once_in(2);
    shape.host_every = dice.one_of<std::uint64_t>({0, 0, 10, 100});
    shape.dependency_every = dice.one_of<std::uint64_t>({0, 0, 3, 50});
    shape.block_every = dice.one_of<std::uint64_t>({0, 1, 8, 100});
    shape.resident = dice.one_of<std::uint64_t>({0, 1, 2, 30});
    // Small fault buffers: without a flush each replay adds entries for what is still waited for, and batches of one
    // work through all of them before they come to a new page.
    const auto one_of = [&dice](std::initializer_list<const char*> list) { return std::string(dice.one_of(list)); };
    const std::string platform =
        R"({"base": "generic-managed-pcie3", "devices": {"gpu0": {"micro_tlb_run": )" + one_of({"0", "1", "3", "64"}) +
        R"(, "micro_tlbs": )" + one_of({"1", "2", "40"}) + R"(, "fault_slots": )" + one_of({"1", "2", "56"}) +
        R"(, "fault_interval": ")" + one_of({"0 s", "14.5 ns", "3 us"}) + R"(", "fault_spread": ")" +
        one_of({"0 s", "400 ns"}) + R"(", "multiprocessors": )" + one_of({"1", "2", "3"}) + R"(, "merges_faults": )" +
        one_of({"true", "false"}) + R"(, "fault_buffer": )" + one_of({"1", "5", "64"}) + R"(, "parked_accesses": )" +
        one_of({"1", "20", "8192"}) + R"(}}, "driver": {"batch_size": )" + one_of({"1", "8", "256"}) +
        R"(, "replay": ")" + one_of({"block", "batch", "batch_flush", "once"}) + R"("}})";
    const std::string policy = dice.once_in(2) ? lru_policy() : "";
    RC_LOG() << platform << policy << " pages " << shape.pages << " accesses " << shape.accesses << '\n';
    const Figures figures = run(platform, shape, policy + capacity(1 + dice.below(shape.pages + 600)));
    RC_ASSERT(figures.contains("accesses.device.local"));
    RC_ASSERT(figures.at("accesses.device.local") == static_cast<double>(shape.accesses));
    RC_ASSERT(figures.at("accesses.device.remote") == 0);
    RC_ASSERT(figures.at("latency.access.device.count") == static_cast<double>(shape.accesses));
    const std::uint64_t host = shape.host_every == 0 ? 0 : (shape.accesses + shape.host_every - 2) / shape.host_every;
    RC_ASSERT(figures.at("accesses.host.local") == static_cast<double>(host));
    RC_ASSERT(figures.at("kernels.launches") == 1);
    check_times(figures);
  }));
}

TEST_CASE("replay properties: more device memory never leads to more faults under plain LRU") {
  CHECK(rc::check([] {
    Dice dice;
    if (!dice.once_in(4)) return;  // several whole runs each, which sanitizers make slow
    Shape shape;
    shape.seed = dice.below(1'000'000);
    shape.pages = 2 + dice.below(40);
    shape.accesses = 1 + dice.below(400);
    std::uint64_t pages = 1 + dice.below(4);
    double before = 1e18;
    for (int i = 0; i < 3; ++i, pages += 1 + dice.below(12)) {
      const Figures figures = run(R"("ideal")", shape, lru_policy() + capacity(pages));
      RC_ASSERT(figures.contains("faults.device.serviced"));
      RC_ASSERT(figures.at("faults.device.serviced") <= before);
      before = figures.at("faults.device.serviced");
    }
  }));
}

TEST_CASE("replay properties: a faster link never lengthens a run whose accesses wait for each other") {
  CHECK(rc::check([] {
    Dice dice;
    if (!dice.once_in(4)) return;  // several whole runs each, which sanitizers make slow
    Shape shape;
    shape.seed = dice.below(1'000'000);
    shape.pages = 2 + dice.below(600);
    shape.accesses = 1 + dice.below(300);
    shape.dependency_every = 1;
    const std::string more = (dice.once_in(2) ? lru_policy() : "") + capacity(1 + dice.below(shape.pages + 600));
    double before = 1e30;
    double bytes = -1;
    for (const std::string rate : {"100 MB/s", "1 GB/s", "3.3 GB/s", "20 GB/s"}) {
      const Figures figures = run(
          R"({"base": "generic-managed-pcie3", "links": {"pcie": {"kind": "fixed", "bandwidth": ")" + rate + "\"}}}",
          shape, more);
      RC_ASSERT(figures.contains("time.total"));
      RC_ASSERT(figures.at("time.total") <= before);
      RC_ASSERT((bytes < 0 || bytes == figures.at("bytes.link.pcie.to_device")));
      before = figures.at("time.total");
      bytes = figures.at("bytes.link.pcie.to_device");
    }
  }));
}

}  // namespace replay_properties_test
}  // namespace farfault
