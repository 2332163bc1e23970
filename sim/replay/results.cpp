#include "sim/replay/results.h"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/core/text.h"

namespace farfault {
namespace {

using Json = nlohmann::ordered_json;

/// Names and texts may come from a config or a trace: what is not UTF-8 must not end the run.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

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

/// Where policies come from that are not farfault's own.
std::string plugins_of(const RunSpec& spec) {
  Lines out('[', ']');
  for (const PluginUse& plugin : spec.plugins) {
    Json row;
    row["name"] = plugin.name;
    row["file"] = plugin.file;
    row["abi"] = plugin.abi;
    row["xxh3_64"] = plugin.hash;
    row["policies"] = plugin.policies;
    out.add(dump(row));
  }
  return out.take();
}

}  // namespace

std::string config_hash(const RunSpec& spec) { return text_hash(resolved_json(spec)); }

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
  if (!spec.plugins.empty()) member("plugins", plugins_of(spec));
  member("detail", dump(kDetailNames[static_cast<std::size_t>(spec.replay.detail)]));
  member("statistics", statistics.take());
  member("distributions", distributions.take());
  member("assumptions", rests_on.take());
  member("notes", lines_of(result.notes));
  member("trace_unknown", lines_of(result.trace_unknown));
  return out + "\n}\n";
}

}  // namespace farfault
