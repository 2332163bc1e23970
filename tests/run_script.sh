#!/usr/bin/env bash
# run_script.sh PROGRAM LAYER/NAME.sh: runs one test script, as ctest does, in an empty folder that is removed if the test
# passes. The script is read by bash with -euo pipefail and finds:
#
#   $FARFAULT                    the program
#   $SOURCE                      the root of the checkout
#   $PWD                         the empty folder
#   expect STATUS COMMAND...     runs COMMAND; its output goes to the files stdout and stderr; fails on another exit status
#   has FILE TEXT, lacks FILE TEXT   FILE contains the literal TEXT, or does not
#   same FILE FILE               the files are equal; shows the difference
#   fail TEXT                    ends the test
#   skip TEXT                    ends it as neither passed nor failed: something is missing that it needs
#
# A function `cleanup` that the script defines is called at its end, however it ends.
set -euo pipefail

FARFAULT=$(readlink -f "$1")
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
script=$SOURCE/tests/$2
export FARFAULT SOURCE
export LC_ALL=C

folder=$(mktemp -d "${TMPDIR:-/tmp}/farfault-test.XXXXXX")
finish() {
  local status=$?
  if declare -F cleanup >/dev/null; then cleanup; fi
  if [[ $status -eq 0 || $status -eq 77 ]]; then
    rm -rf "$folder"
  else
    printf 'FAILED %s (exit status %s); its folder is %s\n' "$script" "$status" "$folder" >&2
  fi
}
trap finish EXIT
trap 'printf "%s:%s: this failed: %s\n" "${BASH_SOURCE[0]}" "$LINENO" "$BASH_COMMAND" >&2' ERR
set -o errtrace

fail() {
  printf '%s:%s: %s\n' "${BASH_SOURCE[-2]}" "${BASH_LINENO[-3]}" "$*" >&2
  exit 1
}
skip() {
  printf 'SKIPPED: %s\n' "$*" >&2
  exit 77
}
expect() {
  local wanted=$1 got=0
  shift
  "$@" >stdout 2>stderr </dev/null || got=$?
  if [[ $got -ne $wanted ]]; then
    sed 's/^/stdout: /' stdout | tail -n 20 >&2
    sed 's/^/stderr: /' stderr | tail -n 20 >&2
    fail "exit status $got instead of $wanted: $*"
  fi
}
has() {
  grep -qF -e "$2" -- "$1" || {
    tail -n 40 "$1" >&2
    fail "$1 lacks: $2"
  }
}
lacks() { ! grep -nF -e "$2" -- "$1" >&2 || fail "$1 has: $2"; }
same() { diff -u -- "$1" "$2" >&2 || fail "$1 and $2 differ"; }

cd "$folder"
# shellcheck source=/dev/null
source "$script"
