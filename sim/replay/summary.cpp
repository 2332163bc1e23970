#include "sim/replay/summary.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/config/load.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/replay/reachability.h"

namespace farfault {
namespace {

constexpr std::size_t kLabelWidth = 13;

std::string percent(double ratio) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", ratio * 100.0);
  return text.data();
}

std::string padded(const std::string& text, std::size_t width, bool right = false) {
  const std::string space(width > text.size() ? width - text.size() : 0, ' ');
  return right ? space + text : text + space;
}

std::string joined(const std::vector<std::string>& parts, const char* between = ", ") {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

/// Lines with a label on the left.
class Sheet {
 public:
  explicit Sheet(bool color) : color_(color) {}

  void title(const std::string& text) { text_ += bold(text) + '\n'; }
  /// A label of no text continues the lines above.
  void line(const std::string& label, const std::string& text) {
    if (!text.empty()) text_ += bold(padded(label, kLabelWidth)) + text + '\n';
  }
  void gap() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  std::string bold(const std::string& text) const { return color_ ? "\x1B[1m" + text + "\x1B[0m" : text; }

  bool color_;
  std::string text_;
};

/// The figures by name; nothing where the run does not have one.
class FiguresOf {
 public:
  explicit FiguresOf(const Statistics& statistics) : statistics_(statistics) {}

  std::optional<std::uint64_t> count(const std::string& name) const {
    if (!statistics_.contains(name)) return std::nullopt;
    return static_cast<std::uint64_t>(statistics_.integer(name));
  }
  std::optional<Bytes> bytes(const std::string& name) const {
    const std::optional<std::uint64_t> value = count(name);
    return value ? std::optional(Bytes(*value)) : std::nullopt;
  }
  std::optional<SimTime> time(const std::string& name) const {
    if (!statistics_.contains(name)) return std::nullopt;
    return SimTime::picoseconds(statistics_.integer(name));
  }
  std::optional<double> real(const std::string& name) const {
    if (!statistics_.contains(name)) return std::nullopt;
    return statistics_.at(name).as_double();
  }
  const Histogram* histogram(const std::string& name) const {
    const auto it = statistics_.distributions().find(name);
    return it == statistics_.distributions().end() ? nullptr : &it->second.histogram;
  }
  /// "12,345 batches"; nothing if there is no such figure.
  void add_count(std::vector<std::string>& parts, const std::string& name, const std::string& what) const {
    if (const auto n = count(name)) parts.push_back(format_count(*n) + ' ' + what);
  }

 private:
  const Statistics& statistics_;
};

/// "561,200 pages served", with how far samples lie apart if there are several.
std::string estimate_text(const FiguresOf& figures, const std::string& name, const char* what) {
  const std::string seeds = "sample.seeds." + name;
  const auto mean = figures.count(seeds + ".mean");
  const auto high = figures.count(seeds + ".high");
  if (mean && high) return format_count(*mean) + " +- " + format_count(*high - *mean) + ' ' + what;
  return format_count(figures.count("sample.estimate." + name).value_or(0)) + ' ' + what;
}

void add_sample_lines(Sheet& sheet, const FiguresOf& figures) {
  const auto units = figures.count("sample.units");
  const auto unit = figures.bytes("sample.unit");
  const auto accesses = figures.count("sample.whole.accesses");
  const auto pages = figures.count("sample.whole.pages");
  if (!units || !unit || !accesses || !pages) return;
  sheet.line("sample", format_count(*units) + " pieces of " + format_short(*unit) + ", of a workload of " +
                           format_count(*accesses) + " accesses and " + format_short(kPageSize * *pages));
  const auto seeds = figures.count("sample.seeds");
  sheet.line("  whole", (seeds ? "by " + format_count(*seeds) + " samples, 95 %: " : "about ") +
                            estimate_text(figures, "faults.device.serviced", "pages served") + ", " +
                            estimate_text(figures, "pages.to_host.eviction", "evicted"));
}

std::string choice_text(const std::string& slot, const Choice& choice) {
  std::vector<std::string> parameters;
  for (const auto& [name, value] : choice.parameters.values()) parameters.push_back(name + ' ' + parameter_text(value));
  const std::string in_parentheses = parameters.empty() ? "" : " (" + joined(parameters) + ')';
  return slot + ' ' + printable(choice.kind) + in_parentheses;
}

void add_what_ran(Sheet& sheet, const RunSpec& spec, const RunResult& result, const FiguresOf& figures) {
  sheet.title(printable(spec.name));
  const bool hmm = spec.platform.driver.memory == MemoryBack::kHmm && !spec.platform.devices.empty();
  sheet.line("platform", printable(spec.platform.name) + (hmm ? ", kernel design " + printable(spec.design.kind) : ""));
  if (!spec.platform.devices.empty()) {
    sheet.line("policy", choice_text("placement", spec.policy.placement) + ", " +
                             choice_text("prefetch", spec.policy.prefetch) + ", " +
                             choice_text("eviction", spec.policy.eviction) + ", " +
                             choice_text("thrashing", spec.policy.thrashing));
  }
  std::vector<std::string> plugins;
  for (const PluginUse& plugin : spec.plugins) {
    plugins.push_back(joined(plugin.policies) + " of " + plugin.name + " (" + printable(plugin.file, 200) + ')');
  }
  sheet.line("plug-in", joined(plugins));
  sheet.line("workload", printable(result.workload, 200));
  std::vector<std::string> size;
  figures.add_count(size, "accesses.total", "accesses");
  if (const auto bytes = figures.bytes("footprint.bytes")) {
    size.push_back("footprint " + format_short(*bytes));
    if (const auto pages = figures.count("footprint.pages")) size.back() += " (" + format_count(*pages) + " pages)";
  }
  sheet.line("", joined(size));
  add_sample_lines(sheet, figures);
}

/// Where the lanes of host or devices spent their time, as shares of it.
std::string time_shares(const FiguresOf& figures, const std::string& kind) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kCategories = {{{"compute", "compute"},
                                                                               {"local", "own memory"},
                                                                               {"remote", "remote memory"},
                                                                               {"stall", "page faults"},
                                                                               {"wait", "waiting for others"},
                                                                               {"idle", "idle"}}};
  double sum = 0;
  for (const auto& category : kCategories) {
    sum += static_cast<double>(figures.time("time." + kind + '.' + category.first).value_or(SimTime()).picoseconds());
  }
  std::vector<std::string> parts;
  for (const auto& [name, words] : kCategories) {
    const auto time = figures.time("time." + kind + '.' + name);
    if (!time || *time == SimTime::zero()) continue;
    parts.push_back(std::string(words) + ' ' + percent(static_cast<double>(time->picoseconds()) / sum));
  }
  return joined(parts);
}

void add_optimum(Sheet& sheet, const FiguresOf& figures) {
  const auto time = figures.time("optimal.time");
  const auto faults = figures.count("optimal.faults");
  if (!time || !faults) return;
  const auto of = [&](const char* name) {
    const auto ratio = figures.real(name);
    return ratio ? " (" + percent(*ratio) + " of this run's)" : std::string();
  };
  sheet.line("optimal", "time " + format_short(*time) + of("optimal.time_share") + " with hindsight, " +
                            format_count(*faults) + " faulted pages" + of("optimal.faults_share") + " with MIN");
}

void add_times(Sheet& sheet, const FiguresOf& figures) {
  if (const auto total = figures.time("time.total")) sheet.line("time", format_short(*total) + " simulated");
  add_optimum(sheet, figures);
  for (const char* kind : {"device", "host"}) {
    const auto lanes = figures.count(std::string("lanes.") + kind);
    if (!lanes || *lanes == 0) continue;
    const bool device = std::string_view(kind) == "device";
    const std::string what = device ? (*lanes == 1 ? " stream" : " streams") : (*lanes == 1 ? " thread" : " threads");
    sheet.line(std::string("  ") + kind, time_shares(figures, kind) + "  (" + format_count(*lanes) + what + ')');
  }
}

void add_faults(Sheet& sheet, const FiguresOf& figures) {
  std::vector<std::string> device;
  figures.add_count(device, "faults.device.raised", "raised");
  figures.add_count(device, "faults.device.serviced", "pages served");
  figures.add_count(device, "faults.device.duplicate", "duplicate");
  figures.add_count(device, "faults.device.batches", "batches");
  figures.add_count(device, "faults.device.refaults", "refaults");
  sheet.line("faults", device.empty() ? "" : "device: " + joined(device));
  std::vector<std::string> host;
  figures.add_count(host, "faults.cpu.minor", "minor");
  figures.add_count(host, "faults.cpu.migrate", "on pages in device memory");
  sheet.line(device.empty() ? "faults" : "", host.empty() ? "" : "host: " + joined(host));
}

/// Of one direction over all links to the host: the sum, and each cause that moved anything.
std::string moved(const RunSpec& spec, const FiguresOf& figures, const std::string& direction) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kCauses = {{{"demand", "demand"},
                                                                           {"prefetch", "prefetch"},
                                                                           {"eviction", "eviction"},
                                                                           {"cpu_fault", "host faults"},
                                                                           {"peer", "between devices"},
                                                                           {"remote", "remote accesses"}}};
  bool any = false;
  Bytes total;
  std::array<Bytes, kCauses.size()> by_cause{};
  for (const LinkSpec& link : spec.platform.links) {
    if (!link.peers.empty()) continue;
    const std::string name = "bytes.link." + link.name + '.' + direction;
    any = any || figures.bytes(name).has_value();
    total += figures.bytes(name).value_or(Bytes());
    for (std::size_t i = 0; i < kCauses.size(); ++i) {
      by_cause[i] += figures.bytes(name + '.' + kCauses[i].first).value_or(Bytes());
    }
  }
  if (!any) return {};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < kCauses.size(); ++i) {
    if (by_cause[i] != Bytes()) parts.push_back(std::string(kCauses[i].second) + ' ' + format_short(by_cause[i]));
  }
  return padded(format_short(total), 9, true) + (parts.empty() ? "" : "  " + joined(parts));
}

