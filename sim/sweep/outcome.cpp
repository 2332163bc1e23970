#include "sim/sweep/outcome.h"

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "sim/core/error.h"

namespace farfault::sweep {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 7> kFailureNames = {"", "input", "run", "memory", "time", "crash", "lost"};

/// Figures as arrays: names and descriptions are most of it as it is.
Json json_of(const Statistic& statistic) {
  Json out = {static_cast<std::uint8_t>(statistic.unit), nullptr, statistic.description};
  std::visit([&out](const auto& value) { out[1] = value; }, statistic.value);
  return out;
}

Statistic statistic_of(const Json& json) {
  const auto unit = json.at(0).get<std::uint8_t>();
  if (unit > static_cast<std::uint8_t>(Unit::kRatio)) throw RunError("an outcome names a unit that is none");
  Statistic out{static_cast<Unit>(unit), {}, json.at(2).get<std::string>()};
  const Json& value = json.at(1);
  if (value.is_number_float()) {
    out.value = value.get<double>();
  } else {
    out.value = value.get<std::int64_t>();
  }
  return out;
}

}  // namespace

std::string_view failure_name(Failure failure) { return kFailureNames.at(static_cast<std::size_t>(failure)); }

std::string encode(const Outcome& outcome) {
  Json figures = Json::object();
  for (const auto& [name, statistic] : outcome.figures) figures[name] = json_of(statistic);
  // Binary: what a process wrote may be no UTF-8.
  const Json::binary_t output(std::vector<std::uint8_t>(outcome.output.begin(), outcome.output.end()));
  const Json whole = {outcome.key,     static_cast<std::uint8_t>(outcome.failure),
                      outcome.reason,  output,
                      outcome.version, outcome.host,
                      outcome.seconds, outcome.peak_memory,
                      figures};
  std::string bytes;
  Json::to_cbor(whole, bytes);
  return bytes;
}

Outcome decode(std::string_view bytes) {
  try {
    const Json whole = Json::from_cbor(bytes);
    const auto failure = whole.at(1).get<std::uint8_t>();
    if (failure >= kFailureNames.size()) throw RunError("an outcome names a failure that is none");
    const Json::binary_t& output = whole.at(3).get_binary();
    Outcome out;
    out.key = whole.at(0).get<std::string>();
    out.failure = static_cast<Failure>(failure);
    out.reason = whole.at(2).get<std::string>();
    out.output.assign(output.begin(), output.end());
    out.version = whole.at(4).get<std::string>();
    out.host = whole.at(5).get<std::string>();
    out.seconds = whole.at(6).get<double>();
    out.peak_memory = whole.at(7).get<std::uint64_t>();
    for (const auto& [name, statistic] : whole.at(8).items()) out.figures.emplace(name, statistic_of(statistic));
    return out;
  } catch (const Json::exception&) {
    throw RunError("an outcome cannot be read: it is cut off, or of another program");
  }
}

}  // namespace farfault::sweep
