#include "sim/replay/kernel_times.h"

#include <fnmatch.h>

#include <algorithm>
#include <cctype>

namespace farfault {
namespace {

std::string figure_name(const std::string& kernel) {
  std::string out = kernel.empty() ? "unnamed" : kernel.substr(0, 64);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '_');
  return out;
}

}  // namespace

void KernelTimes::add(const std::string& kernel, SimTime time) {
  ++launches_;
  total_ += time;
  const std::string name = figure_name(kernel);
  const auto it = by_name_.find(name);
  if (it != by_name_.end()) {
    it->second += time;
  } else if (by_name_.size() < kMaxNames) {
    by_name_.emplace(name, time);
  }
}

void KernelTimes::collect(Statistics& out) const {
  out.count("kernels.launches", launches_, "kernel launches that ended on devices");
  out.time("time.kernels", total_, "from begin to end of kernel launches, summed");
  for (const auto& [name, time] : by_name_) {
    out.time("time.kernel." + name, time, "of the launches of this kernel");
  }
}

ResidentTimes::ResidentTimes(const std::vector<KernelTime>& given, traces::Reader& reader) : given_(given) {
  std::vector<bool> running;
  const auto launches_of = [&](std::uint32_t agent) -> std::vector<std::uint64_t>& {
    if (agent >= launches_.size()) {
      launches_.resize(agent + 1);
      running.resize(agent + 1);
    }
    return launches_[agent];
  };
  const auto handle = [&](const traces::Event& event) {
    if (event.kind == traces::EventKind::kKernelLaunch) {
      launches_of(event.agent).push_back(0);
      running[event.agent] = true;
    } else if (event.kind == traces::EventKind::kKernelEnd && event.agent < running.size()) {
      running[event.agent] = false;
    }
  };
  traces::AccessBlock block;
  while (reader.next(block)) {
    accesses_ += block.accesses.size();
    std::size_t event = 0;
    for (std::size_t i = 0; i < block.accesses.size();) {
      while (event < block.events.size() && block.events[event].position <= i) handle(block.events[event++]);
      const std::size_t stop = event < block.events.size()
                                   ? std::min<std::size_t>(block.events[event].position, block.accesses.size())
                                   : block.accesses.size();
      for (; i < stop; ++i) {
        const std::uint32_t agent = block.accesses[i].agent;
        if (agent < running.size() && running[agent]) ++launches_[agent].back();
      }
    }
    while (event < block.events.size()) handle(block.events[event++]);
  }
}

std::optional<SimTime> ResidentTimes::given_for(std::string_view kernel) const {
  for (const KernelTime& each : given_) {
    if (fnmatch(each.name.c_str(), std::string(kernel).c_str(), 0) == 0) return each.time.value;
  }
  return std::nullopt;
}

std::optional<double> ResidentTimes::access_picoseconds(std::uint32_t agent, std::uint64_t number,
                                                        std::string_view kernel) const {
  const std::optional<SimTime> time = given_for(kernel);
  if (!time || agent >= launches_.size() || number >= launches_[agent].size()) return std::nullopt;
  const std::uint64_t accesses = launches_[agent][number];
  if (accesses == 0) return std::nullopt;
  return static_cast<double>(time->picoseconds()) / static_cast<double>(accesses);
}

}  // namespace farfault