/// "94.1 % of device accesses, 97.0 % migratable; library 61.0 %, file 3.0 %", largest class first.
void add_reach(Sheet& sheet, const FiguresOf& figures) {
  const auto reachable = figures.real("reach.device.reachable.accesses");
  const auto migratable = figures.real("reach.device.migratable.accesses");
  if (!reachable || !migratable) return;
  std::vector<std::pair<std::uint64_t, std::string>> classes;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kReachClassCount; ++i) {
    const std::string name(reach_class_name(static_cast<ReachClass>(i)));
    const std::uint64_t accesses = figures.count("reach.device." + name + ".accesses").value_or(0);
    total += accesses;
    if (accesses != 0) classes.emplace_back(accesses, name);
  }
  std::stable_sort(classes.begin(), classes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> parts;
  for (const auto& [accesses, name] : classes) {
    parts.push_back(name + ' ' + percent(static_cast<double>(accesses) / static_cast<double>(total)));
  }
  sheet.line("reach",
             percent(*reachable) + " of device accesses, " + percent(*migratable) + " migratable; " + joined(parts));
  const auto most = figures.real("reach.adoption.100.accesses");
  if (!most) return;
  const auto enough = figures.real("reach.adoption.for_80_percent");
  sheet.line("", enough ? "80 % reached if " + percent(*enough) + " of allocations use the library"
                        : "80 % not reached: " + percent(*most) + " if every allocation uses the library");
}

