#include "analysis/result_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

using SortedJson = nlohmann::json;

// A run with every distribution full stays below a tenth of each.
constexpr std::size_t kMostBytes = std::size_t{64} << 20U;
constexpr std::size_t kMostValues = 4'000'000;
constexpr int kMostDepth = 16;

constexpr const char* kRemedy = "give the results.json, or the folder, of a run of this farfault";

/// Where a reader is, for its messages.
class Place {
 public:
  explicit Place(std::string file) : file_(std::move(file)) {}
  Place(const Place& parent, const std::string& key) : file_(parent.file_), pointer_(parent.pointer_ + '/' + key) {}

  [[noreturn]] void fail(const std::string& problem, const std::string& remedy = kRemedy, std::size_t line = 0) const {
    throw InputError(Diagnostic{.file = printable(file_, 400),
                                .line = line,
                                .pointer = printable(pointer_, 400),
                                .problem = problem,
                                .remedy = remedy});
  }

 private:
  std::string file_;
  std::string pointer_;
};

/// Bounds what the parser may build, and refuses a key that is there twice: nobody could say which is meant.
class Bounds {
 public:
  explicit Bounds(const Place& place) : place_(place) {}

  bool see(int depth, SortedJson::parse_event_t event, const SortedJson& value) {
    if (depth > kMostDepth) place_.fail("is nested deeper than any result");
    if (++values_ > kMostValues) place_.fail("holds more values than any result");
    if (event == SortedJson::parse_event_t::object_start) keys_.emplace_back();
    if (event == SortedJson::parse_event_t::object_end) keys_.pop_back();
    if (event == SortedJson::parse_event_t::key && !keys_.back().insert(value.get_ref<const std::string&>()).second) {
      place_.fail("has \"" + printable(value.get_ref<const std::string&>()) + "\" twice in an object");
    }
    return true;
  }

 private:
  const Place& place_;
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> keys_;
};

SortedJson parsed(std::string_view text, const Place& place) {
  if (text.size() > kMostBytes) place.fail("is larger than any result");
  Bounds bounds(place);
  const auto see = [&bounds](int depth, SortedJson::parse_event_t event, SortedJson& value) {
    return bounds.see(depth, event, value);
  };
  try {
    return SortedJson::parse(text.begin(), text.end(), see);
  } catch (const SortedJson::parse_error& error) {
    const std::size_t at = std::min(error.byte, text.size());
    const auto line =
        static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n')) + 1;
    const bool cut = error.byte > text.size() || error.byte == 0;
    if (cut) place.fail("ends in the middle of a result: it was cut off", "run it again", line);
    place.fail("is no JSON from here on", kRemedy, line);
  } catch (const SortedJson::exception&) {
    place.fail("holds a number that is out of range");
  }
}

const SortedJson& member(const SortedJson& object, const char* key, const Place& place) {
  if (!object.is_object()) place.fail("is no object");
  const auto it = object.find(key);
  if (it == object.end()) place.fail(std::string("has no member \"") + key + '"');
  return *it;
}

std::string text_of(const SortedJson& value, const Place& place) {
  if (!value.is_string()) place.fail("is no text");
  return value.get<std::string>();
}

std::string text_member(const SortedJson& object, const char* key, const Place& place) {
  return text_of(member(object, key, place), Place(place, key));
}

std::uint64_t count_member(const SortedJson& object, const char* key, const Place& place) {
  const SortedJson& value = member(object, key, place);
  if (!value.is_number_unsigned()) Place(place, key).fail("is no whole number of 0 to 2^64 - 1");
  return value.get<std::uint64_t>();
}

/// NaN for null, which is how a result file writes what is not finite.
double real_of(const SortedJson& value, const Place& place) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!value.is_number()) place.fail("is no number");
  return value.get<double>();
}

std::int64_t integer_of(const SortedJson& value, const Place& place) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > kMost)) {
    place.fail("is no whole number of 64 bits");
  }
  return value.get<std::int64_t>();
}

Unit unit_member(const SortedJson& object, const Place& place) {
  const std::string name = text_member(object, "unit", place);
  for (const Unit unit : {Unit::kCount, Unit::kBytes, Unit::kTime, Unit::kBandwidth, Unit::kRatio}) {
    if (unit_name(unit) == name) return unit;
  }
  Place(place, "unit").fail("unknown unit \"" + printable(name) + '"');
}

std::vector<std::string> texts_member(const SortedJson& object, const char* key, const Place& place) {
  const SortedJson& array = member(object, key, place);
  const Place here(place, key);
  if (!array.is_array()) here.fail("is no array");
  std::vector<std::string> out;
  for (const SortedJson& item : array) out.push_back(text_of(item, Place(here, std::to_string(out.size()))));
  return out;
}

Statistic read_statistic(const SortedJson& object, const Place& place) {
  Statistic out;
  const SortedJson& value = member(object, "value", place);
  out.unit = unit_member(object, place);
  if (out.unit == Unit::kBandwidth || out.unit == Unit::kRatio) {
    out.value = real_of(value, Place(place, "value"));
  } else {
    out.value = integer_of(value, Place(place, "value"));
  }
  out.description = text_member(object, "description", place);
  return out;
}

