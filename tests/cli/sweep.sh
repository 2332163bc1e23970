# shellcheck shell=bash disable=SC2154
# sweep: points that run once, whatever happens in the middle; failures that are recorded; exports; the search.

tiny='{"name": "tiny", "workload": {"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 4000}},
  "memory": {"device_capacity": "50 % of footprint"}, "policy": {"base": "uvm-default", "prefetch": "none"}}'
cat >small.json <<END
{"name": "small", "base": $tiny,
 "axes": {"policy.eviction.kind": ["lru", "fifo"], "memory.device_capacity": ["25 % of footprint", "75 % of footprint"],
          "seed": {"from": 1, "to": 3, "steps": 3}}}
END

# What would run, and nothing else.
expect 0 "$FARFAULT" sweep small.json --dry-run
has stdout '12'
[[ ! -e results ]] || fail 'a dry run leaves files'

# All points, then none.
expect 0 "$FARFAULT" sweep small.json -o out -j 2
has stderr 'sweep: 12 points done: out'
expect 0 "$FARFAULT" sweep export out --format csv
[[ $(wc -l <stdout) -eq 13 ]] || fail 'not a line a point'
head -n 1 stdout | grep -q '^.*status,failure,reason,.*time\.total' || fail 'the export has no columns'
cp stdout all.csv
expect 0 "$FARFAULT" sweep small.json -o out -v
has stderr '12 points of out are stored already'
has stderr 'sweep: 12 points done (12 of them before): out'

# The same figures as a run has.
expect 0 "$FARFAULT" sweep export out --format json --figures time.total
sed -n 's/.*"seed":3.*"time.total":\([0-9]*\).*/\1/p' stdout | tail -n 1 >swept
printf '%s' "$tiny" >tiny.json
expect 0 "$FARFAULT" run tiny.json --set policy.eviction.kind=fifo --set 'memory.device_capacity=75 % of footprint' \
  --seed 3 -o - --format csv
sed -n 's/^time\.total,\([0-9]*\),.*/\1/p' stdout >ran
[[ -s ran ]] || fail 'the run has no time'
same ran swept

# Another order of work, another number at once: the same rows.
expect 0 "$FARFAULT" sweep small.json -o one -j 1
expect 0 "$FARFAULT" sweep export one --format csv
same all.csv stdout

# A changed sweep keeps what it has in common with the old one.
sed 's/"to": 3, "steps": 3/"to": 4, "steps": 4/' small.json >larger.json
expect 0 "$FARFAULT" sweep larger.json -o out
has stderr 'sweep: 16 points done (12 of them before): out'
expect 0 "$FARFAULT" sweep larger.json -o fresh
expect 0 "$FARFAULT" sweep export fresh --format csv
cp stdout fresh.csv
expect 0 "$FARFAULT" sweep export out --format csv
same fresh.csv stdout
expect 0 "$FARFAULT" sweep status out
grep -qE '^done +16' stdout || fail 'the status does not count'
sed 's/"seed": {[^}]*}/"driver.batch_size": [64, 128]/' small.json >other.json
expect 3 "$FARFAULT" sweep other.json -o out
has stderr 'holds a sweep over other axes'

# Points of another farfault stay, and are named; on demand they run again.
if command -v python3 >/dev/null; then
  python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()' \
    one/sweep.sqlite "UPDATE points SET version = '0.0.1' WHERE position < 5"
  expect 0 "$FARFAULT" sweep small.json -o one
  has stderr '5 stored points are of another farfault (0.0.1'
  has stderr '(12 of them before)'
  expect 0 "$FARFAULT" sweep small.json -o one --rerun-stale
  has stderr '(7 of them before)'
  lacks stderr 'another farfault'
fi

