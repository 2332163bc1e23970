#include "sim/core/error.h"

#include <utility>

namespace farfault {
namespace {

std::string join(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics) {
    if (!text.empty()) text += '\n';
    text += d.text();
  }
  return text;
}

}  // namespace

std::string Diagnostic::text() const {
  std::string out;
  if (!file.empty()) {
    out += file;
    if (line != 0) out += ':' + std::to_string(line);
    out += ": ";
  }
  if (!pointer.empty()) out += pointer + ": ";
  out += problem;
  if (!remedy.empty()) out += "; " + remedy;
  return out;
}

Error::Error(ExitCode code, std::string text) : std::runtime_error(std::move(text)), code_(code) {}

Error::Error(ExitCode code, std::vector<Diagnostic> diagnostics)
    : std::runtime_error(join(diagnostics)), code_(code), diagnostics_(std::move(diagnostics)) {}

InputError::InputError(Diagnostic diagnostic)
    : Error(ExitCode::kInvalidInput, std::vector<Diagnostic>{std::move(diagnostic)}) {}

InputError::InputError(std::vector<Diagnostic> diagnostics) : Error(ExitCode::kInvalidInput, std::move(diagnostics)) {}

RunError::RunError(std::string text) : Error(ExitCode::kRunFailed, std::move(text)) {}

Interrupted::Interrupted() : Error(ExitCode::kInterrupted, "interrupted") {}

}  // namespace farfault
