#include "sim/sweep/plan_json.h"

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/sweep/plan/expand.h"
#include "sim/sweep/plan/sweep_config.h"

namespace farfault::sweep {
namespace {

using PlanJson = nlohmann::ordered_json;

/// Rises when a reader of the old form would misread the new one.
constexpr std::uint64_t kPlanVersion = 1;

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// A text; names of files may be no UTF-8, and are then {"bytes": HEX}.
PlanJson text_json(const std::string& text) {
  PlanJson out = text;
  try {
    (void)out.dump();
    return out;
  } catch (const PlanJson::exception&) {
    std::string hex;
    for (const char c : text) {
      hex += kHexDigits[static_cast<unsigned char>(c) >> 4U];
      hex += kHexDigits[static_cast<unsigned char>(c) & 15U];
    }
    return {{"bytes", hex}};
  }
}

/// Texts that many points have, each once.
class TextTable {
 public:
  std::size_t position(const std::string& text) {
    const auto [it, fresh] = positions_.try_emplace(text, texts_.size());
    if (fresh) texts_.push_back(text_json(text));
    return it->second;
  }
  PlanJson take() { return std::move(texts_); }

 private:
  std::unordered_map<std::string, std::size_t> positions_;
  PlanJson texts_ = PlanJson::array();
};

void append_positions(std::string& out, const std::vector<std::string>& texts, TextTable& table) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i != 0) out += ',';
    out += std::to_string(table.position(texts[i]));
  }
  out += ']';
}

/// ["KEY","CONFIG HASH",TRACE,TRACE HASH,[AXES],[SETS]], a line each: as values of a document they would take ten times
/// the memory.
std::string points_text(const Plan& plan, TextTable& table) {
  std::string out = "[";
  for (const Point& point : plan.points) {
    out += point.position == 0 ? "\n[" : ",\n[";
    out += text_json(point.key).dump() + ',' + text_json(point.config_hash).dump() + ',';
    out += std::to_string(table.position(point.trace)) + ',' + std::to_string(table.position(point.trace_hash)) + ',';
    append_positions(out, point.axes, table);
    out += ',';
    append_positions(out, point.sets, table);
    out += ']';
  }
  return out + "\n]";
}

/// What is wrong, without the file.
struct Unreadable {
  std::string problem;
};

[[noreturn]] void reject_plan(std::string problem) { throw Unreadable{std::move(problem)}; }

/// The members, if they are these and no others.
void expect_members(const PlanJson& json, std::initializer_list<const char*> names, const char* what) {
  if (!json.is_object() || json.size() != names.size()) reject_plan(std::string(what) + " has other members");
  for (const char* const name : names) {
    if (!json.contains(name)) reject_plan(std::string(what) + " has no \"" + name + '"');
  }
}

void expect_array(const PlanJson& json, const char* what) {
  if (!json.is_array()) reject_plan(std::string(what) + " is no array");
}

std::string bytes_of_hex(const std::string& hex) {
  if (hex.size() % 2 != 0) reject_plan("a text of bytes is cut off");
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const std::size_t high = kHexDigits.find(hex[i]);
    const std::size_t low = kHexDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos)
      reject_plan("a text of bytes is not hexadecimal");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string plan_text(const PlanJson& json) {
  if (json.is_string()) return json.get<std::string>();
  expect_members(json, {"bytes"}, "a text");
  if (!json["bytes"].is_string()) reject_plan("a text is of another kind");
  return bytes_of_hex(json["bytes"].get<std::string>());
}

std::vector<std::string> plan_texts(const PlanJson& json, const char* what) {
  expect_array(json, what);
  std::vector<std::string> out;
  for (const PlanJson& text : json) out.push_back(plan_text(text));
  return out;
}

/// Reads points from positions in the table. A few bytes of a file may stand for long texts, so what they become is
/// bounded.
class PointReader {
 public:
  PointReader(std::vector<std::string> texts, std::size_t axes) : texts_(std::move(texts)), axes_(axes) {}

