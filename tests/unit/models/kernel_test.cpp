#include <doctest/doctest.h>

#include "models/kernel/address_space.h"
#include "models/kernel/design_registry.h"
#include "models/kernel/designs/separate_radix.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

StepCost cost(std::int64_t call_ns, std::int64_t page_ns) {
  StepCost c;
  c.call.value = ns(call_ns);
  c.page.value = ns(page_ns);
  return c;
}

TEST_CASE("models: separate_radix takes what an 80 GiB device was computed to take") {
  const auto design = make_separate_radix(DesignSpec{});
  const MetadataFigures figures = design->add_device(DeviceId(0), Bytes::gib(80));
  CHECK(design->name() == "separate_radix");
  CHECK(figures.tree_entries == 640);
  CHECK(figures.tree_nodes == 13);
  CHECK(figures.tree_bytes == Bytes(7488));
  CHECK(figures.tree_height == 4);
  CHECK(figures.struct_page_bytes == Bytes::mib(1280));
  CHECK(figures.linear_map_bytes == Bytes(0));
  // 10.4 ns for each of 20 Mi pages.
  CHECK(figures.setup_time == SimTime::picoseconds(10'400) * (std::uint64_t{20} << 20U));
}

TEST_CASE("models: separate_radix puts further devices below the first") {
  const auto design = make_separate_radix(DesignSpec{});
  CHECK(design->add_device(DeviceId(0), Bytes::mib(128) * 32).tree_nodes == 4);
  // The rest of the same leaf: no new node.
  CHECK(design->add_device(DeviceId(1), Bytes::mib(128) * 32).tree_nodes == 0);
  const MetadataFigures third = design->add_device(DeviceId(2), Bytes::mib(128) * 64 + Bytes(1));
  CHECK(third.tree_entries == 65);
  CHECK(third.tree_nodes == 2);
}

TEST_CASE("models: separate_radix runs out of physical addresses with an error") {
  const auto design = make_separate_radix(DesignSpec{});
  CHECK_THROWS_AS(design->add_device(DeviceId(0), Bytes(std::uint64_t{1} << 47U)), RunError);
}

TEST_CASE("models: the price of a migrate call is calls plus pages step by step") {
  MigrateSteps steps;
  steps.setup = cost(100, 0);
  steps.collect = cost(20, 3);
  steps.unmap = cost(0, 5);
  steps.allocate = cost(7, 11);
  steps.dma_map = cost(0, 13);
  steps.install = cost(17, 0);
  steps.finalize = cost(1, 2);
  const StepTimes times = price(steps, 10);
  CHECK(times.step[static_cast<std::size_t>(MigrateStep::kSetup)] == ns(100));
  CHECK(times.step[static_cast<std::size_t>(MigrateStep::kCollect)] == ns(50));
  CHECK(times.step[static_cast<std::size_t>(MigrateStep::kUnmap)] == ns(50));
  CHECK(times.step[static_cast<std::size_t>(MigrateStep::kAllocate)] == ns(117));
  CHECK(times.step[static_cast<std::size_t>(MigrateStep::kDmaMap)] == ns(130));
  CHECK(times.step[static_cast<std::size_t>(MigrateStep::kInstall)] == ns(17));
  CHECK(times.step[static_cast<std::size_t>(MigrateStep::kFinalize)] == ns(21));
  CHECK(times.total() == ns(485));
  CHECK(price(steps, 0).total() == ns(145));

  StepTimes twice = times;
  twice += times;
  CHECK(twice.total() == ns(970));
}

TEST_CASE("models: separate_radix prices each direction by its own steps") {
  DesignSpec spec;
  spec.to_device.setup = cost(100, 1);
  spec.to_host.finalize = cost(9, 2);
  const auto design = make_separate_radix(spec);
  CHECK(design->migrate(Direction::kToDevice, 512, 1).total() == ns(612));
  CHECK(design->migrate(Direction::kToHost, 512, 40).total() == ns(9 + 1024));
}

TEST_CASE("models: steps and designs have their names") {
  CHECK(step_name(MigrateStep::kSetup) == "setup");
  CHECK(step_name(MigrateStep::kDmaMap) == "dma_map");
  CHECK(step_name(MigrateStep::kFinalize) == "finalize");
  Registry<DesignInfo> registry;
  register_designs(registry);
  for (const DesignInfo* info : {registry.find("separate_radix")}) {
    REQUIRE(info != nullptr);
    CHECK(info->make(DesignSpec{})->name() == info->name);
  }
}

constexpr VirtualAddress page(std::uint64_t number) { return VirtualAddress(number * 4096); }

TEST_CASE("models: an address space that knows nothing maps everything") {
  AddressSpace space;
  CHECK(space.mapped(BlockNumber(0)).full());
  CHECK(space.mapped(BlockNumber(1'000'000)).full());
  CHECK_FALSE(space.kind_at(page(0)));
}

TEST_CASE("models: partial pages of a mapping count whole") {
  AddressSpace space;
  space.map(VirtualAddress(4096 + 1), Bytes(4096), 3);
  CHECK(space.mapped(BlockNumber(0)) == PageMask::range(1, 3));
  CHECK_FALSE(space.kind_at(page(0)));
  CHECK(space.kind_at(page(1)) == std::optional<std::uint8_t>(3));
  CHECK(space.kind_at(VirtualAddress(3 * 4096 - 1)) == std::optional<std::uint8_t>(3));
  CHECK_FALSE(space.kind_at(page(3)));
}

TEST_CASE("models: a mapping goes over what was there") {
  AddressSpace space;
  space.map(page(0), Bytes::kib(40), 1);
  space.map(page(3), Bytes::kib(8), 2);
  CHECK(space.ranges() == 3);
  CHECK(space.kind_at(page(2)) == std::optional<std::uint8_t>(1));
  CHECK(space.kind_at(page(3)) == std::optional<std::uint8_t>(2));
  CHECK(space.kind_at(page(4)) == std::optional<std::uint8_t>(2));
  CHECK(space.kind_at(page(5)) == std::optional<std::uint8_t>(1));
  space.map(page(0), Bytes::kib(4096), 4);
  CHECK(space.ranges() == 1);
  CHECK(space.mapped(BlockNumber(1)).full());
}

TEST_CASE("models: an unmap cuts a hole") {
  AddressSpace space;
  space.map(page(0), Bytes::mib(6), 1);
  space.unmap(page(600), Bytes::kib(8));
  CHECK(space.mapped(BlockNumber(0)).full());
  CHECK(space.mapped(BlockNumber(1)) == (PageMask::range(0, 88) | PageMask::range(90, 512)));
  space.unmap(page(0), Bytes::mib(2));
  space.unmap(page(0), Bytes::mib(2));
  CHECK_FALSE(space.kind_at(page(511)));
  CHECK(space.kind_at(page(512)) == std::optional<std::uint8_t>(1));
}

TEST_CASE("models: an address space does not grow beyond its limit through maps or holes") {
  AddressSpace space;
  constexpr std::uint64_t kMost = AddressSpace::kMaxRanges;
  for (std::uint64_t i = 0; i < kMost; ++i) space.map(page(8 * i), Bytes::kib(16), 1);
  CHECK(space.ranges() == kMost);
  space.map(page(8 * kMost), Bytes::kib(4), 1);
  space.unmap(page(1), Bytes::kib(4));
  CHECK(space.ranges() == kMost);
  CHECK(space.ignored() == 2);
  CHECK(space.kind_at(page(1)));
  // What makes no more of them is done.
  space.unmap(page(0), Bytes::kib(4));
  space.unmap(page(8), Bytes::kib(16));
  CHECK_FALSE(space.kind_at(page(0)));
  CHECK(space.ranges() == kMost - 1);
  CHECK(space.ignored() == 2);
}

TEST_CASE("models: empty and wrapping mappings are ignored") {
  AddressSpace space;
  space.map(page(7), Bytes(0), 1);
  space.map(VirtualAddress(~std::uint64_t{0} - 10), Bytes(4096), 1);
  space.map(VirtualAddress(4096), Bytes(~std::uint64_t{0}), 1);
  CHECK(space.ranges() == 0);
  space.map(VirtualAddress(~std::uint64_t{0} - 4095), Bytes(4096), 1);  // the very last page does not wrap
  CHECK(space.ranges() == 1);
  CHECK(space.kind_at(VirtualAddress(~std::uint64_t{0})) == std::optional<std::uint8_t>(1));
}

}  // namespace
}  // namespace farfault