/// "4 MiB  pages 4 MiB", of both directions of all links between devices; empty if nothing crossed them.
std::string moved_between_devices(const RunSpec& spec, const FiguresOf& figures) {
  Bytes pages;
  Bytes accesses;
  for (const LinkSpec& link : spec.platform.links) {
    if (link.peers.empty()) continue;
    for (const char* const direction : {".to_device", ".to_host"}) {
      const std::string name = "bytes.link." + link.name + direction;
      pages += figures.bytes(name + ".peer").value_or(Bytes());
      accesses += figures.bytes(name + ".remote").value_or(Bytes());
    }
  }
  if (pages + accesses == Bytes()) return {};
  std::vector<std::string> parts;
  if (pages != Bytes()) parts.push_back("pages " + format_short(pages));
  if (accesses != Bytes()) parts.push_back("remote accesses " + format_short(accesses));
  return padded(format_short(pages + accesses), 9, true) + "  " + joined(parts);
}

/// What a link's direction is called.
std::string way_of(const LinkSpec& link, bool to_device) {
  if (link.peers.size() != 2) return to_device ? "to device" : "to host  ";
  return "to " + link.peers[to_device ? 1 : 0];
}

void add_traffic(Sheet& sheet, const RunSpec& spec, const FiguresOf& figures) {
  const std::string in = moved(spec, figures, "to_device");
  const std::string out = moved(spec, figures, "to_host");
  sheet.line("moved", in.empty() ? "" : "to device " + in);
  sheet.line("", out.empty() ? "" : "to host   " + out);
  const std::string between = moved_between_devices(spec, figures);
  sheet.line("", between.empty() ? "" : "to a peer " + between);
  std::vector<std::string> pages;
  figures.add_count(pages, "pages.to_device.demand", "demand");
  figures.add_count(pages, "pages.to_device.prefetch", "prefetched");
  if (const auto prefetched = figures.count("pages.to_device.prefetch"); prefetched && *prefetched != 0) {
    const auto used = figures.count("pages.to_device.prefetch_used");
    if (used) pages.back() += " (" + percent(static_cast<double>(*used) / static_cast<double>(*prefetched)) + " used)";
  }
  figures.add_count(pages, "pages.to_host.eviction", "evicted");
  figures.add_count(pages, "pages.to_host.cpu_fault", "back to the host");
  figures.add_count(pages, "pages.peer", "between devices");
  sheet.line("pages", joined(pages));

  std::string label = "bandwidth";
  for (const LinkSpec& link : spec.platform.links) {
    for (const bool to_device : {true, false}) {
      const std::string name = "link." + link.name + (to_device ? ".to_device" : ".to_host");
      const auto rate = figures.real("bandwidth." + name);
      if (!rate) continue;
      // A rate of nothing has no unit to print it in.
      const std::string text = *rate > 0 ? format_short(Bandwidth::bytes_per_second(*rate)) : "0 B/s";
      const auto share = figures.real("utilisation." + name);
      const std::string of_peak = share && *share > 0 ? "  " + percent(*share) + " of the peak" : "";
      sheet.line(std::exchange(label, ""), printable(link.name) + ' ' + printable(way_of(link, to_device)) + ' ' +
                                               padded(text, 9, true) + of_peak);
    }
  }
}

