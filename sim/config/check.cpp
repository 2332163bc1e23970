#include "sim/config/check.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/config/overrides.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostDevices = 16;
constexpr std::size_t kMostPmem = 16;
constexpr std::size_t kMostColumns = 32;

template <class Item>
std::vector<std::string> names_of(const std::vector<Item>& items) {
  std::vector<std::string> out;
  out.reserve(items.size());
  for (const Item& item : items) out.push_back(item.name);
  return out;
}

void check_page_table(const PageTableSpec& table, const Node& document, const std::string& pointer,
                      Diagnostics& diagnostics) {
  std::uint64_t bits = kBlockShift;
  for (const std::uint64_t level : table.upper_bits) bits += level;
  if (bits <= 64) return;
  const std::string at = join(pointer, "upper_bits");
  diagnostics.add(nearest(document, at), at,
                  "the levels and the 21 bits below them make " + std::to_string(bits) + " bits of an address",
                  "an address has 64");
}

void check_divides(std::uint64_t part, std::uint64_t whole, const char* what, const Node& document,
                   const std::string& pointer, Diagnostics& diagnostics) {
  if (whole % part == 0) return;
  diagnostics.add(nearest(document, pointer), pointer,
                  std::to_string(part) + " ways do not divide " + std::to_string(whole) + ' ' + what,
                  "give every set as many ways");
}

void check_tlb(const TlbSpec& tlb, const Node& document, const std::string& pointer, Diagnostics& diagnostics) {
  const auto check_level = [&](const TlbLevelSpec& level, const std::string& at) {
    check_divides(level.ways.value, level.entries.value, "entries", document, join(at, "ways"), diagnostics);
    check_divides(level.huge_ways.value, level.huge_entries.value, "entries", document, join(at, "huge_ways"),
                  diagnostics);
  };
  check_level(tlb.l1, join(pointer, "l1"));
  check_level(tlb.l2, join(pointer, "l2"));
}

/// `unit` is the processor's unit of traffic.
void check_cache(const LlcSpec& cache, Bytes unit, const Node& document, const std::string& pointer,
                 Diagnostics& diagnostics) {
  constexpr std::uint64_t kMostSectors = 32;
  const Bytes line = cache.line.value;
  if (line < unit || line > unit * kMostSectors) {
    const std::string at = join(pointer, "line");
    diagnostics.add(nearest(document, at), at,
                    "a line of " + format_exact(line) + " is not 1 to 32 units of traffic of " + format_exact(unit),
                    "write " + format_exact(unit) + " to " + format_exact(unit * kMostSectors));
    return;
  }
  const Bytes row = line * cache.ways.value;
  if (cache.capacity.value >= row && cache.capacity.value.count() % row.count() == 0) return;
  const std::string at = join(pointer, "capacity");
  diagnostics.add(nearest(document, at), at,
                  format_exact(cache.capacity.value) + " is not a multiple of " + std::to_string(cache.ways.value) +
                      " ways of " + format_exact(line),
                  "write a multiple of " + format_exact(row));
}

/// Whether the device may have the link that it names as its way to the host.
void check_way_to_host(const DeviceSpec& device, const std::vector<LinkSpec>& links, const Node& document,
                       const std::string& pointer, Diagnostics& diagnostics) {
  const std::string at = join(pointer, "link");
  std::vector<std::string> to_host;
  for (const LinkSpec& link : links) {
    if (link.peers.empty()) to_host.push_back(link.name);
  }
  const auto named =
      std::find_if(links.begin(), links.end(), [&](const LinkSpec& link) { return link.name == device.link; });
  if (named == links.end()) {
    diagnostics.add(nearest(document, at), at, "unknown link " + in_quotes(device.link),
                    name_hint(device.link, to_host));
  } else if (!named->peers.empty()) {
    diagnostics.add(nearest(document, at), at,
                    "link " + in_quotes(device.link) + " joins two devices, not one to the host",
                    name_hint("", to_host));
  }
}

