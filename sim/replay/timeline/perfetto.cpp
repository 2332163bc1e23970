#include "sim/replay/timeline/perfetto.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "models/link/link.h"

namespace farfault {

using timeline::BatchTracker;
using timeline::EventArgs;
using timeline::FlowEnd;
using timeline::ProcessName;
using timeline::Slice;
using timeline::SliceTrack;
using timeline::TrackNames;

namespace {

// How many slices tracks hold: those of a batch, those within a stretch of a thread's time, copies in flight.
constexpr std::size_t kHeldByDriver = 4096;
constexpr std::size_t kHeldByWorker = 1024;
constexpr std::size_t kHeldByLink = 256;
/// Stretches of one activity that are told as one, at most: what is told within them is held so long.
constexpr std::uint64_t kMostMerged = kHeldByWorker / 4;

// Ranks of processes, and of tracks in them; a track may need more threads than one.
constexpr std::uint32_t kHostRank = 0;
constexpr std::uint32_t kFirstDeviceRank = 1;
constexpr std::uint32_t kFirstLinkRank = 100'000;
constexpr std::uint32_t kTrack = SliceTrack::kMostThreads;
constexpr std::uint32_t kPagesRank = 2 * kTrack;
std::uint32_t rank_of(WorkerKind kind, std::uint32_t owner) {
  if (kind == WorkerKind::kDriver) return 0;
  return kind == WorkerKind::kReserve ? kTrack : (3 + 3 * owner) * kTrack;
}

/// What a fault is drawn as, since an arrow needs something to start from.
constexpr SimTime kFaultMark = SimTime::nanoseconds(1);

VirtualAddress address_of(BlockNumber block, unsigned page) {
  return VirtualAddress((block.value() * kPagesPerBlock + page) << kPageShift);
}

/// Whether a driver moves pages on account of it.
bool is_of_driver(Cause cause) {
  return cause == Cause::kDemand || cause == Cause::kPrefetch || cause == Cause::kAccessCounter ||
         cause == Cause::kEviction;
}

bool only_replays(const StageTimes& stages) {
  return stages.total() == stages.stage[static_cast<std::size_t>(Stage::kReplay)];
}

}  // namespace

struct PerfettoTrace::Worker {
  Worker(TrackNames& names, const ProcessName& process, WorkerKind its_kind, std::string its_name, DeviceId its_device,
         std::uint32_t owner)
      : kind(its_kind),
        name(std::move(its_name)),
        device(its_device),
        kernels(names, process, name + " kernels", rank_of(kind, owner), SliceTrack::Kind::kFlat, kHeldByLink),
        doing(names, process, name, rank_of(kind, owner) + kTrack, SliceTrack::Kind::kNested,
              kind == WorkerKind::kDriver ? kHeldByDriver : kHeldByWorker),
        faults(names, process, name + " faults", rank_of(kind, owner) + 2 * kTrack, SliceTrack::Kind::kNested,
               kHeldByWorker) {}

  struct Stretch {
    Activity activity;
    SimTime start;
    SimTime end;
    std::uint64_t merged = 1;
  };

  WorkerKind kind;
  std::string name;
  DeviceId device;
  SliceTrack kernels;
  SliceTrack doing;
  SliceTrack faults;
  std::optional<Stretch> stretch;
  std::uint64_t stretches = 0;
  std::uint64_t cpu_faults = 0;
  std::uint64_t calls = 0;
  std::uint64_t services = 0;
};

struct PerfettoTrace::DeviceTracks {
  DeviceTracks(TrackNames& names, timeline::TraceCounters& counters, const ProcessName& process, std::uint64_t every)
      : batches(every),
        pages(names, process, "pages", kPagesRank, SliceTrack::Kind::kNested, kHeldByLink),
        queue(counters.add(process, "fault queue")) {}

