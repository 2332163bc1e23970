#!/usr/bin/env bash
# Runs the validation cases and writes what came of them into docs/validation.md, below its marker line:
#
#   docs/figures/validation.sh               all cases; some minutes
#   docs/figures/validation.sh ARGUMENT...   prints what `farfault validate ARGUMENT...` makes, and writes nothing
#
# Needs build/release/farfault (./run.sh version builds it), or FARFAULT.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
farfault=${FARFAULT:-$root/build/release/farfault}
[[ -x $farfault ]] || { echo "validation.sh: build first: ./run.sh version" >&2; exit 1; }
export FARFAULT_CONFIGS=${FARFAULT_CONFIGS:-$root/configs}
page=$root/docs/validation.md
marker='<!-- Below: farfault validate --format md. docs/figures/validation.sh writes it; do not edit. -->'

# Exit status 1, some row failed, is said in the tables.
tables() {
  local status=0
  "$farfault" validate --cases "$root/tests/validation/cases" --format md -q "$@" | sed 's/^## /### /' || status=$?
  [[ $status -le 1 ]] || { echo "validation.sh: exit status $status" >&2; return 1; }
}

if [[ $# -gt 0 ]]; then
  tables "$@"
  exit
fi
grep -qxF -e "$marker" "$page" || { echo "validation.sh: $page lacks its marker line" >&2; exit 1; }
new=$(mktemp)
trap 'rm -f "$new"' EXIT
{
  sed "/^<!-- Below: farfault validate/q" "$page"
  echo
  tables
} >"$new"
cat "$new" >"$page"
