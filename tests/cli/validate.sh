# shellcheck shell=bash disable=SC2154
# validate without scenarios: cases are found, run side by side, judged and printed; a miss is told, a failure is 1.

mkdir cases
cat >cases/faults.json <<'CASE'
{
  "title": "faults of the ideal machine",
  "setup": "none: arithmetic",
  "class": "exact", "used": "prediction", "source": "10 us a fault", "confidence": "derived",
  "fast": true,
  "scenario": {
    "platform": "ideal", "policy": "plain-lru",
    "workload": {"generator": {"kind": "sequential", "footprint": "400 KiB", "access_size": "4 KiB"}}
  },
  "runs": {"once": [], "twice": ["workload.generator.footprint=800 KiB"], "broken": ["platform=nowhere"]},
  "rows": [
    {"id": "TIME", "quantity": "time", "measured": "1 ms", "statistic": "time.total", "run": "once"},
    {"id": "MORE", "quantity": "time of more pages", "measured": "1 ms", "statistic": "twice:time.total - once:time.total"},
    {"id": "OFF", "quantity": "faults", "measured": "90", "class": "regular", "statistic": "faults.device.raised", "run": "once"},
    {"id": "FAR", "quantity": "faults", "measured": ["10", "20"], "class": "irregular", "used": "fit", "note": "told apart", "statistic": "faults.device.raised", "run": "once"},
    {"id": "LOST", "quantity": "faults", "measured": "3", "left_out": "nobody knows"}
  ],
  "orders": [{"what": "faults by pages", "rows": ["FAR", "OFF"]}],
  "note": "a note on all"
}
CASE
cp cases/faults.json cases/failing.json
sed -i 's/"run": "once", *"note"/"run": "broken", "note"/; s/"fast": true,//; s/"statistic": "time.total", "run": "once"/"statistic": "time.total", "run": "broken"/' cases/failing.json

# A miss is no failure.
expect 0 "$FARFAULT" validate --cases cases --case faults
for text in 'faults: faults of the ideal machine' 'measured on: none: arithmetic' 'TIME' '1 ms' '+11 %' 'MISS' 'left out' \
  'note: a note on all' 'note on FAR: told apart' 'left out: LOST: nobody knows' 'x 5' \
  'summary by class' '3 rows within their limits, 1 missed, 0 failed, 1 left out' 'rows that miss, worst first' \
  'faults by pages: measured 1, 6, simulated 1, 1: ANOTHER ORDER'; do
  has stdout "$text"
done
[[ ! -s stderr ]] || fail "stderr: $(<stderr)"
cp stdout table

# The same output whatever runs at once, and exact exports.
expect 0 "$FARFAULT" validate --cases cases --case faults -j 1
same table stdout
expect 0 "$FARFAULT" validate --cases cases --fast --format csv
has stdout 'case,id,quantity,unit,measured_low,measured_high,simulated,error,class,used,verdict,why,source'
has stdout 'faults,TIME,time,s,0.001,0.001,0.001,0,exact,prediction,ok,,10 us a fault'
lacks stdout failing
expect 0 "$FARFAULT" validate --cases cases --fast --format json
for text in '"kind": "validation"' '"verdict": "MISS"' '"worst_row": "FAR"'; do has stdout "$text"; done
expect 0 "$FARFAULT" validate --cases cases --fast --format md
has stdout '## faults: faults of the ideal machine'
has stdout '| TIME | time | 1 ms | 1 ms | 0.0 % | exact | prediction | ok |'

# Values may be set over every case.
expect 0 "$FARFAULT" validate --cases cases --fast --set 'driver.service_time=20 us' --format csv
has stdout 'faults,TIME,time,s,0.001,0.001,0.002,1,exact,prediction,MISS,,10 us a fault'

# What fails is a row with its reason, and the others go on.
expect 1 "$FARFAULT" validate --cases cases
has stdout 'nowhere'
has stdout 'failed: TIME: '
has stdout '+11 %'
has stderr '1 row could not be simulated'

# Thresholds.
expect 4 "$FARFAULT" validate --cases cases --fast --fail-if 'rows.missed > 0'
has stderr "rows.missed is 1; beyond 'rows.missed > 0'"
expect 0 "$FARFAULT" validate --cases cases --fast --fail-if 'rows.missed > 1' --fail-if 'median.regular.prediction > 15 %'
expect 4 "$FARFAULT" validate --cases cases --fast --fail-if 'median.irregular.fit > 50 %'
expect 2 "$FARFAULT" validate --cases cases --fast --fail-if 'rows.misssed > 1'
has stderr 'did you mean "rows.missed"?'
[[ ! -s stdout ]] || fail 'a usage error writes to stdout'
expect 2 "$FARFAULT" validate --cases cases --fast --fail-if 'rows.missed > 1.5x'
has stderr 'relative to nothing'

# Names, and what does not go together.
expect 0 "$FARFAULT" validate --cases cases --list
has stdout 'faults of the ideal machine'
expect 0 "$FARFAULT" validate --list --format csv
grep -q '^gtx1080ti-hotspot,3,21,' stdout || fail 'the shipped cases are not found'
expect 2 "$FARFAULT" validate --cases cases --case 'fauls'
has stderr 'did you mean "faults"?'
expect 2 "$FARFAULT" validate --cases cases --case failing --fast
has stderr 'none of these cases is marked as fast'
expect 2 "$FARFAULT" validate quickstart --fast
has stderr 'a scenario is checked, not run'
expect 2 "$FARFAULT" validate -j 0
expect 3 "$FARFAULT" validate --cases nowhere
has stderr 'holds no validation cases'

# A case that is wrong: all of them at once, with place and remedy.
mkdir wrong
sed 's/"title"/"titel"/' cases/faults.json >wrong/a.json
sed 's/"irregular"/"iregular"/' cases/faults.json >wrong/b.json
expect 3 "$FARFAULT" validate --cases wrong
has stderr 'wrong/a.json: has no member "title"; docs/validation.md says how cases are written'
has stderr 'wrong/b.json: /rows/3/class: is no class: "iregular"; did you mean "irregular"'

# Scenarios are checked, as many as are given.
expect 0 "$FARFAULT" validate quickstart bfs
[[ $(grep -c 'a valid scenario' stdout) -eq 2 ]] || fail 'two scenarios are not checked'
expect 3 "$FARFAULT" validate quickstart nowhere.json neither.json
has stderr 'nowhere.json'
has stderr 'neither.json'
expect 2 "$FARFAULT" validate quickstart bfs --format json
has stderr 'one scenario'
