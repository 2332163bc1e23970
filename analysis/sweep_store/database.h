/// SQLite, as far as sweep stores need it: one connection, its statements, and what its failures mean to a user.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace farfault::analysis::sweep_database {

enum class Mode : std::uint8_t {
  kRead,    ///< a file that nobody vouches for: nothing of its schema runs, and reading is bounded
  kWrite,   ///< a store that is there
  kCreate,  ///< a new file
};

class Database;

/// A prepared statement. Parameters count from 1, columns from 0, as SQLite has it.
class Statement {
 public:
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);  ///< NaN is NULL
  void bind(int parameter, std::string_view value);
  /// False at the end. Throws as Database::fail().
  bool next();
  /// Runs a statement without rows, and makes it ready to be bound again.
  void run();
  void reset();

  bool is_null(int column) const;
  bool is_integer(int column) const;
  bool is_real(int column) const;
  bool is_text(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  const Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Not thread-safe. Throws InputError where the file is to blame, RunError where the machine is: a full disk, a lock
/// that another program holds for longer than ten seconds.
class Database {
 public:
  Database(const std::filesystem::path& path, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) const;
  /// REQUIRES: `sql` is of the program. The database outlives the statement.
  Statement prepare(std::string_view sql) const;
  /// The single integer of a pragma or a query.
  std::int64_t integer(std::string_view sql) const;
  /// Whether there is an ordinary table of this name: not a view, nor a virtual table.
  bool has_table(std::string_view table) const;

  /// Throws what SQLite's code means.
  [[noreturn]] void fail(int code) const;
  /// An InputError about the file.
  [[noreturn]] void reject(const std::string& problem, const std::string& remedy) const;

  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Budget;

  void open(const std::filesystem::path& path, Mode mode);
  void distrust(const std::filesystem::path& path);

  std::string name_;
  bool writes_ = false;
  std::unique_ptr<Budget> budget_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// Ends with a rollback unless commit() was called.
class Transaction {
 public:
  /// `begin`: "BEGIN" for one picture of all tables, "BEGIN IMMEDIATE" to write.
  Transaction(const Database& database, const char* begin);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  const Database& database_;
  bool open_ = true;
};

}  // namespace farfault::analysis::sweep_database
