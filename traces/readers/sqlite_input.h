/// SQLite databases from files that nobody vouches for, opened for reading alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "traces/readers/byte_source.h"

struct sqlite3;
struct sqlite3_stmt;

namespace farfault::traces {

/// The rows of one query, from front to back. Columns are integers: the queries here ask for no others.
class SqliteRows {
 public:
  /// False at the end. Throws InputError where the database is damaged.
  bool next();
  /// Of the current row, counted from 0; nothing if it is NULL. REQUIRES: next() returned true.
  std::optional<std::int64_t> integer(int column) const;

 private:
  friend class SqliteInput;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  const class SqliteInput* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A database that came as a stream of bytes. It is copied to a file in TMPDIR (or /tmp), which goes with the process,
/// and opened so that nothing in it runs: no triggers, views, extensions or functions of its schema. Damage is an
/// InputError, however it shows; so is a file that keeps SQLite busy out of proportion to its size (pages that refer to
/// each other can stand for endless rows) or makes it take more than kMaxMemory. Failures of the disk are RunErrors.
///
/// Disk: the database's size, and what SQLite needs to sort. Memory: 16 MiB for SQLite's pages and, for each query that
/// sorts, 16 MiB. Not thread-safe.
class SqliteInput {
 public:
  static constexpr std::int64_t kMaxMemory = std::int64_t{256} << 20U;

  explicit SqliteInput(ByteSource& source);
  ~SqliteInput();
  SqliteInput(const SqliteInput&) = delete;
  SqliteInput& operator=(const SqliteInput&) = delete;

  /// Whether there is an ordinary table of this name: not a view, nor a virtual table.
  bool has_table(std::string_view table) const;
  /// Whether the table stores such a column: not one that is computed.
  bool has_column(std::string_view table, std::string_view column) const;
  /// REQUIRES: `sql` is of the program, not of the input; tables and columns in it were asked for. The database
  /// outlives the rows.
  SqliteRows query(const std::string& sql) const;

  /// What errors call it.
  const std::string& name() const { return name_; }

 private:
  friend class SqliteRows;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  /// What SQLite may still do; counted down as it works.
  struct Budget;

  SqliteRows prepare(const std::string& sql) const;
  void configure();
  void run(const char* sql);
  [[noreturn]] void fail(int code) const;

  std::string name_;
  std::unique_ptr<Budget> budget_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace farfault::traces