  BatchTracker batches;
  std::uint32_t driver = 0;  ///< owner; 0: none was told
  SliceTrack pages;
  std::size_t queue;        ///< counter
  std::uint64_t moves = 0;  ///< of pages, for others than the driver
};

struct PerfettoTrace::Direction {
  Direction(TrackNames& names, timeline::TraceCounters& counters, const ProcessName& process, const std::string& name,
            std::uint32_t rank)
      : copies(names, process, name, rank, SliceTrack::Kind::kEngines, kHeldByLink),
        remote(names, process, name + ", remote", rank + kTrack, SliceTrack::Kind::kFlat, kHeldByLink),
        rate(counters.add(process, name + ", GB/s")),
        outstanding(counters.add(process, name + ", copies")) {}

  SliceTrack copies;
  SliceTrack remote;
  std::size_t rate;
  std::size_t outstanding;
  std::uint64_t copied = 0;  ///< copies for others than drivers
  std::uint64_t accessed = 0;
};

struct PerfettoTrace::LinkTracks {
  LinkTracks(TrackNames& names, timeline::TraceCounters& counters, const Link& its_link, const ProcessName& process)
      : link(&its_link),
        to_device(names, counters, process, its_link.spec().name + " to device", 0),
        to_host(names, counters, process, its_link.spec().name + " to host", 2 * kTrack) {}

