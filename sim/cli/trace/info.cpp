#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/cli/interrupt.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "traces/names.h"
#include "traces/native/reader.h"
#include "traces/trace_statistics.h"

namespace farfault::cli {
namespace {

using Json = nlohmann::ordered_json;
using traces::BackingStatistics;
using traces::EventKind;
using traces::ReuseDistances;
using traces::TraceStatistics;

/// A kind of chunk of a .fft file.
struct Chunks {
  std::uint64_t count = 0;
  std::uint64_t stored = 0;
  std::uint64_t raw = 0;
};

/// Everything that is printed, in whatever format.
struct TraceInfo {
  std::string path;
  std::string format;
  std::optional<std::uint64_t> file_bytes;  ///< of a regular file
  std::map<std::string, Chunks> chunks;     ///< by type; .fft files have them
  TraceStatistics statistics;
  std::vector<traces::Agent> agents;
  traces::TraceMeta meta;
  std::vector<std::string> unknown;
};

TraceInfo collect(const TraceInfoOptions& options, const Context& context) {
  TraceInfo out;
  out.path = options.in.path;
  const std::unique_ptr<traces::Reader> reader = open_input(options.in, context);
  out.format = reader->format();
  traces::StatisticsOptions measured;
  measured.reuse = !options.no_reuse;
  out.statistics = traces::measure(*reader, options.in.path, measured);
  out.agents = reader->agents();
  out.meta = reader->meta();
  out.unknown = reader->limits().unknown;
  if (!std::filesystem::is_regular_file(options.in.path)) return out;
  out.file_bytes = std::filesystem::file_size(options.in.path);
  if (!is_native_file(options.in.path)) return out;
  const traces::NativeFile file(options.in.path, {options.in.salvage});
  for (const traces::NativeChunk& chunk : file.chunks()) {
    Chunks& chunks = out.chunks[chunk.type];
    ++chunks.count;
    chunks.stored += chunk.stored;
    chunks.raw += chunk.raw;
  }
  return out;
}

// ---- for programs
// ----------------------------------------------------------------------------------------------------

/// What the numbers are, by their place in the JSON; * stands for an index or a name.
struct Description {
  std::string_view path;
  std::string_view unit;
  std::string_view text;
};
constexpr Description kDescriptions[] = {
    {"accesses", "count", "accesses of all agents: reads + writes + read_modify_writes"},
    {"reads", "count", "accesses that read"},
    {"writes", "count", "accesses that write"},
    {"read_modify_writes", "count", "accesses that read and write, atomics among them"},
    {"atomics", "count", "read-modify-writes that are atomic operations of a device"},
    {"bytes", "bytes", "sum of the sizes of all accesses"},
    {"instructions", "count", "instructions of all agents, as far as the trace tells them"},
    {"time", "", "of the last timestamp, in meta.time_unit"},
    {"footprint.pages", "count", "distinct 4 KiB pages that accesses touch"},
    {"footprint.bytes", "bytes", "the size of these pages"},
    {"footprint.blocks", "count", "distinct 2 MiB blocks that they lie in"},
    {"agents.*.accesses", "count", "accesses of the agent"},
    {"mappings.*.mappings", "count", "mappings that were made; the heap is one"},
    {"mappings.*.mapped_bytes", "bytes", "mapped at most at one time"},
    {"mappings.*.accesses", "count", "accesses whose first byte lies there"},
    {"mappings.*.pages", "count", "4 KiB pages that were touched there first"},
    {"reuse.touches", "count", "touches of pages; an access that overlaps two pages touches both"},
    {"reuse.first", "count", "touches of a page that was not touched before"},
    {"reuse.below_1", "count", "touches of the page that was touched just before"},
    {"reuse.below_16", "count", "touches after 1 to 15 other pages were touched since the last touch of the page"},
    {"reuse.below_256", "count", "the same after 16 to 255 other pages"},
    {"reuse.below_4096", "count", "the same after 256 to 4095 other pages"},
    {"reuse.below_65536", "count", "the same after 4096 to 65535 other pages"},
    {"reuse.beyond", "count", "the same after 65536 other pages or more"},
    {"kernel_launches", "count", "kernels that were launched"},
    {"events.*", "count", "events of this kind"},
    {"file_bytes", "bytes", "size of the file"},
    {"bytes_per_access", "bytes", "file_bytes / accesses"},
    {"chunks.*.count", "count", "chunks of this type in the file"},
    {"chunks.*.stored_bytes", "bytes", "their size in the file"},
    {"chunks.*.raw_bytes", "bytes", "the size of their contents, decompressed"},
};

Json json_of(const BackingStatistics& backing) {
  Json out;
  out["mappings"] = backing.mappings;
  out["mapped_bytes"] = backing.mapped.count();
  out["accesses"] = backing.accesses;
  out["pages"] = backing.pages;
  return out;
}

bool is_used(const BackingStatistics& backing) { return backing.mappings != 0 || backing.accesses != 0; }

Json mappings_json(const TraceStatistics& s) {
  Json out = Json::object();
  for (std::size_t i = 0; i < traces::kBackingCount; ++i) {
    if (is_used(s.by_backing[i])) out[std::string(traces::backing_names()[i])] = json_of(s.by_backing[i]);
  }
  if (is_used(s.unmapped)) out["not_mapped"] = json_of(s.unmapped);
  return out;
}

std::uint64_t touches_of(const ReuseDistances::Counts& reuse) {
  std::uint64_t out = reuse.first + reuse.beyond;
  for (const std::uint64_t n : reuse.below) out += n;
  return out;
}

Json reuse_json(const std::optional<ReuseDistances::Counts>& reuse) {
  if (!reuse) return nullptr;
  Json out;
  out["touches"] = touches_of(*reuse);
  out["first"] = reuse->first;
  for (std::size_t i = 0; i < reuse->below.size(); ++i) {
    out["below_" + std::to_string(ReuseDistances::kBounds[i])] = reuse->below[i];
  }
  out["beyond"] = reuse->beyond;
  return out;
}

Json meta_json(const traces::TraceMeta& meta) {
  Json out;
  out["recorder"] = meta.recorder;
  out["command"] = meta.command;
  out["exit_status"] = meta.exit_status ? Json(*meta.exit_status) : Json();
  out["exit_signal"] = meta.exit_signal ? Json(*meta.exit_signal) : Json();
  out["original_format"] = meta.original_format;
  out["time_unit"] = meta.time_unit;
  out["lossy"] = meta.lossy;
  return out;
}

std::uint64_t accesses_of(const TraceInfo& info, std::size_t agent) {
  const std::vector<std::uint64_t>& by_agent = info.statistics.accesses_by_agent;
  return agent < by_agent.size() ? by_agent[agent] : 0;
}

Json agents_json(const TraceInfo& info) {
  Json out = Json::array();
  for (std::size_t i = 0; i < info.agents.size(); ++i) {
    const traces::Agent& agent = info.agents[i];
    Json& row = out.emplace_back();
    row["name"] = agent.name;
    row["kind"] = traces::name_of(agent.kind);
    row["parent"] = agent.parent < info.agents.size() ? Json(info.agents[agent.parent].name) : Json();
    row["accesses"] = accesses_of(info, i);
  }
  return out;
}

std::uint64_t count_of(const TraceStatistics& s, EventKind kind) { return s.events[static_cast<std::size_t>(kind)]; }

Json events_json(const TraceStatistics& s) {
  Json out = Json::object();
  for (std::size_t i = 0; i < traces::kEventKindCount; ++i) {
    if (s.events[i] != 0) out[std::string(traces::name_of(static_cast<EventKind>(i)))] = s.events[i];
  }
  return out;
}

Json json_of(const TraceInfo& info) {
  const TraceStatistics& s = info.statistics;
  const traces::FootprintScan& f = s.footprint;
  Json out;
  out["schema"] = "farfault-trace-info/1";
  out["trace"] = info.path;
  out["format"] = info.format;
  out["accesses"] = f.accesses;
  out["reads"] = f.reads;
  out["writes"] = f.writes;
  out["read_modify_writes"] = f.read_modify_writes;
  out["atomics"] = s.atomics;
  out["bytes"] = f.bytes;
  out["instructions"] = f.instructions;
  out["time"] = count_of(s, EventKind::kTimestamp) != 0 ? Json(s.last_time) : Json();
  out["footprint"] = {{"pages", f.pages}, {"bytes", f.footprint().count()}, {"blocks", f.blocks}};
  out["agents"] = agents_json(info);
  out["mappings"] = mappings_json(s);
  out["mappings_complete"] = s.mappings_complete;
  out["reuse"] = reuse_json(s.reuse);
  out["kernel_launches"] = count_of(s, EventKind::kKernelLaunch);
  out["events"] = events_json(s);
  out["file_bytes"] = info.file_bytes ? Json(*info.file_bytes) : Json();
  out["bytes_per_access"] = info.file_bytes && f.accesses != 0
                                ? Json(static_cast<double>(*info.file_bytes) / static_cast<double>(f.accesses))
                                : Json();
  out["chunks"] = Json::object();
  for (const auto& [type, chunks] : info.chunks) {
    out["chunks"][type] = {{"count", chunks.count}, {"stored_bytes", chunks.stored}, {"raw_bytes", chunks.raw}};
  }
  out["meta"] = meta_json(info.meta);
  out["unknown"] = info.unknown;
  for (const Description& d : kDescriptions) {
    out["descriptions"][std::string(d.path)] = {{"unit", d.unit}, {"description", d.text}};
  }
  return out;
}

/// A row for each value, by its path. `described` is the same with what a path has in the middle replaced by *.
void flatten(const Json& value, const std::string& path, const std::string& described, Table& table) {
  if (value.is_structured()) {
    // What has names of its own choosing.
    const bool chosen =
        described == "agents" || described == "mappings" || described == "events" || described == "chunks";
    const auto under = [](const std::string& outer, const std::string& key) {
      return outer.empty() ? key : outer + '.' + key;
    };
    for (const auto& [key, item] : value.items()) {
      flatten(item, under(path, key), under(described, chosen ? "*" : key), table);
    }
    return;
  }
  const auto* const d = std::find_if(std::begin(kDescriptions), std::end(kDescriptions),
                                     [&described](const Description& each) { return each.path == described; });
  const bool known = d != std::end(kDescriptions);
  table.rows.push_back({path,
                        value.is_string() ? value.get<std::string>()
                        : value.is_null() ? ""
                                          : value.dump(),
                        known ? std::string(d->unit) : "", known ? std::string(d->text) : ""});
}

Table flat_table(const TraceInfo& info) {
  Json json = json_of(info);
  json.erase("descriptions");
  Table out{{"name", "value", "unit", "description"}, {}};
  flatten(json, "", "", out);
  return out;
}

// ---- for people
// ------------------------------------------------------------------------------------------------------

/// Longer tables are cut, and say so.
constexpr std::size_t kMostRows = 20;

class Page {
 public:
  explicit Page(ColorMode color) : color_(color) {}

