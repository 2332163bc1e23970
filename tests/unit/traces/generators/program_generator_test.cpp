#include <doctest/doctest.h>

#include "sim/core/quantity.h"
#include "tests/unit/traces/generators/program_testing.h"
#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/warp.h"

namespace farfault::traces {
namespace program_generator_test {

using namespace testing;  // NOLINT(google-build-using-namespace): the helpers of these tests

/// The trace of a program that does not pause.
Contents contents_of(const std::function<void(Emitter&)>& body) {
  struct Run {
    static Program program(Emitter& out, std::function<void(Emitter&)> body) {
      body(out);
      co_return;
    }
  };
  const auto source = make_program_source("test", 1, [&](Emitter& out) { return Run::program(out, body); });
  return read_all(*source->open());
}

TEST_CASE("traces: a sweep of the CPU is one access per line and array, where the loop comes to it") {
  const std::uint64_t a = std::uint64_t{1} << 32U;
  const std::uint64_t b = a + (std::uint64_t{1} << 20U);
  for (const std::uint64_t elements : {0U, 1U, 7U, 8U, 9U, 100U, 129U}) {
    // Elements of 8 and 1 bytes, from different places of a line.
    const Contents contents = contents_of([&](Emitter& out) {
      for (CpuSweep sweep({{a + 24, 8, Op::kRead}, {b + 61, 1, Op::kWrite}}, elements); sweep.next(out);) {
      }
    });
    std::vector<Access> expected;
    for (std::uint64_t i = 0; i < elements; ++i) {
      const std::uint64_t in_a = a + 24 + 8 * i;
      const std::uint64_t in_b = b + 61 + i;
      if (i == 0 || in_a % 64 == 0) {
        const std::uint64_t end = std::min(in_a / 64 * 64 + 64, a + 24 + 8 * elements);
        expected.push_back(Access::make(in_a, static_cast<std::uint32_t>(end - in_a), Op::kRead));
      }
      if (i == 0 || in_b % 64 == 0) {
        const std::uint64_t end = std::min(in_b / 64 * 64 + 64, b + 61 + elements);
        expected.push_back(Access::make(in_b, static_cast<std::uint32_t>(end - in_b), Op::kWrite));
      }
    }
    CHECK(contents.accesses == expected);
  }
}

TEST_CASE("traces: a warp's lanes are one access where they are neighbours or want the same") {
  const auto issued = [](const std::vector<std::pair<std::uint64_t, std::uint64_t>>& lanes) {
    const Contents contents = contents_of([&](Emitter& out) {
      WarpInstruction instruction;
      for (const auto& [address, bytes] : lanes) instruction.lanes(address, bytes);
      instruction.issue(out, Op::kRead);
    });
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
    for (const Access& access : contents.accesses) out.emplace_back(access.address, access.size());
    return out;
  };
  using Runs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  CHECK(issued({}).empty());
  CHECK(issued({{1000, 4}}) == Runs{{1000, 4}});
  CHECK(issued({{1000, 4}, {1004, 4}, {1008, 8}}) == Runs{{1000, 16}});
  CHECK(issued({{1000, 4}, {1008, 4}, {1004, 4}}) == Runs{{1000, 4}, {1008, 4}, {1004, 4}});
  CHECK(issued({{1000, 4}, {1000, 4}, {1004, 4}, {1000, 8}}) == Runs{{1000, 8}});
  CHECK(issued({{1000, 64}, {5000, 64}, {1000, 64}, {5004, 4}, {5064, 4}}) == Runs{{1000, 64}, {5000, 68}});
  CHECK(issued({{1000, 4}, {996, 8}}) == Runs{{1000, 4}, {996, 8}});
}

TEST_CASE("traces: rows and threads of a block go to their warps") {
  const Contents rows = contents_of([](Emitter& out) {
    issue_rows(out, Op::kWrite, 2, 1, 5, 64, [](std::uint64_t row) { return 4096 * (row + 1); });
    issue_rows(out, Op::kRead, 2, 0, 4, 64, [](std::uint64_t) { return std::uint64_t{8192}; });
    issue_rows(out, Op::kRead, 2, 0, 4, 0, [](std::uint64_t) { return std::uint64_t{8192}; });
    issue_rows(out, Op::kRead, 2, 3, 3, 64, [](std::uint64_t) { return std::uint64_t{8192}; });
  });
  std::vector<Access> expected;
  for (const std::uint64_t row : {1U, 2U, 3U, 4U}) expected.push_back(Access::make(4096 * (row + 1), 64, Op::kWrite));
  for (int warp = 0; warp < 2; ++warp) expected.push_back(Access::make(8192, 64, Op::kRead));
  CHECK(rows.accesses == expected);

  const Contents threads = contents_of([](Emitter& out) {
    issue_threads(out, Op::kRead, 30, 65, 1'000'000, 8);
    issue_threads(out, Op::kRead, 5, 5, 1'000'000, 8);
  });
  CHECK(threads.accesses == std::vector<Access>{Access::make(1'000'240, 16, Op::kRead),
                                                Access::make(1'000'256, 256, Op::kRead),
                                                Access::make(1'000'512, 8, Op::kRead)});
}

TEST_CASE("traces: clipping leaves the positions inside a limit") {
  for (std::int64_t first = -40; first < 60; ++first) {
    for (const std::uint64_t limit : {0U, 1U, 5U, 16U, 50U}) {
      const Clipped clipped = clip(first, 16, limit);
      const Clipped inner = clipped.within(3, 13);
      std::uint64_t inside = 0;
      std::uint64_t inside_inner = 0;
      for (std::uint64_t i = 0; i < 16; ++i) {
        const std::int64_t position = first + static_cast<std::int64_t>(i);
        const bool is_inside = position >= 0 && position < static_cast<std::int64_t>(limit);
        CHECK((i >= clipped.begin && i < clipped.end) == is_inside);
        inside += is_inside ? 1 : 0;
        inside_inner += is_inside && i >= 3 && i < 13 ? 1 : 0;
      }
      CHECK(clipped.size() == inside);
      CHECK(inner.size() == inside_inner);
      CHECK((inner.size() == 0 || (inner.begin >= 3 && inner.end <= 13)));
    }
  }
}

TEST_CASE("traces: small arrays share a block, large ones begin a block of their own") {
  std::vector<std::uint64_t> at;
  const Contents contents = contents_of([&](Emitter& out) {
    at = {map_array(out, "small", 1, 4), map_array(out, "odd", 65'537, 1), map_array(out, "large", 524'289, 4),
          map_array(out, "behind", 8, 8), map_array(out, "exact", 262'144, 8)};
  });
  const std::uint64_t base = kGeneratorBase;
  CHECK(at == std::vector<std::uint64_t>{base, base + 0x10000, base + 0x200000, base + 0x410000, base + 0x600000});
  REQUIRE(contents.events.size() == 5);
  CHECK(contents.events[0].event.length == 4096);
  CHECK(contents.events[1].event.length == 69'632);
  CHECK(contents.events[2].event.length == 2'101'248);
}

/// Every program with settings that are small, one block and several, sizes that are no multiples where they may be.
const std::vector<std::pair<std::string, std::vector<Settings>>>& small_programs() {
  static const std::vector<std::pair<std::string, std::vector<Settings>>> programs{
      {"pointer_chase", {{{"footprint", Bytes(64)}, {"accesses", count(3)}}, {{"footprint", Bytes::kib(100)}}}},
      {"ping_pong", {{{"footprint", Bytes(1)}, {"rounds", count(1)}}, {{"footprint", Bytes(1'000'001)}}}},
      {"touch", {{{"blocks", count(1)}}, {{"blocks", count(20)}, {"offsets", text("64 KiB, 0 B, 2044 KiB")}}}},
      {"vecadd", {{{"elements", count(1)}}, {{"elements", count(70'001)}}}},
      {"stream_triad", {{{"elements", count(1)}}, {{"elements", count(70'001)}}}},
      {"stream", {{{"elements", count(1024)}}, {{"elements", count(71'680)}, {"kernels", text("all")}}}},
      {"page_touch",
       {{{"pages", count(1)}},
        {{"pages", count(1001)}, {"order", text("random")}, {"device_arrays", text("managed")}}}},
      {"backprop", {{{"input_size", count(16)}}, {{"input_size", count(4000)}}}},
      {"hotspot", {{{"size", count(1)}}, {{"size", count(201)}, {"steps", count(5)}}}},
      {"nw", {{{"size", count(16)}}, {{"size", count(208)}}}},
      {"pathfinder", {{{"cols", count(1)}, {"rows", count(2)}}, {{"cols", count(5001)}, {"rows", count(27)}}}},
      {"srad",
       {{{"rows", count(16)}, {"cols", count(16)}, {"y2", count(0)}, {"x2", count(15)}},
        {{"rows", count(160)}, {"cols", count(208)}, {"device_arrays", text("managed")}}}},
      {"stencil2d", {{{"rows", count(3)}, {"cols", count(3)}}, {{"rows", count(100)}, {"cols", count(333)}}}},
      {"stencil3d",
       {{{"nx", count(3)}, {"ny", count(3)}, {"nz", count(3)}},
        {{"nx", count(77)}, {"ny", count(66)}, {"nz", count(8)}, {"iterations", count(3)}}}},
  };
  return programs;
}

TEST_CASE("traces: the same program is the same trace, and keeps the rules") {
  for (const auto& [name, cases] : small_programs()) {
    CAPTURE(name);
    for (const Settings& settings : cases) {
      const auto source = source_of(name, settings, 7);
      const Totals first(*source);  // checks the rules
      CHECK(first.accesses() > 0);
      CHECK(Totals(*source).hash() == first.hash());
      CHECK(Totals(*source_of(name, settings, 7)).hash() == first.hash());
      CHECK(source->description().starts_with(name + '('));
      const bool seeded = source->description().find("seed=7") != std::string::npos;
      CHECK(seeded == (name == "pointer_chase" || name == "page_touch"));
      // A seed changes nothing where it is not part of the description.
      if (!seeded) CHECK(Totals(*source_of(name, settings, 8)).hash() == first.hash());
    }
  }
}

TEST_CASE("traces: programs do the same work however many blocks are resident") {
  for (const auto& [name, cases] : small_programs()) {
    if (name == "pointer_chase" || name == "ping_pong" || name == "touch") continue;
    CAPTURE(name);
    Settings settings = cases[1];
    settings.emplace_back("resident_blocks", count(1));
    const Totals one(*source_of(name, settings));
    for (const std::uint64_t resident : {7U, 20U, 1U << 20U}) {
      settings.back().second = count(resident);
      const Totals several(*source_of(name, settings));
      CHECK(several.accesses() == one.accesses());
      CHECK(several.launches() == one.launches());
      CHECK(several.hash() != one.hash());
      for (const std::string& array : one.arrays()) {
        CHECK(several.address(array) == one.address(array));
        CHECK(several.bytes(array) == one.bytes(array));
      }
    }
  }
}

TEST_CASE("traces: programs of the largest sizes fit the address space and begin at once") {
  for (const auto& [name, cases] : small_programs()) {
    CAPTURE(name);
    Registry<GeneratorInfo> registry;
    register_generators(registry);
    const GeneratorInfo* const info = registry.find(name);
    REQUIRE(info != nullptr);
    Parameters parameters = Parameters::defaults(info->parameters);
    for (const ParameterInfo& parameter : info->parameters) {
      if (parameter.name == "pyramid_height" || parameter.name[0] == 'x' || parameter.name[0] == 'y') continue;
      if (!std::holds_alternative<std::uint64_t>(parameter.fallback)) continue;
      parameters.set(parameter.name, static_cast<std::uint64_t>(std::min(parameter.maximum, 0x1p62)));
    }
    if (parameters.contains("device_arrays")) parameters.set("device_arrays", std::string("managed"));
    const auto source = info->make(parameters, 1);
    const std::unique_ptr<Reader> reader = source->open();
    AccessBlock block;
    std::uint64_t end = 0;
    for (int i = 0; i < 20; ++i) {
      REQUIRE(reader->next(block));
      for (const Event& event : block.events) end = std::max(end, event.address + event.length);
    }
    CHECK(end <= kGeneratorBase + kMaxFootprint.count());
  }
}

}  // namespace program_generator_test
}  // namespace farfault::traces
