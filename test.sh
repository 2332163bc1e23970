#!/usr/bin/env bash
# Builds and runs all tests; one summary closes the output, and the exit status is 0 only if every test passed.
#
#   ./test.sh                all tests
#   ./test.sh -R REGEX       the tests whose names match; every argument is passed on to ctest
#   ./test.sh -L LABEL       unit, cli, golden, validation, slurm or rules
#
# Unit and property tests run under the address and undefined-behaviour sanitizers (build/asan-ubsan), all others run
# the program that run.sh builds (build/release).
set -euo pipefail
# shellcheck source=.ci/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.ci/common.sh"

need_packages run
lock_build
configure release
# What tests need besides is fetched meanwhile: on a fresh machine that takes a minute, most of it waiting.
{
  need_packages test
  offer_packages slurm "sweeps on Slurm"
} 9>&- &
packages=$!
build release
wait "$packages" || exit 1
configure asan-ubsan
build asan-ubsan farfault-unit-tests

# One ctest over both build trees.
mkdir -p "$farfault_root/build/ctest"
printf 'subdirs([==[%s]==])\n' "$farfault_root/build/asan-ubsan" "$farfault_root/build/release" \
  >"$farfault_root/build/ctest/CTestTestfile.cmake"
unlock_build
# One more than there are processors: the longest, in browsers and on a cluster, mostly wait.
exec ctest --test-dir "$farfault_root/build/ctest" --no-tests=error --output-on-failure -j "$((farfault_jobs + 1))" "$@" \
  </dev/null