  const Link* link;
  Direction to_device;
  Direction to_host;
};

PerfettoTrace::PerfettoTrace(std::unique_ptr<traces::ByteSink> sink, std::vector<std::string> devices,
                             const PerfettoOptions& options, Notes notes)
    : options_(options),
      device_names_(std::move(devices)),
      notes_(std::move(notes)),
      writer_(std::move(sink), options.max_events - options.max_events / 4),
      names_(writer_),
      counters_(options.from, options.until) {
  options_.every = std::max<std::uint64_t>(1, options.every);
}

PerfettoTrace::~PerfettoTrace() = default;

ProcessName PerfettoTrace::process_of(DeviceId id) const {
  const std::size_t number = id.value();
  return {number < device_names_.size() ? device_names_[number] : "device " + std::to_string(number),
          kFirstDeviceRank + id.value()};
}

PerfettoTrace::Worker& PerfettoTrace::worker(std::uint32_t owner) {
  if (!workers_.contains(owner)) {
    on_worker(owner, WorkerKind::kHostThread, "worker " + std::to_string(owner), DeviceId());
  }
  return *workers_.at(owner);
}

PerfettoTrace::DeviceTracks& PerfettoTrace::device(DeviceId id) {
  std::unique_ptr<DeviceTracks>& its = devices_[id];
  if (!its) its = std::make_unique<DeviceTracks>(names_, counters_, process_of(id), options_.every);
  return *its;
}

PerfettoTrace::Direction& PerfettoTrace::direction(const Link& link, LinkDirection direction) {
  auto it = std::find_if(links_.begin(), links_.end(), [&link](const auto& each) { return each->link == &link; });
  if (it == links_.end()) {
    const ProcessName process{"link " + link.spec().name, kFirstLinkRank + static_cast<std::uint32_t>(links_.size())};
    links_.push_back(std::make_unique<LinkTracks>(names_, counters_, link, process));
    it = links_.end() - 1;
  }
  return direction == LinkDirection::kToDevice ? (*it)->to_device : (*it)->to_host;
}

void PerfettoTrace::on_worker(std::uint32_t owner, WorkerKind kind, std::string_view name, DeviceId device) {
  const ProcessName process = kind == WorkerKind::kHostThread ? ProcessName{"host", kHostRank} : process_of(device);
  workers_.emplace(owner, std::make_unique<Worker>(names_, process, kind, std::string(name), device, owner));
  if (kind == WorkerKind::kDriver) this->device(device).driver = owner;
}

bool PerfettoTrace::shows_work(Worker& its) {
  if (its.kind != WorkerKind::kDriver) return sampled(its.services);
  BatchTracker& batches = device(its.device).batches;
  batches.on_work();
  return batches.shows_current();
}

void PerfettoTrace::on_copy(const CopySpan& copy) {
  Direction& its = direction(copy.link, copy.direction);
  count_copy(its, copy);
  const auto owner = workers_.find(copy.owner);
  const bool of_driver = owner != workers_.end() && owner->second->kind == WorkerKind::kDriver;
  const bool sampled_in = of_driver ? shows_work(*owner->second) : sampled(its.copied);
  if (!sampled_in || !in_window(copy.started, copy.ended)) {
    // It takes its engine all the same.
    Slice slice{copy.started, copy.ended, {}, {}};
    slice.shown = false;
    its.copies.add(std::move(slice));
    return;
  }
  const SliceTrack::Key key = its.copies.add(slice_of(copy));
  if (of_driver && copy.bytes.of(Cause::kDemand).count() != 0) {
    device(owner->second->device).batches.on_copy({&its.copies, key, copy.asked});
  }
}

Slice PerfettoTrace::slice_of(const CopySpan& copy) {
  EventArgs args;
  Cause most = Cause::kDemand;
  for (std::size_t i = 0; i < kCauseCount; ++i) {
    const auto cause = static_cast<Cause>(i);
    const Bytes bytes = copy.bytes.of(cause);
    if (bytes.count() != 0) args.add(std::string(cause_name(cause)) + " bytes", bytes.count());
    if (bytes > copy.bytes.of(most)) most = cause;
  }
  args.add("jobs", copy.jobs).add("pieces", copy.pieces).add_microseconds("waited us", copy.started - copy.asked);
  if (workers_.contains(copy.owner)) args.add("for", workers_.at(copy.owner)->name);
  Slice slice{copy.started, copy.ended, std::string(cause_name(most)), "copy", args.text()};
  if (copy.moving > copy.started) slice.parts.push_back({copy.started, copy.moving, "set-up", "copy"});
  if (copy.ended > copy.moving) slice.parts.push_back({copy.moving, copy.ended, "bytes", "copy"});
  return slice;
}

void PerfettoTrace::count_copy(Direction& its, const CopySpan& copy) {
  constexpr double kGigabytesPerSecond = 1000;  // of a byte a picosecond
  for (std::size_t i = 0; i < kCauseCount; ++i) {
    const auto cause = static_cast<Cause>(i);
    counters_.amount(its.rate, cause_name(cause), kGigabytesPerSecond, copy.bytes.of(cause).count(), copy.moving,
                     copy.ended);
  }
  const auto time = static_cast<std::uint64_t>((copy.ended - copy.asked).picoseconds());
  counters_.amount(its.outstanding, "outstanding", 1, time, copy.asked, copy.ended);
}

void PerfettoTrace::on_remote(const Link& link, LinkDirection direction, Bytes bytes, SimTime start, SimTime end) {
  Direction& its = this->direction(link, direction);
  counters_.amount(its.rate, cause_name(Cause::kRemote), 1000, bytes.count(), start, end);
  if (!sampled(its.accessed) || !in_window(start, end)) return;
  its.remote.add({start, end, "remote", "remote", EventArgs().add("bytes", bytes.count()).text()});
}

void PerfettoTrace::on_fault(const FaultSeen& fault) { device(fault.device).batches.on_fault(fault); }

void PerfettoTrace::on_batch(const BatchSpan& batch) {
  DeviceTracks& its = device(batch.device);
  const bool shown = its.batches.shows_current() && in_window(batch.start, batch.end);
  const std::vector<BatchTracker::BlockFaults> blocks = its.batches.on_batch(batch);
  count_waiting(its, batch.start);
  if (shown) {
    const EventArgs args = EventArgs()
                               .add("number", batch.number)
                               .add("entries", batch.entries)
                               .add("duplicates", batch.duplicates)
                               .add("blocks", batch.blocks)
                               .add("waiting", batch.waiting);
    Slice slice{batch.start, batch.end, "batch", "driver", args.text()};
    slice.flows = tell_faults(its, batch, blocks);
    worker(batch.owner).doing.add(std::move(slice));
  }
  its.batches.forget();
}

std::vector<FlowEnd> PerfettoTrace::tell_faults(DeviceTracks& its, const BatchSpan& batch,
                                                const std::vector<BatchTracker::BlockFaults>& blocks) {
  std::vector<FlowEnd> through;
  for (const BatchTracker::BlockFaults& block : blocks) {
    const FaultSeen& fault = block.first;
    const EventArgs args = EventArgs()
                               .add("address", address_of(fault.block, fault.page))
                               .add("access", fault.write ? "write" : "read")
                               .add("faults in block", block.faults)
                               .add("batch", batch.number);
    Slice slice{fault.raised, fault.raised + kFaultMark, "fault", "fault", args.text(), Slice::Shape::kMark};
    const std::uint64_t id = ++flows_;
    slice.flows.push_back({id, 's'});
    worker(fault.owner).faults.add(std::move(slice));
    const BatchTracker::Copy* const copy = its.batches.copy_of(fault.block, batch.start);
    Slice* const to = copy == nullptr ? nullptr : copy->track->find(copy->slice);
    if (to != nullptr) to->flows.push_back({id, 'f'});
    through.push_back({id, to == nullptr ? 'f' : 't'});
  }
  return through;
}

void PerfettoTrace::on_flush(DeviceId id, std::uint64_t entries, SimTime now) {
  DeviceTracks& its = device(id);
  its.batches.on_flush(entries, now);
  count_waiting(its, now);
}

void PerfettoTrace::count_waiting(DeviceTracks& its, SimTime now) {
  for (const SimTime raised : its.batches.take_gone()) {
    counters_.amount(its.queue, "entries", 1, static_cast<std::uint64_t>((now - raised).picoseconds()), raised, now);
  }
}

void PerfettoTrace::on_replay(DeviceId id, SimTime now) {
  DeviceTracks& its = device(id);
  if (!its.batches.shows_replay() || !in_window(now, now)) return;
  worker(its.driver).doing.add({now, now, "replay", "driver", {}, Slice::Shape::kInstant});
}

void PerfettoTrace::on_software(std::uint32_t owner, SimTime start, const StageTimes& stages) {
  Worker& its = worker(owner);
  const bool replay = its.kind == WorkerKind::kDriver && only_replays(stages);
  const bool shown = replay ? device(its.device).batches.shows_replay() : shows_work(its);
  if (!shown) return;
  for (std::size_t i = 0; i < kStageCount; ++i) {
    const SimTime end = start + stages.stage[i];
    if (end > start && in_window(start, end)) {
      its.doing.add({start, end, std::string(stage_name(static_cast<Stage>(i))) + " software", "software"});
    }
    start = end;
  }
}

void PerfettoTrace::on_cpu_fault(std::uint32_t owner, BlockNumber block, unsigned page, SimTime start, SimTime end) {
  Worker& its = worker(owner);
  if (!sampled(its.cpu_faults) || !in_window(start, end)) return;
  its.doing.add({start, end, "CPU fault", "fault", EventArgs().add("address", address_of(block, page)).text()});
}

void PerfettoTrace::on_call(std::uint32_t owner, std::string_view what, SimTime start, SimTime end) {
  Worker& its = worker(owner);
  if (sampled(its.calls) && in_window(start, end)) its.doing.add({start, end, std::string(what), "call"});
}

void PerfettoTrace::on_to_device(DeviceId id, BlockNumber block, const PageMask& pages, Cause cause,
                                 std::uint64_t again, SimTime now) {
  EventArgs args;
  if (again != 0) args.add("again after an eviction", again);
  if (cause == Cause::kDemand) device(id).batches.on_demand(block, now);
  tell_pages(id, "to device: ", block, pages, cause, args, now);
}

void PerfettoTrace::on_from_device(DeviceId id, BlockNumber block, const PageMask& pages, Cause cause, SimTime now) {
  tell_pages(id, "from device: ", block, pages, cause, EventArgs(), now);
}

void PerfettoTrace::tell_pages(DeviceId id, std::string_view way, BlockNumber block, const PageMask& pages, Cause cause,
                               EventArgs args, SimTime now) {
  DeviceTracks& its = device(id);
  const bool shown = is_of_driver(cause) ? its.batches.shows_current() : sampled(its.moves);
  if (!shown || pages.none() || !in_window(now, now)) return;
  args.add("pages", pages.count()).add("address", address_of(block, pages.next(0)));
  its.pages.add(
      {now, now, std::string(way) + std::string(cause_name(cause)), "pages", args.text(), Slice::Shape::kInstant});
}

void PerfettoTrace::on_resident(std::size_t processor, BlockNumber /*block*/, const PageMask& added,
                                const PageMask& removed, SimTime now) {
  const auto [it, is_new] = resident_.try_emplace(processor);
  Resident& its = it->second;
  if (is_new) {
    const ProcessName process = processor == 0 ? ProcessName{"host", kHostRank}
                                               : process_of(DeviceId(static_cast<std::uint32_t>(processor - 1)));
    its.counter = counters_.add(process, "resident");
  }
  its.pages += static_cast<std::int64_t>(added.count()) - static_cast<std::int64_t>(removed.count());
  constexpr double kMebibytes = 1.0 / 256;  // of a page
  counters_.level(its.counter, "MiB", kMebibytes, static_cast<double>(its.pages), now);
}

void PerfettoTrace::on_activity(std::uint32_t owner, Activity activity, SimTime start, SimTime end) {
  Worker& its = worker(owner);
  std::optional<Worker::Stretch>& last = its.stretch;
  if (last && last->activity == activity && last->end == start && last->merged < kMostMerged) {
    last->end = end;
    ++last->merged;
    return;
  }
  tell_activity(its);
  last = {activity, start, end};
}

void PerfettoTrace::tell_activity(Worker& its) {
  if (!its.stretch) return;
  const Worker::Stretch stretch = *std::exchange(its.stretch, std::nullopt);
  if (!sampled(its.stretches) || !in_window(stretch.start, stretch.end)) return;
  its.doing.add({stretch.start, stretch.end, std::string(activity_name(stretch.activity)), "activity"});
}

void PerfettoTrace::on_kernel(std::uint32_t owner, std::string_view name, SimTime start, SimTime end) {
  if (!in_window(start, end)) return;
  worker(owner).kernels.add({start, end, name.empty() ? "kernel" : std::string(name), "kernel"});
}

void PerfettoTrace::finish() {
  for (auto& [owner, its] : workers_) {
    tell_activity(*its);
    for (SliceTrack* track : {&its->kernels, &its->doing, &its->faults}) track->flush();
  }
  for (auto& [id, its] : devices_) its->pages.flush();
  for (auto& link : links_) {
    for (Direction* its : {&link->to_device, &link->to_host}) {
      its->copies.flush();
      its->remote.flush();
    }
  }
  writer_.set_limit(options_.max_events);
  counters_.write(names_, options_.max_events - writer_.written());
  if (writer_.left_out() != 0) {
    const std::string text =
        std::to_string(writer_.left_out()) + " events left out beyond " + std::to_string(options_.max_events);
    const std::uint32_t pid = names_.process("host", kHostRank);
    writer_.metadata("{\"ph\":\"M\",\"pid\":" + std::to_string(pid) +
                     ",\"name\":\"process_labels\",\"args\":" + EventArgs().add("labels", text).text() + '}');
    notes_.emplace_back("left out", text);
  }
  if (options_.every != 1) notes_.emplace_back("every", std::to_string(options_.every));
  writer_.finish(notes_);
}

}  // namespace farfault
