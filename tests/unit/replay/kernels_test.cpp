// How long kernels take: measured times, launches, memory that is slower; and what waiting for faults costs.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "tests/unit/replay/program_run.h"

namespace farfault {
namespace kernels_test {

using testing::Figures;
using testing::run_program_on;
using traces::Emitter;
using traces::EventKind;
using traces::Pause;
using traces::Program;

constexpr std::uint64_t kPages = 8;
constexpr std::uint64_t kSectorsAPage = 64;                  // of the second half of a page: what fill() leaves alone
constexpr double kFill = kPages * 10e6;                      // ps: a fault of 10 us each
constexpr std::uint64_t kAccesses = kPages * kSectorsAPage;  // of compute()

const std::string kIdeal = R"("ideal")";
/// Nothing takes time but faults, and 1 ns for each byte of device memory.
const std::string kSlowMemory = R"({"base": "ideal", "devices": {"gpu0": {"memory": {"bandwidth": "1 GB/s"}}}})";
const std::string kNoPrefetch =
    R"(, "policy": {"prefetch": "none", "eviction": {"kind": "lru", "granularity": "4 KiB"}})";

Figures run(const std::string& platform, Program (*start)(Emitter&), const std::string& workload = "") {
  return run_program_on(platform, start, kNoPrefetch, workload);
}

std::string times(const std::string& list) { return R"(, "kernel_times": {)" + list + "}"; }
std::string time_of(const std::string& kernel, const std::string& time) {
  return '"' + kernel + R"(": {"time": ")" + time + "\"}";
}

void fill(Emitter& out, std::uint64_t data) {
  out.launch("fill");
  for (std::uint64_t page = 0; page < kPages; ++page) out.write(data + page * kPageSize.count(), 8);
  out.end_kernel();
}

/// Reads each sector of the second halves of the pages once.
void compute(Emitter& out, std::uint64_t data, const std::string& name, std::uint64_t accesses = kAccesses) {
  out.launch(name);
  for (std::uint64_t i = 0; i < accesses; ++i) {
    const std::uint64_t sector = i % kAccesses;
    out.read(data + sector / kSectorsAPage * kPageSize.count() + 2048 + sector % kSectorsAPage * 32, 8);
  }
  out.end_kernel();
}

Program two_kernels(Emitter& out) {
  const std::uint64_t data = out.map("data", kPageSize * kPages);
  fill(out, data);
  compute(out, data, "sgemm");
  co_yield Pause{};
}

TEST_CASE("kernels: one whose data is resident takes its measured time") {
  const Figures figures = run(kIdeal, two_kernels, times(time_of("sgemm", "5.12 ms")));
  CHECK(figures.at("kernels.launches") == 2);
  CHECK(figures.at("time.kernel.fill") == kFill);
  CHECK(figures.at("time.kernel.sgemm") == 5.12e9);
  CHECK(figures.at("time.kernels") == kFill + 5.12e9);
  CHECK(figures.at("time.total") == kFill + 5.12e9);
  CHECK(figures.at("time.device.compute") == 5.12e9);
  CHECK(figures.at("time.device.stall") == kFill);
}

TEST_CASE("kernels: without a measured time only the accesses take time") {
  const Figures figures = run(kIdeal, two_kernels);
  CHECK(figures.at("time.kernel.sgemm") == 0);
  CHECK(figures.at("time.kernel.fill") == kFill);
  CHECK(figures.at("kernels.launches") == 2);
}

TEST_CASE("kernels: a measured time that is shorter than the memory's leaves the memory's") {
  // 512 sectors of 32 bytes.
  const Figures shorter = run(kSlowMemory, two_kernels, times(time_of("sgemm", "1.024 us")));
  CHECK(shorter.at("time.kernel.sgemm") == 512 * 32e3);
  const Figures longer = run(kSlowMemory, two_kernels, times(time_of("sgemm", "20.48 us")));
  CHECK(longer.at("time.kernel.sgemm") == 20.48e6);
}

TEST_CASE("kernels: faults come on top of a measured time") {
  const Figures figures = run(kIdeal, two_kernels, times(time_of("fill", "8 us")));
  CHECK(figures.at("time.kernel.fill") == kFill + 8e6);
}

Program with_an_empty_one(Emitter& out) {
  const std::uint64_t data = out.map("data", kPageSize * kPages);
  out.launch("empty");
  out.end_kernel();
  fill(out, data);
  compute(out, data, "first", 100);
  out.launch("empty");
  out.end_kernel();
  compute(out, data, "second", 300);
  co_yield Pause{};
}

TEST_CASE("kernels: launches without accesses do not shift the times of others") {
  const Figures figures =
      run(kIdeal, with_an_empty_one, times(time_of("first", "1 ms") + ", " + time_of("second", "3 ms")));
  CHECK(figures.at("time.kernel.first") == 1e9);
  CHECK(figures.at("time.kernel.second") == 3e9);
  CHECK(figures.at("time.total") == kFill + 4e9);
}

Program several(Emitter& out) {
  const std::uint64_t data = out.map("data", kPageSize * kPages);
  fill(out, data);
  for (const char* name : {"gemm_nn", "gemm_nt", "gemm_nn", "axpy"}) compute(out, data, name, 100);
  co_yield Pause{};
}

TEST_CASE("kernels: patterns stand for names, each launch takes the time, and the first that matches counts") {
  const Figures figures = run(kIdeal, several, times(time_of("gemm_*", "2 ms") + ", " + time_of("a?py", "1 ms")));
  CHECK(figures.at("time.kernel.gemm_nn") == 4e9);
  CHECK(figures.at("time.kernel.gemm_nt") == 2e9);
  CHECK(figures.at("time.kernel.axpy") == 1e9);
  CHECK(figures.at("kernels.launches") == 5);
  CHECK(figures.at("time.total") == kFill + 7e9);
  const Figures rest = run(kIdeal, several, times(time_of("gemm_nt", "2 ms") + ", " + time_of("*", "1 ms")));
  CHECK(rest.at("time.kernel.gemm_nt") == 2e9);
  CHECK(rest.at("time.kernel.axpy") == 1e9);
  CHECK(rest.at("time.kernel.fill") == kFill + 1e9);
}

Program outside(Emitter& out) {
  const std::uint64_t data = out.map("data", kPageSize * kPages);
  fill(out, data);
  for (std::uint64_t i = 0; i < 50; ++i) out.read(data + 8 * i, 8);
  compute(out, data, "kernel", 100);
  for (std::uint64_t i = 0; i < 50; ++i) out.read(data + 8 * i, 8);
  co_yield Pause{};
}

TEST_CASE("kernels: accesses outside of kernels have no part in a measured time") {
  const Figures figures = run(kIdeal, outside, times(time_of("kernel", "1 ms")));
  CHECK(figures.at("time.kernel.kernel") == 1e9);
  CHECK(figures.at("time.total") == kFill + 1e9);
}

Program endless(Emitter& out) {
  const std::uint64_t data = out.map("data", kPageSize * kPages);
  fill(out, data);
  // Nobody says where the first ends: where the next begins.
  for (const char* name : {"one", "two"}) {
    out.launch(name);
    for (std::uint64_t i = 0; i < 100; ++i) out.read(data + 8 * i, 8);
  }
  co_yield Pause{};
}

TEST_CASE("kernels: one whose end is not told ends with the next launch, or with the trace") {
  const Figures figures = run(kIdeal, endless, times(time_of("one", "1 ms") + ", " + time_of("two", "2 ms")));
  CHECK(figures.at("time.kernel.one") == 1e9);
  CHECK(figures.at("time.kernel.two") == 2e9);
  CHECK(figures.at("kernels.launches") == 3);
}

TEST_CASE("kernels: a launch takes its latency, which is not the kernel's") {
  const std::string platform = R"({"base": "ideal", "devices": {"gpu0": {"launch_latency": "3 us"}}})";
  const Figures figures = run(platform, two_kernels, times(time_of("sgemm", "5.12 ms")));
  CHECK(figures.at("time.kernel.sgemm") == 5.12e9);
  CHECK(figures.at("time.kernels") == kFill + 5.12e9);
  CHECK(figures.at("time.total") == kFill + 5.12e9 + 2 * 3e6);
  CHECK(figures.at("time.device.wait") == 2 * 3e6);
}

TEST_CASE("kernels: a phase of the assignment in the middle of one does not end it") {
  const std::string rules =
      R"(, "assign": [{"agent": "cpu", "to": "host"}, {"accesses": [100, 200], "to": "gpu0"}, {"to": "gpu0"}])";
  const Figures figures = run(kIdeal, two_kernels, times(time_of("sgemm", "5.12 ms")) + rules);
  CHECK(figures.at("kernels.launches") == 2);
  CHECK(figures.at("time.kernel.sgemm") == 5.12e9);
  CHECK(figures.at("time.total") == kFill + 5.12e9);
}

// --- dependencies ----------------------------------------------------------------------------------------------------

/// Batches of any size take 10 us, whatever is in them.
const std::string kBatches =
    R"({"base": "ideal", "devices": {"gpu0": {"fault_slots": 56, "parked_accesses": 100, "access_time": "1 ns"}},
        "driver": {"batch_size": 256, "interrupt_latency": "1 us", "batch_time": "10 us", "service_time": "0 s"}})";

template <unsigned kEvery>
Program steps(Emitter& out) {
  const std::uint64_t data = out.map("data", kPageSize * kPages);
  out.stream(0);
  for (std::uint64_t i = 0; i < kPages; ++i) {
    if (kEvery != 0 && i % kEvery == 0) out.dependency();
    out.read(data + i * kPageSize.count(), 8);
  }
  out.dependency();
  // All is there.
  for (std::uint64_t i = 0; i < 4000; ++i) {
    if (kEvery != 0) out.dependency();
    out.read(data + i % kPages * kPageSize.count(), 8);
  }
  co_yield Pause{};
}

TEST_CASE("kernels: what depends on accesses that wait for faults waits for the replay") {
  const auto faults = [](Program (*start)(Emitter&)) {
    const Figures figures = run(kBatches, start);
    CHECK(figures.at("time.total") == figures.at("time.device.compute") + figures.at("time.device.stall"));
    return figures.at("faults.device.batches");
  };
  CHECK(faults(steps<0>) == 1);
  CHECK(faults(steps<4>) == 2);
  CHECK(faults(steps<1>) == 8);
}

TEST_CASE("kernels: dependencies on what is done cost nothing") {
  const auto compute_time = [](Program (*start)(Emitter&)) {
    const Figures figures = run(kBatches, start);
    CHECK(figures.at("time.device.wait") == 0);
    return figures.at("time.device.compute");
  };
  CHECK(compute_time(steps<0>) == 4008e3);
  CHECK(compute_time(steps<1>) == 4008e3);
}

}  // namespace kernels_test
}  // namespace farfault
