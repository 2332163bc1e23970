#include "sim/cli/version.h"

#include <string>

#include "sim/cli/commands.h"
#include "sim/cli/terminal.h"

#ifndef FARFAULT_GIT_HASH
#define FARFAULT_GIT_HASH "unknown"
#endif

namespace farfault::cli {

std::string_view version_text() { return FARFAULT_VERSION; }

std::string_view git_hash() { return FARFAULT_GIT_HASH; }

std::string_view compiler_text() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

ExitCode version() {
  print("farfault " + std::string(version_text()) + "\ncommit   " + std::string(git_hash()) + "\ncompiler " +
        std::string(compiler_text()) + '\n');
  return ExitCode::kOk;
}

}  // namespace farfault::cli
