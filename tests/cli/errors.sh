# shellcheck shell=bash disable=SC2154
# Every class of error: exit code, place, problem, remedy, and nothing left behind.

# failing STATUS COMMAND...: as expect, and no folder is made and every line of stderr is an error.
failing() {
  rm -rf results
  expect "$@"
  [[ ! -e results ]] || fail "something is left in results: ${*:2}"
  has stderr 'farfault: error: '
  ! grep -qvE '^(farfault: error: |see: )' stderr || fail "stderr has other lines: $(<stderr)"
  [[ ! -s stdout ]] || fail "an error writes to stdout: ${*:2}"
  lacks stderr $'\e'
}

trace=$SOURCE/traces/samples/bfs.lackey.zst
# scenario TRACE: one that replays it.
scenario() {
  printf '{"platform": "generic-pcie3", "policy": "uvm-default", "workload": {"trace": "%s"}}\n' "$1"
}

# No such scenario.
failing 3 "$FARFAULT" run missing.json
has stderr 'missing.json'
failing 3 "$FARFAULT" run quikstart
has stderr 'did you mean "quickstart"?'
mkdir folder
failing 3 "$FARFAULT" run folder/
failing 3 "$FARFAULT" validate ''

# What is in the scenario.
echo '{"workload": ' >cut.json
failing 3 "$FARFAULT" run cut.json
has stderr 'cut.json:'
: >empty.json
failing 3 "$FARFAULT" run empty.json
head -c 4096 /dev/urandom >noise.json
failing 3 "$FARFAULT" run noise.json
cat >ten.json <<'JSON'
{
  "platform": {"base": "generic-pcie3",
    "host": {"cpus": "many", "memory": {"bandwidth": 48}},
    "devices": {"gpu0": {"micro_tlbs": -1}}},
  "policy": {"placement": {"kind": "migrate_on_falt"}, "eviction": {"kind": "lrru"}, "prefetch": 7},
  "driver": {"batch_sise": 10},
  "workload": {"generator": {"kind": "random", "footprint": "8"}},
  "memory": {"device_capacity": "0 B"},
  "replay": {"quantum": 0},
  "sede": 1
}
JSON
failing 3 "$FARFAULT" validate ten.json
for text in cpus bandwidth micro_tlbs migrate_on_fault '"lru"' prefetch batch_size footprint device_capacity quantum seed; do
  has stderr "$text"
done
[[ $(grep -c '^farfault: error: ten.json:' stderr) -ge 10 ]] || fail 'not all of ten faults are reported at once'
cp stderr validated
failing 3 "$FARFAULT" run ten.json
same validated stderr

# --set.
failing 3 "$FARFAULT" run quickstart --set policy.eviction.kind=lrru
has stderr 'did you mean "lru"'
failing 3 "$FARFAULT" run quickstart --set nonsense
failing 3 "$FARFAULT" run quickstart --set no.such.key=1
failing 3 "$FARFAULT" run quickstart --set memory.device_capacity=16
failing 3 "$FARFAULT" run quickstart --set 'memory.device_capacity=0 B'
failing 3 "$FARFAULT" run quickstart --set 'memory.device_capacity=100 B'

# What is in the trace.
scenario missing.zst >trace.json
failing 3 "$FARFAULT" run trace.json
has stderr 'missing.zst'
head -c 20000 "$trace" >short.zst
scenario short.zst >trace.json
failing 3 "$FARFAULT" run trace.json
has stderr 'short.zst'
{ printf ' L 04025310,8\n S 1ffeffe7e8,8\n'; echo 'this is no trace'; } >garbage.txt
scenario garbage.txt >trace.json
failing 3 "$FARFAULT" run trace.json
has stderr 'garbage.txt'
: >empty.txt
scenario empty.txt >trace.json
failing 3 "$FARFAULT" run trace.json
has stderr 'empty.txt'
scenario . >trace.json
failing 3 "$FARFAULT" run trace.json

# A workload that no memory holds.
cat >huge.json <<'JSON'
{
  "platform": "generic-pcie3", "policy": "uvm-default",
  "workload": {"generator": {"kind": "sequential", "footprint": "64 MiB"}},
  "memory": {"device_capacity": "4 MiB"}
}
JSON
got=0
"$FARFAULT" run huge.json --set 'platform.host.memory.capacity=16 MiB' -o huge >stdout 2>stderr || got=$?
[[ $got -eq 1 || $got -eq 3 ]] || fail "exit status $got with too little host memory"
has stderr 'memory'
[[ ! -e huge && -z $(find . -name '.huge*') ]] || fail 'a failed run leaves a folder'

# Places where no results can be written: known before the run.
: >file
failing 3 "$FARFAULT" run quickstart -o file/out
has stderr 'not a folder'
failing 3 "$FARFAULT" run quickstart -o file --force
failing 3 "$FARFAULT" run quickstart -o /proc/farfault/out
has stderr 'choose another folder with -o'
failing 3 "$FARFAULT" run quickstart -o ''
failing 3 "$FARFAULT" run quickstart -o ..
mkdir target && ln -s target link
failing 3 "$FARFAULT" run quickstart -o link --force
has stderr 'symbolic link'
if [[ $(id -u) -ne 0 ]]; then
  mkdir closed && chmod a-w closed
  failing 3 "$FARFAULT" run quickstart -o closed/out
  has stderr 'Permission denied'
fi
[[ -z $(find . -name '*.partial-*') ]] || fail 'a temporary folder is left'

# A design that cannot have what it is asked for: known to validate, too, and put down to the scenario.
failing 3 "$FARFAULT" validate quickstart --set design.memmap=altmap
has stderr 'quickstart: /design/memmap: separate_radix cannot have struct pages in the device'
failing 3 "$FARFAULT" run quickstart --set design=devm_memremap_pages --set kernel.physical_bits=52
has stderr 'quickstart: /design/linear_map: device 0 lies at physical addresses up to 4 PiB'
failing 3 "$FARFAULT" validate quickstart --set kernel.physical_bits=36
has stderr 'quickstart: /kernel/physical_bits'
