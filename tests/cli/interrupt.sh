# shellcheck shell=bash disable=SC2154
# Ctrl-C and SIGTERM in the middle of a run: exit code 130, soon, and nothing left behind.

cat >long.json <<'JSON'
{
  "name": "long",
  "platform": "generic-pcie3", "policy": "uvm-default",
  "workload": {"generator": {"kind": "random", "footprint": "64 MiB", "accesses": 1000000000000}},
  "memory": {"device_capacity": "32 MiB"}
}
JSON

# stop SIGNAL: starts the run, waits until it is on its way, sends the signal; the exit status is in $got.
stop() {
  # bash starts background commands with SIGINT ignored, which farfault respects.
  env --default-signal=INT,TERM "$FARFAULT" run long.json >stdout 2>stderr &
  local pid=$! i
  for ((i = 0; i < 300; i++)); do
    [[ -z $(find results -name '.long.partial-*' 2>/dev/null) ]] || break
    sleep 0.1
  done
  sleep 1
  kill -s "$1" "$pid"
  got=0
  for ((i = 0; i < 100; i++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  if kill -0 "$pid" 2>/dev/null; then
    kill -KILL "$pid"
    fail "$1 did not end the run within 10 s"
  fi
  wait "$pid" || got=$?
}

for signal in INT TERM; do
  stop "$signal"
  [[ $got -eq 130 ]] || fail "exit status $got after $signal: $(<stderr)"
  has stderr 'interrupted'
  [[ ! -s stdout ]] || fail "an interrupted run prints results"
  [[ ! -e results ]] || fail "an interrupted run leaves $(find results)"
done

# The scan that a capacity in percent needs can be stopped as well.
sed -i 's/"32 MiB"/"50 % of footprint"/' long.json
stop INT
[[ $got -eq 130 ]] || fail "exit status $got after INT during the scan"
[[ ! -e results ]] || fail "an interrupted scan leaves $(find results)"
