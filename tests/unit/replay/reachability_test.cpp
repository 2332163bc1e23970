#include "sim/replay/reachability.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "models/kernel/design_registry.h"
#include "models/kernel/library.h"
#include "sim/replay/mapping_events.h"
#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace reachability_test {

using traces::Access;
using traces::Event;
using traces::EventKind;

/// A trace written down: one block for each call of block().
class WrittenTrace final : public traces::Reader {
 public:
  std::string_view format() const override { return "written"; }
  bool next(traces::AccessBlock& block) override {
    block.clear();
    if (given_ == blocks_.size()) return false;
    block = blocks_[given_++];
    return true;
  }
  const std::vector<traces::Agent>& agents() const override { return agents_; }
  const traces::TraceLimits& limits() const override { return limits_; }

  void agent(traces::AgentKind kind, std::string name) { agents_.push_back({kind, std::move(name), traces::kNoAgent}); }
  void block() { blocks_.emplace_back(); }
  void access(std::uint64_t address, std::uint32_t size = 8, std::uint16_t agent = 0) {
    blocks_.back().accesses.push_back(Access::make(address, size, traces::Op::kRead, 0, agent));
  }
  void event(EventKind kind, std::uint64_t address, std::uint64_t length, VmaKind backing = VmaKind::kUnknown,
             std::uint64_t value = 0, std::uint64_t value2 = 0) {
    Event event;
    event.position = static_cast<std::uint32_t>(blocks_.back().accesses.size());
    event.kind = kind;
    event.backing = static_cast<traces::Backing>(backing);
    event.address = address;
    event.length = length;
    event.value = value;
    event.value2 = value2;
    blocks_.back().events.push_back(event);
  }
  void map(std::uint64_t address, std::uint64_t length, VmaKind kind) {
    event(EventKind::kMmap, address, length, kind);
  }

 private:
  std::vector<traces::AccessBlock> blocks_;
  std::vector<traces::Agent> agents_;
  traces::TraceLimits limits_;
  std::size_t given_ = 0;
};

constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;

DesignRules rules_of(const std::string& design) {
  Registry<DesignInfo> designs;
  register_designs(designs);
  DesignSpec spec;
  spec.kind = design;
  return designs.find(design)->make(spec)->rules();
}

/// Everything runs on the device.
ReachOptions on_device(const std::string& design) {
  ReachOptions options;
  AssignRule all;
  all.to = "gpu0";
  options.assign = {all};
  options.device_names = {"gpu0"};
  options.rules = rules_of(design);
  return options;
}

ReachCount of(const Reachability& reach, ReachClass kind) { return reach.device[static_cast<std::size_t>(kind)]; }

/// A mapping of each kind, and 2^kind accesses of 1 + kind bytes to it; 512 more to no mapping.
WrittenTrace every_kind() {
  WrittenTrace trace;
  trace.agent(traces::AgentKind::kCpuThread, "thread 1");
  trace.block();
  for (std::uint64_t kind = 0; kind < kVmaKindCount; ++kind) {
    trace.map((kind + 1) * 16 * kMib, kMib, static_cast<VmaKind>(kind));
  }
  for (std::uint64_t kind = 0; kind < kVmaKindCount; ++kind) {
    for (std::uint64_t i = 0; i < std::uint64_t{1} << kind; ++i) {
      trace.access((kind + 1) * 16 * kMib + i % 16 * 65536, static_cast<std::uint32_t>(1 + kind));
    }
  }
  for (int i = 0; i < 512; ++i) trace.access(1024 * kMib, 64);
  return trace;
}