using Row = std::array<std::string, 7>;

Row latency_row(const std::string& what, const Histogram& histogram) {
  const auto time = [](double picoseconds) { return format_short(SimTime::from_picoseconds(picoseconds)); };
  const auto quantile = [&](double q) { return time(static_cast<double>(histogram.quantile(q))); };
  return {
      what,           format_count(histogram.count()),           time(histogram.mean()), quantile(0.5), quantile(0.9),
      quantile(0.99), time(static_cast<double>(histogram.max()))};
}

void add_latencies(Sheet& sheet, const FiguresOf& figures) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kLatencies = {
      {{"latency.access.device", "device access"},
       {"latency.access.host", "host access"},
       {"latency.fault.device", "device fault"},
       {"latency.fault.cpu", "host fault"}}};
  std::vector<Row> rows = {{"", "count", "mean", "p50", "p90", "p99", "max"}};
  for (const auto& [name, what] : kLatencies) {
    const Histogram* histogram = figures.histogram(name);
    if (histogram != nullptr && histogram->count() != 0) rows.push_back(latency_row(what, *histogram));
  }
  if (rows.size() == 1) return;
  std::array<std::size_t, 7> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string label = "latency";
  for (const Row& row : rows) {
    std::string text = padded(row[0], widths[0]);
    for (std::size_t i = 1; i < row.size(); ++i) text += "  " + padded(row[i], widths[i], true);
    sheet.line(std::exchange(label, ""), text);
  }
}