void check_device(const DeviceSpec& device, const std::vector<LinkSpec>& links, const Node& document,
                  const std::string& pointer, Diagnostics& diagnostics) {
  if (device.memory.capacity.value > kMostDeviceMemory) {
    const std::string at = pointer + "/memory/capacity";
    diagnostics.add(nearest(document, at), at,
                    format_exact(device.memory.capacity.value) + " is more than farfault simulates for a device",
                    "give it at most " + format_exact(kMostDeviceMemory));
  }
  if (device.name == "host") {
    diagnostics.add(nearest(document, pointer), pointer, "a device cannot be named \"host\"", "give it another name");
  }
  check_way_to_host(device, links, document, pointer, diagnostics);
  check_page_table(device.page_table, document, join(pointer, "page_table"), diagnostics);
  check_tlb(device.tlb, document, join(pointer, "tlb"), diagnostics);
}

/// Caches are looked at where they are used: platforms of other units of traffic need none.
void check_caches(const PlatformSpec& platform, const Node& document, Diagnostics& diagnostics) {
  check_cache(platform.host.cache, platform.host.line_size.value, document, "/platform/host/cache", diagnostics);
  for (const DeviceSpec& device : platform.devices) {
    check_cache(device.cache, device.sector_size.value, document, join(join("/platform/devices", device.name), "cache"),
                diagnostics);
  }
}

void check_link(const LinkSpec& link, const Node& document, const std::string& pointer, Diagnostics& diagnostics) {
  if (link.kind != LinkKind::kCxl || link.generation.value >= 5) return;
  const std::string at = join(pointer, "generation");
  diagnostics.add(nearest(document, at), at,
                  "CXL over PCIe " + std::to_string(link.generation.value) + " does not exist", "write 5 or 6");
}

/// Whether a link's peers are two devices of the platform.
void check_peers(const LinkSpec& link, const std::vector<std::string>& devices, const Node& document,
                 const std::string& pointer, Diagnostics& diagnostics) {
  const std::string at = join(pointer, "peers");
  if (link.peers.size() != 2) {
    diagnostics.add(nearest(document, at), at,
                    "has " + std::to_string(link.peers.size()) + (link.peers.size() == 1 ? " device" : " devices"),
                    "name the two that it joins, or none if it leads to the host");
    return;
  }
  bool known = true;
  for (std::size_t i = 0; i < link.peers.size(); ++i) {
    if (std::find(devices.begin(), devices.end(), link.peers[i]) != devices.end()) continue;
    known = false;
    const std::string entry = join(at, i);
    diagnostics.add(nearest(document, entry), entry, "the platform has no device " + in_quotes(link.peers[i]),
                    name_hint(link.peers[i], devices));
  }
  if (known && link.peers[0] == link.peers[1]) {
    diagnostics.add(nearest(document, at), at, "joins device " + in_quotes(link.peers[0]) + " to itself",
                    "name two devices");
  }
}

/// Whether no two links join the same devices, whichever they name first.
void check_pairs(const std::vector<LinkSpec>& links, const Node& document, const std::string& pointer,
                 Diagnostics& diagnostics) {
  std::map<std::pair<std::string, std::string>, std::string> joined;  // by the names in order
  for (const LinkSpec& link : links) {
    if (link.peers.size() != 2 || link.peers[0] == link.peers[1]) continue;
    const auto [low, high] = std::minmax(link.peers[0], link.peers[1]);
    const auto [there, fresh] = joined.try_emplace({low, high}, link.name);
    if (fresh) continue;
    const std::string at = join(join(pointer, link.name), "peers");
    diagnostics.add(
        nearest(document, at), at,
        "link " + in_quotes(there->second) + " joins " + in_quotes(low) + " and " + in_quotes(high) + " already",
        "make one link of both, such as of more lanes or `links`");
  }
}

/// Whether a rule may send accesses to the processor of that name.
void check_rule(const AssignRule& rule, const std::vector<std::string>& processors, const Node& document,
                const std::string& pointer, Diagnostics& diagnostics) {
  if (std::find(processors.begin(), processors.end(), rule.to) != processors.end()) return;
  const std::string at = join(pointer, "to");
  diagnostics.add(nearest(document, at), at, "the platform has no processor " + in_quotes(rule.to),
                  name_hint(rule.to, processors));
}

