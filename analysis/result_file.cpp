#include "analysis/result_file.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "analysis/strict_json.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

// A run with every distribution full stays below a tenth of the bounds.
const JsonKind& result_kind() {
  static const JsonKind kKind = {.noun = "result",
                                 .remedy = "give the results.json, or the folder, of a run of this farfault"};
  return kKind;
}

Unit unit_member(const SortedJson& object, const JsonPlace& place) {
  const std::string name = text_member(object, "unit", place);
  for (const Unit unit : {Unit::kCount, Unit::kBytes, Unit::kTime, Unit::kBandwidth, Unit::kRatio}) {
    if (unit_name(unit) == name) return unit;
  }
  JsonPlace(place, "unit").fail("unknown unit \"" + printable(name) + '"');
}

Statistic read_statistic(const SortedJson& object, const JsonPlace& place) {
  Statistic out;
  const SortedJson& value = member(object, "value", place);
  out.unit = unit_member(object, place);
  if (out.unit == Unit::kBandwidth || out.unit == Unit::kRatio) {
    out.value = real_of(value, JsonPlace(place, "value"));
  } else {
    out.value = integer_of(value, JsonPlace(place, "value"));
  }
  out.description = text_member(object, "description", place);
  return out;
}

std::vector<Histogram::Bucket> read_buckets(const SortedJson& array, const JsonPlace& place) {
  if (!array.is_array()) place.fail("is no array");
  std::vector<Histogram::Bucket> out;
  for (const SortedJson& item : array) {
    const JsonPlace here(place, std::to_string(out.size()));
    const bool three =
        item.is_array() && item.size() == 3 &&
        std::all_of(item.begin(), item.end(), [](const SortedJson& n) { return n.is_number_unsigned(); });
    if (!three) here.fail("is no bucket: [lowest, highest, count]");
    out.push_back({item[0].get<std::uint64_t>(), item[1].get<std::uint64_t>(), item[2].get<std::uint64_t>()});
    if (out.back().low > out.back().high) here.fail("is a bucket that ends before it begins");
  }
  return out;
}

DistributionSummary read_distribution(const SortedJson& object, const JsonPlace& place) {
  DistributionSummary out;
  out.unit = unit_member(object, place);
  out.count = count_member(object, "count", place);
  out.mean = real_of(member(object, "mean", place), JsonPlace(place, "mean"));
  out.min = count_member(object, "min", place);
  out.max = count_member(object, "max", place);
  out.p50 = count_member(object, "p50", place);
  out.p90 = count_member(object, "p90", place);
  out.p99 = count_member(object, "p99", place);
  out.p999 = count_member(object, "p99.9", place);
  out.buckets = read_buckets(member(object, "buckets", place), JsonPlace(place, "buckets"));
  out.description = text_member(object, "description", place);
  return out;
}

template <class T>
std::map<std::string, T, std::less<>> read_named(const SortedJson& root, const char* key, const JsonPlace& place,
                                                 T (*read)(const SortedJson&, const JsonPlace&)) {
  const SortedJson& object = member(root, key, place);
  const JsonPlace here(place, key);
  if (!object.is_object()) here.fail("is no object");
  std::map<std::string, T, std::less<>> out;
  for (const auto& [name, value] : object.items()) out.emplace(name, read(value, JsonPlace(here, name)));
  return out;
}

std::vector<RestsOn> read_assumptions(const SortedJson& array, const JsonPlace& place) {
  if (!array.is_array()) place.fail("is no array");
  std::vector<RestsOn> out;
  for (const SortedJson& item : array) {
    const JsonPlace here(place, std::to_string(out.size()));
    out.push_back(
        {text_member(item, "parameter", here), text_member(item, "value", here), text_member(item, "source", here)});
  }
  return out;
}

void check_schema(const SortedJson& root, const JsonPlace& place) {
  if (!root.is_object()) place.fail("is no result: it is no object");
  const auto it = root.find("schema");
  if (it == root.end() || !root.contains("statistics")) {
    place.fail("is no result of a run: it has no \"schema\" and \"statistics\"");
  }
  if (it->is_number_integer() && *it == kResultSchema) return;
  const std::string found = it->is_number_integer() ? it->dump() : "no number";
  JsonPlace(place, "schema")
      .fail("is " + found + ", and this farfault reads version " + std::to_string(kResultSchema) + " of results",
            "make the result again with this farfault");
}

}  // namespace

ResultFile parse_result(std::string_view text, const std::string& file) {
  const JsonPlace place(file, result_kind());
  const SortedJson root = parse_strict(text, place);
  check_schema(root, place);
  ResultFile out;
  out.name = text_member(root, "name", place);
  out.version = text_member(root, "farfault", place);
  out.config_hash = text_member(root, "config_hash", place);
  out.workload = text_member(root, "workload", place);
  out.policies = texts_member(root, "policies", place);
  out.statistics = read_named(root, "statistics", place, &read_statistic);
  out.distributions = read_named(root, "distributions", place, &read_distribution);
  out.assumptions = read_assumptions(member(root, "assumptions", place), JsonPlace(place, "assumptions"));
  out.notes = texts_member(root, "notes", place);
  out.trace_unknown = texts_member(root, "trace_unknown", place);
  return out;
}

ResultFile read_result(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::is_directory(path, ignored) ? path / "results.json" : path;
  const JsonPlace place(file.string(), result_kind());
  const std::string text =
      read_bounded(file, result_kind().most_bytes, place, "give the folder of a run, which holds a results.json");
  return parse_result(text, file.string());
}

Figures all_figures(const ResultFile& result) {
  Figures out = result.statistics;
  for (const auto& [name, d] : result.distributions) add_percentiles(out, name, d.unit, d, d.description);
  return out;
}

}  // namespace farfault::analysis
