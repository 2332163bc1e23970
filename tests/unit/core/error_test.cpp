#include "sim/core/error.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace farfault {
namespace error_test {

TEST_CASE("error: a diagnostic names place and problem and remedy") {
  const Diagnostic d{"a.json", 12, "/policy/eviction/kind", "unknown policy \"lrru\"", "did you mean \"lru\"?"};
  CHECK(d.text() == "a.json:12: /policy/eviction/kind: unknown policy \"lrru\"; did you mean \"lru\"?");
}

TEST_CASE("error: empty parts are left out") {
  CHECK(Diagnostic{"", 0, "", "no", ""}.text() == "no");
  CHECK(Diagnostic{"t.csv", 0, "", "is empty", ""}.text() == "t.csv: is empty");
  CHECK(Diagnostic{"t.csv", 3, "", "is short", "add a column"}.text() == "t.csv:3: is short; add a column");
  CHECK(Diagnostic{"", 0, "/a", "no", ""}.text() == "/a: no");
  CHECK(Diagnostic{"", 7, "", "no", ""}.text() == "no");  // a line without a file says nothing
}

TEST_CASE("error: what is one diagnostic a line") {
  const InputError error(std::vector<Diagnostic>{{"a", 0, "/x", "one", ""}, {"a", 0, "/y", "two", ""}});
  CHECK(std::string(error.what()) == "a: /x: one\na: /y: two");
  CHECK(error.diagnostics().size() == 2);
}

TEST_CASE("error: exit codes") {
  CHECK(InputError(Diagnostic{"", 0, "", "x", ""}).code() == ExitCode::kInvalidInput);
  CHECK(RunError("x").code() == ExitCode::kRunFailed);
  CHECK(Interrupted().code() == ExitCode::kInterrupted);
  CHECK(RunError("x").diagnostics().empty());
  CHECK(static_cast<int>(ExitCode::kOk) == 0);
  CHECK(static_cast<int>(ExitCode::kRunFailed) == 1);
  CHECK(static_cast<int>(ExitCode::kUsage) == 2);
  CHECK(static_cast<int>(ExitCode::kInvalidInput) == 3);
  CHECK(static_cast<int>(ExitCode::kComparisonBeyondThreshold) == 4);
  CHECK(static_cast<int>(ExitCode::kInterrupted) == 130);
}

TEST_CASE("error: every kind is an Error") {
  CHECK_THROWS_AS(throw RunError("x"), Error);
  CHECK_THROWS_AS(throw Interrupted(), Error);
  CHECK_THROWS_WITH_AS(throw Error(ExitCode::kUsage, "no such verb"), "no such verb", Error);
}

}  // namespace error_test
}  // namespace farfault
