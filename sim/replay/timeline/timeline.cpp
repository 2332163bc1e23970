#include "sim/replay/timeline/timeline.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/link/link.h"
#include "sim/core/error.h"
#include "sim/replay/timeline/json_text.h"

namespace farfault {
namespace {

template <class T>
T& at_index(std::vector<T>& values, std::size_t i) {
  if (i >= values.size()) values.resize(i + 1);
  return values[i];
}

const char* direction_name(std::size_t direction) { return direction == 0 ? "to_device" : "to_host"; }

/// The figure of a run that counts what comes to devices, or leaves them, for a cause.
std::string pages_figure(bool to_device, Cause cause) {
  if (cause == Cause::kStaging || (!to_device && cause == Cause::kPeer))
    return {};  // of other books, or of two figures
  return std::string(to_device ? "pages.to_device." : "pages.to_host.") + std::string(cause_name(cause));
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

template <class Do>
void Timeline::for_each(Do&& act) {
  const auto each = [&act](auto& series) {
    if (series) act(*series);
  };
  for (LinkSeries& link : links_) {
    for (auto& direction : link.bytes) std::for_each(direction.begin(), direction.end(), each);
  }
  std::for_each(local_.begin(), local_.end(), each);
  std::for_each(resident_.begin(), resident_.end(), each);
  for (Sum* series : {&faults_, &batches_, &duplicates_, &cpu_faults_, &refaults_}) each(*series);
  std::for_each(to_device_.begin(), to_device_.end(), each);
  std::for_each(to_host_.begin(), to_host_.end(), each);
  for (auto& kind : activities_) std::for_each(kind.begin(), kind.end(), each);
  std::for_each(stages_.begin(), stages_.end(), each);
}

void Timeline::widen(SimTime date) {
  while (!axis_.holds(date)) {
    axis_.double_width();
    for_each([](auto& series) { series.fold(); });
  }
}

Timeline::LinkSeries& Timeline::series_of(const Link& link) {
  const auto it =
      std::find_if(links_.begin(), links_.end(), [&](const LinkSeries& each) { return each.link == &link; });
  if (it != links_.end()) return *it;
  return links_.emplace_back(LinkSeries{&link, {}});
}

Timeline::Level& Timeline::resident_of(std::size_t processor) { return at_index(resident_, processor); }

void Timeline::on_worker(std::uint32_t owner, WorkerKind kind, std::string_view /*name*/, DeviceId /*device*/) {
  at_index(kinds_, owner) = kind;
}

void Timeline::on_copy(const CopySpan& copy) {
  auto& series = series_of(copy.link).bytes[static_cast<std::size_t>(copy.direction)];
  for (std::size_t i = 0; i < kCauseCount; ++i) {
    add(series[i], copy.bytes.of(static_cast<Cause>(i)).count(), copy.moving, copy.ended);
  }
}

void Timeline::on_remote(const Link& link, LinkDirection direction, Bytes bytes, SimTime start, SimTime end) {
  auto& series = series_of(link).bytes[static_cast<std::size_t>(direction)];
  add(series[static_cast<std::size_t>(Cause::kRemote)], bytes.count(), start, end);
}

void Timeline::on_local(std::size_t processor, Bytes bytes, SimTime start, SimTime end) {
  add(at_index(local_, processor), bytes.count(), start, end);
}

void Timeline::on_batch(const BatchSpan& batch) {
  add(faults_, batch.entries, batch.start, batch.start);
  add(batches_, 1, batch.start, batch.start);
  add(duplicates_, batch.duplicates, batch.start, batch.start);
}

void Timeline::on_flush(DeviceId /*device*/, std::uint64_t entries, SimTime now) { add(faults_, entries, now, now); }

void Timeline::on_faulted(DeviceId /*device*/, BlockNumber block, const PageMask& pages, SimTime now) {
  heat_map_.count_pages(timeline::HeatMap::Count::kDeviceFaults, block, pages, now);
}

void Timeline::on_software(std::uint32_t /*owner*/, SimTime start, const StageTimes& stages) {
  for (std::size_t i = 0; i < kStageCount; ++i) {
    const SimTime end = start + stages.stage[i];
    add(stages_[i], static_cast<std::uint64_t>(stages.stage[i].picoseconds()), start, end);
    start = end;
  }
}

void Timeline::on_cpu_fault(std::uint32_t /*owner*/, BlockNumber block, unsigned page, SimTime start, SimTime end) {
  make_hold(end);
  add(cpu_faults_, 1, start, start);
  const std::uint64_t address = (block.value() * kPagesPerBlock + page) << kPageShift;
  heat_map_.count(timeline::HeatMap::Count::kHostFaults, VirtualAddress(address), 1, start);
}

void Timeline::on_to_device(DeviceId /*device*/, BlockNumber /*block*/, const PageMask& pages, Cause cause,
                            std::uint64_t again, SimTime now) {
  add(to_device_[static_cast<std::size_t>(cause)], pages.count(), now, now);
  add(refaults_, again, now, now);
}

void Timeline::on_from_device(DeviceId /*device*/, BlockNumber /*block*/, const PageMask& pages, Cause cause,
                              SimTime now) {
  add(to_host_[static_cast<std::size_t>(cause)], pages.count(), now, now);
}

void Timeline::on_resident(std::size_t processor, BlockNumber block, const PageMask& added, const PageMask& removed,
                           SimTime now) {
  Level& level = resident_of(processor);
  const double before = level ? level->level() : 0;
  set(level, before + added.count() - removed.count(), now);
  if (processor != 0) heat_map_.resident(block, added, removed, now);
}

void Timeline::on_activity(std::uint32_t owner, Activity activity, SimTime start, SimTime end) {
  const bool host = at_index(kinds_, owner) == WorkerKind::kHostThread;
  add(activities_[host ? 1 : 0][static_cast<std::size_t>(activity)],
      static_cast<std::uint64_t>((end - start).picoseconds()), start, end);
}

void Timeline::on_access(std::size_t processor, VirtualAddress address, std::uint64_t weight, SimTime now) {
  using Count = timeline::HeatMap::Count;
  heat_map_.count(processor == 0 ? Count::kHostAccesses : Count::kDeviceAccesses, address, weight, now);
}

std::vector<Timeline::Named> Timeline::named(const Machine& machine) const {
  std::vector<Named> out;
  const auto sum = [&out](const Sum& series, std::string name, const char* unit, std::string description,
                          std::string figure) {
    if (!series) return;
    out.push_back({std::move(name), unit, std::move(description), &*series, nullptr, std::move(figure)});
  };
  const auto level = [&out](const Level& series, std::string name, std::string description) {
    if (!series || series->empty()) return;
    out.push_back({std::move(name), "count", std::move(description), nullptr, &*series, {}});
  };
  const auto memory_name = [&machine](std::size_t processor) {
    return processor == 0 ? std::string("host")
                          : machine.device(DeviceId(static_cast<std::uint32_t>(processor - 1))).spec().name;
  };
  for (const LinkSeries& link : links_) {
    for (std::size_t direction = 0; direction < 2; ++direction) {
      for (std::size_t cause = 0; cause < kCauseCount; ++cause) {
        const std::string name = "link." + link.link->spec().name + '.' + direction_name(direction) + '.' +
                                 std::string(cause_name(static_cast<Cause>(cause)));
        sum(link.bytes[direction][cause], name, "bytes", "bytes over the link, when they moved", "bytes." + name);
      }
    }
  }
  for (std::size_t i = 0; i < local_.size(); ++i) {
    const bool only = i == 0 || machine.device_count() == 1;
    sum(local_[i], "memory." + memory_name(i) + ".accesses", "bytes", "traffic of accesses, without copies",
        only ? (i == 0 ? "bytes.memory.host" : "bytes.memory.device") : "");
  }
  sum(faults_, "faults.device.raised", "count", "entries of fault buffers, when they were read or flushed",
      "faults.device.raised");
  sum(batches_, "faults.device.batches", "count", "batches, when they were read", "faults.device.batches");
  sum(duplicates_, "faults.device.duplicate", "count", "entries for what was, or was being, served",
      "faults.device.duplicate");
  sum(cpu_faults_, "faults.cpu", "count", "accesses of the host to pages in device memory, which came back", "");
  sum(refaults_, "pages.refault", "count", "demand pages that had been evicted before", "faults.device.refaults");
  for (const bool to_device : {true, false}) {
    for (std::size_t i = 0; i < kCauseCount; ++i) {
      const auto cause = static_cast<Cause>(i);
      sum((to_device ? to_device_ : to_host_)[i],
          std::string(to_device ? "pages.to_device." : "pages.to_host.") + std::string(cause_name(cause)), "count",
          to_device ? "pages that come to devices, when it was decided"
                    : "pages that leave devices, when it was decided",
          pages_figure(to_device, cause));
    }
  }
  for (std::size_t i = 0; i < resident_.size(); ++i) {
    level(resident_[i], "resident." + memory_name(i), "4 KiB pages in this memory");
  }
  for (const bool host : {false, true}) {
    for (std::size_t i = 0; i < kActivityCount; ++i) {
      const std::string name =
          std::string(host ? "time.host." : "time.device.") + std::string(activity_name(static_cast<Activity>(i)));
      sum(activities_[host ? 1 : 0][i], name, "ps", "time of lanes, summed", name);
    }
  }
  for (std::size_t i = 0; i < kStageCount; ++i) {
    const std::string stage(stage_name(static_cast<Stage>(i)));
    sum(stages_[i], "driver." + stage, "ps", "software of fault service and migration", "driver.time." + stage);
  }
  return out;
}

void Timeline::finish(const Machine& machine, const Statistics& statistics, SimTime total) {
  total_ = total;
  make_hold(total);
  for (Level& level : resident_) {
    if (level) level->change(axis_, 0, end_);
  }
  heat_map_.end(end_);
  const std::size_t bins = axis_.bins_until(end_);
  series_json_ = "\"bin_width_ps\": " + std::to_string(axis_.width().picoseconds()) +
                 ",\n  \"bins\": " + std::to_string(bins) + ",\n  \"series\": {";
  bool first = true;
  for (const Named& series : named(machine)) {
    if (series.sum != nullptr && !series.figure.empty()) {
      const auto figure = static_cast<std::uint64_t>(statistics.integer(series.figure));
      if (series.sum->total() != figure) {
        throw RunError("identity does not hold: the bins of " + series.name + " add up to " +
                       std::to_string(series.sum->total()) + ", " + series.figure + " is " + std::to_string(figure));
      }
    }
    series_json_ += std::string(std::exchange(first, false) ? "\n    " : ",\n    ") + quoted(series.name) +
                    ": {\"unit\":\"" + series.unit + "\",\"kind\":\"" + (series.sum != nullptr ? "sum" : "mean") +
                    "\",\"description\":" + quoted(series.description) + ",\"values\":";
    if (series.sum != nullptr) {
      std::vector<std::uint64_t> values = series.sum->values();
      values.resize(bins);
      series_json_ += timeline::list_of(values);
    } else {
      std::vector<double> values = series.level->means(axis_);
      values.resize(bins);
      series_json_ += timeline::list_of(values);
    }
    series_json_ += '}';
  }
  series_json_ += "\n  }";
  find_courses(machine, bins);
}

void Timeline::find_courses(const Machine& machine, std::size_t bins) {
  const double seconds = axis_.width().seconds();
  const auto add_sums = [&](std::string name, Unit unit, double per, const std::vector<const Sum*>& sums) {
    std::vector<double> values(bins);
    bool any = false;
    for (const Sum* const sum : sums) {
      if (!*sum) continue;
      any = true;
      const std::vector<std::uint64_t> amounts = (*sum)->values();
      for (std::size_t i = 0; i < bins; ++i) values[i] += static_cast<double>(amounts[i]) / per;
    }
    if (any) courses_.push_back({std::move(name), unit, std::move(values)});
  };
  for (const LinkSeries& link : links_) {
    const std::vector<std::string>& peers = link.link->spec().peers;
    for (const std::size_t direction : {0, 1}) {
      std::vector<const Sum*> sums;
      for (const Sum& sum : link.bytes[direction]) sums.push_back(&sum);
      const std::string end = peers.size() == 2 ? peers[1 - direction] : direction == 0 ? "device" : "host";
      add_sums(link.link->spec().name + " to " + end, Unit::kBandwidth, seconds, sums);
    }
  }
  add_sums("faults", Unit::kCount, seconds * 1e3, {&faults_});
  add_sums("refaults", Unit::kCount, seconds * 1e3, {&refaults_});
  for (std::size_t i = 1; i < resident_.size(); ++i) {
    if (!resident_[i] || resident_[i]->empty()) continue;
    std::vector<double> values = resident_[i]->means(axis_);
    values.resize(bins);
    for (double& value : values) value *= static_cast<double>(kPageSize.count());
    courses_.push_back({"in " + machine.device(DeviceId(static_cast<std::uint32_t>(i - 1))).spec().name, Unit::kBytes,
                        std::move(values)});
  }
}

std::string Timeline::json() const {
  return "{\n  \"schema\": " + std::to_string(kTimelineSchema) +
         ",\n  \"end_ps\": " + std::to_string(total_.picoseconds()) + ",\n  " + series_json_ +
         ",\n  \"heat_map\": " + heat_map_.json() + "\n}\n";
}

}  // namespace farfault
