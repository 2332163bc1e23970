#include <doctest/doctest.h>

#include "tests/unit/traces/generators/program_testing.h"

namespace farfault::traces {
namespace patterns_test {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

TEST_CASE("traces: strided goes through the footprint in steps") {
  for (const std::uint64_t footprint : {1U, 100U, 4096U, 10'000U, 1'000'000U}) {
    for (const std::uint64_t stride : {1U, 24U, 128U, 4096U, 65'536U, 3'000'000U}) {
      for (const std::uint64_t passes : {1U, 3U}) {
        if (footprint / stride > 10'000) continue;
        const Contents contents =
            read_all(*source_of("strided",
                                {{"footprint", Bytes(footprint)}, {"stride", Bytes(stride)}, {"passes", count(passes)}})
                          ->open());
        const std::uint64_t in_pass = (footprint + stride - 1) / stride;
        REQUIRE(contents.accesses.size() == passes * in_pass);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < contents.accesses.size(); ++i) {
          const std::uint64_t offset = i % in_pass * stride;
          const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(128, footprint - offset));
          wrong += contents.accesses[i] == Access::make(kGeneratorBase + offset, size, Op::kRead) ? 0 : 1;
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("traces: passes go over the array side by side, in parts, or anywhere") {
  // 1000 pieces, the last of 50 bytes; 3 blocks of 4 warps.
  const Settings shape{{"footprint", Bytes(999 * 128 + 50)},
                       {"passes", count(3)},
                       {"warps_per_block", count(4)},
                       {"resident_blocks", count(3)},
                       {"cpu_init", text("none")}};
  const auto launches = [&](const char* order, const char* op) {
    Settings settings = shape;
    settings.emplace_back("order", text(order));
    settings.emplace_back("op", text(op));
    CHECK(Totals(*source_of("passes", settings)).launches("passes") == 3);  // checks the counts that launches tell
    return read_all(*source_of("passes", settings)->open());
  };
  const auto piece = [](std::uint64_t i, Op op) {
    return Access::make(kGeneratorBase + 128 * i, i == 999 ? 50 : 128, op, 0, 1);
  };
  std::vector<Access> in_order;
  for (std::uint64_t i = 0; i < 1000; ++i) in_order.push_back(piece(i, Op::kRead));
  const Contents grid = launches("grid_stride", "read");
  for (const std::vector<Access>& pass : launches_of(grid)) CHECK(pass == in_order);
  std::vector<std::uint64_t> unrolled;  // four rounds of 12 accesses
  for (std::uint64_t i = 48; i < 1000; i += 48) unrolled.push_back(i);
  CHECK(dependencies_of(grid, 1) == unrolled);
  CHECK(dependencies_of(launches("grid_stride", "write"), 1).empty());

  std::vector<Access> in_parts;  // of 334, 334 and 332 pieces
  for (std::uint64_t round = 0; round < 334; round += 4) {
    for (std::uint64_t part = 0; part < 3; ++part) {
      for (std::uint64_t i = round; i < std::min<std::uint64_t>(round + 4, part == 2 ? 332 : 334); ++i) {
        in_parts.push_back(piece(334 * part + i, Op::kReadModifyWrite));
      }
    }
  }
  for (const std::vector<Access>& pass : launches_of(launches("block_stride", "read_modify_write"))) {
    CHECK(pass == in_parts);
  }

  const std::vector<std::vector<Access>> random = launches_of(launches("random", "read"));
  REQUIRE(random.size() == 3);
  for (const std::vector<Access>& pass : random) CHECK(pass.size() == 1000);
  CHECK(random[0] != random[1]);
}

TEST_CASE("traces: passes with fewer pieces than warps, and of any size") {
  for (const std::uint64_t bytes : {1U, 127U, 128U, 4097U, 1'000'000U}) {
    for (const char* order : {"grid_stride", "block_stride", "random"}) {
      const Totals totals(*source_of("passes", {{"footprint", Bytes(bytes)}, {"order", text(order)}}));
      CHECK(totals.in("passes", "array").reads == 2 * ((bytes + 127) / 128));
      if (std::string(order) != "random") CHECK(totals.in("passes", "array").bytes_read == 2 * bytes);
      CHECK(totals.in("cpu", "array").bytes_written == bytes);
      CHECK(totals.synchronisations() == 2);
    }
  }
  CHECK(error_of([] {
          source_of("passes", {{"warps_per_block", count(0)}});
        }).starts_with("generator passes: warps_per_block 0"));
}

TEST_CASE("traces: strided does not overflow at the end of the address space") {
  const Contents contents = read_all(
      *source_of("strided",
                 {{"footprint", kMaxFootprint}, {"stride", Bytes(kMaxFootprint.count() - 1)}, {"passes", count(2)}})
           ->open());
  REQUIRE(contents.accesses.size() == 4);
  CHECK(contents.accesses[3] == Access::make(kGeneratorBase + kMaxFootprint.count() - 1, 1, Op::kRead));
}

TEST_CASE("traces: pointer_chase visits every node once a lap, in one order, each after the one before") {
  constexpr std::uint64_t kNodes = 1000;
  const Settings settings{{"footprint", Bytes(96 * kNodes + 95)}, {"node_size", Bytes(96)}, {"accesses", count(2500)}};
  const Contents contents = read_all(*source_of("pointer_chase", settings, 5)->open());
  REQUIRE(contents.accesses.size() == kNodes + 2500);
  std::set<std::uint64_t> visited;
  std::size_t neighbours = 0;
  for (std::size_t i = 0; i < kNodes; ++i) {
    CHECK(contents.accesses[i] == Access::make(kGeneratorBase + 96 * i, 8, Op::kWrite));
    const Access& chase = contents.accesses[kNodes + i];
    CHECK(chase == Access::make(chase.address, 8, Op::kRead));
    CHECK((chase.address - kGeneratorBase) % 96 == 0);
    visited.insert(chase.address);
    CHECK(contents.accesses[2 * kNodes + i] == chase);
    if (i < 500) CHECK(contents.accesses[3 * kNodes + i] == chase);
    if (i > 0 && chase.address - contents.accesses[kNodes + i - 1].address == 96) ++neighbours;
  }
  CHECK(visited.size() == std::size_t{kNodes});
  CHECK(*visited.rbegin() == kGeneratorBase + 96 * (kNodes - 1));
  CHECK(neighbours < 20);
  std::uint64_t next = kNodes + 1;
  for (const Contents::PlacedEvent& placed : contents.events) {
    if (placed.event.kind != EventKind::kDependency) continue;
    CHECK(placed.position == next++);
  }
  CHECK(next == contents.accesses.size());
  CHECK(contents.events.size() == 1 + 2499);

  CHECK(read_all(*source_of("pointer_chase", settings, 5)->open()).accesses == contents.accesses);
  CHECK_FALSE(read_all(*source_of("pointer_chase", settings, 6)->open()).accesses == contents.accesses);
}

TEST_CASE("traces: pointer_chase can run on the device, over memory that nobody has written") {
  const Totals totals(*source_of(
      "pointer_chase",
      {{"footprint", Bytes(64)}, {"accesses", count(10'000)}, {"processor", text("gpu")}, {"host_first", false}}));
  CHECK(totals.accesses() == 10'000);
  CHECK(totals.in("chase", "nodes").reads == 10'000);
  CHECK(totals.in("chase", "nodes").bytes_read == 80'000);
  CHECK(totals.launches() == 1);
  CHECK(totals.synchronisations() == 1);
  CHECK(totals.dependencies() == 9'999);
}

TEST_CASE("traces: ping_pong moves the whole range back and forth") {
  for (const std::uint64_t footprint : {1U, 64U, 129U, 1'000'001U}) {
    const Totals totals(*source_of("ping_pong", {{"footprint", Bytes(footprint)},
                                                 {"rounds", count(3)},
                                                 {"cpu_operation", text("write")},
                                                 {"gpu_operation", text("read_modify_write")}}));
    const Sum cpu = totals.in("cpu", "range");
    CHECK(cpu.accesses == 3 * ((footprint + 63) / 64));
    CHECK(cpu.bytes_written == 3 * footprint);
    CHECK(cpu.reads == 0);
    CHECK(cpu.pages == (footprint + 4095) / 4096);
    const Sum gpu = totals.in("pong", "range");
    CHECK(gpu.accesses == 3 * ((footprint + 127) / 128));
    CHECK(gpu.bytes_read == 3 * footprint);
    CHECK(gpu.bytes_written == 3 * footprint);
    CHECK(gpu.pages == cpu.pages);
    CHECK(totals.launches("pong") == 3);
    CHECK(totals.synchronisations() == 3);
  }
}

TEST_CASE("traces: touch touches each block at the listed places in turn") {
  const Contents contents = read_all(*source_of("touch", {{"offsets", text("0 B, 64 KiB,4 KiB ,  2097148 B, 0")},
                                                          {"blocks", count(3)},
                                                          {"operation", text("write")}})
                                          ->open());
  const std::vector<std::uint64_t> offsets{0, 65'536, 4096, 2'097'148, 0};
  REQUIRE(contents.accesses.size() == 3 * 512 + 15);
  for (std::size_t i = 0; i < 3 * 512; ++i) {
    REQUIRE(contents.accesses[i] == Access::make(kGeneratorBase + 4096 * i, 8, Op::kWrite, 0, 0));
  }
  for (std::size_t i = 0; i < 15; ++i) {
    const std::uint64_t address = kGeneratorBase + (i / 5 << 21U) + offsets[i % 5];
    CHECK(contents.accesses[3 * 512 + i] == Access::make(address, 4, Op::kWrite, 0, 1));
  }
  // The map, the launch, what is between the touches, the end, the wait.
  REQUIRE(contents.events.size() == 2 + 14 + 2);
  CHECK(contents.events[1].event.kind == EventKind::kKernelLaunch);
  CHECK(contents.events[1].position == 3 * 512);
  for (std::size_t i = 0; i < 14; ++i) {
    CHECK(contents.events[2 + i].event.kind == EventKind::kDependency);
    CHECK(contents.events[2 + i].event.agent == 1);
    CHECK(contents.events[2 + i].position == 3 * 512 + 1 + i);
  }

  const Totals bare(*source_of("touch", {{"host_first", false}, {"dependent", false}, {"blocks", count(20'000)}}));
  CHECK(bare.accesses() == 20'000);
  CHECK(bare.dependencies() == 0);
  CHECK(bare.in("touch", "blocks").pages == 20'000);

  const Contents back = read_all(*source_of("touch", {{"host_after", count(3)}, {"blocks", count(2)}})->open());
  REQUIRE(back.accesses.size() == 2 * 512 + 2 + 2 * 3);
  for (std::size_t i = 0; i < 2 * 3; ++i) {
    const std::uint64_t address = kGeneratorBase + (i / 3 << 21U) + 4096 * (i % 3);
    CHECK(back.accesses[2 * 512 + 2 + i] == Access::make(address, 8, Op::kRead, 0, 0));
  }
}

TEST_CASE("traces: parameters of patterns that make no sense are errors") {
  const auto problem = [](const std::string& name, const std::string& parameter, const ParameterValue& value) {
    return error_of([&] { source_of(name, {{parameter, value}}); });
  };
  CHECK(problem("strided", "stride", Bytes(0)) ==
        "generator strided: stride is 0: the footprint would never end; give at least 1 B");
  CHECK(problem("strided", "passes", count(0)).starts_with("generator strided: passes is 0"));
  CHECK(problem("strided", "access_size", Bytes(3)).starts_with("generator strided: access_size 3 B"));
  CHECK(problem("pointer_chase", "node_size", Bytes(7)) ==
        "generator pointer_chase: node_size 7 B is not in 8 B to footprint, 64 MiB; give a size in this range, \"64 "
        "B\"");
  CHECK(problem("pointer_chase", "footprint", Bytes(63)).starts_with("generator pointer_chase: node_size 64 B"));
  CHECK(problem("pointer_chase", "accesses", count(0)).starts_with("generator pointer_chase: accesses 0"));
  CHECK(problem("pointer_chase", "processor", text("tpu")) ==
        "generator pointer_chase: processor \"tpu\" is not known; did you mean \"cpu\" or \"gpu\"?");
  CHECK(problem("ping_pong", "rounds", count(0)).starts_with("generator ping_pong: rounds 0 is not in 1 to"));
  CHECK(problem("ping_pong", "footprint", Bytes(0)).starts_with("generator ping_pong: footprint"));
  CHECK(problem("ping_pong", "cpu_operation", text("atomic")).starts_with("generator ping_pong: cpu_operation"));
  CHECK(problem("touch", "offsets", text("")).starts_with("generator touch: offsets \"\": "));
  CHECK(problem("touch", "offsets", text("0 B,")).starts_with("generator touch: offsets \"0 B,\": "));
  CHECK(problem("touch", "offsets", text("4 KiB; 8 KiB")).starts_with("generator touch: offsets \"4 KiB; 8 KiB\": "));
  CHECK(problem("touch", "offsets", text("2097149 B")) ==
        "generator touch: offset 2097149 B is not inside a 2 MiB block; give at most 2097148 B, access_size before its "
        "end");
  CHECK(problem("touch", "blocks", count(0)).starts_with("generator touch: blocks 0"));
  CHECK(problem("touch", "blocks", count((1U << 26U) + 1)).starts_with("generator touch: blocks 67108865"));
}

}  // namespace patterns_test
}  // namespace farfault::traces
