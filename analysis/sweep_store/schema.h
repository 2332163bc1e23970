/// What a store's tables are; README.md documents them for those who query them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "analysis/sweep_store/database.h"
#include "analysis/sweep_store/sweep.h"

namespace farfault::analysis::sweep_schema {

/// "FFsw", so that other databases are told apart: PRAGMA application_id.
inline constexpr std::int64_t kApplication = 0x46467377;

inline constexpr std::array<std::string_view, 6> kTables = {"meta",       "axes",    "points",
                                                            "point_axes", "figures", "point_values"};

/// point_values.value has no type: integers stay integers and reals reals.
inline constexpr const char* kCreate = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE axes(position INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL);
CREATE TABLE points(
  id INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,
  key TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  failure TEXT NOT NULL,
  reason TEXT NOT NULL,
  output TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  trace_hash TEXT NOT NULL,
  version TEXT NOT NULL,
  seconds REAL NOT NULL,
  peak_memory INTEGER NOT NULL,
  host TEXT NOT NULL);
CREATE TABLE point_axes(
  point INTEGER NOT NULL REFERENCES points(id),
  axis INTEGER NOT NULL REFERENCES axes(position),
  value TEXT NOT NULL,
  PRIMARY KEY (point, axis)) WITHOUT ROWID;
CREATE TABLE figures(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, description TEXT NOT NULL);
CREATE TABLE point_values(
  point INTEGER NOT NULL REFERENCES points(id),
  figure INTEGER NOT NULL REFERENCES figures(id),
  value,
  PRIMARY KEY (point, figure)) WITHOUT ROWID;
)";

constexpr std::string_view status_name(PointStatus status) { return status == PointStatus::kDone ? "done" : "failed"; }

/// Throws InputError unless the database is a store of the schema that this program knows, with all its tables.
void check(const sweep_database::Database& database);

}  // namespace farfault::analysis::sweep_schema
