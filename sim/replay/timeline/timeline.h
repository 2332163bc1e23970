/// Time series and the address-space heat map of a run: what timeline.json holds.
///
/// Collected from what a run tells those who watch it, in a fixed number of bins that double in width as the run goes
/// on: at most some megabytes, however long it is, and nothing for an access that hits but a sample.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/machine.h"
#include "models/observer.h"
#include "sim/core/statistics.h"
#include "sim/replay/timeline/heat_map.h"
#include "sim/replay/timeline/series.h"

namespace farfault {

/// Version of timeline.json; rises when a reader of the old one would misread the new one.
inline constexpr int kTimelineSchema = 1;

class Timeline final : public Observer {
 public:
  static constexpr std::size_t kBins = 512;  ///< at most

  Timeline() : axis_(kBins) {}

  void on_worker(std::uint32_t owner, WorkerKind kind, std::string_view name, DeviceId device) override;
  void on_copy(const CopySpan& copy) override;
  void on_remote(const Link& link, LinkDirection direction, Bytes bytes, SimTime start, SimTime end) override;
  void on_local(std::size_t processor, Bytes bytes, SimTime start, SimTime end) override;
  void on_fault(const FaultSeen& fault) override;
  void on_batch(const BatchSpan& batch) override;
  void on_fault_queue(DeviceId device, std::uint64_t waiting, SimTime now) override;
  void on_software(std::uint32_t owner, SimTime start, const StageTimes& stages) override;
  void on_cpu_fault(std::uint32_t owner, BlockNumber block, unsigned page, SimTime start, SimTime end) override;
  void on_to_device(DeviceId device, BlockNumber block, const PageMask& pages, Cause cause, std::uint64_t again,
                    SimTime now) override;
  void on_from_device(DeviceId device, BlockNumber block, const PageMask& pages, Cause cause, SimTime now) override;
  void on_resident(std::size_t processor, BlockNumber block, const PageMask& added, const PageMask& removed,
                   SimTime now) override;
  void on_activity(std::uint32_t owner, Activity activity, SimTime start, SimTime end) override;
  void on_access(std::size_t processor, VirtualAddress address, std::uint64_t weight, SimTime now) override;

  /// The run is over: `total` is its time, and what the drivers still finished is over as well. Throws RunError unless
  /// the bins of each series add up to the figure of the run that they are of.
  void finish(const Machine& machine, const Statistics& statistics, SimTime total);

  /// The text of timeline.json. REQUIRES: finish().
  std::string json() const;

 private:
  using Sum = std::optional<timeline::SumSeries>;
  using Level = std::optional<timeline::LevelSeries>;
  struct LinkSeries {
    const Link* link;
    std::array<std::array<Sum, kCauseCount>, 2> bytes;
  };
  /// A series with the name and meaning that the file gives it.
  struct Named {
    std::string name;
    std::string unit;
    std::string description;
    const timeline::SumSeries* sum = nullptr;  // or
    const timeline::LevelSeries* level = nullptr;
    std::string figure;  ///< of the run, with which the sum must agree; empty: none
  };

  void make_hold(SimTime date);
  template <class Do>
  void for_each(Do&& act);
  void add(Sum& series, std::uint64_t amount, SimTime start, SimTime end);
  void set(Level& series, double level, SimTime now);
  LinkSeries& series_of(const Link& link);
  Level& resident_of(std::size_t processor);

  std::vector<Named> named(const Machine& machine) const;

  timeline::TimeAxis axis_;
  SimTime end_;  // of what was told
  SimTime total_;
  std::vector<WorkerKind> kinds_;  // by owner
  std::vector<LinkSeries> links_;
  std::vector<Sum> local_;       // by processor
  std::vector<Level> resident_;  // by processor
  std::vector<Level> queues_;    // by device
  Sum faults_;
  Sum batches_;
  Sum duplicates_;
  Sum cpu_faults_;
  Sum refaults_;
  std::array<Sum, kCauseCount> to_device_;
  std::array<Sum, kCauseCount> to_host_;
  std::array<std::array<Sum, kActivityCount>, 2> activities_;  // of devices, of the host
  std::array<Sum, kStageCount> stages_;
  timeline::HeatMap heat_map_;
  std::string series_json_;
};

}  // namespace farfault
