#include "analysis/report/timeline.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "analysis/strict_json.h"
#include "sim/core/text.h"

namespace farfault::report {
namespace {

using analysis::array_member;
using analysis::count_member;
using analysis::JsonPlace;
using analysis::member;
using analysis::SortedJson;
using analysis::text_member;
using analysis::text_of;

constexpr std::size_t kMostBins = 1U << 16U;
constexpr std::size_t kMostSeries = 4096;
constexpr std::size_t kMostRows = 1U << 16U;
constexpr std::size_t kMostLayers = 64;
// Of all layers together: 128 MiB.
constexpr std::size_t kMostCells = std::size_t{32} << 20U;

const analysis::JsonKind& timeline_kind() {
  static const analysis::JsonKind kKind = {.noun = "timeline",
                                           .remedy = "give the timeline.json that a run of this farfault wrote",
                                           .most_bytes = std::size_t{128} << 20U,
                                           .most_values = 8'000'000};
  return kKind;
}

std::size_t bins_member(const SortedJson& object, const JsonPlace& place) {
  const std::uint64_t bins = count_member(object, "bins", place);
  if (bins == 0 || bins > kMostBins) {
    JsonPlace(place, "bins").fail("is not 1 to " + std::to_string(kMostBins) + " bins");
  }
  return static_cast<std::size_t>(bins);
}

std::int64_t span_member(const SortedJson& object, const char* key, bool zero, const JsonPlace& place) {
  const std::uint64_t value = count_member(object, key, place);
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) || (value == 0 && !zero)) {
    JsonPlace(place, key).fail("is no time in picoseconds");
  }
  return static_cast<std::int64_t>(value);
}

SeriesKind kind_member(const SortedJson& object, const JsonPlace& place) {
  const std::string name = text_member(object, "kind", place);
  if (name == "sum") return SeriesKind::kSum;
  if (name == "mean") return SeriesKind::kMean;
  JsonPlace(place, "kind").fail("unknown kind \"" + printable(name) + "\"; known: sum, mean");
}

double amount_of(const SortedJson& value, const JsonPlace& place, std::size_t index) {
  const double amount = value.is_number() ? value.get<double>() : -1;
  if (!(amount >= 0) || !std::isfinite(amount)) {
    JsonPlace(place, std::to_string(index)).fail("is no number of zero or more");
  }
  return amount;
}

Series read_series(const SortedJson& object, std::size_t bins, const JsonPlace& place) {
  Series out;
  out.unit = text_member(object, "unit", place);
  out.kind = kind_member(object, place);
  out.description = text_member(object, "description", place);
  const SortedJson& values = array_member(object, "values", place);
  const JsonPlace here(place, "values");
  if (values.size() != bins) {
    here.fail("has " + std::to_string(values.size()) + " values for " + std::to_string(bins) + " bins");
  }
  out.values.reserve(bins);
  for (const SortedJson& value : values) out.values.push_back(amount_of(value, here, out.values.size()));
  return out;
}

/// A row of a layer: value, how often, value, how often, ...
void expand(const SortedJson& runs, std::size_t bins, std::vector<float>& out, const JsonPlace& place) {
  if (!runs.is_array() || runs.size() % 2 != 0) place.fail("is no array of values, each with its number of times");
  std::size_t filled = 0;
  for (std::size_t i = 0; i < runs.size(); i += 2) {
    const auto value = static_cast<float>(std::min(amount_of(runs[i], place, i), 3e38));
    const SortedJson& times = runs[i + 1];
    // Before anything grows: a number of times cannot make it larger than the bins.
    if (!times.is_number_unsigned() || times.get<std::uint64_t>() > bins - filled) {
      JsonPlace(place, std::to_string(i + 1)).fail("is no number of times that the bins have room for");
    }
    const auto count = times.get<std::size_t>();
    out.insert(out.end(), count, value);
    filled += count;
  }
  if (filled != bins) place.fail("has " + std::to_string(filled) + " values for " + std::to_string(bins) + " bins");
}

