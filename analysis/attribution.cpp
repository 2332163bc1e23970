#include "analysis/attribution.h"

#include <algorithm>
#include <string>

#include "analysis/pattern.h"

namespace farfault::analysis {
namespace {

constexpr const char* kRunTime = "time.total";

struct Definition {
  const char* name;
  const char* description;
  When when;
  std::vector<const char*> figures;  ///< patterns; of times alone
};

/// No figure is in two components.
const std::vector<Definition>& definitions() {
  static const std::vector<Definition> kTable = {
      {"set-up", "adding the memory to the kernel, before the run", When::kBefore, {"metadata.setup_time"}},
      {"metadata",
       "looking up pages' owners in a tree: in migration steps, GUP and other kernel work already",
       When::kWithin,
       {"metadata.lookup_time"}},
      {"fault path",
       "the driver's fault service, without the kernel's steps",
       When::kDuring,
       {"driver.time.batch", "driver.time.block", "driver.time.page", "driver.time.eviction", "driver.time.service",
        "driver.time.replay"}},
      {"migration steps",
       "the kernel's migrate calls, both ways, without copies",
       When::kDuring,
       {"kernel.to_*.setup", "kernel.to_*.notifier", "kernel.to_*.collect", "kernel.to_*.flush", "kernel.to_*.unmap",
        "kernel.to_*.allocate", "kernel.to_*.dma_map", "kernel.to_*.install", "kernel.to_*.finalize",
        "kernel.to_*.split"}},
      {"GUP",
       "get_user_pages and pins, also of others on persistent memory",
       When::kDuring,
       {"kernel.op.gup.time", "kernel.op.gup_fast.time", "kernel.op.pin.time", "kernel.op.unpin.time",
        "kernel.op.pmem_gup.time", "kernel.pmem.gup.time"}},
      {"other kernel work",
       "fork, copy on write, unmap, notifiers, retries, splits",
       When::kDuring,
       {"kernel.op.fork.time", "kernel.op.cow.time", "kernel.op.unmap.time", "kernel.op.notifier.time",
        "kernel.op.retry.time", "kernel.op.free.time", "kernel.op.split.time"}},
      {"copies", "jobs of the copy engines", When::kDuring, {"dma.*.to_device.busy", "dma.*.to_host.busy"}},
      {"reachability",
       "what a processor cannot use where it is: staging, and accesses over a link",
       When::kDuring,
       {"staging.time", "time.device.remote", "time.host.remote"}},
  };
  return kTable;
}

std::optional<Number> sum_of(const Definition& definition, const Figures& figures) {
  std::optional<Number> sum;
  for (const auto& [name, figure] : figures) {
    const auto* value = std::get_if<std::int64_t>(&figure.value);
    if (figure.unit != Unit::kTime || value == nullptr) continue;
    const bool part = std::any_of(definition.figures.begin(), definition.figures.end(),
                                  [&name = name](const char* pattern) { return matches(pattern, name); });
    if (!part) continue;
    // As a difference, which knows how to leave the integers.
    sum = sum ? difference(*sum, difference(std::int64_t{0}, *value)) : Number(*value);
  }
  return sum;
}

Component rest_of(const std::vector<Figures>& columns, const std::vector<Component>& components) {
  std::vector<std::optional<Number>> values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto total = columns[i].find(kRunTime);
    if (total == columns[i].end()) {
      values.emplace_back();
      continue;
    }
    Number rest = total->second.value;
    for (const Component& component : components) {
      if (component.when == When::kDuring && component.cells[i].value)
        rest = difference(rest, *component.cells[i].value);
    }
    values.emplace_back(rest);
  }
  return {"rest", "computing, own memory and waiting, less what several did at once", When::kDuring, cells_of(values)};
}

}  // namespace

std::vector<Cell> cells_of(const std::vector<std::optional<Number>>& values) {
  std::vector<Cell> out;
  for (const std::optional<Number>& value : values) {
    Cell cell;
    if (value && is_finite(*value)) cell.value = value;
    if (cell.value && values.front() && is_finite(*values.front())) {
      cell.ratio = ratio(*value, *values.front());
      cell.difference = difference(*value, *values.front());
    }
    out.push_back(cell);
  }
  return out;
}

std::vector<Component> attribute(const std::vector<Figures>& columns) {
  std::vector<Component> out;
  for (const Definition& definition : definitions()) {
    std::vector<std::optional<Number>> values;
    values.reserve(columns.size());
    for (const Figures& figures : columns) values.push_back(sum_of(definition, figures));
    out.push_back({definition.name, definition.description, definition.when, cells_of(values)});
  }
  out.push_back(rest_of(columns, out));
  return out;
}

}  // namespace farfault::analysis
