#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "analysis/pattern.h"
#include "analysis/sweep_store/database.h"
#include "analysis/sweep_store/schema.h"
#include "analysis/sweep_store/store.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis {

namespace sweep_schema {

void check(const sweep_database::Database& database) {
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (application != kApplication) {
    const bool unfinished = application == 0 && version == 0 && database.integer("PRAGMA page_count") <= 1;
    database.reject(unfinished ? "is empty: the sweep was stopped before it began" : "is a database of another program",
                    unfinished ? "remove it and run the sweep again" : "name the store of a sweep");
  }
  if (version != kSweepSchema) {
    database.reject("is a sweep store of version " + std::to_string(version) + "; this farfault reads version " +
                        std::to_string(kSweepSchema),
                    version > kSweepSchema ? "use a newer farfault" : "run the sweep again");
  }
  for (const std::string_view table : kTables) {
    if (!database.has_table(table)) {
      database.reject("is damaged: it has no table \"" + std::string(table) + '"',
                      "copy it again, or run the sweep again");
    }
  }
}

}  // namespace sweep_schema

namespace sweep_read {
namespace {

using sweep_database::Database;
using sweep_database::Mode;
using sweep_database::Statement;
using sweep_database::Transaction;

/// Reads the tables of one store into one sweep; ids become positions.
class Tables {
 public:
  Tables(const Database& database, Sweep& sweep) : database_(database), sweep_(sweep) {}

  void read(const std::vector<std::string>& wanted) {
    read_meta();
    read_axes();
    read_points();
    read_point_axes();
    read_figures(wanted);
    read_values();
  }

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    database_.reject("is damaged: " + what, "copy it again, or run the sweep again");
  }
  [[noreturn]] void too_large(const std::string& what, const std::string& remedy) const {
    database_.reject(what, remedy);
  }

  std::string text(const Statement& row, int column, const char* of) const {
    if (!row.is_text(column)) damaged(std::string(of) + " is no text");
    return row.text(column);
  }

  void read_meta() {
    Statement rows = database_.prepare("SELECT key, value FROM meta");
    while (rows.next()) {
      if (sweep_.meta.size() == kMostMeta) damaged("meta holds more than any store");
      sweep_.meta[text(rows, 0, "meta.key")] = text(rows, 1, "meta.value");
    }
  }

  void read_axes() {
    Statement rows = database_.prepare("SELECT position, path, title FROM axes ORDER BY position");
    while (rows.next()) {
      if (rows.integer(0) != static_cast<std::int64_t>(sweep_.axes.size())) damaged("axes.position does not count up");
      if (sweep_.axes.size() == kMostSweepAxes) {
        too_large("has more than " + std::to_string(kMostSweepAxes) + " axes", "sweep fewer parameters");
      }
      sweep_.axes.push_back({text(rows, 1, "axes.path"), text(rows, 2, "axes.title"), {}});
    }
    values_.resize(sweep_.axes.size());
  }

  void read_points() {
    Statement rows = database_.prepare(
        "SELECT id, key, status, reason, config_hash, trace_hash, version, seconds, host, failure, output, peak_memory "
        "FROM points ORDER BY position, id");
    while (rows.next()) {
      if (sweep_.points.size() == kMostSweepPoints) {
        too_large("has more than " + std::to_string(kMostSweepPoints) + " points", "divide the sweep");
      }
      SweepPoint point;
      point.key = text(rows, 1, "points.key");
      const std::string status = text(rows, 2, "points.status");
      point.status =
          status == sweep_schema::status_name(PointStatus::kDone) ? PointStatus::kDone : PointStatus::kFailed;
      if (status != sweep_schema::status_name(point.status)) damaged("a point is neither done nor failed");
      point.reason = text(rows, 3, "points.reason");
      point.config_hash = text(rows, 4, "points.config_hash");
      point.trace_hash = text(rows, 5, "points.trace_hash");
      point.version = text(rows, 6, "points.version");
      point.seconds = rows.real(7);
      point.host = text(rows, 8, "points.host");
      point.failure = text(rows, 9, "points.failure");
      point.output = text(rows, 10, "points.output");
      if (rows.integer(11) < 0) damaged("points.peak_memory is below zero");
      point.peak_memory = static_cast<std::uint64_t>(rows.integer(11));
      point.axes.assign(sweep_.axes.size(), kNoAxisValue);
      points_.emplace(rows.integer(0), sweep_.points.size());
      sweep_.points.push_back(std::move(point));
    }
  }

  std::size_t point_at(std::int64_t id) const {
    const auto it = points_.find(id);
    if (it == points_.end()) damaged("a value is of a point that is not there");
    return it->second;
  }

