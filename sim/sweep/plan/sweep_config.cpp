#include "sim/sweep/plan/sweep_config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/core/text.h"
#include "sim/sweep/plan/axis_values.h"
#include "sim/sweep/plan/condition.h"

namespace farfault::sweep {
namespace {

using config::Diagnostics;
using config::join;
using config::Node;

/// Ranges are short to write; their values are not short to keep.
constexpr std::size_t kMostAxisValues = 500'000;
constexpr std::size_t kMostFigures = 10'000;

constexpr const char* kPathRemedy = "write a path as --set has it, such as policy.eviction.kind";

class SweepReader {
 public:
  SweepReader(const Node& root, Diagnostics& diagnostics) : root_(root), diagnostics_(diagnostics) {}

  SweepConfig read() {
    check_keys(root_, "",
               {"$schema", "name", "description", "base", "set", "axes", "zip", "points", "exclude", "only", "figures"},
               diagnostics_);
    read_text("name", out_.name);
    read_text("description", out_.description);
    read_base();
    read_settings();
    read_axes();
    read_zips();
    read_points();
    if (out_.axes.empty() && out_.points.empty() && diagnostics_.empty()) {
      diagnostics_.add(root_, "", "varies nothing", R"(add "axes": {"PATH": [VALUES]})");
    }
    // An axis that was not right is missing, and conditions would be blamed for it.
    if (diagnostics_.empty()) {
      out_.exclude = read_conditions(root_, "exclude", out_, diagnostics_);
      out_.only = read_conditions(root_, "only", out_, diagnostics_);
    }
    read_figures();
    return std::move(out_);
  }

 private:
  void read_text(const char* key, std::string& to) {
    const Node* const node = root_.find(key);
    if (node == nullptr) return;
    if (node->is_string()) {
      to = node->text;
    } else {
      diagnostics_.add(*node, join("", key), "is " + kind_text(*node) + ", not a text");
    }
  }

  void read_base() {
    const Node* const base = root_.find("base");
    if (base == nullptr) {
      diagnostics_.add(root_, "", "has no \"base\"", "name the scenario that the points differ from");
    } else if (!base->is_string() && !base->is_object()) {
      diagnostics_.add(*base, "/base", "is " + kind_text(*base) + ", not a scenario",
                       "write a path, a name (farfault list scenarios) or a scenario in { }");
    } else {
      out_.base = *base;
    }
  }

  /// The member, if it is there and of that kind.
  const Node* section(const char* key, Node::Kind kind) {
    const Node* const node = root_.find(key);
    if (node == nullptr || node->kind == kind) return node;
    diagnostics_.add(*node, join("", key),
                     "is " + kind_text(*node) + (kind == Node::Kind::kObject ? ", not an object" : ", not an array"),
                     kind == Node::Kind::kObject ? R"(write {"PATH": ...})" : R"(write [{"PATH": ...}])");
    return nullptr;
  }

  bool check_path(const Node& object, std::size_t i, const std::string& pointer) {
    const Node::Key& key = object.keys[i];
    if (is_set_path(key.name)) return true;
    diagnostics_.add(object.items[i].source, key.line, join(pointer, key.name), in_quotes(key.name) + " is no path",
                     kPathRemedy);
    return false;
  }

  void read_settings() {
    const Node* const sets = section("set", Node::Kind::kObject);
    if (sets == nullptr) return;
    for (std::size_t i = 0; i < sets->items.size(); ++i) {
      if (!check_path(*sets, i, "/set")) continue;
      const std::string& path = sets->keys[i].name;
      out_.settings.push_back({path, setting_text(path, sets->items[i]), {sets->items[i].line, join("/set", path)}});
    }
  }

  std::optional<std::size_t> find_axis(const std::string& path) const {
    const auto it = std::find_if(out_.axes.begin(), out_.axes.end(),
                                 [&path](const SweptAxis& axis) { return axis.axis.path == path; });
    if (it == out_.axes.end()) return std::nullopt;
    return static_cast<std::size_t>(it - out_.axes.begin());
  }

  /// Its position; nothing, with a diagnostic, if there are too many.
  std::optional<std::size_t> add_axis(const Node& at, const std::string& pointer, Axis axis) {
    if (out_.axes.size() == kMostAxes) {
      diagnostics_.add(at, pointer, "is one axis too many", "a sweep has at most " + std::to_string(kMostAxes));
      return std::nullopt;
    }
    out_.axes.push_back({std::move(axis), {}, {}, false});
    return out_.axes.size() - 1;
  }

  /// The position of the value, which is added if the axis has none of its text.
  static std::uint32_t value_position(SweptAxis& axis, AxisValue value) {
    const auto [it, fresh] = axis.by_text.try_emplace(value.text, static_cast<std::uint32_t>(axis.values.size()));
    if (fresh) axis.values.push_back(std::move(value));
    return it->second;
  }

  bool has_room(const Node& at, const std::string& pointer, std::size_t more) {
    axis_values_ += more;
    if (axis_values_ <= kMostAxisValues) return true;
    diagnostics_.add(at, pointer, "the axes have more than " + std::to_string(kMostAxisValues) + " values together",
                     "make larger steps");
    return false;
  }

  /// An axis of the product with its values; nothing, with a diagnostic, where that is wrong.
  std::optional<std::size_t> read_product_axis(const Node& object, std::size_t i, const std::string& pointer,
                                               std::vector<AxisValue>& values) {
    if (!check_path(object, i, pointer)) return std::nullopt;
    const std::string& path = object.keys[i].name;
    const std::string at = join(pointer, path);
    if (find_axis(path)) {
      diagnostics_.add(object.items[i], at, in_quotes(path) + " is an axis already", "keep one of the two");
      return std::nullopt;
    }
    std::optional<WrittenAxis> written = read_axis(path, object.items[i], at, diagnostics_);
    if (!written || !has_room(object.items[i], at, written->values.size())) return std::nullopt;
    const std::optional<std::size_t> axis = add_axis(object.items[i], at, {path, std::move(written->title)});
    if (!axis) return std::nullopt;
    out_.axes[*axis].in_product = true;
    values = std::move(written->values);
    return axis;
  }

