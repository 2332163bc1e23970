#include "sim/config/latency_curve.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostCurvePoints = 256;
constexpr std::size_t kLongestLine = 1024;
constexpr const char* kCurveRemedy =
    "write points such as [[\"0 %\", \"90 ns\"], [\"80 %\", \"150 ns\"]], or name a CSV file";

Problem split(const std::string& place, const std::string& text) {
  const std::size_t at = text.rfind("; ");
  return at == std::string::npos ? Problem{place + ": " + text, kCurveRemedy}
                                 : Problem{place + ": " + text.substr(0, at), text.substr(at + 2)};
}

std::string point_text(const LatencyPoint& point) {
  return Node::of(point.utilisation * 100).text + " %, " + format_exact(point.latency);
}

/// Appends a point. `place` says which, for messages.
std::optional<Problem> add(LatencyCurve& curve, const std::string& place, std::string_view utilisation,
                           std::string_view latency) {
  const Parsed<double> share = parse_percent(utilisation);
  if (!share) return split(place, share.problem);
  const Parsed<SimTime> time = parse_time(latency);
  if (!time) return split(place, time.problem);
  if (*share.value > 1) {
    return Problem{place + ": a utilisation of " + printable(utilisation, 40) + " is out of range",
                   "write one from 0 % to 100 %"};
  }
  if (curve.size() == kMostCurvePoints) {
    return Problem{place + ": a curve has at most " + std::to_string(kMostCurvePoints) + " points", "leave some out"};
  }
  const LatencyPoint point{*share.value, *time.value};
  if (!curve.empty()) {
    const LatencyPoint& last = curve.back();
    if (point.utilisation <= last.utilisation) {
      return Problem{
          place + ": the utilisation does not rise from (" + point_text(last) + ") to (" + point_text(point) + ')',
          "order the points by utilisation, each once"};
    }
    if (point.latency < last.latency) {
      return Problem{place + ": the latency falls from (" + point_text(last) + ") to (" + point_text(point) + ')',
                     "a memory under more load is not faster: smooth what was measured"};
    }
  }
  curve.push_back(point);
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\"";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

/// Relative to the file that names it.
fs::path resolve(const Node& node) {
  const fs::path given(node.text);
  const bool by_file = node.source != nullptr && node.source->layer != kOverrideLayer;
  return given.is_absolute() || !by_file ? given : fs::path(node.source->file).parent_path() / given;
}

std::optional<Problem> read_file(LatencyCurve& curve, const Node& node) {
  const bool nameable = !node.text.empty() && node.text.find('\0') == std::string::npos;
  const fs::path path = nameable ? resolve(node) : fs::path();
  std::error_code failed;
  std::ifstream in;
  if (nameable && fs::is_regular_file(path, failed)) in.open(path);
  if (!in.is_open()) {
    return Problem{"cannot read the curve in " + printable(path.empty() ? node.text : path.string(), 200),
                   kCurveRemedy};
  }
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const std::string place = printable(path.string(), 200) + ", line " + std::to_string(number);
    if (line.size() > kLongestLine) {
      return Problem{place + ": is longer than " + std::to_string(kLongestLine) + " bytes", "is it the right file?"};
    }
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos || text.find(',', comma + 1) != std::string_view::npos) {
      return Problem{place + ": has not two columns", "write lines such as 80 %,150 ns"};
    }
    const bool heading = curve.empty() && text.find_first_of("0123456789") == std::string_view::npos;
    if (heading) continue;
    if (auto problem = add(curve, place, trimmed(text.substr(0, comma)), trimmed(text.substr(comma + 1)))) {
      return problem;
    }
  }
  if (curve.empty())
    return Problem{printable(path.string(), 200) + " has no points", "write lines such as 80 %,150 ns"};
  return std::nullopt;
}

std::optional<Problem> read_points(LatencyCurve& curve, const Node& node) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    const std::string place = "point " + std::to_string(i);
    const bool pair =
        item.is_array() && item.items.size() == 2 && item.items[0].is_string() && item.items[1].is_string();
    if (!pair) return Problem{place + " is not a pair of a utilisation and a latency", kCurveRemedy};
    if (auto problem = add(curve, place, item.items[0].text, item.items[1].text)) return problem;
  }
  if (curve.empty()) return Problem{"a curve has at least one point", std::string(kCurveRemedy) + ", or null for none"};
  return std::nullopt;
}

}  // namespace

std::optional<Problem> read_latency_curve(LatencyCurve* to, const Node& node) {
  LatencyCurve curve;
  std::optional<Problem> problem;
  if (node.is_string()) {
    problem = read_file(curve, node);
  } else if (node.is_array()) {
    problem = read_points(curve, node);
  } else if (!node.is_null()) {
    problem = Problem{"is " + kind_text(node) + ", not a curve of latency", kCurveRemedy};
  }
  if (!problem) *to = std::move(curve);
  return problem;
}

std::optional<Node> write_latency_curve(const LatencyCurve& curve) {
  if (curve.empty()) return std::nullopt;
  Node out = Node::array();
  for (const LatencyPoint& point : curve) {
    Node& pair = out.push(Node::array());
    pair.push(percent_node(point.utilisation));
    pair.push(Node::of(format_exact(point.latency)));
  }
  return out;
}

Node latency_curve_schema() {
  const auto reference = [](const char* name) {
    Node node = Node::object();
    node.set("$ref", Node::of(std::string("#/definitions/") + name));
    return node;
  };
  Node pair = typed_schema("array");
  Node& items = pair.set("items", Node::array());
  items.push(reference("percent"));
  items.push(reference("time"));
  pair.set("minItems", Node::of(std::uint64_t{2}));
  pair.set("maxItems", Node::of(std::uint64_t{2}));
  Node points = typed_schema("array");
  points.set("items", std::move(pair));
  points.set("minItems", Node::of(std::uint64_t{1}));
  points.set("maxItems", Node::of(std::uint64_t{kMostCurvePoints}));
  Node out = Node::object();
  Node& ways = out.set("anyOf", Node::array());
  ways.push(std::move(points));
  ways.push(typed_schema("string"));
  ways.push(typed_schema("null"));
  return out;
}

}  // namespace farfault::config
