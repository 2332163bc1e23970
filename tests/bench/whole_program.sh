#!/usr/bin/env bash
# Times farfault as users run it: reading or generating the trace, replay, results. Prints accesses per second by the wall
# clock, the median of some runs (default 3) of each workload, all in one go so that rows compare.
#
#   tests/bench/whole_program.sh [RUNS]      needs build/release/farfault (./run.sh version builds it)
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
farfault=$root/build/release/farfault
runs=${1:-3}
[[ $runs =~ ^[1-9][0-9]*$ ]] || { echo "usage: $0 [RUNS]" >&2; exit 2; }
[[ -x $farfault ]] || { echo "$0: build first: ./run.sh version" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# row NAME SCENARIO-JSON
row() {
  printf '%s' "$2" >"$work/scenario.json"
  for ((i = 0; i < runs; ++i)); do
    "$farfault" run "$work/scenario.json" -q -o "$work/out" --force >/dev/null
    sed -n 's/.*"accesses_per_second": *\([0-9.e+]*\).*/\1/p' "$work/out/run.json"
  done | sort -g | awk -v name="$1" '{ v[NR] = $1 } END { printf "%-24s %8.1f M accesses/s (min %.1f, max %.1f)\n", name, v[int((NR + 1) / 2)] / 1e6, v[1] / 1e6, v[NR] / 1e6 }'
}

row sequential-resident '{"policy": {"eviction": "fifo"}, "workload": {"generator": {"kind": "sequential", "footprint": "64 MiB", "passes": 400}}}'
row random-resident '{"policy": {"eviction": "fifo"}, "workload": {"generator": {"kind": "random", "footprint": "4 GiB", "access_size": "128 B", "accesses": 200000000}}}'
row zipf-half-fits '{"workload": {"generator": {"kind": "zipf", "footprint": "4 GiB", "access_size": "128 B", "accesses": 10000000}}, "memory": {"device_capacity": "2 GiB"}}'
row lackey-stream "{\"workload\": {\"trace\": \"$root/traces/samples/stream.lackey.zst\"}}"