# What is wrong is said before anything runs.
sed 's/"fifo"/"fifoo"/' small.json >wrong.json
expect 3 "$FARFAULT" sweep wrong.json -o wrong
has stderr 'wrong.json'
has stderr 'did you mean "fifo"'
[[ ! -e wrong ]] || fail 'a wrong sweep leaves a folder'
expect 3 "$FARFAULT" sweep no-such-sweep
expect 2 "$FARFAULT" sweep
mkdir -p full && touch full/mine
expect 3 "$FARFAULT" sweep small.json -o full
has stderr 'is not empty, and holds no sweep'
expect 3 "$FARFAULT" sweep status full
expect 3 "$FARFAULT" sweep export full
expect 3 "$FARFAULT" sweep collect out
has stderr 'has nothing on a cluster'

# A point that fails is recorded with its reason, the others go on, the exit code says so.
head -c 3000 "$SOURCE/traces/samples/sort.fft" >torn.fft
cat >failing.json <<END
{"name": "failing", "base": {"platform": "generic-pcie3"},
 "axes": {"workload.trace": ["$SOURCE/traces/samples/bc.fft", "torn.fft"]}, "set": {"workload.max_accesses": 50000}}
END
got=0
"$FARFAULT" sweep failing.json -o failing >stdout 2>stderr </dev/null || got=$?
if [[ $got -eq 1 ]]; then
  has stderr 'torn.fft'
  has stderr '1 failed'
  expect 0 "$FARFAULT" sweep export failing --format csv
  grep -q ',failed,input,' stdout || fail 'the failed point is not stored with its reason'
  grep -q ',done,,,' stdout || fail 'the other point did not run'
else
  [[ $got -eq 3 ]] || fail "exit status $got for a torn trace"
fi
cat >slow.json <<END
{"name": "slow", "base": $tiny, "axes": {"workload.generator.accesses": [4000, 2000000000]}}
END
expect 1 "$FARFAULT" sweep slow.json -o slow --point-time 1s
expect 0 "$FARFAULT" sweep export slow --format csv
grep -q ',failed,time,' stdout || fail 'a point beyond its time is not told'
expect 1 "$FARFAULT" sweep slow.json -o slow --keep-failed
has stderr '1 failed'

# Ctrl-C: 130, and what is there is kept.
cat >long.json <<END
{"name": "long", "base": $tiny, "set": {"workload.generator.accesses": 60000}, "axes": {"seed": {"from": 1, "to": 100, "steps": 100}}}
END
"$FARFAULT" sweep long.json -o long -j 2 -q 2>stderr </dev/null &
pid=$!
while [[ ! -e long/sweep.json ]]; do sleep 0.05; done
sleep 0.5
expect 3 "$FARFAULT" sweep long.json -o long
has stderr 'another farfault sweeps there'
kill -INT $pid
got=0
wait $pid || got=$?
[[ $got -eq 130 || $got -eq 0 ]] || fail "exit status $got after SIGINT"
expect 0 "$FARFAULT" sweep status long --format json

# SIGKILL at any moment: the next one goes on, and the store is that of an undisturbed sweep.
for delay in 0.05 0.3 0.6; do
  "$FARFAULT" sweep long.json -o killed -j 2 -q 2>/dev/null </dev/null &
  pid=$!
  sleep $delay
  kill -KILL $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
done
expect 0 "$FARFAULT" sweep long.json -o killed -j 2
expect 0 "$FARFAULT" sweep long.json -o long -j 2
expect 0 "$FARFAULT" sweep export killed --format csv
cp stdout killed.csv
expect 0 "$FARFAULT" sweep export long --format csv
same stdout killed.csv
[[ $(wc -l <killed.csv) -eq 101 ]] || fail 'points are missing or there twice'

# The search: cheaper than all points, and how far it is from the best of them.
expect 0 "$FARFAULT" sweep larger.json -o searched --optimize time.total --budget 6 --exhaustive
has stdout 'of all points it is number'
expect 0 "$FARFAULT" sweep larger.json -o searched --optimize time.total,faults.device.raised --budget 6 --format json
has stdout '"best"'
expect 2 "$FARFAULT" sweep larger.json -o searched --optimize -

# A report of it.
expect 0 "$FARFAULT" report out -o page.html
[[ -s page.html ]] || fail 'no page'
