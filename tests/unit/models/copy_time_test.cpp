#include "models/link/copy_time.h"

#include <doctest/doctest.h>

#include <vector>

#include "models/link/dma_engine.h"
#include "models/link/pcie.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace copy_time_test {

using engine::testing::in_child;
using testing::ns;

Bandwidth gb(double rate) { return Bandwidth::gigabytes_per_second(rate); }
SimTime us(double time) { return SimTime::from_picoseconds(time * 1e6); }

/// cudaMemcpy from host to device, GTX 1080 Ti over PCIe 3 x16 (gpgpu-sim_UVMSmart bafab5d, transferBandwidth.cu).
std::vector<CopyPoint> memcpy_table() {
  return {{Bytes::kib(4), us(1.184)},    {Bytes::kib(8), us(1.568)},    {Bytes::kib(16), us(2.368)},
          {Bytes::kib(32), us(3.969)},   {Bytes::kib(64), us(7.2)},     {Bytes::kib(128), us(12.673)},
          {Bytes::kib(256), us(23.233)}, {Bytes::kib(512), us(44.418)}, {Bytes::kib(1024), us(87.011)}};
}

TEST_CASE("models: a copy without points is a straight line at the slower of engine and link") {
  DmaDirectionSpec spec;
  spec.job_setup.value = ns(500);
  spec.piece_setup.value = ns(100);
  spec.bandwidth.value = gb(8);
  const CopyTime time(spec, gb(4));
  CHECK(time.peak() == gb(4));
  CHECK(time.job_setup() == ns(500));
  CHECK(time.piece_time(Bytes::kib(4)) == ns(1124));
  CHECK(time.overhead(Bytes::kib(4)) == ns(100));
  CHECK(time.overhead(Bytes::mib(2)) == ns(100));
  CHECK(time.piece_time(Bytes()) == SimTime::zero());
  const CopyTime slow_engine(spec, Bandwidth::unlimited());
  CHECK(slow_engine.peak() == gb(8));
  CHECK(slow_engine.piece_time(Bytes::kib(4)) == ns(612));
}

