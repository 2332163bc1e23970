# shellcheck shell=bash disable=SC2154
# run --with-optimal: the run's own results, and beside them what policies that know the trace make of it.

cat >small.json <<'JSON'
{
  "name": "small",
  "platform": "ideal", "policy": "plain-lru",
  "workload": {"generator": {"kind": "zipf", "footprint": "1 MiB", "accesses": 20000}},
  "memory": {"device_capacity": "25 % of footprint"}
}
JSON

# value FIGURE FILE: from results as CSV
value() { awk -F, -v figure="$1" '$1 == figure { print $2 }' "$2"; }

expect 0 "$FARFAULT" run small.json -o - --format csv
mv stdout plain.csv
expect 0 "$FARFAULT" run small.json -o - --format csv --with-optimal
mv stdout optimal.csv
lacks plain.csv optimal.
grep -v '^optimal\.' optimal.csv >own.csv
same plain.csv own.csv

# As often as MIN by itself misses, and no more time than it needs.
expect 0 "$FARFAULT" run small.json -o - --format csv --set policy.eviction.kind=belady
[[ $(value optimal.faults optimal.csv) -eq $(value faults.device.serviced stdout) ]] || fail 'other faults than belady has'
[[ $(value optimal.faults optimal.csv) -lt $(value faults.device.serviced plain.csv) ]] || fail 'MIN is no better than LRU'
[[ $(value optimal.time optimal.csv) -lt $(value time.total stdout) ]] || fail 'the perfect prefetcher takes as long as MIN'

# In the folder, the same bytes each time; the summary says it in a line.
expect 0 "$FARFAULT" run small.json -o one --with-optimal
has stdout 'optimal '
has stdout 'with hindsight'
has one/results.json '"optimal.faults"'
expect 0 "$FARFAULT" run small.json -o two --with-optimal
same one/results.json two/results.json

# No place for what lies ahead of the trace: an error that says so, and nothing left.
expect 1 env TMPDIR="$PWD/nowhere" "$FARFAULT" run small.json -o three --with-optimal
has stderr 'nowhere'
has stderr 'set TMPDIR'
[[ ! -e three ]] || fail 'a failed run leaves its folder'
expect 1 env TMPDIR="$PWD/nowhere" "$FARFAULT" run small.json -o three --set policy.eviction.kind=belady
has stderr 'set TMPDIR'
[[ ! -e three ]] || fail 'a failed run leaves its folder'
[[ -z $(find . -name '*.partial-*') ]] || fail 'something is left behind'
