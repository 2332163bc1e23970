/// Makes SQLite databases for tests.
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <string>

namespace farfault::traces::testing {

/// The bytes of a database file after the statements of `sql`.
inline std::string sqlite_bytes(const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(":memory:", &database) == SQLITE_OK);
  char* message = nullptr;
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message);
  REQUIRE_MESSAGE(code == SQLITE_OK, std::string(message != nullptr ? message : ""));
  sqlite3_int64 size = 0;
  unsigned char* const bytes = sqlite3_serialize(database, "main", &size, 0);
  REQUIRE(bytes != nullptr);
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  sqlite3_free(bytes);
  sqlite3_close(database);
  return out;
}

}  // namespace farfault::traces::testing
