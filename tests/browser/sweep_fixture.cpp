// Makes the store of a made-up sweep for the tests of the page: farfault-sweep-fixture FILE POINTS

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tests/unit/analysis/report/sweep_fixture.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: farfault-sweep-fixture FILE POINTS\n", stderr);
    return 2;
  }
  try {
    farfault::analysis::testing::write_fixture(argv[1], std::strtoull(argv[2], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
