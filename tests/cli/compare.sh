# shellcheck shell=bash disable=SC2154
# compare: designs and results side by side, in every format, with thresholds, set-ups, sensitivity, and failures.

few=(--set workload.max_accesses=500000)
two=(--designs "separate_radix,driver_vma")

# The table: figures, where the difference comes from in words, and what all of it rests on.
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}"
for text in 'quickstart' 'workload: traces/samples/stream.lackey.zst' 'separate_radix' 'time.total *' 'metadata.tree_bytes' \
  'where the difference comes from' 'migration steps *' 'driver_vma takes ' 'the time of separate_radix (' \
  '* rests on ' ' assumptions, values that nobody measured: ' 'To list them: the same command with --format json'; do
  has stdout "$text"
done
lacks stdout $'\e'
grep -qE '^metadata\.struct_page_bytes +128 MiB' stdout || fail 'a structural figure is marked, or missing'
lacks stdout 'kernel.failed.pinned'
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --all
has stdout 'kernel.failed.pinned'
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --figures 'kernel.to_*.calls'
has stdout 'kernel.to_device.calls'
lacks stdout 'time.total'
[[ ! -e results ]] || fail 'a comparison without -o leaves files'

# Exports are exact, and the same whatever runs at once.
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --format json -j 1
cp stdout one.json
for text in '"schema": 1' '"kind": "designs"' '"name": "time.total"' '"assumed": true' '"attribution"' '"in_words"' \
  '"parameter": "/platform/driver/interrupt_latency"'; do
  has one.json "$text"
done
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --format json -j 8
same one.json stdout
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --format csv
has stdout 'scenario,memory,figure,unit,column,value,ratio,difference,assumed,description'
grep -qE '^quickstart,,time\.total,ps,driver_vma,[0-9]+,0\.[0-9]+,-[0-9]+,true,' stdout || fail 'csv has no exact time'
has stdout 'quickstart,,attribution.migration steps,ps,'
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --format md
has stdout '| figure | separate\_radix | driver\_vma |'
has stdout '## where the difference comes from'

# A folder: the files of each run, as run writes them, and the comparison.
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" -o out
has stderr 'results: out'
for file in compare.json compare.md separate_radix/{config.resolved.json,results.json,run.json,summary.txt} driver_vma/results.json; do
  [[ -s out/$file ]] || fail "out/$file is missing"
done
same one.json out/compare.json
expect 0 "$FARFAULT" run quickstart --set design=driver_vma "${few[@]}" -o alone
for file in results.json config.resolved.json summary.txt; do same "alone/$file" "out/driver_vma/$file"; done
expect 3 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" -o out
expect 0 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" -o out --force -q
[[ ! -s stderr ]] || fail '-q writes to stderr'

# Results of earlier runs.
expect 0 "$FARFAULT" compare out/separate_radix out/driver_vma/
has stdout 'out/driver_vma/ takes '
expect 0 "$FARFAULT" compare out/separate_radix/results.json alone --format json
has stdout '"kind": "results"'
expect 2 "$FARFAULT" compare alone
has stderr 'give two or more'
expect 3 "$FARFAULT" compare alone quickstart
has stderr 'quickstart: cannot be read'
expect 2 "$FARFAULT" compare alone out/driver_vma "${two[@]}"
head -c 300 alone/results.json >cut.json
echo '{"name": "a scenario"}' >foreign.json
sed 's/"schema": 1/"schema": 99/' alone/results.json >later.json
expect 3 "$FARFAULT" compare alone cut.json foreign.json later.json
has stderr 'cut.json:'
has stderr 'it was cut off'
has stderr 'foreign.json: is no result of a run'
has stderr 'later.json: /schema: is 99'