/// Whether advice is of a processor that there is.
void check_advice(const AdviceRule& rule, const std::vector<std::string>& processors, const Node& document,
                  const std::string& pointer, Diagnostics& diagnostics) {
  if (std::find(processors.begin(), processors.end(), rule.processor) != processors.end()) return;
  const std::string at = join(pointer, "processor");
  diagnostics.add(nearest(document, at), at, "the platform has no processor " + in_quotes(rule.processor),
                  name_hint(rule.processor, processors));
}

void check_kernel(const KernelSpec& kernel, const Node& document, Diagnostics& diagnostics) {
  if (kernel.pmem.size() <= kMostPmem) return;
  const std::string at = "/kernel/pmem";
  diagnostics.add(nearest(document, at), at, "has " + std::to_string(kernel.pmem.size()) + " items",
                  std::to_string(kMostPmem) + " are possible");
}

/// Whether --set would take what a column sets. Whether there are such keys is found when the column is loaded.
void check_column(const CompareColumn& column, const Node& columns, Diagnostics& diagnostics) {
  const Node* const item = columns.find(column.name);
  const Node* const sets = item == nullptr ? nullptr : item->find("set");
  if (sets == nullptr || sets->items.size() != column.sets.size()) return;  // was not read, and that was reported
  const std::string pointer = join(join("/compare", column.name), "set");
  for (std::size_t i = 0; i < column.sets.size() && !diagnostics.full(); ++i) {
    Diagnostics found;
    const std::vector<Override> parsed = parse_overrides({column.sets[i]}, found);
    for (const Diagnostic& d : found.kept()) diagnostics.add(sets->items[i], join(pointer, i), d.problem, d.remedy);
    if (!parsed.empty() && parsed.front().path.front() == "compare") {
      diagnostics.add(sets->items[i], join(pointer, i), "a column cannot change the columns", "remove it");
    }
  }
}

void check_compare(const RunSpec& spec, const Node& document, Diagnostics& diagnostics) {
  const Node* const columns = document.find("compare");
  if (columns == nullptr) return;
  if (spec.compare.size() > kMostColumns) {
    diagnostics.add(*columns, "/compare", "has " + std::to_string(spec.compare.size()) + " columns",
                    std::to_string(kMostColumns) + " are possible");
    return;
  }
  for (const CompareColumn& column : spec.compare) check_column(column, *columns, diagnostics);
}

/// As written rather than as read: a generator that is wrong was still meant.
void check_workload(const Node& document, Diagnostics& diagnostics) {
  const Node* const section = document.find("workload");
  const Node* const trace = section == nullptr ? nullptr : section->find("trace");
  const Node* const generator = section == nullptr ? nullptr : section->find("generator");
  const bool has_trace = trace != nullptr && !trace->is_null();
  const bool has_generator = generator != nullptr && !generator->is_null();
  if (has_trace && has_generator) {
    const bool generator_is_later = generator->source != nullptr && generator->source->layer == kOverrideLayer;
    diagnostics.add(
        *generator, "/workload/generator", "there is a trace as well",
        generator_is_later ? "take the trace away with --set workload.trace=null" : "remove one of the two");
  }
  if (!has_trace && !has_generator) {
    diagnostics.add(nearest(document, "/workload"), "/workload", "has neither a trace nor a generator",
                    "add \"trace\": \"FILE\" or \"generator\": {\"kind\": ...} (farfault list generators)");
  }
}

/// Where a relative path is looked for, in this order.
std::vector<fs::path> candidates(const fs::path& given, const Node& node, const fs::path& folder,
                                 const ConfigPaths& paths) {
  if (given.is_absolute()) return {given};
  std::vector<fs::path> out;
  // On a command line, a path is one of the working folder.
  if (node.source != nullptr && node.source->layer == kOverrideLayer) out.push_back(given);
  out.push_back(folder / given);
  const fs::path root = paths.configs.has_filename() ? paths.configs : paths.configs.parent_path();
  out.push_back(root.parent_path() / given);
  out.push_back(root / given);
  std::vector<fs::path> unique;
  for (const fs::path& path : out) {
    const fs::path normal = path.lexically_normal();
    if (std::find(unique.begin(), unique.end(), normal) == unique.end()) unique.push_back(normal);
  }
  return unique;
}

}  // namespace

