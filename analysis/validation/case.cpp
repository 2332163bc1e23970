#include "analysis/validation/case.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kCaseRemedy = "docs/validation.md says how cases are written";
constexpr const char* kOnlyRun = "run";

struct NamedTolerance {
  Tolerance tolerance;
  const char* name;
  const char* limit;
};
constexpr std::array<NamedTolerance, kToleranceCount> kTolerances = {{
    {Tolerance::kCalibration, "calibration", "10 %"},
    {Tolerance::kRegular, "regular", "15 %"},
    {Tolerance::kIrregular, "irregular", "factor 1.5"},
    {Tolerance::kKernel, "kernel", "15 %"},
    {Tolerance::kExact, "exact", "exact"},
}};

/// Reads one object of a case file; what is not asked for by done() is unknown.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string file, std::string pointer)
      : object_(object), file_(std::move(file)), pointer_(std::move(pointer)) {
    if (!object.is_object()) fail("", "is no object");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& problem) const {
    throw InputError(Diagnostic{.file = printable(file_, 400),
                                .pointer = printable(pointer_ + (key.empty() ? "" : '/' + key), 400),
                                .problem = problem,
                                .remedy = kCaseRemedy});
  }

  const Json* find(const std::string& key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }
  const Json& at(const std::string& key) {
    const Json* const value = find(key);
    if (value == nullptr) fail("", "has no member \"" + key + '"');
    return *value;
  }
  std::string text(const std::string& key) {
    const Json& value = at(key);
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) fail(key, "is no text");
    return value.get<std::string>();
  }
  std::string text_or(const std::string& key, std::string fallback) {
    return find(key) != nullptr ? text(key) : std::move(fallback);
  }
  bool flag(const std::string& key) {
    const Json* const value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) fail(key, "is neither true nor false");
    return value->get<bool>();
  }
  std::vector<std::string> texts(const std::string& key) { return texts_of(at(key), key); }
  std::vector<std::string> texts_of(const Json& array, const std::string& key) const {
    if (!array.is_array()) fail(key, "is no array");
    std::vector<std::string> out;
    for (const Json& item : array) {
      if (!item.is_string()) fail(key + '/' + std::to_string(out.size()), "is no text");
      out.push_back(item.get<std::string>());
    }
    return out;
  }
  ObjectReader inner(const Json& object, const std::string& key) const { return {object, file_, pointer_ + '/' + key}; }

  void done() const {
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        fail(key, "is not known; " + name_hint(key, known_));
      }
    }
  }

 private:
  const Json& object_;
  std::string file_;
  std::string pointer_;
  std::vector<std::string> known_;
};

Tolerance tolerance_of(ObjectReader& in, const std::string& key) {
  const std::string name = in.text(key);
  std::vector<std::string> names;
  for (const NamedTolerance& each : kTolerances) {
    if (name == each.name) return each.tolerance;
    names.emplace_back(each.name);
  }
  in.fail(key, "is no class: \"" + printable(name) + "\"; " + name_hint(name, names));
}

Measurement measurement_of(ObjectReader& in) {
  const Json& value = in.at("measured");
  Measurement out;
  if (value.is_string()) {
    out.text = value.get<std::string>();
  } else {
    const std::vector<std::string> ends = in.texts_of(value, "measured");
    if (ends.size() != 2) in.fail("measured", "is neither a value nor a range of two");
    out.text = ends[0];
    out.high_text = ends[1];
  }
  try {
    out.low = evaluate_constant(out.text);
    out.high = out.high_text.empty() ? out.low : evaluate_constant(out.high_text);
    // What is simulated will be told in the same unit, so there must be one.
    if (out.text.find_first_of("0123456789") != 0)
      throw ExpressionError(in_quotes(out.text) + " does not begin with a number");
    static_cast<void>(text_like(out.low, out.text));
  } catch (const ExpressionError& error) {
    in.fail("measured", error.what());
  }
  if (!out.low.same_dimension(out.high))
    in.fail("measured", "is a range from " + dimension_text(out.low) + " to " + dimension_text(out.high));
  if (out.low.value < 0 || out.low.value > out.high.value)
    in.fail("measured", "is below zero, or ends before it begins");
  return out;
}

MeasuredRow row_of(ObjectReader in, const ValidationCase& of, std::optional<Tolerance> tolerance,
                   std::optional<Use> used) {
  MeasuredRow out;
  out.id = in.text("id");
  out.quantity = in.text("quantity");
  out.measured = measurement_of(in);
  out.source = in.text("source");
  out.confidence = in.text("confidence");
  out.note = in.text_or("note", "");
  out.left_out = in.text_or("left_out", "");
  out.run = in.text_or("run", of.runs.size() == 1 ? of.runs.front().name : "");
  const bool known_run =
      std::any_of(of.runs.begin(), of.runs.end(), [&](const CaseRun& r) { return r.name == out.run; });
  if (!out.run.empty() && !known_run) in.fail("run", "names no run of this case: \"" + printable(out.run) + '"');
  if (in.find("class") != nullptr) tolerance = tolerance_of(in, "class");
  const std::string use = in.text_or("used", used ? std::string(use_name(*used)) : "");
  if (use != "fit" && use != "prediction") in.fail("used", "is neither \"fit\" nor \"prediction\"");
  out.used = use == "fit" ? Use::kFit : Use::kPrediction;
  if (!tolerance) in.fail("class", "is missing here and in the case");
  out.tolerance = *tolerance;
  if (out.left_out.empty()) {
    out.expression = in.text("statistic");
  } else if (in.find("statistic") != nullptr) {
    in.fail("left_out", "does not go together with a statistic");
  }
  in.done();
  return out;
}

