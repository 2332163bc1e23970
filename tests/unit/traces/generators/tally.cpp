#include "tests/unit/traces/generators/tally.h"

#include <algorithm>
#include <utility>

#include "tests/unit/traces/testing.h"
#include "traces/generators/random_numbers.h"

namespace farfault::traces::testing {
namespace {

const GeneratorInfo& generator(const std::string& name) {
  static const Registry<GeneratorInfo> registry = [] {
    Registry<GeneratorInfo> out;
    register_generators(out);
    return out;
  }();
  const GeneratorInfo* found = registry.find(name);
  REQUIRE(found != nullptr);
  return *found;
}

/// Where the pages of an array were seen last.
struct Region {
  std::string name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::vector<std::uint32_t> launch_seen;  ///< by page: number of the launch, from 1 on
  std::vector<std::uint8_t> agents_seen;   ///< by page: 1 the CPU, 2 a device
};

class Counter {
 public:
  explicit Counter(Tally& out) : out_(out) {}

  void event(const Event& event) {
    mix(static_cast<std::uint64_t>(event.kind) << 32U | event.agent);
    mix(event.address ^ event.length ^ event.value ^ event.value2);
    switch (event.kind) {
      case EventKind::kMmap:
        map(event);
        break;
      case EventKind::kKernelLaunch:
        out_.launches.push_back({event.name, {}});
        ++running_;
        told_ = event.value2;
        break;
      case EventKind::kKernelEnd:
        --running_;
        break;
      case EventKind::kDependency:
        ++out_.dependencies;
        break;
      case EventKind::kThreadBlock:
        wrong_ += running_ != 0 && told_ != 0 ? 0 : 1;
        ++out_.turns;
        break;
      case EventKind::kStreamSync:
        ++out_.synchronizations;
        break;
      default:
        break;
    }
  }

  void access(const Access& access) {
    mix(access.address);
    mix(std::uint64_t{access.size_and_op} << 32U | std::uint64_t{access.gap} << 16U | access.agent);
    ++out_.accesses;
    Region& region = region_of(access.address);
    wrong_ += access.size() >= 1 && access.address + access.size() <= region.end ? 0 : 1;
    const bool on_device = access.agent != 0;
    wrong_ += on_device && running_ == 0 ? 1 : 0;
    add((on_device ? out_.gpu : out_.cpu)[region.name], access);
    if (on_device && !out_.launches.empty()) add(out_.launches.back().arrays[region.name], access);
    touch(region, access, on_device);
  }

  std::uint64_t wrong() const { return wrong_; }
  bool ended() const { return running_ == 0; }

 private:
  void mix(std::uint64_t value) { out_.hash = SplitMix64::mix(out_.hash + value); }

  void map(const Event& event) {
    wrong_ += event.address % 4096 == 0 && event.length % 4096 == 0 && event.length != 0 ? 0 : 1;
    wrong_ += regions_.empty() || event.address >= regions_.back().end ? 0 : 1;
    regions_.push_back({event.name, event.address, event.address + event.length,
                        std::vector<std::uint32_t>(event.length / 4096),
                        std::vector<std::uint8_t>(event.length / 4096)});
    out_.arrays.push_back(event.name);
    out_.sizes[event.name] = event.length;
  }

  Region& region_of(std::uint64_t address) {
    const auto after = std::upper_bound(regions_.begin(), regions_.end(), address,
                                        [](std::uint64_t a, const Region& region) { return a < region.begin; });
    if (after == regions_.begin() || address >= std::prev(after)->end) FAIL("an access outside of all arrays");
    return *std::prev(after);
  }

  static void add(Use& use, const Access& access) {
    Traffic* const by_op[] = {&use.reads, &use.writes, &use.updates, &use.atomics};
    Traffic& traffic = *by_op[static_cast<std::size_t>(access.op())];
    ++traffic.accesses;
    traffic.bytes += access.size();
  }