TEST_CASE("reachability: every kind of mapping is a class of its own") {
  WrittenTrace trace = every_kind();
  const Reachability reach = scan_reachability(trace, on_device("memremap_xarray"));
  CHECK(of(reach, ReachClass::kLibrary) == ReachCount{});
  CHECK(of(reach, ReachClass::kInterposable) == ReachCount{2, 4});
  CHECK(of(reach, ReachClass::kHeap) == ReachCount{4, 12});
  CHECK(of(reach, ReachClass::kStack) == ReachCount{8, 32});
  CHECK(of(reach, ReachClass::kFile) == ReachCount{16, 80});
  CHECK(of(reach, ReachClass::kShared) == ReachCount{32, 192});
  CHECK(of(reach, ReachClass::kExecutable) == ReachCount{64, 448});
  CHECK(of(reach, ReachClass::kHugeTlb) == ReachCount{128, 1024});
  CHECK(of(reach, ReachClass::kDax) == ReachCount{256, 2304});
  CHECK(of(reach, ReachClass::kSpecial) == ReachCount{512, 5120});
  CHECK(of(reach, ReachClass::kUnknown) == ReachCount{1 + 512, 1 + 512 * 64});
  CHECK(reach.total().accesses == 1023 + 512);
  CHECK(reach.host == ReachCount{});
  // The kernel mirrors all but device mappings, and moves anonymous memory: HMM is not 100 % either.
  CHECK(reach.reachable.accesses == 1023 - 512 + 512);
  CHECK(reach.migratable.accesses == 1 + 2 + 4 + 8 + 512);
  CHECK(reach.migratable.bytes == 1 + 4 + 12 + 32 + 512 * 64);
  CHECK(reach.untold.accesses == 513);
}

TEST_CASE("reachability: with a library only what it allocated is reachable without a copy") {
  ReachOptions options = on_device("driver_vma");
  options.library.adoption.value = 1;
  WrittenTrace all = every_kind();
  const Reachability adopted = scan_reachability(all, options);
  CHECK(of(adopted, ReachClass::kLibrary).accesses == 2 + 1 + 512);
  CHECK(of(adopted, ReachClass::kInterposable).accesses == 0);
  CHECK(of(adopted, ReachClass::kUnknown).accesses == 0);
  CHECK(of(adopted, ReachClass::kHeap).accesses == 4);
  CHECK(adopted.reachable == of(adopted, ReachClass::kLibrary));
  CHECK(adopted.migratable == adopted.reachable);

  options.library.adoption.value = 0;
  WrittenTrace none = every_kind();
  const Reachability refused = scan_reachability(none, options);
  CHECK(refused.reachable == ReachCount{});
  CHECK(of(refused, ReachClass::kInterposable).accesses == 2);
  CHECK(refused.capable == adopted.capable);

  options.library.interpose = true;
  WrittenTrace interposed = every_kind();
  const Reachability forced = scan_reachability(interposed, options);
  CHECK(forced.reachable == adopted.reachable);
  CHECK(forced.expected_share(0) == adopted.expected_share(1));
  CHECK(forced.share_deviation(0.5) == 0);
}

TEST_CASE("reachability: managed memory reaches and moves everything") {
  ReachOptions options = on_device("separate_radix");
  options.rules.reset();
  WrittenTrace trace = every_kind();
  const Reachability reach = scan_reachability(trace, options);
  CHECK(reach.reachable == reach.total());
  CHECK(reach.migratable == reach.total());
}

