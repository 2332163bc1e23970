#include "sim/replay/results.h"

#include <xxhash.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault {
namespace {

using Json = nlohmann::ordered_json;

/// Names and texts may come from a config or a trace: what is not UTF-8 must not end the run.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string hex(std::uint64_t hash) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

Json figure_json(const Statistic& statistic) {
  Json out;
  // A double that is not finite is written as null.
  std::visit([&out](auto value) { out["value"] = value; }, statistic.value);
  out["unit"] = unit_name(statistic.unit);
  out["description"] = statistic.description;
  return out;
}

Json distribution_json(const Distribution& distribution) {
  const Histogram& histogram = distribution.histogram;
  Json out;
  out["unit"] = unit_name(distribution.unit);
  out["count"] = histogram.count();
  out["mean"] = histogram.mean();
  out["min"] = histogram.min();
  out["max"] = histogram.max();
  out["p50"] = histogram.quantile(0.5);
  out["p90"] = histogram.quantile(0.9);
  out["p99"] = histogram.quantile(0.99);
  out["p99.9"] = histogram.quantile(0.999);
  out["buckets"] = Json::array();
  for (const Histogram::Bucket& bucket : histogram.buckets()) {
    out["buckets"].push_back({bucket.low, bucket.high, bucket.count});
  }
  out["description"] = distribution.description;
  return out;
}

/// An object or array with each member on a line of its own: such files can be read, and compared with diff.
class Lines {
 public:
  explicit Lines(char open, char close) : text_(1, open), close_(close) {}
  void add(std::string line) { text_ += (std::exchange(empty_, false) ? "\n    " : ",\n    ") + std::move(line); }
  std::string take() { return std::move(text_) + (empty_ ? "" : "\n  ") + close_; }

 private:
  std::string text_;
  char close_;
  bool empty_ = true;
};

std::string lines_of(const std::vector<std::string>& texts) {
  Lines out('[', ']');
  for (const std::string& text : texts) out.add(dump(text));
  return out.take();
}

}  // namespace

std::string text_hash(std::string_view text) { return hex(XXH3_64bits(text.data(), text.size())); }

std::string config_hash(const RunSpec& spec) { return text_hash(resolved_json(spec)); }

std::string file_hash(const std::filesystem::path& path) {
  const auto failed = [&path] {
    return InputError(Diagnostic{.file = path.string(), .problem = "cannot be read", .remedy = "check the path"});
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) throw failed();
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  std::vector<char> buffer(1U << 20U);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    XXH3_64bits_update(state.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || !file.eof()) throw failed();
  return hex(XXH3_64bits_digest(state.get()));
}

std::string results_json(const RunSpec& spec, const RunResult& result, std::string_view version) {
  Lines statistics('{', '}');
  for (const auto& [name, figure] : result.statistics.figures()) {
    statistics.add(dump(name) + ": " + dump(figure_json(figure)));
  }
  Lines distributions('{', '}');
  for (const auto& [name, distribution] : result.statistics.distributions()) {
    distributions.add(dump(name) + ": " + dump(distribution_json(distribution)));
  }
  Lines rests_on('[', ']');
  for (const Assumption& assumption : assumptions(spec)) {
    Json row;
    row["parameter"] = assumption.pointer;
    row["value"] = assumption.value;
    row["source"] = assumption.source;
    rests_on.add(dump(row));
  }

  std::string out = "{\n";
  const auto member = [&out](const char* name, const std::string& json) {
    out += (out.size() > 2 ? ",\n  \"" : "  \"") + std::string(name) + "\": " + json;
  };
  member("schema", std::to_string(kResultsSchema));
  member("farfault", dump(version));
  member("name", dump(spec.name));
  member("config_hash", dump(config_hash(spec)));
  member("workload", dump(result.workload));
  member("policies", lines_of(result.policies));
  member("detail", dump(kDetailNames[static_cast<std::size_t>(spec.replay.detail)]));
  member("statistics", statistics.take());
  member("distributions", distributions.take());
  member("assumptions", rests_on.take());
  member("notes", lines_of(result.notes));
  member("trace_unknown", lines_of(result.trace_unknown));
  return out + "\n}\n";
}

}  // namespace farfault
