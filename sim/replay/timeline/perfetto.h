/// A run as a trace for the Perfetto viewer: who does what when, on tracks, with counters and arrows.
///
/// Written as the run goes on, in bounded memory: some thousand slices of each track are held, and 2048 bins of each
/// counter. docs/timeline.md says what is on which track.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/observer.h"
#include "sim/core/units.h"
#include "sim/replay/timeline/batch_tracker.h"
#include "sim/replay/timeline/slice_track.h"
#include "sim/replay/timeline/trace_counters.h"
#include "sim/replay/timeline/trace_event.h"
#include "traces/byte_sink.h"

namespace farfault {

struct PerfettoOptions {
  /// What touches [from, until] is written, whole; counters are cut.
  SimTime from;
  SimTime until = SimTime::max();
  /// One in so many is written: of a device's batches, with what its driver does for them; of what else a worker does,
  /// by kind; of remote accesses and of copies for others than drivers, by direction of a link. Kernels of the trace
  /// and counters are always whole.
  std::uint64_t every = 1;
  /// At most so many events, names of tracks not counted. A quarter is kept for the counters, which are of the whole
  /// window also where slices had to be left out.
  std::uint64_t max_events = 1'000'000;
};

/// Whoever makes it calls finish() after the run. Without that its file does not appear. Calls throw RunError where
/// the file cannot be written.
class PerfettoTrace final : public Observer {
 public:
  using Notes = timeline::TraceEventWriter::Notes;

  /// `devices` are the devices' names, by DeviceId. `notes` are name and text of what the viewer shows of the trace as
  /// a whole: the scenario, the version.
  PerfettoTrace(std::unique_ptr<traces::ByteSink> sink, std::vector<std::string> devices,
                const PerfettoOptions& options, Notes notes = {});
  ~PerfettoTrace() override;
  PerfettoTrace(const PerfettoTrace&) = delete;
  PerfettoTrace& operator=(const PerfettoTrace&) = delete;

  void on_worker(std::uint32_t owner, WorkerKind kind, std::string_view name, DeviceId device) override;
  void on_copy(const CopySpan& copy) override;
  void on_remote(const Link& link, LinkDirection direction, Bytes bytes, SimTime start, SimTime end) override;
  void on_fault(const FaultSeen& fault) override;
  void on_batch(const BatchSpan& batch) override;
  void on_flush(DeviceId device, std::uint64_t entries, SimTime now) override;
  void on_replay(DeviceId device, SimTime now) override;
  void on_software(std::uint32_t owner, SimTime start, const StageTimes& stages) override;
  void on_cpu_fault(std::uint32_t owner, BlockNumber block, unsigned page, SimTime start, SimTime end) override;
  void on_call(std::uint32_t owner, std::string_view what, SimTime start, SimTime end) override;
  void on_to_device(DeviceId device, BlockNumber block, const PageMask& pages, Cause cause, std::uint64_t again,
                    SimTime now) override;
  void on_from_device(DeviceId device, BlockNumber block, const PageMask& pages, Cause cause, SimTime now) override;
  void on_resident(std::size_t processor, BlockNumber block, const PageMask& added, const PageMask& removed,
                   SimTime now) override;
  void on_activity(std::uint32_t owner, Activity activity, SimTime start, SimTime end) override;
  void on_kernel(std::uint32_t owner, std::string_view name, SimTime start, SimTime end) override;

  /// The run is over: writes what is held, the counters and the end, and closes the file. REQUIRES: not called before.
  void finish();
  /// Events that the limit left out; whole after finish().
  std::uint64_t left_out() const { return writer_.left_out(); }

 private:
  struct Worker;
  struct DeviceTracks;
  struct LinkTracks;
  struct Direction;

  bool in_window(SimTime start, SimTime end) const { return end >= options_.from && start <= options_.until; }
  /// Counts one, and says whether it is one of those that are written.
  bool sampled(std::uint64_t& count) const { return count++ % options_.every == 0; }
  timeline::ProcessName process_of(DeviceId device) const;
  Worker& worker(std::uint32_t owner);
  DeviceTracks& device(DeviceId id);
  Direction& direction(const Link& link, LinkDirection direction);

  bool shows_work(Worker& its);
  void tell_activity(Worker& its);
  void tell_pages(DeviceId id, std::string_view way, BlockNumber block, const PageMask& pages, Cause cause,
                  timeline::EventArgs args, SimTime now);
  std::vector<timeline::FlowEnd> tell_faults(DeviceTracks& its, const BatchSpan& batch,
                                             const std::vector<timeline::BatchTracker::BlockFaults>& blocks);
  /// Counts how long faults have waited that were read or dropped now.
  void count_waiting(DeviceTracks& its, SimTime now);
  timeline::Slice slice_of(const CopySpan& copy);
  void count_copy(Direction& its, const CopySpan& copy);

  PerfettoOptions options_;
  std::vector<std::string> device_names_;
  Notes notes_;
  timeline::TraceEventWriter writer_;
  timeline::TrackNames names_;
  timeline::TraceCounters counters_;
  std::map<std::uint32_t, std::unique_ptr<Worker>> workers_;
  std::map<DeviceId, std::unique_ptr<DeviceTracks>> devices_;
  std::vector<std::unique_ptr<LinkTracks>> links_;
  struct Resident {
    std::size_t counter = 0;
    std::int64_t pages = 0;
  };
  std::map<std::size_t, Resident> resident_;  ///< by processor
  std::uint64_t flows_ = 0;
};

}  // namespace farfault