std::vector<CaseRun> runs_of(ObjectReader& in) {
  const Json* const runs = in.find("runs");
  if (in.find("scenario") == nullptr) {
    if (runs != nullptr) in.fail("runs", "need a scenario");
    return {};
  }
  if (runs == nullptr) return {{kOnlyRun, {}}};
  if (!runs->is_object() || runs->empty()) in.fail("runs", "is no object with a list of values for each run");
  std::vector<CaseRun> out;
  for (const auto& [name, sets] : runs->items()) out.push_back({name, in.texts_of(sets, "runs/" + name)});
  return out;
}

void read_rows(ObjectReader& in, ValidationCase& out) {
  const std::optional<Tolerance> tolerance =
      in.find("class") != nullptr ? std::optional(tolerance_of(in, "class")) : std::nullopt;
  const std::string use = in.text_or("used", "");
  const std::optional<Use> used =
      use.empty() ? std::nullopt : std::optional(use == "fit" ? Use::kFit : Use::kPrediction);
  if (!use.empty() && use != use_name(*used)) in.fail("used", "is neither \"fit\" nor \"prediction\"");
  // A case whose rows share where they come from says so once.
  const Json source = in.find("source") != nullptr ? Json(in.text("source")) : Json();
  const Json confidence = in.find("confidence") != nullptr ? Json(in.text("confidence")) : Json();
  const Json& rows = in.at("rows");
  if (!rows.is_array() || rows.empty()) in.fail("rows", "is no array with something in it");
  std::set<std::string> ids;
  for (const Json& given : rows) {
    const std::string key = "rows/" + std::to_string(out.rows.size());
    Json row = given;
    if (row.is_object() && !source.is_null() && !row.contains("source")) row["source"] = source;
    if (row.is_object() && !confidence.is_null() && !row.contains("confidence")) row["confidence"] = confidence;
    out.rows.push_back(row_of(in.inner(row, key), out, tolerance, used));
    if (!ids.insert(out.rows.back().id).second) in.fail(key + "/id", "is there twice");
    if (out.runs.empty() && out.rows.back().left_out.empty()) in.fail(key, "needs a scenario, or to be left out");
  }
}

void read_orders(ObjectReader& in, ValidationCase& out) {
  const Json* const orders = in.find("orders");
  if (orders == nullptr) return;
  if (!orders->is_array()) in.fail("orders", "is no array");
  for (const Json& order : *orders) {
    ObjectReader each = in.inner(order, "orders/" + std::to_string(out.orders.size()));
    out.orders.push_back({each.text("what"), each.texts("rows")});
    each.done();
    const OrderCheck& check = out.orders.back();
    if (check.rows.size() < 2) each.fail("rows", "are fewer than two");
    for (const std::string& id : check.rows) {
      const bool known =
          std::any_of(out.rows.begin(), out.rows.end(), [&](const MeasuredRow& row) { return row.id == id; });
      if (!known) each.fail("rows", "names no row of this case: \"" + printable(id) + '"');
    }
    const auto measured = [&out](const std::string& id) {
      return std::find_if(out.rows.begin(), out.rows.end(), [&](const MeasuredRow& row) { return row.id == id; })
          ->measured.low;
    };
    for (const std::string& id : check.rows) {
      if (!measured(id).same_dimension(measured(check.rows.front()))) each.fail("rows", "are not all of one unit");
    }
  }
}

Json parsed_case(std::string_view text, const std::string& file) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& error) {
    throw InputError(Diagnostic{
        .file = printable(file, 400), .problem = "is no JSON: " + printable(error.what(), 400), .remedy = kCaseRemedy});
  }
}

}  // namespace

std::string_view tolerance_name(Tolerance tolerance) {
  return kTolerances.at(static_cast<std::size_t>(tolerance)).name;
}
std::string_view tolerance_limit(Tolerance tolerance) {
  return kTolerances.at(static_cast<std::size_t>(tolerance)).limit;
}
std::string_view use_name(Use use) { return use == Use::kFit ? "fit" : "prediction"; }

ValidationCase parse_case(std::string_view text, const std::string& name, const std::string& file) {
  const Json root = parsed_case(text, file);
  ObjectReader in(root, file, "");
  ValidationCase out;
  out.name = name;
  static_cast<void>(in.find("$schema"));
  out.title = in.text("title");
  out.setup = in.text("setup");
  out.note = in.text_or("note", "");
  out.fast = in.flag("fast");
  out.runs = runs_of(in);
  if (const Json* const scenario = in.find("scenario")) {
    if (!scenario->is_object() && !scenario->is_string())
      in.fail("scenario", "is neither a scenario nor the name of one");
    out.scenario_is_text = scenario->is_object();
    out.scenario = scenario->is_object() ? scenario->dump(2) : scenario->get<std::string>();
  }
  read_rows(in, out);
  read_orders(in, out);
  in.done();
  return out;
}

}  // namespace farfault::analysis