const Node& nearest(const Node& document, std::string_view pointer) {
  const Node* at = &document;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);  // the slash
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    const Node* next = at->find(step);
    std::size_t index = 0;
    const bool is_index = std::from_chars(step.data(), step.data() + step.size(), index).ec == std::errc();
    if (at->is_array() && is_index && index < at->items.size()) next = &at->items[index];
    if (next == nullptr) break;
    at = next;
    pointer.remove_prefix(step.size());
  }
  return *at;
}

void check_platform(const PlatformSpec& spec, const Node& document, const std::string& pointer,
                    Diagnostics& diagnostics) {
  const std::string devices = join(pointer, "devices");
  const std::string links = join(pointer, "links");
  if (spec.devices.size() > kMostDevices) {
    diagnostics.add(nearest(document, devices), devices, "has " + std::to_string(spec.devices.size()) + " devices",
                    "16 are possible");
  }
  for (const LinkSpec& link : spec.links) {
    check_link(link, document, join(links, link.name), diagnostics);
    if (!link.peers.empty()) {
      check_peers(link, names_of(spec.devices), document, join(links, link.name), diagnostics);
    }
  }
  check_pairs(spec.links, document, links, diagnostics);
  for (const DeviceSpec& device : spec.devices) {
    check_device(device, spec.links, document, join(devices, device.name), diagnostics);
  }
  check_page_table(spec.host.page_table, document, pointer + "/host/page_table", diagnostics);
  check_tlb(spec.host.tlb, document, pointer + "/host/tlb", diagnostics);
}

void check_run(const RunSpec& spec, const Assembled& assembled, Diagnostics& diagnostics) {
  const Node& document = assembled.document;
  check_workload(document, diagnostics);
  check_kernel(spec.kernel, document, diagnostics);
  check_compare(spec, document, diagnostics);
  if (!assembled.has_platform) return;  // what is there is not what was meant
  check_platform(spec.platform, document, "/platform", diagnostics);
  if (spec.replay.detail == Detail::kCache) check_caches(spec.platform, document, diagnostics);
  std::vector<std::string> processors = names_of(spec.platform.devices);
  processors.insert(processors.begin(), "host");
  for (std::size_t i = 0; i < spec.workload.advice.size() && !diagnostics.full(); ++i) {
    check_advice(spec.workload.advice[i], processors, document, join("/workload/advice", i), diagnostics);
  }
  if (processors.size() != 1) processors.emplace_back(kAutoProcessor);
  for (std::size_t i = 0; i < spec.workload.assign.size() && !diagnostics.full(); ++i) {
    check_rule(spec.workload.assign[i], processors, document, join("/workload/assign", i), diagnostics);
  }
}

void resolve_trace(WorkloadSpec& workload, const Node& document, const fs::path& folder, const ConfigPaths& paths,
                   Diagnostics& diagnostics) {
  if (!workload.trace) return;
  const std::string pointer = "/workload/trace";
  const Node& node = nearest(document, pointer);
  workload.trace_as_given = *workload.trace;
  const bool is_path = !workload.trace->empty() && workload.trace->find('\0') == std::string::npos;
  std::string looked;
  for (const fs::path& path : is_path ? candidates(*workload.trace, node, folder, paths) : std::vector<fs::path>()) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (!failed && fs::exists(status) && !fs::is_directory(status)) {
      workload.trace = path.string();
      return;
    }
    looked += (looked.empty() ? "looked for " : ", ") + printable(path.string(), 200);
  }
  diagnostics.add(node, pointer, "there is no trace " + in_quotes(*workload.trace),
                  looked.empty() ? "name a file" : looked);
}

}  // namespace farfault::config