  void read_point_axes() {
    Statement rows = database_.prepare(
        "SELECT point, axis, value FROM point_axes JOIN points ON points.id = point ORDER BY position, point, axis");
    while (rows.next()) {
      const std::int64_t axis = rows.integer(1);
      if (axis < 0 || axis >= static_cast<std::int64_t>(sweep_.axes.size())) damaged("a value is of no axis");
      const auto position = static_cast<std::size_t>(axis);
      std::vector<std::string>& values = sweep_.axes[position].values;
      std::string value = text(rows, 2, "point_axes.value");
      const auto [it, is_new] = values_[position].try_emplace(value, static_cast<std::uint32_t>(values.size()));
      if (is_new) {
        if (!nlohmann::json::accept(value)) damaged("the value of an axis is no JSON");
        bytes_ += value.size();
        if (bytes_ > kMostValueBytes) damaged("the values of axes are longer than in any store");
        values.push_back(std::move(value));
      }
      sweep_.points[point_at(rows.integer(0))].axes[position] = it->second;
    }
  }

  void read_figures(const std::vector<std::string>& wanted) {
    Statement rows = database_.prepare("SELECT id, name, unit, description FROM figures");
    std::map<std::string, std::pair<std::int64_t, SweepFigure>> by_name;
    std::size_t count = 0;
    while (rows.next()) {
      if (count++ == kMostSweepFigures) damaged("it has more figures than any result");
      SweepFigure figure;
      figure.name = text(rows, 1, "figures.name");
      figure.unit = unit_of(text(rows, 2, "figures.unit"));
      figure.description = text(rows, 3, "figures.description");
      const std::int64_t id = rows.integer(0);
      figures_.emplace(id, std::nullopt);
      const bool is_wanted =
          wanted.empty() || std::any_of(wanted.begin(), wanted.end(),
                                        [&](const std::string& pattern) { return matches(pattern, figure.name); });
      std::string name = figure.name;
      if (is_wanted) by_name.emplace(std::move(name), std::pair(id, std::move(figure)));
    }
    if (by_name.size() * sweep_.points.size() > kMostSweepValues) {
      too_large("has " + std::to_string(sweep_.points.size()) + " points with " + std::to_string(by_name.size()) +
                    " figures, more than are read at once",
                "name the figures that are wanted");
    }
    for (auto& [name, entry] : by_name) {
      entry.second.values.assign(sweep_.points.size(), std::numeric_limits<double>::quiet_NaN());
      figures_[entry.first] = sweep_.figures.size();
      sweep_.figures.push_back(std::move(entry.second));
    }
  }

  Unit unit_of(const std::string& name) const {
    for (const Unit unit : {Unit::kCount, Unit::kBytes, Unit::kTime, Unit::kBandwidth, Unit::kRatio}) {
      if (unit_name(unit) == name) return unit;
    }
    damaged("unknown unit \"" + printable(name) + '"');
  }

  void read_values() {
    Statement rows = database_.prepare("SELECT point, figure, value FROM point_values");
    while (rows.next()) {
      const auto figure = figures_.find(rows.integer(1));
      if (figure == figures_.end()) damaged("a value is of no figure");
      const std::size_t point = point_at(rows.integer(0));
      if (!figure->second || rows.is_null(2)) continue;
      Number& value = sweep_.figures[*figure->second].values[point];
      if (rows.is_integer(2)) {
        value = rows.integer(2);
      } else if (rows.is_real(2)) {
        value = rows.real(2);
      } else {
        damaged("the value of a figure is no number");
      }
    }
  }

  static constexpr std::size_t kMostMeta = 1000;
  static constexpr std::size_t kMostValueBytes = std::size_t{64} << 20U;

  const Database& database_;
  Sweep& sweep_;
  std::vector<std::unordered_map<std::string, std::uint32_t>> values_;
  std::unordered_map<std::int64_t, std::size_t> points_;
  std::unordered_map<std::int64_t, std::optional<std::size_t>> figures_;  ///< nothing: not wanted
  std::size_t bytes_ = 0;
};

}  // namespace
}  // namespace sweep_read

Sweep read_sweep(const std::filesystem::path& path, const std::vector<std::string>& figures) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  const sweep_database::Database database(is_folder ? path / kSweepFile : path, sweep_database::Mode::kRead);
  Sweep sweep;
  sweep.name = path.string();
  // One picture of all tables, whatever is written meanwhile.
  sweep_database::Transaction transaction(database, "BEGIN");
  sweep_schema::check(database);
  sweep_read::Tables(database, sweep).read(figures);
  return sweep;
}

}  // namespace farfault::analysis