# Thresholds.
expect 0 "$FARFAULT" compare out/separate_radix out/driver_vma --fail-if 'time.total > 1.05x' --fail-if 'time.total > 1 h'
expect 4 "$FARFAULT" compare out/separate_radix out/driver_vma --fail-if 'time.total > 1.05x' --fail-if 'faults.device.raised > 3'
has stderr "beyond 'faults.device.raised > 3'"
has stdout "beyond 'faults.device.raised > 3'"
expect 4 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --fail-if 'time.total < -5%' -o beyond
[[ -s beyond/compare.json ]] || fail 'a comparison beyond a threshold costs the results'
expect 2 "$FARFAULT" compare out/separate_radix out/driver_vma --fail-if 'time.total >> 3'
has stderr '              ^'
expect 2 "$FARFAULT" compare out/separate_radix out/driver_vma --fail-if 'time.totl > 3 ms'
has stderr 'did you mean "time.total"?'
expect 2 "$FARFAULT" compare out/separate_radix out/driver_vma --fail-if 'time.total > 3 GiB'

# What is wrong is known before anything runs.
expect 3 "$FARFAULT" compare quickstart --designs separate_radix,memremap_xaray
has stderr 'did you mean "memremap_xarray"?'
expect 2 "$FARFAULT" compare quickstart --designs separate_radix,separate_radix
expect 2 "$FARFAULT" compare quickstart --designs separate_radix,,driver_vma
expect 2 "$FARFAULT" compare quickstart "${two[@]}" --set design=driver_vma
expect 3 "$FARFAULT" compare bfs
has stderr '--designs'
expect 3 "$FARFAULT" compare quikstart "${two[@]}"
has stderr 'did you mean "quickstart"?'
expect 2 "$FARFAULT" compare quickstart "${two[@]}" "${few[@]}" --figures 'time.totl'
has stderr 'did you mean "time.total"?'
expect 2 "$FARFAULT" compare quickstart "${two[@]}" --parameters '*'
expect 2 "$FARFAULT" compare quickstart "${two[@]}" -j 0
expect 2 "$FARFAULT" compare

# Columns of a scenario's own, one of which fails: the others are kept.
cat >columns.json <<'JSON'
{
  "name": "columns", "description": "Does it hold?",
  "platform": "generic-pcie3", "policy": "uvm-default",
  "workload": {"generator": {"kind": "random", "footprint": "8 MiB", "accesses": 20000}},
  "memory": {"device_capacity": "50 % of footprint"},
  "compare": {
    "plain": {"set": ["design=separate_radix"]},
    "broken": {"set": ["replay.block_limit=1"]},
    "slow": {"set": ["driver.page_time=5 us"]}
  }
}
JSON
expect 1 "$FARFAULT" compare columns.json -o partly
has stderr 'farfault: error: columns: broken: '
has stdout 'Does it hold?'
has stdout 'failed'
has stdout 'slow takes '
[[ -s partly/plain/results.json && -s partly/slow/results.json && ! -e partly/broken ]] || fail 'the columns that ran are not kept'
has partly/compare.json '"failure": null'
got=0
"$FARFAULT" compare - --designs separate_radix,memremap_xarray <columns.json >stdout 2>stderr || got=$?
[[ $got -eq 0 ]] || fail "a scenario on stdin fails: $(<stderr)"
has stdout 'memremap_xarray takes '

# A folder of scenarios: each, and a line for each at the end.
mkdir several
cp columns.json several/one.json
sed 's/"columns"/"other"/' columns.json >several/two.json
expect 0 "$FARFAULT" compare several --designs separate_radix,memremap_xarray -o all
has stdout 'all scenarios'
for file in compare.json columns/compare.md columns/separate_radix/results.json other/memremap_xarray/run.json; do
  [[ -s all/$file ]] || fail "all/$file is missing"
done

