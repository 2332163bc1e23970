#include "sim/cli/program.h"

int main(int argc, char** argv) { return farfault::cli::run_program(argc, argv); }