std::vector<Histogram::Bucket> read_buckets(const SortedJson& array, const Place& place) {
  if (!array.is_array()) place.fail("is no array");
  std::vector<Histogram::Bucket> out;
  for (const SortedJson& item : array) {
    const Place here(place, std::to_string(out.size()));
    const bool three =
        item.is_array() && item.size() == 3 &&
        std::all_of(item.begin(), item.end(), [](const SortedJson& n) { return n.is_number_unsigned(); });
    if (!three) here.fail("is no bucket: [lowest, highest, count]");
    out.push_back({item[0].get<std::uint64_t>(), item[1].get<std::uint64_t>(), item[2].get<std::uint64_t>()});
    if (out.back().low > out.back().high) here.fail("is a bucket that ends before it begins");
  }
  return out;
}

DistributionSummary read_distribution(const SortedJson& object, const Place& place) {
  DistributionSummary out;
  out.unit = unit_member(object, place);
  out.count = count_member(object, "count", place);
  out.mean = real_of(member(object, "mean", place), Place(place, "mean"));
  out.min = count_member(object, "min", place);
  out.max = count_member(object, "max", place);
  out.p50 = count_member(object, "p50", place);
  out.p90 = count_member(object, "p90", place);
  out.p99 = count_member(object, "p99", place);
  out.p999 = count_member(object, "p99.9", place);
  out.buckets = read_buckets(member(object, "buckets", place), Place(place, "buckets"));
  out.description = text_member(object, "description", place);
  return out;
}

template <class T>
std::map<std::string, T, std::less<>> read_named(const SortedJson& root, const char* key, const Place& place,
                                                 T (*read)(const SortedJson&, const Place&)) {
  const SortedJson& object = member(root, key, place);
  const Place here(place, key);
  if (!object.is_object()) here.fail("is no object");
  std::map<std::string, T, std::less<>> out;
  for (const auto& [name, value] : object.items()) out.emplace(name, read(value, Place(here, name)));
  return out;
}

std::vector<RestsOn> read_assumptions(const SortedJson& array, const Place& place) {
  if (!array.is_array()) place.fail("is no array");
  std::vector<RestsOn> out;
  for (const SortedJson& item : array) {
    const Place here(place, std::to_string(out.size()));
    out.push_back(
        {text_member(item, "parameter", here), text_member(item, "value", here), text_member(item, "source", here)});
  }
  return out;
}

void check_schema(const SortedJson& root, const Place& place) {
  if (!root.is_object()) place.fail("is no result: it is no object");
  const auto it = root.find("schema");
  if (it == root.end() || !root.contains("statistics")) {
    place.fail("is no result of a run: it has no \"schema\" and \"statistics\"");
  }
  if (it->is_number_integer() && *it == kResultSchema) return;
  const std::string found = it->is_number_integer() ? it->dump() : "no number";
  Place(place, "schema")
      .fail("is " + found + ", and this farfault reads version " + std::to_string(kResultSchema) + " of results",
            "make the result again with this farfault");
}

Statistic time_or_count(Unit unit, std::uint64_t value, const std::string& description) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return {unit, static_cast<std::int64_t>(std::min(value, kMost)), description};
}

void add_distribution(Figures& out, const std::string& name, const DistributionSummary& d) {
  out.emplace(name + ".count", time_or_count(Unit::kCount, d.count, d.description + ": number"));
  if (d.count == 0) return;
  out.emplace(name + ".mean", Statistic{d.unit, d.mean, d.description + ": mean"});
  out.emplace(name + ".min", time_or_count(d.unit, d.min, d.description + ": least"));
  out.emplace(name + ".max", time_or_count(d.unit, d.max, d.description + ": most"));
  for (const auto& [label, value] : {std::pair("p50", d.p50), {"p90", d.p90}, {"p99", d.p99}, {"p99.9", d.p999}}) {
    out.emplace(name + '.' + label, time_or_count(d.unit, value, d.description + ": percentile"));
  }
}

}  // namespace

ResultFile parse_result(std::string_view text, const std::string& file) {
  const Place place(file);
  const SortedJson root = parsed(text, place);
  check_schema(root, place);
  ResultFile out;
  out.name = text_member(root, "name", place);
  out.version = text_member(root, "farfault", place);
  out.config_hash = text_member(root, "config_hash", place);
  out.workload = text_member(root, "workload", place);
  out.policies = texts_member(root, "policies", place);
  out.statistics = read_named(root, "statistics", place, &read_statistic);
  out.distributions = read_named(root, "distributions", place, &read_distribution);
  out.assumptions = read_assumptions(member(root, "assumptions", place), Place(place, "assumptions"));
  out.notes = texts_member(root, "notes", place);
  out.trace_unknown = texts_member(root, "trace_unknown", place);
  return out;
}

ResultFile read_result(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::path file = std::filesystem::is_directory(path, ignored) ? path / "results.json" : path;
  const Place place(file.string());
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const std::string reason = errno == 0 ? "it cannot be opened" : std::strerror(errno);
    place.fail("cannot be read: " + reason, "give the folder of a run, which holds a results.json");
  }
  std::string text;
  std::vector<char> piece(std::size_t{1} << 16U);
  // One piece beyond the bound is enough for parse_result() to see it.
  while (in && text.size() <= kMostBytes) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) place.fail("could not be read to its end", "check the disk");
  return parse_result(text, file.string());
}

Figures all_figures(const ResultFile& result) {
  Figures out = result.statistics;
  for (const auto& [name, distribution] : result.distributions) add_distribution(out, name, distribution);
  return out;
}

}  // namespace farfault::analysis
