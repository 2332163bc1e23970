#include "traces/filters/cut.h"

#include <algorithm>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::traces {
namespace {

/// What TraceMeta::lossy says.
std::string description_of(const CutOptions& options) {
  std::string out = "all but a cut";
  const auto add = [&out](const char* name, const Interval& interval) {
    if (interval == Interval{}) return;
    out += std::string(", ") + name + ' ' + std::to_string(interval.from) + "..";
    if (interval.to != Interval::kOpen) out += std::to_string(interval.to);
  };
  add("accesses", options.accesses);
  add("time", options.time);
  add("addresses", options.addresses);
  if (!options.agents.empty()) out += ", agents " + options.agents;
  return out;
}

bool changes_mappings(EventKind kind) {
  return kind == EventKind::kMmap || kind == EventKind::kMunmap || kind == EventKind::kMremap ||
         kind == EventKind::kMprotect || kind == EventKind::kBrk;
}

/// Whether the bytes from `start` on overlap the interval. One address is a range of one byte.
bool overlaps(const Interval& interval, std::uint64_t start, std::uint64_t length) {
  const std::uint64_t last = start + std::min(std::max<std::uint64_t>(length, 1) - 1, Interval::kOpen - start);
  return last >= interval.from && !interval.over(start);
}

}  // namespace

Cut::Cut(std::unique_ptr<Reader> input, CutOptions options)
    : Filter(std::move(input), description_of(options)), options_(std::move(options)) {
  begin_if_due();
}

void Cut::on_access(const Access& access, AccessBlock& out) {
  if (over()) return stop();
  ++number_;
  if (!begun_) return begin_if_due();
  if (!keeps_agent(access.agent)) return;
  if (!overlaps(options_.addresses, access.address, access.size())) return pending_.add(access.agent, access.gap);
  append_access(out, access, access.gap + pending_.take(access.agent));
}

void Cut::on_event(const Event& event, AccessBlock& out) {
  if (event.kind == EventKind::kTimestamp) {
    time_ = event.value;
    has_time_ = true;
  }
  if (over()) return stop();
  if (!begun_) {
    follow(event);
    return begin_if_due();
  }
  if (!keeps(event)) return;
  if (event.kind != EventKind::kCompute) pending_.settle(event, out);
  append_event(out, event);
}

/// What is before the cut tells what is there at its beginning.
void Cut::follow(const Event& event) {
  mappings_.apply(event);
  if (event.kind == EventKind::kKernelLaunch && keeps_agent(event.agent)) kernels_[event.agent] = event;
  if (event.kind == EventKind::kKernelEnd) kernels_.erase(event.agent);
}

void Cut::begin_if_due() {
  begun_ = options_.accesses.begun(number_) && options_.time.begun(time_);
  if (!begun_) return;
  first_ = mappings_.as_events();
  if (has_time_) {
    Event& time = first_.emplace_back();
    time.kind = EventKind::kTimestamp;
    time.value = time_;
  }
  const std::size_t launches = first_.size();
  for (const auto& [agent, launch] : kernels_) first_.push_back(launch);
  std::sort(first_.begin() + static_cast<std::ptrdiff_t>(launches), first_.end(),
            [](const Event& a, const Event& b) { return a.agent < b.agent; });
}

bool Cut::on_more(AccessBlock& out) {
  if (next_first_ == first_.size()) return false;
  append_event(out, std::move(first_[next_first_++]));
  return true;
}

bool Cut::on_end(AccessBlock& out) {
  check_agents();
  return pending_.settle_some(out);
}

/// A name that nobody has is a slip.
void Cut::check_agents() const {
  if (options_.agents.empty()) return;
  std::vector<std::string> names;
  for (const Agent& agent : agents()) {
    if (matches(options_.agents, agent.name)) return;
    names.push_back(agent.name);
  }
  throw InputError(Diagnostic{"", 0, "", "no agent has a name like \"" + printable(options_.agents) + '"',
                              name_hint(options_.agents, names)});
}

bool Cut::keeps_agent(std::uint16_t agent) {
  if (options_.agents.empty()) return true;
  if (agent >= kept_.size()) kept_.resize(agent + std::size_t{1}, Kept::kUnknown);
  if (kept_[agent] == Kept::kUnknown) {
    kept_[agent] = agent < agents().size() && matches(options_.agents, agents()[agent].name) ? Kept::kYes : Kept::kNo;
  }
  return kept_[agent] == Kept::kYes;
}

bool Cut::keeps(const Event& event) {
  if (changes_mappings(event.kind) || event.kind == EventKind::kTimestamp) return true;
  if (!keeps_agent(event.agent)) return false;
  switch (event.kind) {
    case EventKind::kMemcpy:
      return overlaps(options_.addresses, event.address, event.length) ||
             overlaps(options_.addresses, event.value, event.length);
    case EventKind::kPrefetch:
    case EventKind::kAdvise:
    case EventKind::kGup:
    case EventKind::kPin:
    case EventKind::kUnpin:
      return overlaps(options_.addresses, event.address, event.length);
    default:
      return true;
  }
}

bool matches(std::string_view pattern, std::string_view name) {
  // Where the last star was, and what it has been tried with.
  std::size_t star = std::string_view::npos;
  std::size_t tried = 0;
  std::size_t p = 0;
  std::size_t n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++tried;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace farfault::traces
