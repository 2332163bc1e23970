#include "analysis/sweep_store/store.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "analysis/sweep_store/database.h"
#include "analysis/sweep_store/schema.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis {

using sweep_database::Database;
using sweep_database::Mode;
using sweep_database::Statement;
using sweep_database::Transaction;

const SweepFigure* find_figure(const Sweep& sweep, const std::string& name) {
  for (const SweepFigure& figure : sweep.figures) {
    if (figure.name == name) return &figure;
  }
  return nullptr;
}

namespace {

constexpr auto kMostMemory = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

}  // namespace

struct SweepStore::Parts {
  struct StoredFigure {
    std::int64_t id = 0;
    Unit unit = Unit::kCount;
  };

  explicit Parts(std::unique_ptr<Database> opened)
      : database(std::move(opened)),
        add_point(database->prepare(
            "INSERT INTO points(key, status, reason, config_hash, trace_hash, version, seconds, host, position, "
            "failure, output, peak_memory) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
            "ON CONFLICT(key) DO UPDATE SET status = ?2, reason = ?3, config_hash = ?4, trace_hash = ?5, version = ?6, "
            "seconds = ?7, host = ?8, position = ?9, failure = ?10, output = ?11, peak_memory = ?12 RETURNING id")),
        drop_axes(database->prepare("DELETE FROM point_axes WHERE point = ?1")),
        drop_values(database->prepare("DELETE FROM point_values WHERE point = ?1")),
        add_axis(database->prepare("INSERT INTO point_axes(point, axis, value) VALUES (?1, ?2, ?3)")),
        add_value(database->prepare("INSERT INTO point_values(point, figure, value) VALUES (?1, ?2, ?3)")),
        add_figure(database->prepare("INSERT OR IGNORE INTO figures(name, unit, description) VALUES (?1, ?2, ?3)")),
        find_figure(database->prepare("SELECT id, unit FROM figures WHERE name = ?1")),
        axes(static_cast<std::size_t>(database->integer("SELECT count(*) FROM axes"))) {}

  using StoredFigures = std::map<std::string, StoredFigure>;

  /// `known` is where the name may be, which it is if the last point had the same figures.
  StoredFigures::const_iterator figure(StoredFigures::const_iterator known, const std::string& name,
                                       const Statistic& statistic) {
    if (known != figures.end() && known->first == name) return known;
    known = figures.find(name);
    if (known != figures.end()) return known;
    add_figure.bind(1, name);
    add_figure.bind(2, unit_name(statistic.unit));
    add_figure.bind(3, statistic.description);
    add_figure.run();
    find_figure.bind(1, name);
    find_figure.next();
    const StoredFigure stored{find_figure.integer(0), statistic.unit};
    const std::string unit = find_figure.text(1);
    find_figure.reset();
    if (unit != unit_name(statistic.unit)) wrong_unit(name, unit, statistic.unit);
    return figures.emplace(name, stored).first;
  }

  [[noreturn]] void wrong_unit(const std::string& name, std::string_view stored, Unit unit) const {
    database->reject("has the figure " + printable(name) + " in " + std::string(stored) +
                         ", and a point brings it in " + std::string(unit_name(unit)),
                     "start a new store for this farfault");
  }

  void add(const SweepRecord& record) {
    if (record.axes.size() != axes) throw std::logic_error("a point of a sweep has a value for each axis");
    if (record.key.empty()) throw std::logic_error("a point of a sweep has a key");
    add_point.bind(1, record.key);
    add_point.bind(2, sweep_schema::status_name(record.status));
    add_point.bind(3, record.reason);
    add_point.bind(4, record.config_hash);
    add_point.bind(5, record.trace_hash);
    add_point.bind(6, record.version);
    add_point.bind(7, record.seconds);
    add_point.bind(8, record.host);
    add_point.bind(9, static_cast<std::int64_t>(record.position));
    add_point.bind(10, record.failure);
    add_point.bind(11, record.output);
    add_point.bind(12, static_cast<std::int64_t>(std::min(record.peak_memory, kMostMemory)));
    add_point.next();
    const std::int64_t id = add_point.integer(0);
    add_point.run();
    for (Statement* drop : {&drop_axes, &drop_values}) {
      drop->bind(1, id);
      drop->run();
    }
    for (std::size_t i = 0; i < record.axes.size(); ++i) {
      if (record.axes[i].empty()) continue;
      add_axis.bind(1, id);
      add_axis.bind(2, static_cast<std::int64_t>(i));
      add_axis.bind(3, record.axes[i]);
      add_axis.run();
    }
    auto known = figures.cbegin();
    for (const auto& [name, statistic] : record.figures) {
      known = figure(known, name, statistic);
      const StoredFigure& stored = known->second;
      ++known;
      if (stored.unit != statistic.unit) wrong_unit(name, unit_name(stored.unit), statistic.unit);
      add_value.bind(1, id);
      add_value.bind(2, stored.id);
      std::visit([this](auto value) { add_value.bind(3, value); }, statistic.value);
      add_value.run();
    }
  }

