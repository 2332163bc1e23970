/// The command line of farfault: its grammar, and the way from argv to an exit code.
#pragma once

namespace farfault::cli {

/// Parses, runs one subcommand, and reports what it throws. Never throws.
int run_program(int argc, char** argv);

}  // namespace farfault::cli
