#include "traces/readers/sqlite_input.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::traces {
namespace {

/// SQLite looks at its budget after this many steps of its virtual machine.
constexpr int kStepsBetweenLooks = 256;
/// Reading and sorting a row takes some 30 steps, and a row some 30 bytes of the file.
constexpr std::uint64_t kStepsPerByte = 16;
constexpr std::uint64_t kStepsAtLeast = 4'000'000;
/// Texts of a schema and values of a row: far more than any real table has.
constexpr int kMaxValueBytes = 64 << 10;

[[noreturn]] void fail_disk(const std::string& what) {
  throw RunError(what + ": " + system_message(errno) + "; set TMPDIR to a directory with more room");
}

/// A file in TMPDIR that goes when this does.
class TemporaryFile {
 public:
  TemporaryFile() {
    const char* directory = std::getenv("TMPDIR");
    path_ = std::string(directory != nullptr && *directory != '\0' ? directory : "/tmp") + "/farfault-XXXXXX";
    descriptor_ = ::mkostemp(path_.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail_disk("cannot make a temporary file " + path_);
  }
  ~TemporaryFile() {
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }

  /// Returns the bytes copied.
  std::uint64_t copy(ByteSource& source) {
    std::vector<char> buffer(std::size_t{256} << 10U);
    std::uint64_t total = 0;
    while (const std::size_t filled = source.read(buffer.data(), buffer.size())) {
      for (std::size_t written = 0; written < filled;) {
        const ssize_t n = ::write(descriptor_, buffer.data() + written, filled - written);
        if (n < 0 && errno != EINTR) fail_disk("cannot copy the database to " + path_);
        if (n > 0) written += static_cast<std::size_t>(n);
      }
      total += filled;
    }
    return total;
  }

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// The path as SQLite's URIs want it.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    } else {
      uri += c;
    }
  }
  // Immutable: no locks, and no journal beside the file is looked for.
  return uri + "?mode=ro&immutable=1";
}

}  // namespace

struct SqliteInput::Budget {
  std::uint64_t steps = 0;
  std::int64_t memory = 0;
  bool used_up = false;

  /// SQLite's progress handler: not 0 ends what it is at.
  static int look(void* budget_of) {
    auto& budget = *static_cast<Budget*>(budget_of);
    budget.used_up = budget.steps < kStepsBetweenLooks || sqlite3_memory_used() > budget.memory;
    budget.steps -= budget.used_up ? 0 : kStepsBetweenLooks;
    return budget.used_up ? 1 : 0;
  }
};

void SqliteRows::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void SqliteInput::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
SqliteInput::~SqliteInput() = default;

SqliteInput::SqliteInput(ByteSource& source) : name_(source.name()), budget_(std::make_unique<Budget>()) {
  TemporaryFile file;
  budget_->steps = kStepsAtLeast + kStepsPerByte * file.copy(source);
  budget_->memory = sqlite3_memory_used() + kMaxMemory;
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(uri_of(file.path()).c_str(), &opened,
                      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  database_.reset(opened);
  if (code != SQLITE_OK) fail(code);
  configure();
  // SQLite has the file open by now, so that its name may go.
}

void SqliteInput::configure() {
  sqlite3* const database = database_.get();
  for (const int switched_off :
       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
        SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, SQLITE_DBCONFIG_DQS_DML,
        SQLITE_DBCONFIG_DQS_DDL}) {
    sqlite3_db_config(database, switched_off, 0, nullptr);
  }
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_progress_handler(database, kStepsBetweenLooks, Budget::look, budget_.get());
  run("PRAGMA query_only = ON");
  run("PRAGMA cell_size_check = ON");
  run("PRAGMA mmap_size = 0");
  run("PRAGMA temp_store = FILE");
  // So that a page number out of range is not reported as a disk that is full.
  run("PRAGMA max_page_count = 4294967294");
  run("PRAGMA cache_size = -16384");
}

void SqliteInput::run(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

SqliteRows SqliteInput::prepare(const std::string& sql) const {
  SqliteRows rows;
  rows.database_ = this;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  rows.statement_.reset(statement);
  if (code != SQLITE_OK) fail(code);
  return rows;
}

SqliteRows SqliteInput::query(const std::string& sql) const { return prepare(sql); }

bool SqliteInput::has_table(std::string_view table) const {
  // Views have no pages of their own, nor have virtual tables.
  SqliteRows rows = prepare("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name = ?");
  sqlite3_bind_text(rows.statement_.get(), 1, table.data(), static_cast<int>(table.size()), SQLITE_TRANSIENT);
  return rows.next();
}

bool SqliteInput::has_column(std::string_view table, std::string_view column) const {
  // table_info leaves computed columns out.
  SqliteRows rows = prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?");
  sqlite3_bind_text(rows.statement_.get(), 1, table.data(), static_cast<int>(table.size()), SQLITE_TRANSIENT);
  sqlite3_bind_text(rows.statement_.get(), 2, column.data(), static_cast<int>(column.size()), SQLITE_TRANSIENT);
  return rows.next();
}

bool SqliteRows::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->fail(code);
  return false;
}

std::optional<std::int64_t> SqliteRows::integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) return std::nullopt;
  return sqlite3_column_int64(statement_.get(), column);
}

void SqliteInput::fail(int code) const {
  const std::string message = database_ ? printable(sqlite3_errmsg(database_.get()), 200) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
      throw RunError("cannot read the copy of " + name_ + " (sqlite: " + message +
                     "); set TMPDIR to a directory with more room");
    default:
      break;
  }
  // SQLITE_NOMEM is what some damaged rows give, which ask for more than SQLite ever allocates.
  const bool too_much = budget_->used_up || (code & 0xff) == SQLITE_NOMEM;
  const std::string problem =
      too_much ? "the database is damaged: reading it takes far more time or memory than its size explains"
               : "the database is damaged (sqlite: " + message + ")";
  throw InputError(Diagnostic{name_, 0, "", problem, "export or copy it again"});
}

}  // namespace farfault::traces