# Set-ups without a replay.
expect 0 "$FARFAULT" compare quickstart --designs separate_radix,devm_memremap_pages,memremap_xarray --at '1 GiB,80GiB'
has stdout 'devices of 80 GiB'
grep -qE '^metadata\.struct_page_bytes +1\.25 GiB' stdout || fail 'struct pages of 80 GiB are not 1280 MiB'
grep -qE '^metadata\.exposed +0 +80 GiB' stdout || fail 'the linear map of device memory is not counted as exposed'
expect 0 "$FARFAULT" compare quickstart "${two[@]}" --at 80GiB --format json
has stdout '"kind": "set-up"'
has stdout '"memory": "80 GiB"'
expect 0 "$FARFAULT" compare quickstart --designs separate_radix,driver_vma --at 80GiB --set kernel.physical_bits=36
has stdout 'no room'
expect 2 "$FARFAULT" compare quickstart "${two[@]}" --at 5TiB
has stderr 'at most 4 TiB'
expect 2 "$FARFAULT" compare quickstart "${two[@]}" --at 5

# Sensitivity on two parameters.
sensitive=(--sensitivity time.total --parameters 'design.to_device.*.page,/platform/driver/interrupt_latency')
expect 0 "$FARFAULT" compare columns.json --designs separate_radix,driver_vma "${sensitive[@]}"
for text in 'least' 'most' 'parameters by influence' '/platform/driver/interrupt_latency' 'the order'; do has stdout "$text"; done
expect 0 "$FARFAULT" compare columns.json --designs separate_radix,driver_vma "${sensitive[@]}" --factor 3 --format json -o varied
has stdout '"kind": "sensitivity"'
has stdout '"factor": 3'
same stdout varied/compare.json
expect 0 "$FARFAULT" compare columns.json --designs separate_radix,driver_vma "${sensitive[@]}" --format csv
has stdout 'scenario,figure,parameter,change,column,ratio,influence'
expect 2 "$FARFAULT" compare columns.json "${two[@]}" --sensitivity time.totl --parameters /platform/driver/interrupt_latency
has stderr 'did you mean "time.total"?'
expect 2 "$FARFAULT" compare columns.json "${two[@]}" --sensitivity time.total --parameters 'nothing.*'
expect 2 "$FARFAULT" compare columns.json "${two[@]}" --sensitivity time.total --factor 1

# Ctrl-C and SIGTERM: exit code 130, no process and no folder left behind.
sed 's/20000/1000000000000/' columns.json >long.json
for signal in INT TERM; do
  # bash starts background commands with SIGINT ignored, which farfault respects.
  env --default-signal=INT,TERM "$FARFAULT" compare long.json "${two[@]}" -o stopped >stdout 2>stderr &
  pid=$!
  for ((i = 0; i < 100; i++)); do
    [[ $(pgrep -c -P "$pid") -lt 2 ]] || break
    sleep 0.1
  done
  mapfile -t children < <(pgrep -P "$pid")
  [[ ${#children[@]} -eq 2 ]] || fail "${#children[@]} columns run at once, not 2"
  kill -s "$signal" "$pid"
  got=0
  wait "$pid" || got=$?
  [[ $got -eq 130 ]] || fail "exit status $got after $signal: $(<stderr)"
  has stderr 'interrupted'
  [[ ! -s stdout ]] || fail 'an interrupted comparison prints'
  for child in "${children[@]}"; do ! kill -0 "$child" 2>/dev/null || fail "process $child is left after $signal"; done
  [[ -z $(find . -name '*stopped*') ]] || fail "an interrupted comparison leaves $(find . -name '*stopped*')"
done
# A child that dies is a column that failed.
env --default-signal=INT,TERM "$FARFAULT" compare long.json "${two[@]}" >stdout 2>stderr &
pid=$!
for ((i = 0; i < 100; i++)); do
  [[ $(pgrep -c -P "$pid") -lt 2 ]] || break
  sleep 0.1
done
for child in $(pgrep -P "$pid"); do kill -KILL "$child"; done
got=0
wait "$pid" || got=$?
[[ $got -eq 1 ]] || fail "exit status $got after the columns were killed"
has stderr 'Killed'
