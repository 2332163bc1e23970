#include "sim/replay/timeline/trace_counters.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/replay/timeline/json_text.h"

namespace farfault::timeline {

std::size_t TraceCounters::add(ProcessName process, std::string name) {
  counters_.push_back({std::move(process), std::move(name), {}});
  return counters_.size() - 1;
}

template <class Series>
TraceCounters::Part& TraceCounters::part_of(std::size_t counter, std::string_view name, double scale) {
  std::vector<Part>& parts = counters_[counter].parts;
  const auto it = std::find_if(parts.begin(), parts.end(), [name](const Part& part) { return part.name == name; });
  return it != parts.end() ? *it : parts.emplace_back(Part{std::string(name), scale, Series()});
}

void TraceCounters::widen() {
  axis_.double_width();
  for (Counter& counter : counters_) {
    for (Part& part : counter.parts) {
      std::visit([](auto& series) { series.fold(); }, part.series);
    }
  }
}

SimTime TraceCounters::place(SimTime date) {
  const SimTime within = std::clamp(date, from_, until_) - from_;
  end_ = std::max(end_, within);
  while (!axis_.holds(within)) widen();
  return within;
}

void TraceCounters::amount(std::size_t counter, std::string_view part, double scale, std::uint64_t amount,
                           SimTime start, SimTime end) {
  if (amount == 0 || end < from_ || start > until_) return;
  const SimTime first = std::max(start, from_);
  const SimTime last = std::min(end, until_);
  std::uint64_t inside = amount;
  if (first != start || last != end) {
    const double share =
        static_cast<double>((last - first).picoseconds()) / static_cast<double>((end - start).picoseconds());
    inside = static_cast<std::uint64_t>(static_cast<double>(amount) * share);
  }
  const SimTime to = place(last);
  const SimTime at = place(first);
  std::get<SumSeries>(part_of<SumSeries>(counter, part, scale).series).add(axis_, inside, at, to);
}

void TraceCounters::level(std::size_t counter, std::string_view part, double scale, double level, SimTime now) {
  const SimTime at = place(now);
  if (now > until_) return;
  Part& its = part_of<LevelSeries>(counter, part, scale);
  its.level = level;
  std::get<LevelSeries>(its.series).set(axis_, level, at);
}

SimTime TraceCounters::length_of(std::size_t bin) const {
  return std::min(axis_.start_of(bin + 1), end_) - axis_.start_of(bin);
}

std::vector<double> TraceCounters::values_of(const Part& part) const {
  if (const auto* level = std::get_if<LevelSeries>(&part.series)) {
    std::vector<double> out = level->means(axis_);
    for (double& value : out) value *= part.scale;
    return out;
  }
  std::vector<double> out;
  const std::vector<std::uint64_t>& values = std::get<SumSeries>(part.series).values();
  for (std::size_t bin = 0; bin < values.size() && axis_.start_of(bin) <= end_; ++bin) {
    // What came at the very end has no length.
    const SimTime length = std::max(length_of(bin), SimTime::picoseconds(1));
    out.push_back(static_cast<double>(values[bin]) / static_cast<double>(length.picoseconds()) * part.scale);
  }
  return out;
}

std::vector<std::string> TraceCounters::events_of(const Counter& counter, std::uint32_t pid) const {
  std::vector<std::vector<double>> values;
  std::transform(counter.parts.begin(), counter.parts.end(), std::back_inserter(values),
                 [this](const Part& part) { return values_of(part); });
  std::vector<std::string> out;
  std::string last;
  const auto tell = [&](SimTime date, auto&& value_of) {
    EventArgs args;
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::string number;
      append(number, value_of(i));
      args.add_number(counter.parts[i].name, number);
    }
    if (args.text() == last) return;
    last = args.text();
    std::string event = "{\"ph\":\"C\",\"pid\":" + std::to_string(pid) + ",\"ts\":";
    append_microseconds(event, from_ + date);
    event += ",\"name\":";
    append_quoted(event, counter.name);
    out.push_back(event + ",\"args\":" + last + '}');
  };
  for (std::size_t bin = 0; bin < axis_.bins() && axis_.start_of(bin) < end_; ++bin) {
    tell(axis_.start_of(bin), [&](std::size_t i) { return bin < values[i].size() ? values[i][bin] : 0.0; });
  }
  // A viewer draws the last value on and on.
  tell(end_, [&](std::size_t i) {
    const bool level = std::holds_alternative<LevelSeries>(counter.parts[i].series);
    return level ? counter.parts[i].level * counter.parts[i].scale : 0.0;
  });
  return out;
}

std::size_t TraceCounters::count() const {
  std::size_t events = 0;
  for (const Counter& counter : counters_) events += counter.parts.empty() ? 0 : events_of(counter, 0).size();
  return events;
}

void TraceCounters::write(TrackNames& names, std::uint64_t most) {
  for (Counter& counter : counters_) {
    for (Part& part : counter.parts) {
      if (auto* level = std::get_if<LevelSeries>(&part.series)) level->set(axis_, part.level, end_);
    }
  }
  while (axis_.start_of(1) < end_ && count() > most) widen();
  for (const Counter& counter : counters_) {
    if (counter.parts.empty()) continue;
    const std::uint32_t pid = names.process(counter.process.name, counter.process.rank);
    for (const std::string& event : events_of(counter, pid)) names.writer().event(event);
  }
}

}  // namespace farfault::timeline