TEST_CASE("reachability: mappings are those at the access") {
  WrittenTrace trace;
  trace.agent(traces::AgentKind::kCpuThread, "thread 1");
  trace.block();
  trace.access(64 * kMib);  // nothing yet
  trace.map(64 * kMib, kMib, VmaKind::kFile);
  trace.access(64 * kMib);
  trace.access(64 * kMib + kMib - 1, 2);  // the first byte counts
  trace.access(65 * kMib);
  trace.event(EventKind::kMunmap, 64 * kMib, kMib / 2);
  trace.access(64 * kMib);
  trace.access(64 * kMib + kMib / 2);
  // Moves with its kind; grows in place; shrinks.
  trace.event(EventKind::kMremap, 64 * kMib + kMib / 2, kMib / 2, VmaKind::kUnknown, 128 * kMib, kMib);
  trace.access(64 * kMib + kMib / 2);
  trace.access(128 * kMib + kMib - 1);
  trace.block();
  trace.event(EventKind::kMremap, 128 * kMib, kMib, VmaKind::kUnknown, 128 * kMib, 2 * kMib);
  trace.access(130 * kMib - 1);
  trace.event(EventKind::kMremap, 128 * kMib, 2 * kMib, VmaKind::kUnknown, 128 * kMib, kMib);
  trace.access(130 * kMib - 1);
  // Something else at the same place.
  trace.map(128 * kMib, kMib, VmaKind::kShared);
  trace.access(128 * kMib);
  // brk: grows, shrinks.
  trace.event(EventKind::kBrk, 256 * kMib, kMib);
  trace.access(256 * kMib);
  trace.event(EventKind::kBrk, 256 * kMib, 2 * kMib);
  trace.access(257 * kMib);
  trace.event(EventKind::kBrk, 256 * kMib, kMib);
  trace.access(257 * kMib);
  const Reachability reach = scan_reachability(trace, on_device("separate_radix"));
  CHECK(of(reach, ReachClass::kFile).accesses == 5);
  CHECK(of(reach, ReachClass::kShared).accesses == 1);
  CHECK(of(reach, ReachClass::kHeap).accesses == 2);
  CHECK(of(reach, ReachClass::kUnknown).accesses == 6);
  CHECK(reach.total().accesses == 14);
}

TEST_CASE("reachability: accesses that run on the host are counted apart") {
  WrittenTrace trace;
  trace.agent(traces::AgentKind::kCpuThread, "thread 1");
  trace.agent(traces::AgentKind::kGpuStream, "stream 1");
  trace.block();
  trace.map(64 * kMib, kMib, VmaKind::kPrivateAnonymous);
  trace.map(128 * kMib, kMib, VmaKind::kFile);
  for (int i = 0; i < 3; ++i) trace.access(64 * kMib, 4, 0);
  for (int i = 0; i < 5; ++i) trace.access(64 * kMib, 8, 1);
  for (int i = 0; i < 7; ++i) trace.access(128 * kMib, 16, 1);
  ReachOptions options = on_device("separate_radix");
  options.assign[0].to = kAutoProcessor;
  WrittenTrace again = trace;
  WrittenTrace rules = trace;
  const Reachability by_kind = scan_reachability(again, options);
  CHECK(by_kind.host == ReachCount{3, 12});
  CHECK(by_kind.total() == ReachCount{12, 152});
  // Only what lies in a file, and of that only the first of the trace's accesses.
  options.assign[0].to = "gpu0";
  options.assign[0].vma = traces::Backing::kFile;
  options.assign[0].to_access = 10;
  const Reachability by_rule = scan_reachability(rules, options);
  CHECK(by_rule.total() == ReachCount{2, 32});
  CHECK(by_rule.host == ReachCount{13, 12 + 40 + 80});
}

