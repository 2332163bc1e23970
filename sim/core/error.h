/// Errors as farfault reports them: place, problem, remedy, and the exit code that the command line returns.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace farfault {

/// Exit codes of the command line; documented in `farfault --help`.
enum class ExitCode : int {
  kOk = 0,
  kRunFailed = 1,
  kUsage = 2,
  kInvalidInput = 3,
  kComparisonBeyondThreshold = 4,
  kInterrupted = 130,
};

/// One thing that is wrong, in the form that a user can act on. Empty parts are left out of the text.
struct Diagnostic {
  std::string file = {};     ///< path as the user gave it
  std::size_t line = 0;      ///< 1-based; 0 is unknown
  std::string pointer = {};  ///< JSON pointer, "/policy/eviction/kind"
  std::string problem = {};  ///< "unknown policy \"lrru\""
  std::string remedy = {};   ///< "did you mean \"lru\"? (farfault list eviction)"

  /// "file:line: /pointer: problem; remedy"
  std::string text() const;
};

/// A failure that ends the command. what() is the whole text, one diagnostic a line.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, std::string text);
  Error(ExitCode code, std::vector<Diagnostic> diagnostics);

  ExitCode code() const { return code_; }
  /// Empty if the error was made from a text.
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  ExitCode code_;
  std::vector<Diagnostic> diagnostics_;
};

/// A config or a trace that is not acceptable (exit code 3).
class InputError : public Error {
 public:
  explicit InputError(Diagnostic diagnostic);
  explicit InputError(std::vector<Diagnostic> diagnostics);
};

/// The run itself failed: no disk space, a model that deadlocked, an identity that does not hold (exit code 1).
class RunError : public Error {
 public:
  explicit RunError(std::string text);
};

/// The user interrupted the run (exit code 130).
class Interrupted : public Error {
 public:
  Interrupted();
};

}  // namespace farfault