TEST_CASE("models: measured points are met and joined by straight lines") {
  DmaDirectionSpec spec;
  spec.piece_setup.value = ns(99'999);  // of no meaning beside points
  spec.points.value = {{Bytes(4000), ns(1400)}, {Bytes(8000), ns(3000)}, {Bytes(16'000), ns(6000)}};
  const CopyTime time(spec, gb(4));
  CHECK(time.piece_time(Bytes(4000)) == ns(1400));
  CHECK(time.piece_time(Bytes(5000)) == ns(1800));
  CHECK(time.piece_time(Bytes(8000)) == ns(3000));
  CHECK(time.piece_time(Bytes(12'000)) == ns(4500));
  CHECK(time.piece_time(Bytes(16'000)) == ns(6000));
  // Beyond the last, and before the first, bytes take their time at the rate.
  CHECK(time.piece_time(Bytes(20'000)) == ns(7000));
  CHECK(time.piece_time(Bytes(400)) == ns(500));
  CHECK(time.overhead(Bytes(4000)) == ns(400));
  CHECK(time.overhead(Bytes(12'000)) == ns(1500));
}

TEST_CASE("models: points cannot make a copy faster than the link") {
  DmaDirectionSpec spec;
  spec.points.value = {{Bytes(4000), ns(900)}, {Bytes(40'000), ns(20'000)}};
  const CopyTime time(spec, gb(4));
  CHECK(time.piece_time(Bytes(4000)) == ns(1000));
  CHECK(time.piece_time(Bytes(400)) == ns(100));
  CHECK(time.overhead(Bytes(4000)) == SimTime::zero());
  CHECK(time.piece_time(Bytes(40'000)) == ns(20'000));
}

TEST_CASE("models: points reproduce the copies of a measured cudaMemcpy") {
  DmaDirectionSpec spec;
  spec.bandwidth.value = gb(12.3);
  spec.points.value = memcpy_table();
  const CopyTime time(spec, dma_peak(LinkSpec{}));
  for (const CopyPoint& point : memcpy_table()) CHECK(time.piece_time(point.size) == point.time);
}

/// Least and most of what was measured.
struct Measured {
  std::uint64_t kib;
  double least;
  double most;
};

TEST_CASE("models: set-up of job and piece reproduce the measured copies of migrations") {
  // GTX 1080 Ti, nvprof: pages that are migrated come as 4 KiB, the fault, and the rest of what the prefetcher names,
  // in one push. The first piece bears the job's set-up.
  DmaDirectionSpec in;
  in.job_setup.value = ns(600);
  in.piece_setup.value = ns(870);
  in.bandwidth.value = gb(12.2);
  DmaDirectionSpec out;
  out.job_setup.value = ns(200);
  out.piece_setup.value = ns(530);
  out.bandwidth.value = gb(12.65);
  const std::vector<Measured> to_device = {{4, 1.70, 1.95},     {60, 5.73, 6.08},    {124, 11.14, 11.23},
                                           {252, 21.70, 21.86}, {508, 43.20, 43.58}, {1020, 86.27, 86.50}};
  const std::vector<Measured> to_host = {{4, 1.02, 1.09}, {60, 5.22, 5.54}, {124, 10.56, 10.56}};
  const auto check = [](const DmaDirectionSpec& spec, const std::vector<Measured>& measured) {
    const CopyTime time(spec, Bandwidth::unlimited());
    for (const Measured& point : measured) {
      const bool first = point.kib == 4;
      const double modelled =
          (time.piece_time(Bytes::kib(point.kib)) + (first ? time.job_setup() : SimTime::zero())).seconds() * 1e6;
      CAPTURE(point.kib);
      CHECK(modelled > 0.98 * point.least);
      CHECK(modelled < 1.02 * point.most);
    }
  };
  check(in, to_device);
  check(out, to_host);
}

TEST_CASE("models: a job's pieces are the runs of its pages") {
  DmaDirectionSpec spec;
  spec.job_setup.value = ns(1000);
  spec.piece_setup.value = ns(10);
  const CopyTime time(spec, gb(4));
  CopyJob job;
  add_job(job, time, PageMask());
  CHECK(job.jobs == 0);
  CHECK(job.overhead == SimTime::zero());
  PageMask pages = PageMask::single(0);
  pages.set(7);
  pages.set(8);
  pages.set(511);
  add_job(job, time, pages);
  CHECK(job.jobs == 1);
  CHECK(job.pieces == 3);
  CHECK(job.overhead == ns(1030));
  CHECK(job.bytes.total() == Bytes());  // counted by cause, elsewhere
  add_job(job, time, PageMask::single(3));
  CHECK(job.jobs == 2);
  CHECK(job.pieces == 4);
  CHECK(job.overhead == ns(2040));
}

TEST_CASE("models: a copy takes its set-up and then its bytes and directions have their own") {
  in_child([] {
    testing::BenchSpec spec;
    DmaSpec& dma = spec.platform.links[0].dma;  // the link moves 4 bytes a nanosecond
    dma.to_device.job_setup.value = ns(300);
    dma.to_device.piece_setup.value = ns(50);
    dma.to_host.job_setup.value = ns(7);
    dma.to_host.points.value = {{Bytes::kib(4), ns(2000)}, {Bytes::kib(8), ns(4000)}};
    dma.to_host.bandwidth.value = gb(2);
    testing::Bench bench(spec);
    const auto copy = [&](LinkDirection direction, const std::vector<Bytes>& pieces) {
      DmaEngine& engine = bench.device().dma(direction);
      CopyJob job;
      job.begin_job(engine.time());
      for (const Bytes piece : pieces) {
        job.add_piece(engine.time(), piece);
        job.bytes.add(Cause::kDemand, piece);
      }
      const SimTime start = bench.engine.now();
      engine.copy(job);
      return bench.engine.now() - start;
    };
    bench.engine.spawn("test", [&] {
      CHILD_CHECK(copy(LinkDirection::kToDevice, {Bytes::kib(4)}) == ns(300 + 50 + 1024));
      CHILD_CHECK(copy(LinkDirection::kToDevice, {Bytes::kib(4), Bytes::kib(8)}) == ns(300 + 100 + 3072));
      // At half the link's rate: 4 KiB take 2048 ns, more than the first point, which cannot be had.
      CHILD_CHECK(copy(LinkDirection::kToHost, {Bytes::kib(4)}) == ns(7 + 2048));
      CHILD_CHECK(copy(LinkDirection::kToHost, {Bytes(16'384)}) == ns(7 + 8192));
      CHILD_CHECK(copy(LinkDirection::kToHost, {}) == ns(0));
    });
    bench.engine.run();
    const DmaEngine& in = bench.device().dma(LinkDirection::kToDevice);
    CHILD_CHECK(in.jobs() == 2);
    CHILD_CHECK(in.pieces() == 3);
    CHILD_CHECK(in.bytes() == Bytes::kib(16));
    CHILD_CHECK(in.busy() == ns(350 + 1024 + 400 + 3072));
    const DmaEngine& out = bench.device().dma(LinkDirection::kToHost);
    CHILD_CHECK(out.jobs() == 2);
    CHILD_CHECK(out.pieces() == 2);
    CHILD_CHECK(out.busy() == ns(14 + 2048 + 8192));
  });
}

TEST_CASE("models: an engine that is slower than its link leaves the rest of the link to others") {
  in_child([] {
    testing::BenchSpec spec;
    DmaSpec& dma = spec.platform.links[0].dma;
    dma.engines.value = 2;
    dma.to_device.piece_setup.value = SimTime::zero();
    dma.to_device.bandwidth.value = gb(3);
    testing::Bench bench(spec);
    std::vector<SimTime> ended(2);
    for (SimTime& end : ended) {
      bench.engine.spawn("copy", [&] {
        DmaEngine& engine = bench.device().dma(LinkDirection::kToDevice);
        CopyJob job;
        job.begin_job(engine.time());
        job.add_piece(engine.time(), Bytes(12'000));
        job.bytes.add(Cause::kDemand, Bytes(&end == ended.data() ? 12'000 : 6'000));
        engine.copy(job);
        end = bench.engine.now();
      });
    }
    bench.engine.run();
    // Together 2 bytes a nanosecond each; then the one that is left goes at its engine's 3.
    CHILD_CHECK(ended[1] == ns(3000));
    CHILD_CHECK(ended[0] == ns(5000));
  });
}

}  // namespace copy_time_test
}  // namespace farfault