TEST_CASE("reachability: the sweep of adoption is the mean and the deviation of the draws") {
  // Mappings of 1000, 100 and 10 accesses, and 890 to a file.
  WrittenTrace trace;
  trace.agent(traces::AgentKind::kCpuThread, "thread 1");
  trace.block();
  constexpr std::array<int, 3> kWeights = {1000, 100, 10};
  trace.map(16 * kMib, kMib, VmaKind::kFile);
  for (int i = 0; i < 890; ++i) trace.access(16 * kMib);
  for (std::size_t m = 0; m < kWeights.size(); ++m) {
    trace.map((m + 2) * 16 * kMib, kMib, VmaKind::kPrivateAnonymous);
    for (int i = 0; i < kWeights[m]; ++i) trace.access((m + 2) * 16 * kMib + kMib / 2);
    // What an unmapping leaves is still the same mapping: one draw decides both pieces.
    trace.event(EventKind::kMunmap, (m + 2) * 16 * kMib, kPageSize.count());
  }
  ReachOptions options = on_device("driver_vma");
  options.library.adoption.value = 0.3;
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 2000;
  Reachability reach;
  for (int seed = 0; seed < kDraws; ++seed) {
    WrittenTrace copy = trace;
    options.seed = static_cast<std::uint64_t>(seed);
    reach = scan_reachability(copy, options);
    const double share = static_cast<double>(reach.reachable.accesses) / 2000;
    sum += share;
    squares += share * share;
  }
  CHECK(reach.expected_share(1) == doctest::Approx(1110.0 / 2000));
  CHECK(reach.expected_share(0.3) == doctest::Approx(0.3 * 1110 / 2000));
  const double deviation = std::sqrt(0.3 * 0.7 * (1000.0 * 1000 + 100 * 100 + 10 * 10)) / 2000;
  CHECK(reach.share_deviation(0.3) == doctest::Approx(deviation));
  CHECK(reach.share_deviation(0) == 0);
  CHECK(reach.share_deviation(1) == 0);
  const double mean = sum / kDraws;
  CHECK(mean == doctest::Approx(reach.expected_share(0.3)).epsilon(0.05));
  CHECK(std::sqrt(squares / kDraws - mean * mean) == doctest::Approx(deviation).epsilon(0.05));
}

TEST_CASE("reachability: a mapping keeps its draw when a part of it is unmapped") {
  AddressSpace space;
  MappingEvents events(space);
  Event map;
  map.kind = EventKind::kMmap;
  map.address = 64 * kMib;
  map.length = kMib;
  map.backing = traces::Backing::kPrivateAnonymous;
  CHECK(events.apply(map));
  Event unmap = map;
  unmap.kind = EventKind::kMunmap;
  unmap.length = kMib / 2;
  CHECK(events.apply(unmap));
  const AddressSpace::Piece rest = space.piece_at(VirtualAddress(65 * kMib - 1));
  CHECK(rest.mapping == 64 * kMib / 4096);
  CHECK(rest.first == (64 * kMib + kMib / 2) / 4096);
  CHECK(rest.end == 65 * kMib / 4096);
  // The hole before it reaches from the block's begin to the piece.
  const AddressSpace::Piece hole = space.piece_at(VirtualAddress(64 * kMib));
  CHECK(hole.kind == VmaKind::kUnknown);
  CHECK(hole.first == 64 * kMib / 4096);
  CHECK(hole.end == rest.first);
  const AddressSpace::Piece behind = space.piece_at(VirtualAddress(65 * kMib));
  CHECK(behind.first == rest.end);
  CHECK(behind.end == 66 * kMib / 4096);
  Event other = map;
  other.kind = EventKind::kMprotect;
  CHECK_FALSE(events.apply(other));
}

TEST_CASE("reachability: a run has the figures if it asks, and always with a library") {
  const std::string workload = R"("workload": {"generator": {"kind": "sequential", "footprint": "1 MiB"}})";
  const auto plain = testing::run_scenario("{" + workload + "}");
  CHECK_FALSE(plain.contains("reach.device.reachable.accesses"));
  const auto asked = testing::run_scenario(R"({"replay": {"reachability": true}, )" + workload + "}");
  CHECK(asked.at("reach.device.reachable.accesses") == 1);
  CHECK_FALSE(asked.contains("reach.adoption.50.accesses"));
  const auto library =
      testing::run_scenario(R"({"design": {"kind": "driver_vma", "library": {"adoption": 1.0}}, )" + workload + "}");
  CHECK(library.at("reach.device.library.accesses") == library.at("accesses.total"));
  CHECK(library.at("reach.adoption.50.accesses") == 0.5);
  CHECK(library.at("reach.adoption.for_80_percent") == 0.8);
}

}  // namespace reachability_test
}  // namespace farfault
