// Thread blocks of a stream: what waits for what, how many are there at once, and what faults they raise.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "tests/unit/replay/program_run.h"

namespace farfault {
namespace thread_blocks_test {

using testing::Figures;
using testing::run_program_on;
using traces::Emitter;
using traces::Program;

/// Each block reads a page of its own, as often as told, and then writes another one.
struct Shape {
  std::uint64_t blocks = 4;
  std::uint64_t resident = 4;
  std::uint64_t reads = 1;
};

Program load_then_store(Emitter& out, Shape shape) {
  const std::uint64_t data = out.map("data", kPageSize * 2 * shape.blocks);
  out.launch("kernel", 0, shape.resident);
  for (std::uint64_t block = 0; block < shape.blocks; ++block) {
    out.thread_block(block, 0);
    for (std::uint64_t i = 0; i < shape.reads; ++i) out.read(data + 2 * block * kPageSize.count() + 64 * i, 64);
    out.thread_block(block, 1);
    out.write(data + (2 * block + 1) * kPageSize.count(), 64);
  }
  out.end_kernel();
  co_return;
}

Figures run(const Shape& shape, const std::string& device = "", const std::string& driver = "") {
  return run_program_on(
      R"({"base": "generic-pcie3", "devices": {"gpu0": {)" + device + R"(}}, "driver": {)" + driver + "}}",
      [shape](Emitter& out) { return load_then_store(out, shape); },
      R"(, "policy": {"prefetch": "none", "eviction": "lru"})");
}

TEST_CASE("thread blocks: as many as are resident wait side by side, a stage of each after the other") {
  for (const std::uint64_t resident : {1U, 2U, 4U, 0U}) {
    CAPTURE(resident);
    const Figures figures = run({.resident = resident});
    CHECK(figures.at("faults.device.serviced") == 8);
    // All loads of those that are there, then their stores.
    CHECK(figures.at("faults.device.batches") == (resident == 0 ? 2 : 8 / resident));
    CHECK(figures.at("accesses.device.local") == 8);
    CHECK(figures.at("latency.access.device.count") == 8);
  }
}

TEST_CASE("thread blocks: each access raises a fault of its own where micro-TLBs do not merge them") {
  const Figures merged = run({.blocks = 1, .reads = 5});
  CHECK(merged.at("faults.device.raised") == 2);
  CHECK(merged.at("faults.device.coalesced") == 4);
  const Figures apart = run({.blocks = 1, .reads = 5}, R"("merges_faults": false)");
  CHECK(apart.at("faults.device.raised") == 6);
  CHECK(apart.at("faults.device.duplicate") == 4);
  CHECK(apart.at("faults.device.coalesced") == 0);
  CHECK(apart.at("accesses.device.local") == 6);
}

TEST_CASE("thread blocks: a micro-TLB without a free slot holds up all of its blocks, and no others") {
  const auto batches = [](const std::string& more) {
    const std::string device = R"("merges_faults": false, "fault_slots": 3, "micro_tlb_run": 1, )" + more;
    return run({.blocks = 2, .resident = 2, .reads = 3}, device).at("faults.device.batches");
  };
  // One micro-TLB: its slots are for block 0's page; then for block 1's, before block 0's store; then for both stores.
  CHECK(batches(R"("micro_tlbs": 1)") == 3);
  // Two of them: block 1 has slots of its own.
  CHECK(batches(R"("micro_tlbs": 2)") == 2);
  // Two multiprocessors that share one take turns: both get a slot.
  CHECK(batches(R"("micro_tlbs": 1, "multiprocessors": 2)") == 2);
}

TEST_CASE("thread blocks: micro-TLBs begin to raise at dates of their own, the same in each run") {
  const std::string spread = R"("micro_tlb_run": 1, "micro_tlbs": 4, "fault_spread": ")";
  const Figures together = run({}, spread + "0 s\"", R"("batch_size": 1)");
  const Figures apart = run({}, spread + "50 us\"", R"("batch_size": 1)");
  CHECK(apart.at("faults.device.serviced") == 8);
  CHECK(apart.at("time.total") != together.at("time.total"));
  CHECK(run({}, spread + "50 us\"", R"("batch_size": 1)").at("time.total") == apart.at("time.total"));
}

}  // namespace thread_blocks_test
}  // namespace farfault
