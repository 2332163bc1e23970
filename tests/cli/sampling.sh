# shellcheck shell=bash disable=SC2154
# Samples: run with replay.sample and --sample-seeds, and the fault curve of a trace, exact and from a sample.

cat >small.json <<'JSON'
{
  "name": "small",
  "platform": "ideal", "policy": {"prefetch": "none", "eviction": {"kind": "lru", "granularity": "4 KiB"}},
  "workload": {"generator": {"kind": "zipf", "footprint": "64 MiB", "accesses": 100000}},
  "memory": {"device_capacity": "25 % of footprint"}
}
JSON

# value FIGURE FILE: from results as CSV
value() { awk -F, -v figure="$1" '$1 == figure { print $2 }' "$2"; }
# near A B SHARE: fails if they differ by more than that share of B
near() { awk -v a="$1" -v b="$2" -v s="$3" 'BEGIN { d = a > b ? a - b : b - a; exit !(d <= s * b) }' || fail "$1 is not near $2"; }

expect 0 "$FARFAULT" run small.json -o - --format csv
mv stdout whole.csv
expect 0 "$FARFAULT" run small.json -o - --format csv --set replay.sample=0.1
mv stdout sample.csv
lacks whole.csv sample.
near "$(value sample.estimate.faults.device.serviced sample.csv)" "$(value faults.device.serviced whole.csv)" 0.1
[[ $(value sample.whole.accesses sample.csv) -eq 100000 ]] || fail 'the whole has other accesses'
[[ $(value sample.whole.pages sample.csv) -eq $(value footprint.pages whole.csv) ]] || fail 'the whole has other pages'

# Several seeds: the run is the same, and its estimates have an interval that holds the truth here.
expect 0 "$FARFAULT" run small.json -o seeds --set 'replay.sample=10 %' --sample-seeds 5
has stdout 'by 5 samples'
has stdout 'sampled: 10 % of the memory by 4 KiB'
has seeds/results.json '"sample.seeds.faults.device.serviced.low"'
expect 0 "$FARFAULT" run small.json -o again --set 'replay.sample=10 %' --sample-seeds 5
same seeds/results.json again/results.json
expect 0 "$FARFAULT" run small.json -o - --format csv --set replay.sample=0.1 --sample-seeds 5
grep -v '^sample\.seeds' stdout >own.csv
same sample.csv own.csv
near "$(value sample.seeds.faults.device.serviced.mean stdout)" "$(value faults.device.serviced whole.csv)" 0.05
[[ $(value sample.seeds stdout) -eq 5 ]] || fail 'not 5 seeds'
[[ $(value sample.seeds.faults.device.serviced.low stdout) -lt $(value sample.seeds.faults.device.serviced.high stdout) ]] ||
  fail 'the interval is empty'

# What cannot be.
expect 2 "$FARFAULT" run small.json -o - --sample-seeds 3
has stderr 'add --set replay.sample=0.01'
expect 2 "$FARFAULT" run small.json -o - --set replay.sample=0.1 --sample-seeds 1
has stderr 'give 2 to 1000 seeds'
expect 3 "$FARFAULT" run small.json -o - --set replay.sample=0.1 --set replay.detail=cache
has stderr '/replay/detail'
expect 3 "$FARFAULT" run small.json -o - --set replay.sample=0

# The curve of the same trace: at 25 % exactly what the simulation counts, and nearly that from a sample.
expect 0 "$FARFAULT" trace generate zipf --set 'footprint=64 MiB' --set accesses=100000 -o z.fft -q
expect 0 "$FARFAULT" trace curve z.fft --points 4 --format csv
mv stdout exact.csv
faults=$(awk -F, 'NR == 2 { print $3 }' exact.csv)
[[ $faults -eq $(value faults.device.serviced whole.csv) ]] || fail "the curve says $faults"
expect 0 "$FARFAULT" trace curve z.fft --points 4 --sample '10 %' --format csv
near "$(awk -F, 'NR == 2 { print $3 }' stdout)" "$faults" 0.1
expect 0 "$FARFAULT" trace curve z.fft --points 2 --sample 0.1 --format json
has stdout '"schema": "farfault-trace-curve/1"'
has stdout '"sample": 0.1'
expect 0 "$FARFAULT" trace curve z.fft
has stdout 'LRU memory of 4 KiB pages, 100,000 touches'
expect 2 "$FARFAULT" trace curve z.fft --sample 0
has stderr 'is no rate'
expect 2 "$FARFAULT" trace curve z.fft --points 0
expect 3 "$FARFAULT" trace curve missing.fft