/// What the kernel did beside migrating, as far as it did anything.
void add_kernel(Sheet& sheet, const FiguresOf& figures) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kOperations = {{{"gup", "get_user_pages"},
                                                                               {"gup_fast", "get_user_pages fast"},
                                                                               {"pin", "pins"},
                                                                               {"fork", "forks"},
                                                                               {"cow", "copies on write"},
                                                                               {"split", "folio splits"}}};
  std::vector<std::string> parts;
  for (const auto& [name, what] : kOperations) {
    const std::string op = std::string("kernel.op.") + name;
    const auto calls = figures.count(op + ".calls");
    const auto time = figures.time(op + ".time");
    if (!calls || *calls == 0 || !time) continue;
    parts.push_back(format_count(*calls) + ' ' + what + " (" + format_short(*time) + ')');
  }
  sheet.line("kernel", joined(parts));
  std::vector<std::string> kept;
  constexpr std::array<std::pair<const char*, const char*>, 4> kFailures = {
      {{"kernel.failed.kind", "faulted pages stay since their mapping does not migrate"},
       {"kernel.failed.pinned", "since somebody holds them"},
       {"kernel.failed.gup", "pages that get_user_pages could not have"},
       {"accesses.device.failed", "accesses to what no device may use"}}};
  for (const auto& [name, what] : kFailures) {
    if (figures.count(name).value_or(0) != 0) figures.add_count(kept, name, what);
  }
  sheet.line(parts.empty() ? "kernel" : "", joined(kept));
}

void add_memory(Sheet& sheet, const FiguresOf& figures) {
  std::string label = "memory";
  for (const char* kind : {"device", "host"}) {
    const std::string name = std::string("memory.") + kind;
    const auto peak = figures.bytes(name + ".peak");
    const auto capacity = figures.bytes(name + ".capacity");
    if (!peak || !capacity || *capacity == Bytes()) continue;
    const double share = static_cast<double>(peak->count()) / static_cast<double>(capacity->count());
    sheet.line(std::exchange(label, ""), padded(std::string(kind) + ':', 8) + "peak " + format_short(*peak) + " of " +
                                             format_short(*capacity) + " (" + percent(share) + ')');
  }
}

}  // namespace

std::string parameter_text(const ParameterValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>) {
          return v ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
          return std::to_string(v);
        } else if constexpr (std::is_same_v<T, double>) {
          std::array<char, 32> text{};
          return {text.data(), std::to_chars(text.data(), text.data() + text.size(), v).ptr};
        } else if constexpr (std::is_same_v<T, std::string>) {
          return printable(v);
        } else {
          return format_exact(v);
        }
      },
      value);
}

std::string summary_text(const RunSpec& spec, const RunResult& result, bool color) {
  const FiguresOf figures(result.statistics);
  Sheet sheet(color);
  add_what_ran(sheet, spec, result, figures);
  sheet.gap();
  add_times(sheet, figures);
  if (!spec.platform.devices.empty()) {
    add_faults(sheet, figures);
    add_traffic(sheet, spec, figures);
    add_reach(sheet, figures);
    add_kernel(sheet, figures);
  }
  add_latencies(sheet, figures);
  add_memory(sheet, figures);
  sheet.gap();
  const std::size_t assumed = assumptions(spec).size();
  sheet.line("rests on", assumed == 0 ? "no assumptions"
                                      : format_count(assumed) + (assumed == 1 ? " assumption" : " assumptions") +
                                            "; results.json lists each with its value");
  for (const std::string& note : result.notes) sheet.line("note", printable(note, 400));
  if (!result.trace_unknown.empty())
    sheet.line("not told", "by the trace: " + printable(joined(result.trace_unknown), 400));
  return sheet.take();
}

}  // namespace farfault