  void line(const std::string& label, const std::string& text) {
    if (!text.empty()) out_ += label + std::string(label.size() < 13 ? 13 - label.size() : 1, ' ') + text + '\n';
  }
  void table(Table table) {
    if (table.rows.empty()) return;
    const std::size_t rows = table.rows.size();
    if (rows > kMostRows) table.rows.resize(kMostRows);
    out_ += '\n' + formatted(table, Format::kTable, color_);
    if (rows > kMostRows) out_ += "... " + std::to_string(rows - kMostRows) + " more (--format json has all)\n";
  }
  void paragraph(const std::string& text) { out_ += '\n' + text; }
  const std::string& text() const { return out_; }

 private:
  ColorMode color_;
  std::string out_;
};

std::string shortened(const std::string& text) { return printable(text, 400); }

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + shortened(part);
  return out;
}

std::string ending_text(const traces::TraceMeta& meta) {
  if (meta.exit_signal) return "killed by signal " + std::to_string(*meta.exit_signal);
  if (meta.exit_status) return "exit status " + std::to_string(*meta.exit_status);
  return "";
}

std::string file_text(const TraceInfo& info) {
  std::string out = info.format;
  if (!info.meta.original_format.empty()) out += " from " + shortened(info.meta.original_format);
  if (!info.file_bytes) return out;
  out += ", " + format_short(Bytes(*info.file_bytes));
  const std::uint64_t accesses = info.statistics.footprint.accesses;
  if (accesses == 0) return out;
  return out + ", " + short_number(static_cast<double>(*info.file_bytes) / static_cast<double>(accesses)) +
         " bytes an access";
}

void add_summary(const TraceInfo& info, Page& page) {
  const TraceStatistics& s = info.statistics;
  const traces::FootprintScan& f = s.footprint;
  page.line("trace", shortened(info.path));
  page.line("format", file_text(info));
  page.line("recorder", shortened(info.meta.recorder));
  page.line("command", shortened(info.meta.command));
  page.line("ended with", ending_text(info.meta));
  page.line("lossy", joined(info.meta.lossy, "; "));
  page.line("accesses", format_count(f.accesses) + ": " + format_count(f.reads) + " reads, " + format_count(f.writes) +
                            " writes, " + format_count(f.read_modify_writes) + " read-modify-writes" +
                            (s.atomics != 0 ? ", " + format_count(s.atomics) + " of them atomic" : ""));
  page.line("bytes", format_short(Bytes(f.bytes)));
  page.line("instructions", format_count(f.instructions));
  page.line("footprint", format_short(f.footprint()) + ": " + counted(f.pages, "page") + " of 4 KiB in " +
                             counted(f.blocks, "block") + " of 2 MiB");
  if (count_of(s, EventKind::kTimestamp) != 0) {
    page.line("time", format_count(s.last_time) + ' ' + shortened(info.meta.time_unit));
  }
  if (const std::uint64_t kernels = count_of(s, EventKind::kKernelLaunch); kernels != 0) {
    page.line("kernels", format_count(kernels) + " launched");
  }
}

Table agents_table(const TraceInfo& info) {
  Table out{{"agent", "kind", "accesses", "share"}, {}};
  for (std::size_t i = 0; i < info.agents.size(); ++i) {
    const std::uint64_t accesses = accesses_of(info, i);
    out.rows.push_back({info.agents[i].name, std::string(traces::name_of(info.agents[i].kind)), format_count(accesses),
                        percent_of(accesses, info.statistics.footprint.accesses)});
  }
  return out;
}

Table mappings_table(const TraceStatistics& s) {
  Table out{{"memory", "mappings", "mapped at most", "pages touched", "accesses", "share"}, {}};
  const auto add = [&](const std::string& name, const BackingStatistics& b) {
    if (!is_used(b)) return;
    out.rows.push_back({name, format_count(b.mappings), format_short(b.mapped), format_count(b.pages),
                        format_count(b.accesses), percent_of(b.accesses, s.footprint.accesses)});
  };
  for (std::size_t i = 0; i < traces::kBackingCount; ++i) {
    add(std::string(traces::backing_names()[i]), s.by_backing[i]);
  }
  add("not mapped", s.unmapped);
  return out;
}

Table reuse_table(const ReuseDistances::Counts& reuse) {
  Table out{{"other pages touched since", "touches", "share"}, {}};
  const std::uint64_t touches = touches_of(reuse);
  const auto add = [&](const std::string& name, std::uint64_t n) {
    out.rows.push_back({name, format_count(n), percent_of(n, touches)});
  };
  add("none", reuse.below[0]);
  for (std::size_t i = 1; i < reuse.below.size(); ++i) {
    add("below " + format_count(ReuseDistances::kBounds[i]), reuse.below[i]);
  }
  add(format_count(ReuseDistances::kBounds.back()) + " or more", reuse.beyond);
  add("first touch", reuse.first);
  return out;
}

Table events_table(const TraceStatistics& s) {
  Table out{{"event", "number"}, {}};
  for (std::size_t i = 0; i < traces::kEventKindCount; ++i) {
    if (s.events[i] == 0) continue;
    out.rows.push_back({std::string(traces::name_of(static_cast<EventKind>(i))), format_count(s.events[i])});
  }
  return out;
}

Table chunks_table(const TraceInfo& info) {
  Table out{{"chunk", "number", "in the file", "decompressed"}, {}};
  for (const auto& [type, chunks] : info.chunks) {
    out.rows.push_back(
        {type, format_count(chunks.count), format_short(Bytes(chunks.stored)), format_short(Bytes(chunks.raw))});
  }
  return out;
}

std::string text_of(const TraceInfo& info, ColorMode color) {
  Page page(color);
  add_summary(info, page);
  page.table(agents_table(info));
  page.table(mappings_table(info.statistics));
  if (!info.statistics.mappings_complete) {
    page.paragraph("There were more mappings at a time than are followed: those above are not all.\n");
  }
  if (info.statistics.reuse) page.table(reuse_table(*info.statistics.reuse));
  page.table(events_table(info.statistics));
  page.table(chunks_table(info));
  if (!info.unknown.empty()) {
    std::string text = "The trace does not tell:\n";
    for (const std::string& what : info.unknown) text += "  " + shortened(what) + '\n';
    page.paragraph(text);
  }
  return page.text();
}

}  // namespace

ExitCode trace_info(const TraceInfoOptions& options, const Context& context) {
  const InterruptGuard guard({}, InterruptGuard::OnSignal::kExit);
  const TraceInfo info = collect(options, context);
  if (options.format == Format::kTable) {
    print(text_of(info, context.common.color));
  } else if (options.format == Format::kJson) {
    print(json_of(info).dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
  } else {
    print(formatted(flat_table(info), options.format, context.common.color));
  }
  return ExitCode::kOk;
}

}  // namespace farfault::cli
