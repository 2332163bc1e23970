#include "analysis/report/run_page.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "analysis/compare.h"
#include "analysis/report/charts/parts.h"
#include "analysis/report/charts/result_charts.h"
#include "analysis/report/charts/timeline_charts.h"
#include "analysis/report/escape.h"
#include "analysis/report/facts.h"
#include "analysis/report/tables.h"
#include "analysis/report/verdict.h"

namespace farfault::report {
namespace {

// Directions of links that have a chart each.
constexpr std::size_t kMostLinkCharts = 12;

constexpr const char* kNoTimeline =
    "There is no timeline.json beside the results: run again without --no-timeline to see this.";

/// Of one run, as a comparison of one column: what tables are made of.
struct OneRun {
  const RunFolder& run;
  const analysis::ResultFile& result;
  analysis::Comparison comparison;
  ChartPlace place;
};

Section time_section(const OneRun& one) {
  Section out{"time", "Where the time went", {}, {}};
  std::vector<LanesTime> bars;
  for (const char* const kind : {"device", "host"}) {
    LanesTime lanes = lanes_time(one.result.statistics, kind, "");
    if (lanes.lanes <= 0) continue;
    const bool device = std::string_view(kind) == "device";
    lanes.label = device ? "devices (" + counted(lanes.lanes, "stream", "streams") + ")"
                         : "host (" + counted(lanes.lanes, "thread", "threads") + ")";
    bars.push_back(std::move(lanes));
  }
  add_chart(out.charts,
            time_breakdown(one.place, "time-breakdown", "Where the time of streams and threads went", bars));
  if (one.run.timeline) {
    for (const char* const kind : {"device", "host"})
      add_chart(out.charts, lanes_over_time(one.place, *one.run.timeline, kind));
  }
  add_chart(out.charts, time_components(one.place, one.comparison));
  if (one.run.timeline) add_chart(out.charts, driver_over_time(one.place, *one.run.timeline));
  return out;
}

Section latency_section(const OneRun& one) {
  Section out{"latency", "Latency", {}, {}};
  const auto lines_of = [&one](const std::vector<std::pair<std::string, std::string>>& wanted) {
    std::vector<LatencyLine> lines;
    for (const auto& [name, label] : wanted) {
      const auto it = one.result.distributions.find(name);
      if (it != one.result.distributions.end() && it->second.count > 0) {
        lines.push_back({label + " (" + count_text(static_cast<double>(it->second.count)) + ')', &it->second});
      }
    }
    return lines;
  };
  add_chart(out.charts, latency_cdf(one.place, "latency-accesses", "Latency of accesses and faults",
                                    lines_of({{"latency.access.device", "device access"},
                                              {"latency.access.host", "host access"},
                                              {"latency.fault.device", "device fault"},
                                              {"latency.fault.cpu", "host fault"}}),
                                    "latency of (number)"));
  std::vector<std::pair<std::string, std::string>> operations;
  for (const char* const name :
       {"gup", "gup_fast", "pin", "unpin", "fork", "cow", "unmap", "split", "retry", "free", "pmem_gup"}) {
    operations.emplace_back(std::string("latency.kernel.") + name, name);
  }
  add_chart(out.charts, latency_cdf(one.place, "latency-operations", "Latency of kernel operations",
                                    lines_of(operations), "operation (number)"));
  if (out.charts.empty()) out.html = missing("The results have no distribution of latencies with anything in it.");
  return out;
}

Section bandwidth_section(const OneRun& one) {
  Section out{"bandwidth", "Bandwidth over time", {}, {}};
  const std::vector<LinkDirection> links = link_directions(one.result.statistics);
  if (links.empty()) {
    out.html = missing("Nothing moved over a link.");
    return out;
  }
  if (!one.run.timeline) {
    out.html = missing(kNoTimeline);
    return out;
  }
  std::size_t index = 0;
  for (const LinkDirection& link : links) {
    if (index == kMostLinkCharts) break;
    add_chart(out.charts,
              bandwidth_over_time(one.place, "bandwidth-" + std::to_string(index++), *one.run.timeline, link));
  }
  if (links.size() > kMostLinkCharts) {
    out.html = missing("Shown are " + std::to_string(kMostLinkCharts) + " of " + std::to_string(links.size()) +
                       " directions of links.");
  }
  return out;
}

Section activity_section(const OneRun& one) {
  Section out{"activity", "Faults and migrations over time", {}, {}};
  if (!one.run.timeline) {
    out.html = missing(kNoTimeline);
    return out;
  }
  const Timeline& timeline = *one.run.timeline;
  add_chart(out.charts, faults_over_time(one.place, timeline));
  add_chart(out.charts, moves_over_time(one.place, timeline));
  add_chart(out.charts, evictions_over_time(one.place, timeline));
  add_chart(out.charts, residency_over_time(one.place, timeline, capacity_of_one_device(one.result.statistics)));
  if (out.charts.empty()) out.html = missing("Nothing faulted and nothing moved.");
  return out;
}

Section addresses_section(const OneRun& one) {
  Section out{"addresses", "Address space over time", {}, {}};
  if (!one.run.timeline || !one.run.timeline->heat_map) {
    out.html = missing(one.run.timeline ? "The timeline has no heat map of the address space." : kNoTimeline);
    return out;
  }
  const std::array<HeatChart, 5> layers = {
      {{"accesses.device", "heat-accesses-device", "Accesses of devices", "accesses (estimated)", false},
       {"resident.device", "heat-resident-device", "What is in device memory", "share of the row", true},
       {"faults.device", "heat-faults-device", "Faults of devices", "faults", false},
       {"accesses.host", "heat-accesses-host", "Accesses of the host", "accesses (estimated)", false},
       {"faults.host", "heat-faults-host", "Faults of the host on device pages", "faults", false}}};
  for (const HeatChart& layer : layers) {
    add_chart(out.charts, heat_map(one.place, *one.run.timeline->heat_map,
                                   static_cast<double>(one.run.timeline->end_ps), layer, {}));
  }
  return out;
}

Section sizes_section(const OneRun& one) {
  Section out{"sizes", "Batches and copies by size", {}, {}};
  struct Wish {
    const char* name;
    const char* id;
    const char* title;
    const char* axis;
    const char* of_what;
  };
  const std::array<Wish, 4> wishes = {
      {{"faults.device.batch_faults", "sizes-batch-faults", "Fault entries in a batch", "entries", "batches"},
       {"faults.device.batch_blocks", "sizes-batch-blocks", "2 MiB blocks in a batch", "blocks", "batches"},
       {"pieces.to_device", "sizes-pieces-to-device", "Contiguous pieces copied to devices", "size", "pieces"},
       {"pieces.to_host", "sizes-pieces-to-host", "Contiguous pieces copied to the host", "size", "pieces"}}};
  for (const Wish& wish : wishes) {
    const auto it = one.result.distributions.find(wish.name);
    if (it == one.result.distributions.end()) continue;
    add_chart(out.charts, size_histogram(one.place, wish.id, wish.title, it->second, wish.axis, wish.of_what));
  }
  if (out.charts.empty()) out.html = missing("There were no batches and no copies.");
  return out;
}

Section metadata_section(const OneRun& one) {
  Section out{"metadata", "What the kernel design costs", {}, {}};
  const std::vector<Figures> figures = {one.result.statistics};
  add_chart(out.charts, metadata_memory(one.place, figures, {"this run"}));
  add_chart(out.charts, metadata_setup(one.place, figures, {"this run"}));
  if (out.charts.empty()) out.html = missing("The design makes no struct pages, tree or map for device memory.");
  return out;
}

}  // namespace

Page make_run_page(const RunFolder& run) {
  Page page;
  page.title = run.result.name.empty() ? "A run" : run.result.name;
  page.subtitle = "One run of " + run.result.workload;
  for (const std::string& policy : run.result.policies) page.subtitle += ", " + policy;
  const OneRun one{run, run.result, analysis::compare({{run.result.name, run.result, {}}}), {"", page.datasets, {}}};

  page.sections.push_back({"verdict", "Verdict", paragraphs(run_verdict(run.result)), {}});
  page.sections.push_back({"assumptions", "Assumptions", assumptions_html(run.result.assumptions), {}});
  page.sections.push_back(
      {"figures",
       "Key figures",
       figures_table(one.comparison, key_figures(one.comparison)) + all_figures_table(one.comparison),
       {}});
  page.sections.push_back(time_section(one));
  page.sections.push_back(latency_section(one));
  page.sections.push_back(bandwidth_section(one));
  page.sections.push_back(activity_section(one));
  page.sections.push_back(addresses_section(one));
  page.sections.push_back(sizes_section(one));
  page.sections.push_back(metadata_section(one));
  page.sections.push_back(
      {"reproduce", "Reproduce", reproduce_html(run) + notes_html({{run.result.name, run, {}}}), {}});
  std::string config = config_html(run.config, "Everything, with the source of each value");
  if (config.empty()) config = missing("There is no config.resolved.json beside the results.");
  page.sections.push_back({"config", "Resolved config", std::move(config), {}});
  page.footer.push_back("farfault " + run.result.version + ", config " + run.result.config_hash);
  return page;
}

}  // namespace farfault::report