HeatLayer read_layer(const SortedJson& object, const HeatMap& map, const JsonPlace& place) {
  HeatLayer out;
  out.unit = text_member(object, "unit", place);
  out.kind = kind_member(object, place);
  out.description = text_member(object, "description", place);
  const SortedJson& runs = array_member(object, "runs", place);
  const JsonPlace here(place, "runs");
  if (runs.size() != map.rows.size()) {
    here.fail("has " + std::to_string(runs.size()) + " rows for " + std::to_string(map.rows.size()) + " addresses");
  }
  out.values.reserve(map.rows.size() * map.bins);
  std::size_t row = 0;
  for (const SortedJson& run : runs) expand(run, map.bins, out.values, JsonPlace(here, std::to_string(row++)));
  return out;
}

std::uint64_t address_of(const SortedJson& value, const JsonPlace& place) {
  const std::string text = text_of(value, place);
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const bool prefixed = text.starts_with("0x") && text.size() > 2;
  const auto [at, error] = std::from_chars(text.data() + (prefixed ? 2 : 0), end, out, 16);
  if (!prefixed || error != std::errc() || at != end) place.fail("is no address: \"0x\" and hexadecimal digits");
  return out;
}

std::vector<std::uint64_t> read_rows(const SortedJson& array, std::uint64_t row_bytes, const JsonPlace& place) {
  if (array.size() > kMostRows) place.fail("has more than " + std::to_string(kMostRows) + " rows");
  std::vector<std::uint64_t> out;
  out.reserve(array.size());
  for (const SortedJson& item : array) {
    const JsonPlace here(place, std::to_string(out.size()));
    const std::uint64_t address = address_of(item, here);
    if (address % row_bytes != 0) here.fail("is not where a row begins");
    if (!out.empty() && address <= out.back()) here.fail("is not above the row before it");
    out.push_back(address);
  }
  return out;
}

HeatMap read_heat_map(const SortedJson& object, const JsonPlace& place) {
  HeatMap out;
  out.bin_width_ps = span_member(object, "bin_width_ps", false, place);
  out.bins = bins_member(object, place);
  out.row_bytes = count_member(object, "row_bytes", place);
  if (!std::has_single_bit(out.row_bytes) || out.row_bytes < 4096) {
    JsonPlace(place, "row_bytes").fail("is no power of two of a page or more");
  }
  out.rows = read_rows(array_member(object, "rows", place), out.row_bytes, JsonPlace(place, "rows"));
  const SortedJson& layers = member(object, "layers", place);
  const JsonPlace here(place, "layers");
  if (!layers.is_object()) here.fail("is no object");
  if (layers.size() > kMostLayers || layers.size() * out.rows.size() * out.bins > kMostCells) {
    here.fail("have more cells than any heat map");
  }
  for (const auto& [name, layer] : layers.items())
    out.layers.emplace(name, read_layer(layer, out, JsonPlace(here, name)));
  return out;
}

void check_timeline_schema(const SortedJson& root, const JsonPlace& place) {
  if (!root.is_object() || !root.contains("schema") || !root.contains("series")) {
    place.fail("is no timeline of a run: it has no \"schema\" and \"series\"");
  }
  const SortedJson& schema = root["schema"];
  if (schema.is_number_integer() && schema == kTimelineSchema) return;
  const std::string found = schema.is_number_integer() ? schema.dump() : "no number";
  JsonPlace(place, "schema")
      .fail("is " + found + ", and this farfault reads version " + std::to_string(kTimelineSchema) + " of timelines",
            "make it again with this farfault");
}

}  // namespace

Timeline parse_timeline(std::string_view text, const std::string& file) {
  const JsonPlace place(file, timeline_kind());
  const SortedJson root = analysis::parse_strict(text, place);
  check_timeline_schema(root, place);
  Timeline out;
  out.end_ps = span_member(root, "end_ps", true, place);
  out.bin_width_ps = span_member(root, "bin_width_ps", false, place);
  out.bins = bins_member(root, place);
  const SortedJson& series = member(root, "series", place);
  const JsonPlace here(place, "series");
  if (!series.is_object()) here.fail("is no object");
  if (series.size() > kMostSeries) here.fail("has more series than any run");
  for (const auto& [name, value] : series.items()) {
    out.series.emplace(name, read_series(value, out.bins, JsonPlace(here, name)));
  }
  if (root.contains("heat_map") && !root["heat_map"].is_null()) {
    out.heat_map = read_heat_map(root["heat_map"], JsonPlace(place, "heat_map"));
  }
  return out;
}

}  // namespace farfault::report