  Point read(const PlanJson& json, std::size_t position) {
    if (!json.is_array() || json.size() != 6) reject_plan("a point has other parts");
    Point out;
    out.position = position;
    out.key = plan_text(json[0]);
    out.config_hash = plan_text(json[1]);
    if (out.key.empty()) reject_plan("a point has no key");
    out.trace = text_at(json[2]);
    out.trace_hash = text_at(json[3]);
    out.axes = texts_at(json[4]);
    out.sets = texts_at(json[5]);
    if (out.axes.size() != axes_) reject_plan("a point has values of other axes");
    return out;
  }

 private:
  const std::string& text_at(const PlanJson& json) {
    if (!json.is_number_unsigned() || json.get<std::uint64_t>() >= texts_.size()) reject_plan("a text is missing");
    const std::string& out = texts_[json.get<std::uint64_t>()];
    bytes_ += sizeof(std::string) + out.size();
    if (bytes_ > 2 * kMostPointBytes) reject_plan("its points are too large");
    return out;
  }

  std::vector<std::string> texts_at(const PlanJson& json) {
    std::vector<std::string> out;
    expect_array(json, "a part of a point");
    out.reserve(json.size());
    for (const PlanJson& position : json) out.push_back(text_at(position));
    return out;
  }

  std::vector<std::string> texts_;
  std::size_t axes_;
  std::uint64_t bytes_ = 0;
};

Plan plan_of(const PlanJson& json) {
  expect_members(json, {"farfault_plan", "name", "description", "text", "base", "axes", "figures", "texts", "points"},
                 "it");
  if (json["farfault_plan"] != kPlanVersion) reject_plan("it is of another version of farfault");
  Plan out;
  out.name = plan_text(json["name"]);
  out.description = plan_text(json["description"]);
  out.text = plan_text(json["text"]);
  const PlanJson& base = json["base"];
  expect_members(base, {"text", "name", "folder"}, "its base");
  out.base = {plan_text(base["text"]), plan_text(base["name"]), plan_text(base["folder"])};
  expect_array(json["axes"], "its axes");
  for (const PlanJson& axis : json["axes"]) {
    expect_members(axis, {"path", "title"}, "an axis");
    out.axes.push_back({plan_text(axis["path"]), plan_text(axis["title"])});
  }
  out.figures = plan_texts(json["figures"], "its figures");
  const PlanJson& points = json["points"];
  expect_array(points, "its points");
  if (out.axes.size() > kMostAxes || points.size() > kMostPoints) reject_plan("it is larger than a sweep may be");
  PointReader reader(plan_texts(json["texts"], "its texts"), out.axes.size());
  for (const PlanJson& point : points) out.points.push_back(reader.read(point, out.points.size()));
  return out;
}

}  // namespace

std::string plan_json(const Plan& plan) {
  TextTable table;
  const std::string points = points_text(plan, table);
  PlanJson axes = PlanJson::array();
  for (const Axis& axis : plan.axes) axes.push_back({{"path", text_json(axis.path)}, {"title", text_json(axis.title)}});
  PlanJson figures = PlanJson::array();
  for (const std::string& figure : plan.figures) figures.push_back(text_json(figure));
  PlanJson out;
  out["farfault_plan"] = kPlanVersion;
  out["name"] = text_json(plan.name);
  out["description"] = text_json(plan.description);
  out["text"] = text_json(plan.text);
  out["base"] = {{"text", text_json(plan.base.text)},
                 {"name", text_json(plan.base.name)},
                 {"folder", text_json(plan.base.folder)}};
  out["axes"] = std::move(axes);
  out["figures"] = std::move(figures);
  out["texts"] = table.take();
  std::string text = out.dump(1);
  text.resize(text.rfind('\n'));  // the brace; the points go before it
  return text + ",\n \"points\": " + points + "\n}\n";
}

Plan read_plan_json(std::string_view text, const std::string& name) {
  std::string problem;
  try {
    return plan_of(PlanJson::parse(text));
  } catch (const Unreadable& error) {
    problem = error.problem;
  } catch (const PlanJson::exception&) {
    problem = "it is cut off, or no JSON";
  }
  throw InputError(Diagnostic{.file = printable(name, 400),
                              .problem = "is no plan of a sweep: " + problem,
                              .remedy = "start the sweep again from its config"});
}

}  // namespace farfault::sweep
