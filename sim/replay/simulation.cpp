#include "sim/replay/simulation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "models/machine.h"
#include "sim/config/sampling.h"
#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "sim/replay/collect.h"
#include "sim/replay/device_stream.h"
#include "sim/replay/dispatcher.h"
#include "sim/replay/explicit_copy.h"
#include "sim/replay/future.h"
#include "sim/replay/host_thread.h"
#include "sim/replay/injector.h"
#include "sim/replay/reachability.h"
#include "sim/replay/sample_figures.h"
#include "sim/replay/sampled_prefetcher.h"
#include "sim/replay/timeline/observers.h"
#include "traces/filters/page_sample.h"
#include "traces/footprint.h"
#include "traces/limited_reader.h"
#include "traces/names.h"
#include "traces/read_ahead.h"
#include "traces/source.h"

namespace farfault {
namespace {

std::unique_ptr<traces::Source> open_source(const RunSpec& spec, const Catalogue& catalogue) {
  if (spec.workload.trace) return traces::open_file(*spec.workload.trace);
  const Choice& choice = spec.workload.generator.value();
  const traces::GeneratorInfo* info = catalogue.generators.find(choice.kind);
  if (info == nullptr) throw RunError("no generator named " + choice.kind);
  return info->make(choice.parameters, spec.seed);
}

/// All that the workload has, whatever is sampled.
std::unique_ptr<traces::Reader> open_whole(const RunSpec& spec, const traces::Source& source) {
  auto reader = source.open();
  if (spec.workload.max_accesses) reader = traces::limit_reader(std::move(reader), *spec.workload.max_accesses);
  return reader;
}

/// Passes a reader's blocks on, so that reading can be interrupted, and says how far it is where it is a scan.
class WatchedReader final : public traces::Reader {
 public:
  WatchedReader(std::unique_ptr<traces::Reader> reader, const SimulationOptions& options, bool scans = true)
      : reader_(std::move(reader)), options_(options), scans_(scans) {}

  std::string_view format() const override { return reader_->format(); }
  const std::vector<traces::Agent>& agents() const override { return reader_->agents(); }
  const traces::TraceLimits& limits() const override { return reader_->limits(); }
  const traces::TraceMeta& meta() const override { return reader_->meta(); }
  bool next(traces::AccessBlock& block) override {
    if (options_.interrupted != nullptr && options_.interrupted->load(std::memory_order_relaxed)) throw Interrupted();
    const bool more = reader_->next(block);
    accesses_ += block.accesses.size();
    if (scans_ && options_.on_progress) options_.on_progress({RunProgress::Phase::kScan, accesses_, 0});
    return more;
  }

 private:
  std::unique_ptr<traces::Reader> reader_;
  const SimulationOptions& options_;
  bool scans_;
  std::uint64_t accesses_ = 0;
};

template <class Interface>
const PolicyInfo<Interface>& find_policy(const Registry<PolicyInfo<Interface>>& registry, const Choice& choice) {
  const PolicyInfo<Interface>* info = registry.find(choice.kind);
  if (info == nullptr) throw RunError("no policy named " + choice.kind);
  return *info;
}

MachinePolicies make_policies(const RunSpec& spec, const PolicyRegistry& registry) {
  MachinePolicies policies;
  const PolicySpec& chosen = spec.policy;
  policies.placement = find_policy(registry.placement, chosen.placement).make(chosen.placement.parameters, spec.seed);
  policies.prefetch = find_policy(registry.prefetch, chosen.prefetch).make(chosen.prefetch.parameters, spec.seed);
  policies.thrashing = find_policy(registry.thrashing, chosen.thrashing).make(chosen.thrashing.parameters, spec.seed);
  const PolicyInfo<EvictionPolicy>& eviction = find_policy(registry.eviction, chosen.eviction);
  policies.make_eviction = [&eviction, parameters = chosen.eviction.parameters, seed = spec.seed](DeviceId) {
    return eviction.make(parameters, seed);
  };
  return policies;
}

/// Why events of a kind may have been counted and not followed.
std::string why_ignored(traces::EventKind kind) {
  const bool asked = kind == traces::EventKind::kPrefetch || kind == traces::EventKind::kAdvise;
  return asked ? "the policies do not heed" : "the replay does not model";
}

/// What the trace has and the replay does not follow must not go unsaid.
void add_ignored_events(const Dispatcher& dispatcher, RunResult& result) {
  for (std::size_t i = 0; i < traces::kEventKindCount; ++i) {
    const std::uint64_t count = dispatcher.ignored_events()[i];
    if (count == 0) continue;
    const auto kind = static_cast<traces::EventKind>(i);
    result.notes.push_back(why_ignored(kind) + " \"" + std::string(traces::name_of(kind)) + "\": the trace has " +
                           format_count(count));
  }
}

/// One simulation: everything that lives as long as it does.
class Simulation {
 public:
  Simulation(const RunSpec& spec, const Catalogue& catalogue, const SimulationOptions& options)
      : spec_(spec),
        catalogue_(catalogue),
        options_(options),
        own_source_(options.source == nullptr ? open_source(spec, catalogue) : nullptr),
        source_(own_source_ ? own_source_.get() : options.source) {
    if (spec.replay.is_sampled()) {
      sample_ = {spec.replay.sample, sample_seed(spec), sample_unit(spec, catalogue.policies)};
    }
  }

