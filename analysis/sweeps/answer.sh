#!/usr/bin/env bash
# Runs a sweep that ships (what is missing of it), answers its question, and draws it.
#
#   analysis/sweeps/answer.sh NAME [DIR] [OPTION...]    e.g. analysis/sweeps/answer.sh pcie-generations
#
# DIR is results/NAME if not given. OPTIONs are those of farfault sweep: -j 8, --executor slurm, --set ...
# Written to DIR: answer.md (also printed), points.csv, report.html. FARFAULT is the program, if not that of ./run.sh.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$(dirname "$here")")

fail() {
  printf 'answer.sh: error: %s\n' "$*" >&2
  exit 2
}

names=$(cd "$here" && printf '%s\n' *.sql | sed -n '/^views\.sql$/d; s/\.sql$//p' | paste -sd ' ')
name=${1:-}
[[ -n $name ]] || fail "no sweep given; one of: $names"
[[ $name != views && $name != */* && -f $here/$name.sql ]] || fail "no question for a sweep named '$name'; one of: $names"
shift
folder=results/$name
if [[ $# -gt 0 && $1 != -* ]]; then
  folder=$1
  shift
fi
command -v sqlite3 >/dev/null || fail "no program sqlite3; install the package of that name"
farfault=${FARFAULT:-$root/build/release/farfault}
[[ -x $farfault ]] || fail "no program $farfault; build it with ./run.sh --version, or set FARFAULT"

"$farfault" sweep "$name" -o "$folder" "$@"
"$farfault" sweep export "$folder" --format csv >"$folder/points.csv"
"$farfault" report "$folder" -o "$folder/report.html" --force
{
  sed -n 's/^-- //p; /^--/!q' "$here/$name.sql"
  printf '\n'
  sqlite3 -readonly -bail -init "$here/views.sql" -cmd '.mode markdown' "$folder/sweep.sqlite" <"$here/$name.sql" 2>&1
} | tee "$folder/answer.md"