  void read_axes() {
    const Node* const axes = section("axes", Node::Kind::kObject);
    if (axes == nullptr) return;
    for (std::size_t i = 0; i < axes->items.size() && !diagnostics_.full(); ++i) {
      std::vector<AxisValue> values;
      const std::optional<std::size_t> axis = read_product_axis(*axes, i, "/axes", values);
      if (axis) add_factor({*axis}, {std::move(values)});
    }
  }

  void read_zips() {
    const Node* const zips = section("zip", Node::Kind::kArray);
    if (zips == nullptr) return;
    for (std::size_t i = 0; i < zips->items.size() && !diagnostics_.full(); ++i) {
      const std::string pointer = join("/zip", i);
      const Node& zip = zips->items[i];
      if (!zip.is_object() || zip.items.empty()) {
        diagnostics_.add(zip, pointer, "holds no axes", R"(write {"PATH": [VALUES], "PATH": [VALUES]})");
      } else {
        read_zip(zip, pointer);
      }
    }
  }

  void read_zip(const Node& zip, const std::string& pointer) {
    std::vector<std::size_t> axes;
    std::vector<std::vector<AxisValue>> values;
    for (std::size_t i = 0; i < zip.items.size(); ++i) {
      std::vector<AxisValue> more;
      const std::optional<std::size_t> axis = read_product_axis(zip, i, pointer, more);
      if (!axis) return;
      axes.push_back(*axis);
      values.push_back(std::move(more));
    }
    for (std::size_t i = 1; i < axes.size(); ++i) {
      if (values[i].size() == values[0].size()) continue;
      diagnostics_.add(zip.items[i], join(pointer, zip.keys[i].name),
                       "has " + std::to_string(values[i].size()) + " values, and " + in_quotes(zip.keys[0].name) +
                           " has " + std::to_string(values[0].size()),
                       "axes in step have as many values each");
      return;
    }
    add_factor(axes, std::move(values));
  }

  /// REQUIRES: as many values for each of the axes.
  void add_factor(const std::vector<std::size_t>& axes, std::vector<std::vector<AxisValue>> values) {
    Factor factor{axes, {}};
    std::set<std::vector<std::uint32_t>> seen;
    for (std::size_t row = 0; row < values.front().size(); ++row) {
      std::vector<std::uint32_t> positions;
      positions.reserve(axes.size());
      const Place place = values.front()[row].place;
      for (std::size_t i = 0; i < axes.size(); ++i) {
        positions.push_back(value_position(out_.axes[axes[i]], std::move(values[i][row])));
      }
      if (seen.insert(positions).second) {
        factor.rows.push_back(std::move(positions));
      } else if (!diagnostics_.full()) {
        diagnostics_.add(root_.source, place.line, place.pointer,
                         axes.size() == 1 ? "the value is there twice" : "the values of this step are there twice",
                         "keep one of the two");
      }
    }
    out_.factors.push_back(std::move(factor));
  }

  void read_points() {
    const Node* const points = section("points", Node::Kind::kArray);
    if (points == nullptr) return;
    for (std::size_t i = 0; i < points->items.size() && !diagnostics_.full(); ++i) {
      const std::string pointer = join("/points", i);
      if (points->items[i].is_object()) {
        read_point(points->items[i], pointer);
      } else {
        diagnostics_.add(points->items[i], pointer, "is " + kind_text(points->items[i]) + ", not a point",
                         R"(write {"PATH": VALUE})");
      }
    }
    // Points that came before an axis have no value of it.
    for (Selection& point : out_.points) point.resize(out_.axes.size(), kNoValue);
  }

  void read_point(const Node& node, const std::string& pointer) {
    Selection point(out_.axes.size(), kNoValue);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (!check_path(node, i, pointer)) return;
      const std::string& path = node.keys[i].name;
      const std::string at = join(pointer, path);
      std::optional<std::size_t> axis = find_axis(path);
      if (!axis) {
        axis = add_axis(node.items[i], at, {path, path});
        if (!axis) return;
        point.push_back(kNoValue);
      }
      point[*axis] = value_position(out_.axes[*axis], axis_value(path, node.items[i], at));
    }
    out_.points.push_back(std::move(point));
  }

  void read_figures() {
    const Node* const figures = section("figures", Node::Kind::kArray);
    if (figures == nullptr) return;
    if (figures->items.size() > kMostFigures) {
      diagnostics_.add(*figures, "/figures", "names more than " + std::to_string(kMostFigures) + " figures",
                       "use patterns: \"time.*\"");
      return;
    }
    for (std::size_t i = 0; i < figures->items.size() && !diagnostics_.full(); ++i) {
      const Node& figure = figures->items[i];
      if (figure.is_string() && !figure.text.empty()) {
        out_.figures.push_back(figure.text);
      } else {
        diagnostics_.add(figure, join("/figures", i), "is no figure", "write its name or a pattern: \"time.*\"");
      }
    }
  }

  const Node& root_;
  Diagnostics& diagnostics_;
  SweepConfig out_;
  std::size_t axis_values_ = 0;
};

}  // namespace

SweepConfig read_sweep_config(const Node& root, Diagnostics& diagnostics) {
  return SweepReader(root, diagnostics).read();
}

}  // namespace farfault::sweep
