#include "analysis/report/mark_counts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace farfault::report {
namespace {

/// What a view has of those around it.
struct Inherited {
  std::string dataset;
  Json encoding = Json::object();
  bool transforms = false;
};

Inherited inherit(const Json& spec, Inherited from) {
  if (spec.contains("data") && spec["data"].contains("name")) from.dataset = spec["data"]["name"];
  if (spec.contains("encoding")) {
    for (const auto& [channel, definition] : spec["encoding"].items()) from.encoding[channel] = definition;
  }
  from.transforms = from.transforms || spec.contains("transform") || spec.contains("repeat");
  return from;
}

bool makes_other_rows(const Json& encoding) {
  for (const auto& [channel, definition] : encoding.items()) {
    if (channel == "row" || channel == "column" || channel == "facet") return true;
    if (definition.is_object() && (definition.contains("aggregate") || definition.contains("bin"))) return true;
  }
  return false;
}

/// Points and bars need numbers at both ends; lines and areas have an item for each row in any case.
std::size_t items_of(const Dataset& data, const Json& encoding, const std::string& mark) {
  if (mark == "line" || mark == "area" || mark == "trail") return data.rows.size();
  std::vector<std::size_t> needed;
  for (const char* const channel : {"x", "y", "x2", "y2"}) {
    const auto definition = encoding.find(channel);
    if (definition == encoding.end() || !definition->contains("field")) continue;
    const auto at = std::find(data.fields.begin(), data.fields.end(), (*definition)["field"].get<std::string>());
    if (at != data.fields.end()) needed.push_back(static_cast<std::size_t>(at - data.fields.begin()));
  }
  return static_cast<std::size_t>(std::count_if(data.rows.begin(), data.rows.end(), [&](const auto& row) {
    return std::none_of(needed.begin(), needed.end(), [&](std::size_t field) { return row[field].is_null(); });
  }));
}

void walk(Json& spec, const Inherited& around, const Datasets& datasets, Json& counts) {
  const Inherited here = inherit(spec, around);
  if (spec.contains("mark")) {
    const auto data = datasets.find(here.dataset);
    if (here.transforms || makes_other_rows(here.encoding) || data == datasets.end()) return;
    const Json& mark = spec["mark"];
    const std::string type = mark.is_string() ? mark.get<std::string>() : mark.value("type", "");
    if (!spec.contains("name")) spec["name"] = "m" + std::to_string(counts.size());
    counts[spec["name"].get<std::string>()] = items_of(data->second, here.encoding, type);
    return;
  }
  for (const char* const parts : {"layer", "hconcat", "vconcat", "concat"}) {
    if (!spec.contains(parts)) continue;
    for (Json& part : spec[parts]) walk(part, here, datasets, counts);
  }
  if (spec.contains("spec")) walk(spec["spec"], here, datasets, counts);
}

}  // namespace

Json count_marks(Json& spec, const Datasets& datasets) {
  Json counts = Json::object();
  walk(spec, {}, datasets, counts);
  return counts;
}

}  // namespace farfault::report