  void touch(Region& region, const Access& access, bool on_device) {
    const std::uint64_t last = (std::min(access.address + access.size(), region.end) - 1 - region.begin) / 4096;
    for (std::uint64_t page = (access.address - region.begin) / 4096; page <= last; ++page) {
      const std::uint8_t agent = on_device ? 2 : 1;
      if ((region.agents_seen[page] & agent) == 0) ++(on_device ? out_.gpu : out_.cpu)[region.name].pages;
      region.agents_seen[page] = static_cast<std::uint8_t>(region.agents_seen[page] | agent);
      const auto launch = static_cast<std::uint32_t>(out_.launches.size());
      if (!on_device || region.launch_seen[page] == launch) continue;
      region.launch_seen[page] = launch;
      ++out_.launches.back().arrays[region.name].pages;
    }
  }

  Tally& out_;
  std::vector<Region> regions_;
  std::uint64_t running_ = 0;
  std::uint64_t told_ = 0;  // resident blocks of the last launch
  std::uint64_t wrong_ = 0;
};

Use found(const std::map<std::string, Use>& uses, const std::string& array) {
  const auto it = uses.find(array);
  return it == uses.end() ? Use{} : it->second;
}

}  // namespace

doctest::String toString(const Traffic& traffic) {
  return (std::to_string(traffic.accesses) + " accesses of " + std::to_string(traffic.bytes) + " bytes").c_str();
}

Use Launch::use(const std::string& array) const { return found(arrays, array); }
Use Tally::on_cpu(const std::string& array) const { return found(cpu, array); }
Use Tally::on_gpu(const std::string& array) const { return found(gpu, array); }
std::uint64_t Tally::launches_of(const std::string& kernel) const {
  return static_cast<std::uint64_t>(
      std::count_if(launches.begin(), launches.end(), [&](const Launch& launch) { return launch.kernel == kernel; }));
}

std::unique_ptr<Source> program_of(const std::string& name, const Settings& settings, std::uint64_t seed) {
  Parameters parameters = Parameters::defaults(generator(name).parameters);
  for (const Setting& setting : settings) {
    REQUIRE_MESSAGE(parameters.contains(setting.name), name << " has no " << setting.name);
    parameters.set(setting.name, setting.value);
  }
  return generator(name).make(parameters, seed);
}

Tally tally(const Source& source) {
  Tally out;
  Counter counter(out);
  const std::unique_ptr<Reader> reader = source.open();
  AccessBlock block;
  std::uint64_t oversized = 0;
  std::uint64_t unordered = 0;
  while (reader->next(block)) {
    oversized += block.accesses.size() > 2 * kBlockAccesses || block.events.size() > kBlockAccesses + 16 ? 1 : 0;
    auto event = block.events.begin();
    std::uint32_t position = 0;
    for (std::size_t i = 0; i <= block.accesses.size(); ++i) {
      for (; event != block.events.end() && event->position == i; ++event) {
        unordered += event->position < position ? 1 : 0;
        position = event->position;
        counter.event(*event);
      }
      if (i != block.accesses.size()) counter.access(block.accesses[i]);
    }
    unordered += event == block.events.end() ? 0 : 1;
  }
  CHECK(oversized == 0);
  CHECK(unordered == 0);
  CHECK(counter.wrong() == 0);
  CHECK(counter.ended());
  CHECK(block.empty());
  CHECK(reader->agents().size() >= 2);
  CHECK(reader->agents()[0].name == "cpu");
  return out;
}

Tally tally(const std::string& name, const Settings& settings, std::uint64_t seed) {
  return tally(*program_of(name, settings, seed));
}

std::string refusal(const std::string& name, const Settings& settings) {
  return error_of([&] { program_of(name, settings)->open(); });
}

void check_repeats(const std::string& name, const Settings& settings) {
  const std::unique_ptr<Source> source = program_of(name, settings);
  const Tally first = tally(*source);
  CHECK(first.accesses > 0);
  CHECK(tally(*source).hash == first.hash);
  CHECK(tally(name, settings).hash == first.hash);
}

}  // namespace farfault::traces::testing