  RunResult run();

 private:
  /// What is replayed.
  std::unique_ptr<traces::Reader> open_reader() const;
  /// On a thread of its own, if it may have one.
  std::unique_ptr<traces::Reader> ahead(std::unique_ptr<traces::Reader> reader) const {
    return options_.decode_ahead ? traces::read_ahead(std::move(reader)) : std::move(reader);
  }
  void scan_sample();
  Bytes sampled(Bytes capacity) const;
  std::uint64_t footprint_pages();
  std::vector<Bytes> device_capacities();
  void check_capacities(const std::vector<Bytes>& capacities) const;
  void find_reach(const KernelDesign* design);
  void build();
  void foresee();
  void start_lane(Lane& lane);
  void lane_done();
  void finish();
  void on_progress(std::uint64_t accesses);
  void check_now_and_then();

  const RunSpec& spec_;
  const Catalogue& catalogue_;
  const SimulationOptions& options_;
  std::unique_ptr<traces::Source> own_source_;
  const traces::Source* source_;
  std::optional<traces::SampleOptions> sample_;
  traces::SampleScan sample_scan_;
  std::unique_ptr<traces::Reader> reader_;
  std::uint64_t total_accesses_ = 0;  // known only where a scan was needed
  std::optional<Reachability> reach_;
  ResidentTimes resident_times_;
  KernelTimes kernel_times_;
  std::vector<std::unique_ptr<Sampler>> samplers_;
  std::unique_ptr<Future> future_;
  std::vector<std::string> device_names_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Observers> observers_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<ReplayContext> context_;
  std::unique_ptr<Injector> injector_;
  std::vector<std::unique_ptr<FrontEnd>> front_ends_;
  std::unique_ptr<engine::Signal> lanes_done_;
  std::size_t running_ = 0;
  std::uint64_t accesses_ = 0;
  std::uint64_t replays_ = 0;
  std::uint64_t next_check_ = 0;
  std::vector<std::uint64_t> device_lanes_;  // per device, so far
  std::uint64_t host_lanes_ = 0;
  SimTime total_;
};

std::unique_ptr<traces::Reader> Simulation::open_reader() const {
  auto reader = open_whole(spec_, *source_);
  if (sample_) reader = std::make_unique<traces::PageSample>(std::move(reader), *sample_);
  return reader;
}

void Simulation::scan_sample() {
  WatchedReader reader(ahead(open_whole(spec_, *source_)), options_);
  sample_scan_ = traces::scan_sample(reader, source_->description(), spec_.replay.block_limit, *sample_);
  if (sample_scan_.pages != 0) return;
  throw InputError(Diagnostic{.pointer = "/workload",
                              .problem = "the sample has no access",
                              .remedy = "raise replay.sample, or choose another replay.sample_seed"});
}

/// The sample's part of a memory, to the nearest page, and never less than what may come at once.
Bytes Simulation::sampled(Bytes capacity) const {
  if (!sample_) return capacity;
  const double pages = static_cast<double>(capacity / kPageSize) * sample_scan_.share();
  return std::min(capacity, std::max(sample_->unit, kPageSize * static_cast<std::uint64_t>(std::llround(pages))));
}

/// Of what is replayed.
std::uint64_t Simulation::footprint_pages() {
  if (sample_) return sample_scan_.pages;
  WatchedReader reader(ahead(open_reader()), options_);
  const traces::FootprintScan scan = traces::scan_footprint(reader, source_->description(), spec_.replay.block_limit);
  total_accesses_ = scan.accesses;
  return scan.pages;
}

std::vector<Bytes> Simulation::device_capacities() {
  std::vector<Bytes> capacities;
  capacities.reserve(spec_.platform.devices.size());
  const auto* const bytes = std::get_if<Bytes>(&spec_.device_capacity);
  for (const DeviceSpec& device : spec_.platform.devices) {
    const Bytes capacity = device.memory.capacity.value;
    capacities.push_back(sampled(bytes == nullptr ? capacity : std::min(capacity, *bytes)));
  }
  if (const auto* share = std::get_if<FootprintShare>(&spec_.device_capacity)) {
    const auto pages = static_cast<std::uint64_t>(static_cast<double>(footprint_pages()) * share->share);
    const Bytes least = sample_ ? sample_->unit : kPageSize;
    for (Bytes& capacity : capacities) capacity = std::min(capacity, std::max(least, kPageSize * pages));
  }
  check_capacities(capacities);
  return capacities;
}

void Simulation::check_capacities(const std::vector<Bytes>& capacities) const {
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    if (capacities[i] >= kPageSize) continue;
    throw InputError(Diagnostic{.pointer = "/memory/device_capacity",
                                .problem = "device memory of " + format_exact(capacities[i]) + " holds no page",
                                .remedy = "give " + spec_.platform.devices[i].name + " at least 4 KiB"});
  }
}

void Simulation::find_reach(const KernelDesign* design) {
  ReachOptions options;
  options.assign = spec_.workload.assign;
  options.device_names = device_names_;
  if (design != nullptr) options.rules = design->rules();
  options.library = spec_.design.library;
  options.seed = spec_.seed;
  const bool has_library = design != nullptr && options.rules->migration == DeviceMigration::kDriver;
  if (!spec_.replay.reachability && !has_library) return;
  WatchedReader reader(ahead(open_whole(spec_, *source_)), options_);
  reach_ = scan_reachability(reader, options);
  if (!sample_) total_accesses_ = reach_->host.accesses + reach_->total().accesses;
}

void Simulation::build() {
  if (sample_) scan_sample();
  MachineOptions options;
  options.device_capacity = device_capacities();
  options.block_limit = spec_.replay.block_limit;
  options.initial =
      spec_.workload.first_touch == FirstTouch::kHost ? InitialContents::kHostMemory : InitialContents::kNothing;
  options.kernel = spec_.kernel;
  options.design = spec_.design;
  options.seed = spec_.seed;
  options.tlbs = spec_.replay.detail != Detail::kPages;
  options.caches = spec_.replay.detail == Detail::kCache;
  std::vector<Observer*> watching = options_.observers;
  if (options_.timeline != nullptr) watching.push_back(options_.timeline);
  if (!watching.empty()) observers_ = std::make_unique<Observers>(watching);
  options.observer = watching.size() == 1 ? watching.front() : observers_.get();
  std::unique_ptr<KernelDesign> design;
  if (spec_.platform.driver.memory == MemoryBack::kHmm) {
    const DesignInfo* info = catalogue_.designs.find(spec_.design.kind);
    if (info == nullptr) throw RunError("no design named " + spec_.design.kind);
    design = info->make(spec_.design);
  }
  for (const DeviceSpec& device : spec_.platform.devices) device_names_.push_back(device.name);
  find_reach(design.get());
  if (!spec_.workload.kernel_times.empty()) {
    WatchedReader reader(ahead(open_reader()), options_);
    resident_times_ = ResidentTimes(spec_.workload.kernel_times, reader);
    total_accesses_ = resident_times_.accesses();
  }
  engine_ = std::make_unique<engine::Engine>();
  MachinePolicies policies = make_policies(spec_, catalogue_.policies);
  if (sample_) policies.prefetch = prefetch_of_sample(std::move(policies.prefetch), *sample_);
  machine_ = std::make_unique<Machine>(*engine_, spec_.platform, std::move(policies), std::move(design), options);
  foresee();
  if (options_.check) {
    for (std::size_t i = 0; i < machine_->device_count(); ++i) {
      machine_->driver(DeviceId(static_cast<std::uint32_t>(i))).on_replay = [this] { check_now_and_then(); };
    }
  }
  device_lanes_.resize(machine_->device_count());
  injector_ = std::make_unique<Injector>(*engine_, *machine_, spec_.inject, spec_.kernel, spec_.seed);
  lanes_done_ = std::make_unique<engine::Signal>(*engine_);
  reader_ = ahead(open_reader());
  if (sample_) reader_ = std::make_unique<WatchedReader>(std::move(reader_), options_, false);
  dispatcher_ = std::make_unique<Dispatcher>(*engine_, *reader_, spec_.workload.assign, device_names_,
                                             machine_->memory(), [this](Lane& lane) { start_lane(lane); });
  dispatcher_->set_periodic_calls(injector_->periodic_calls());
  dispatcher_->set_copier(
      [this](const Lane& lane, const traces::Event& event) { explicit_copy(*machine_, lane, event); });
  dispatcher_->set_heeded(
      {machine_->prefetcher().heeds_calls(), machine_->placement().heeds_advice(), spec_.workload.advice,
       [this](DeviceId device, VirtualAddress page) { machine_->driver(device).bring_ahead(page); }});
  if (const std::optional<std::uint64_t> period = machine_->placement().sampling()) {
    for (std::uint32_t i = 0; i < machine_->device_count(); ++i) {
      samplers_.push_back(std::make_unique<Sampler>(machine_->placement(), machine_->memory().residency(), DeviceId(i),
                                                    *period, spec_.seed));
    }
  }
  context_ = std::make_unique<ReplayContext>(ReplayContext{*machine_, *dispatcher_, spec_.replay, resident_times_,
                                                           kernel_times_, samplers_, future_.get(),
                                                           [this](std::uint64_t n) { on_progress(n); }});
}

void Simulation::foresee() {
  bool wanted = machine_->prefetcher().wants_future();
  std::vector<Bytes> granularities;
  for (std::uint32_t i = 0; i < machine_->device_count(); ++i) {
    const EvictionPolicy& eviction = machine_->device(DeviceId(i)).eviction();
    wanted = wanted || eviction.wants_future();
    granularities.push_back(eviction.granularity());
  }
  if (!wanted) return;
  WatchedReader reader(ahead(open_reader()), options_);
  future_ = std::make_unique<Future>(reader, spec_, device_names_, granularities);
  total_accesses_ = future_->accesses();
  for (std::uint32_t i = 0; i < machine_->device_count(); ++i) {
    DeviceFuture& future = future_->device(DeviceId(i));
    future.begin(machine_->memory().residency());
    machine_->device(DeviceId(i)).eviction().foresee(future);
    machine_->prefetcher().foresee(DeviceId(i), future);
    machine_->driver(DeviceId(i)).look_ahead();
  }
}

void Simulation::start_lane(Lane& lane) {
  if (lane.processor == 0) {
    front_ends_.push_back(std::make_unique<HostThread>(*context_, lane));
    ++host_lanes_;
    machine_->host().add_thread();
    if (Kernel* const kernel = machine_->kernel()) {
      kernel->set_cpus(std::min<std::uint64_t>(host_lanes_, spec_.platform.host.cpus.value));
    }
  } else {
    Device& device = machine_->device(DeviceId(static_cast<std::uint32_t>(lane.processor - 1)));
    const auto micro_tlb =
        static_cast<std::uint32_t>(device_lanes_[device.id().value()]++ % device.spec().micro_tlbs.value);
    front_ends_.push_back(std::make_unique<DeviceStream>(*context_, lane, device, micro_tlb));
  }
  ++running_;
  engine_->spawn(lane.name, [this, front_end = front_ends_.back().get()] {
    front_end->run();
    lane_done();
  });
}

void Simulation::lane_done() {
  if (--running_ == 0) lanes_done_->notify_all();
}

/// The run's time ends with the last access; the drivers then finish what they are at, so that the books can be closed.
void Simulation::finish() {
  while (running_ != 0) lanes_done_->wait();
  total_ = engine_->now();
  injector_->stop();
  for (std::size_t i = 0; i < machine_->device_count(); ++i) {
    machine_->driver(DeviceId(static_cast<std::uint32_t>(i))).wait_until_idle();
  }
  machine_->memory().stop_reserve();
}

void Simulation::on_progress(std::uint64_t accesses) {
  accesses_ += accesses;
  if (options_.interrupted != nullptr && options_.interrupted->load(std::memory_order_relaxed)) throw Interrupted();
  if (options_.on_progress) options_.on_progress({RunProgress::Phase::kReplay, accesses_, total_accesses_});
}

/// At every replay in the beginning, then after every percent more of them: a check looks at every page.
void Simulation::check_now_and_then() {
  if (replays_++ < next_check_) return;
  next_check_ = replays_ + replays_ / 100;
  machine_->memory().check();
}

RunResult Simulation::run() {
  build();
  if (!dispatcher_->begin()) {
    throw InputError(Diagnostic{.pointer = "/workload",
                                .problem = "the workload has no access",
                                .remedy = "check the trace, or raise workload.max_accesses"});
  }
  engine_->spawn("finish", [this] { finish(); });
  engine_->run();
  machine_->check();

  RunResult result;
  result.statistics = collect(*machine_, front_ends_, total_);
  if (options_.timeline != nullptr) options_.timeline->finish(*machine_, result.statistics, total_);
  kernel_times_.collect(result.statistics);
  if (reach_) {
    add_reachability(*reach_, result.statistics);
    if (reach_->untold.accesses != 0) {
      result.notes.push_back("reach: " + format_count(reach_->untold.accesses) +
                             " accesses of devices are to memory of which the trace does not tell what it is; it is "
                             "taken as anonymous memory that the program allocated");
    }
  }
  const PolicyRegistry& policies = catalogue_.policies;
  result.policies = {"placement " + find_policy(policies.placement, spec_.policy.placement).version,
                     "prefetch " + find_policy(policies.prefetch, spec_.policy.prefetch).version,
                     "eviction " + find_policy(policies.eviction, spec_.policy.eviction).version,
                     "thrashing " + find_policy(policies.thrashing, spec_.policy.thrashing).version};
  if (sample_) add_sample(*sample_, sample_scan_, result);
  result.workload = spec_.workload.trace ? spec_.workload.trace_as_given : source_->description();
  result.trace_unknown = reader_->limits().unknown;
  if (total_.seconds() > 4000) {
    result.notes.emplace_back("dates beyond 4000 s of simulated time are good to 0.13 ns, earlier ones to 1 ps");
  }
  add_ignored_events(*dispatcher_, result);
  if (!spec_.workload.advice.empty() && !machine_->placement().heeds_advice()) {
    result.notes.emplace_back("workload.advice has no effect: the placement policy does not heed advice");
  }
  const bool kernel_owns = spec_.platform.driver.memory == MemoryBack::kHmm;
  if (kernel_owns && machine_->placement().heeds_advice() && machine_->memory().advice().has_read_mostly()) {
    result.notes.emplace_back(
        "advice: pages that are the kernel's (driver.memory hmm) are not duplicated; they migrate");
  }
  if (const std::uint64_t ignored = machine_->memory().advice().ignored(); ignored != 0) {
    result.notes.push_back("advice: " + format_count(ignored) + " pieces were more than farfault tracks, and ignored");
  }
  if (machine_->memory().address_space().ignored() != 0) {
    result.notes.emplace_back("the trace has more mappings than farfault tracks; later ones were ignored");
  }
  return result;
}

}  // namespace

RunResult simulate(const RunSpec& spec, const Catalogue& catalogue, const SimulationOptions& options) {
  try {
    Simulation simulation(spec, catalogue, options);
    return simulation.run();
  } catch (const InputError& error) {
    // Errors from inside the models know no file.
    std::vector<Diagnostic> diagnostics = error.diagnostics();
    for (Diagnostic& d : diagnostics) {
      const bool of_trace = d.pointer.empty() || d.pointer.starts_with("/workload");
      if (d.file.empty()) d.file = spec.workload.trace && of_trace ? spec.workload.trace_as_given : spec.name;
    }
    throw InputError(std::move(diagnostics));
  }
}

}  // namespace farfault
