# shellcheck shell=bash disable=SC2154
# Runs that work: where results go, what is printed, and that they are the same bytes every time.

cat >small.json <<'JSON'
{
  "name": "small",
  "platform": "generic-pcie3",
  "policy": "uvm-default",
  "workload": {"generator": {"kind": "random", "footprint": "8 MiB", "accesses": 20000}},
  "memory": {"device_capacity": "50 % of footprint"}
}
JSON

expect 0 "$FARFAULT" run small.json -o out
has stderr 'results: out'
for file in config.resolved.json results.json summary.txt run.json timeline.json; do
  [[ -s out/$file ]] || fail "out/$file is missing"
done
[[ $(find out -mindepth 1 -maxdepth 1 | wc -l) -eq 5 ]] || fail 'there are other files in out'
same stdout out/summary.txt
for text in 'small' '20,000 accesses' 'simulated' 'faults' 'latency' 'assumptions'; do has out/summary.txt "$text"; done
lacks out/summary.txt $'\e'
for text in '"schema": 1' '"time.total": {"value":' '"unit":"ps"' '"config_hash"' '"assumptions"'; do
  has out/results.json "$text"
done
for text in '"argv"' '"seed": 1' '"git"' '"wall_clock_seconds"' '"peak_memory_bytes"'; do has out/run.json "$text"; done
# What belongs to the machine and the day stands in run.json alone.
lacks out/results.json "$PWD"
lacks out/results.json 'seconds"'

# An existing folder is refused, and replaced with --force.
expect 3 "$FARFAULT" run small.json -o out
has stderr 'out: exists'
has stderr '--force'
echo old >out/old
expect 0 "$FARFAULT" run small.json -o out --force -q
[[ ! -s stderr ]] || fail '-q writes to stderr'
[[ ! -e out/old ]] || fail 'the old folder is still there'
mkdir mine && echo mine >mine/notes
expect 3 "$FARFAULT" run small.json -o mine --force
has stderr 'holds no results.json'
[[ -s mine/notes ]] || fail 'it replaced a folder that it did not make'

# Without -o a new folder each time.
expect 0 "$FARFAULT" run small.json
has stderr 'results: results/small'
expect 0 "$FARFAULT" run small.json
has stderr 'results: results/small-2'
expect 0 "$FARFAULT" run small.json --force
has stderr 'results: results/small'
[[ ! -e results/small-3 ]] || fail '--force made a third folder'
[[ $(find results -mindepth 1 -maxdepth 1 | wc -l) -eq 2 ]] || fail 'something is left in results'

# The same bytes again, from another folder, from stdin, and without a folder.
for copy in results/small results/small-2; do same out/results.json "$copy/results.json"; done
mkdir elsewhere
(cd elsewhere && expect 0 "$FARFAULT" run ../small.json -o ../again)
same out/results.json again/results.json
same out/config.resolved.json again/config.resolved.json
got=0
"$FARFAULT" run - -o piped <small.json >stdout 2>stderr || got=$?
[[ $got -eq 0 ]] || fail "a scenario on stdin fails: $(<stderr)"
same out/results.json piped/results.json
rm -rf results
expect 0 "$FARFAULT" run small.json -o -
same stdout out/results.json
[[ ! -e results && ! -e ./- ]] || fail '-o - makes a folder'
expect 0 "$FARFAULT" run small.json -o - --check
same stdout out/results.json

# A resolved config gives the same results.
expect 0 "$FARFAULT" run out/config.resolved.json -o -
same stdout out/results.json

# Formats.
expect 0 "$FARFAULT" run small.json -o formats --format json
same stdout formats/results.json
expect 0 "$FARFAULT" run small.json -o - --format csv
has stdout 'name,value,unit,description'
grep -qE '^time\.total,[0-9]+,ps,' stdout || fail 'csv has no exact time'
grep -qE '^latency\.fault\.device\.p99,[0-9]+,ps,' stdout || fail 'csv has no percentiles'
expect 0 "$FARFAULT" run small.json -o - --format md
has stdout '| --- |'
expect 0 "$FARFAULT" run small.json -o - --format table --color always
has stdout $'\e[1m'

# Values from the command line.
expect 0 "$FARFAULT" run small.json -o sets --set policy.eviction.kind=lru --set memory.device_capacity='4 MiB' --seed 7
has sets/config.resolved.json '"lru"'
has sets/config.resolved.json '"4 MiB"'
has sets/run.json '"seed": 7'
expect 0 "$FARFAULT" validate small.json --format json
same stdout out/config.resolved.json

# Names of scenarios are no paths.
sed 's|"small"|"../../evil/\\u001b name"|' small.json >evil.json
expect 0 "$FARFAULT" run evil.json
[[ ! -e ../../evil ]] || fail 'a name leaves the folder'
[[ $(find results -mindepth 1 -maxdepth 1 | wc -l) -eq 1 ]] || fail 'a name is not one folder'
lacks stderr $'\e'

# A shipped scenario by name, on a shipped trace; the folder that its results made does not hide it.
expect 0 "$FARFAULT" run quickstart -o quickstart
has quickstart/run.json '"xxh3_64"'
lacks quickstart/results.json "$SOURCE"
lacks quickstart/config.resolved.json "$SOURCE"
expect 0 "$FARFAULT" run quickstart -o quickstart-2
same quickstart/results.json quickstart-2/results.json

# A scenario in a folder: by its name with the folder, whose slash is no part of the results' place.
cp -r "$SOURCE/configs" configs
chmod -R u+w configs
mkdir -p configs/scenarios/review
sed 's|"small"|"review/little"|' small.json >configs/scenarios/review/little.json
with_folder=(env "FARFAULT_CONFIGS=$PWD/configs" "$FARFAULT")
expect 0 "${with_folder[@]}" run review/little
[[ -s results/review_little/results.json ]] || fail "no results/review_little: $(ls results)"
expect 0 "${with_folder[@]}" list scenarios --names
grep -qxF review/little stdout || fail 'a scenario in a folder is not listed'
expect 0 "${with_folder[@]}" describe review/little
expect 0 "${with_folder[@]}" validate review/little
for slip in little review/litle; do
  expect 3 "${with_folder[@]}" validate "$slip"
  has stderr 'did you mean "review/little"?'
done

# A reader of the summary who leaves does not cost the results.
set -o pipefail
"$FARFAULT" run small.json -o head 2>stderr | true
[[ -s head/results.json ]] || fail 'a closed pipe costs the results'
got=0
"$FARFAULT" run small.json -o full >/dev/full 2>stderr || got=$?
[[ $got -eq 1 && -s full/results.json ]] || fail "exit status $got, or no results, with a full stdout"
