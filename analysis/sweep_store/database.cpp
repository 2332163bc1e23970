#include "analysis/sweep_store/database.h"

#include <sqlite3.h>

#include <array>
#include <cmath>
#include <fstream>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis::sweep_database {
namespace {

namespace fs = std::filesystem;

constexpr int kLockWaitMilliseconds = 10'000;
/// SQLite looks at its budget after this many steps of its virtual machine.
constexpr int kStepsBetweenLooks = 1024;
/// A row of values is some 12 bytes of the file and takes some 15 steps.
constexpr std::uint64_t kStepsPerByte = 32;
constexpr std::uint64_t kStepsAtLeast = 16'000'000;
/// Of one value: a reason, or an axis whose values are whole objects.
constexpr int kMostValueBytes = 1 << 20;

/// The path as SQLite's URIs want it.
std::string uri_of(const fs::path& path, const char* query) {
  std::string uri = "file:";
  for (const char c : fs::absolute(path).string()) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      uri += c;
    }
  }
  return uri + query;
}

fs::path beside(const fs::path& path, const char* suffix) { return path.string() + suffix; }

std::uint64_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

bool begins_as_database(const fs::path& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<char, 16> start{};
  std::ifstream in(path, std::ios::binary);
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  return in.gcount() == 16 && std::string_view(start.data(), start.size()) == kMagic;
}

}  // namespace

struct Database::Budget {
  std::uint64_t steps = 0;
  bool used_up = false;

  /// SQLite's progress handler: not 0 ends what it is at.
  static int look(void* budget_of) {
    auto& budget = *static_cast<Budget*>(budget_of);
    budget.used_up = budget.steps < kStepsBetweenLooks;
    budget.steps -= budget.used_up ? 0 : kStepsBetweenLooks;
    return budget.used_up ? 1 : 0;
  }
};

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bind(int parameter, std::int64_t value) { sqlite3_bind_int64(statement_.get(), parameter, value); }
void Statement::bind(int parameter, double value) { sqlite3_bind_double(statement_.get(), parameter, value); }
void Statement::bind(int parameter, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), parameter, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

bool Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->fail(code);
  return false;
}

void Statement::run() {
  while (next()) {
  }
  reset();
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
bool Statement::is_integer(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER; }
bool Statement::is_real(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_FLOAT; }
bool Statement::is_text(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string Statement::text(int column) const {
  const unsigned char* const text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {reinterpret_cast<const char*>(text), size};
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Database::~Database() {
  if (!writes_ || !database_) return;
  // Without a log a store is one file, and who reads it leaves nothing beside it. Not while others have it open: then
  // the log stays, and the next writer ends it.
  sqlite3_busy_timeout(database_.get(), 0);
  sqlite3_exec(database_.get(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
}

Database::Database(const fs::path& path, Mode mode) : name_(printable(path.string(), 400)) {
  std::error_code error;
  const bool is_there = fs::exists(path, error);
  if (mode == Mode::kCreate) {
    if (is_there) reject("is there already", "continue it, or name another file");
  } else if (!is_there) {
    reject("there is no such file", "name the store of a sweep");
  } else if (!fs::is_regular_file(path, error)) {
    reject("is no file", "name the store of a sweep");
  } else if (!begins_as_database(path)) {
    reject("is no SQLite database", "name the store of a sweep");
  }
  open(path, mode);
  if (mode == Mode::kRead) {
    distrust(path);
  } else {
    // So that a point that was told to be stored is there after the power went.
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    writes_ = true;
  }
}

void Database::open(const fs::path& path, Mode mode) {
  const auto attempt = [&](const char* query, int flags) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(uri_of(path, query).c_str(), &opened,
                                     flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    database_.reset(opened);
    if (code != SQLITE_OK) fail(code);
    sqlite3_busy_timeout(database_.get(), kLockWaitMilliseconds);
  };
  switch (mode) {
    case Mode::kCreate:
      return attempt("?mode=rwc", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    case Mode::kWrite:
      return attempt("?mode=rw", SQLITE_OPEN_READWRITE);
    case Mode::kRead:
      attempt("?mode=ro", SQLITE_OPEN_READONLY);
      // A reader beside a writer needs the writer's index, which it may have to make. Where it must not (a folder that
      // is for reading alone) and nothing waits in a log either, the file is all there is.
      const int code = sqlite3_exec(database_.get(), "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr);
      if ((code & 0xff) == SQLITE_CANTOPEN && size_of(beside(path, "-wal")) == 0) {
        attempt("?mode=ro&immutable=1", SQLITE_OPEN_READONLY);
      }
  }
}

void Database::distrust(const fs::path& path) {
  sqlite3* const database = database_.get();
  for (const int switched_off :
       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
        SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, SQLITE_DBCONFIG_DQS_DML,
        SQLITE_DBCONFIG_DQS_DDL}) {
    sqlite3_db_config(database, switched_off, 0, nullptr);
  }
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kMostValueBytes);
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0);
  budget_ = std::make_unique<Budget>();
  budget_->steps = kStepsAtLeast + kStepsPerByte * (size_of(path) + size_of(beside(path, "-wal")));
  sqlite3_progress_handler(database, kStepsBetweenLooks, Budget::look, budget_.get());
  run("PRAGMA query_only = ON");
  run("PRAGMA cell_size_check = ON");
  run("PRAGMA mmap_size = 0");
  run("PRAGMA cache_size = -16384");
}

void Database::run(const char* sql) const {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

Statement Database::prepare(std::string_view sql) const {
  Statement out;
  out.database_ = this;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  out.statement_.reset(statement);
  if (code != SQLITE_OK) fail(code);
  return out;
}

std::int64_t Database::integer(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.next() ? statement.integer(0) : 0;
}

bool Database::has_table(std::string_view table) const {
  Statement statement = prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name = ?");
  statement.bind(1, table);
  return statement.next();
}

void Database::reject(const std::string& problem, const std::string& remedy) const {
  throw InputError(Diagnostic{.file = name_, .problem = problem, .remedy = remedy});
}

void Database::fail(int code) const {
  const std::string message =
      database_ ? printable(sqlite3_errmsg(database_.get()), 200) : std::string(sqlite3_errstr(code));
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw RunError(name_ + ": another program has it locked; try again when that is done");
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw RunError(name_ + ": cannot be used (sqlite: " + message +
                     "); see that the disk has room and that the file " + "and its folder may be read and written");
    case SQLITE_NOTADB:
      reject("is no SQLite database", "name the store of a sweep");
    default:
      break;
  }
  if (budget_ && budget_->used_up) {
    reject("is damaged: reading it takes far more than its size explains", "copy it again, or run the sweep again");
  }
  reject("is damaged (sqlite: " + message + ")", "copy it again, or run the sweep again");
}

Transaction::Transaction(const Database& database, const char* begin) : database_(database) { database_.run(begin); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const std::exception&) {
    // SQLite has rolled back already, or does when the connection ends.
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace farfault::analysis::sweep_database