  /// After a rollback: what was half done is begun anew.
  void forget() {
    figures.clear();
    for (Statement* statement :
         {&add_point, &drop_axes, &drop_values, &add_axis, &add_value, &add_figure, &find_figure}) {
      statement->reset();
    }
  }

  std::unique_ptr<Database> database;
  Statement add_point;
  Statement drop_axes;
  Statement drop_values;
  Statement add_axis;
  Statement add_value;
  Statement add_figure;
  Statement find_figure;
  std::size_t axes;
  StoredFigures figures;
};

SweepStore::SweepStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SweepStore::SweepStore(SweepStore&&) noexcept = default;
SweepStore& SweepStore::operator=(SweepStore&&) noexcept = default;
SweepStore::~SweepStore() = default;

SweepStore SweepStore::create(const std::filesystem::path& path, const std::vector<SweepAxis>& axes,
                              const std::map<std::string, std::string>& meta) {
  if (axes.size() > kMostSweepAxes) throw std::logic_error("a sweep has more axes than a store may have");
  auto database = std::make_unique<Database>(path, Mode::kCreate);
  {
    // One transaction: who finds the file finds all of it, or a database without a version.
    Transaction transaction(*database, "BEGIN IMMEDIATE");
    database->run(sweep_schema::kCreate);
    database->run(("PRAGMA application_id = " + std::to_string(sweep_schema::kApplication)).c_str());
    database->run(("PRAGMA user_version = " + std::to_string(kSweepSchema)).c_str());
    Statement add_axis = database->prepare("INSERT INTO axes(position, path, title) VALUES (?1, ?2, ?3)");
    for (std::size_t i = 0; i < axes.size(); ++i) {
      add_axis.bind(1, static_cast<std::int64_t>(i));
      add_axis.bind(2, axes[i].path);
      add_axis.bind(3, axes[i].title);
      add_axis.run();
    }
    Statement add_meta = database->prepare("INSERT INTO meta(key, value) VALUES (?1, ?2)");
    for (const auto& [key, value] : meta) {
      add_meta.bind(1, key);
      add_meta.bind(2, value);
      add_meta.run();
    }
    transaction.commit();
  }
  return SweepStore(std::make_unique<Parts>(std::move(database)));
}

SweepStore SweepStore::open(const std::filesystem::path& path) {
  auto database = std::make_unique<Database>(path, Mode::kWrite);
  sweep_schema::check(*database);
  return SweepStore(std::make_unique<Parts>(std::move(database)));
}

void SweepStore::add(std::span<const SweepRecord> records) {
  Transaction transaction(*parts_->database, "BEGIN IMMEDIATE");
  try {
    for (const SweepRecord& record : records) parts_->add(record);
    transaction.commit();
  } catch (...) {
    parts_->forget();
    throw;
  }
}

void SweepStore::set_meta(const std::string& key, const std::string& value) {
  Statement set = parts_->database->prepare(
      "INSERT INTO meta(key, value) VALUES (?1, ?2) "
      "ON CONFLICT(key) DO UPDATE SET value = ?2");
  set.bind(1, key);
  set.bind(2, value);
  set.run();
}

void SweepStore::arrange(const std::vector<std::string>& keys) {
  Transaction transaction(*parts_->database, "BEGIN IMMEDIATE");
  Statement shift = parts_->database->prepare(
      "UPDATE points SET position = ?1 + rank FROM (SELECT id AS which, row_number() OVER (ORDER BY position, id) - 1 "
      "AS rank FROM points) WHERE id = which");
  shift.bind(1, static_cast<std::int64_t>(keys.size()));
  shift.run();
  Statement place = parts_->database->prepare("UPDATE points SET position = ?2 WHERE key = ?1");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    place.bind(1, keys[i]);
    place.bind(2, static_cast<std::int64_t>(i));
    place.run();
  }
  transaction.commit();
}

std::vector<std::string> SweepStore::axes() const {
  std::vector<std::string> out;
  Statement rows = parts_->database->prepare("SELECT path FROM axes ORDER BY position");
  while (rows.next()) out.push_back(rows.text(0));
  return out;
}

std::map<std::string, StoredPoint> SweepStore::keys() const {
  std::map<std::string, StoredPoint> out;
  Statement rows = parts_->database->prepare("SELECT key, status, version, position FROM points");
  while (rows.next()) {
    const PointStatus status =
        rows.text(1) == sweep_schema::status_name(PointStatus::kDone) ? PointStatus::kDone : PointStatus::kFailed;
    out.emplace(rows.text(0), StoredPoint{static_cast<std::size_t>(rows.integer(3)), status, rows.text(2)});
  }
  return out;
}

}  // namespace farfault::analysis
