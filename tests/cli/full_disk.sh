# shellcheck shell=bash disable=SC2154,SC2016
# A disk that is full when the results are written: exit code 1, a message, nothing half-written.

mkdir disk
# A name space of its own, so that the mount ends with the test.
unshare --mount true 2>/dev/null || skip 'needs a mount of its own (root)'
cat >small.json <<'JSON'
{
  "name": "small", "platform": "generic-pcie3", "policy": "uvm-default",
  "workload": {"generator": {"kind": "random", "footprint": "8 MiB", "accesses": 20000}},
  "memory": {"device_capacity": "4 MiB"}
}
JSON
got=0
unshare --mount bash -c '
  mount -t tmpfs -o size=8k tmpfs disk || exit 77
  "$FARFAULT" run small.json -o disk/out >stdout 2>stderr
  echo $? >status
  ls -A disk >left' || got=$?
[[ $got -ne 77 ]] || skip 'tmpfs cannot be mounted here'
[[ $(<status) -eq 1 ]] || fail "exit status $(<status): $(<stderr)"
has stderr 'disk/out/'
has stderr 'No space left on device; free space there, or choose another folder with -o'
[[ ! -s left ]] || fail "left on the disk: $(<left)"
[[ ! -s stdout ]] || fail 'results are printed that were not written'

# An old folder survives.
unshare --mount bash -c '
  mount -t tmpfs -o size=12k tmpfs disk
  mkdir disk/out && echo old >disk/out/results.json
  "$FARFAULT" run small.json -o disk/out --force >stdout 2>stderr
  echo $? >status
  ls -A disk >left
  cat disk/out/results.json >kept'
[[ $(<status) -eq 1 && $(<left) == out && $(<kept) == old ]] || fail 'the old results are gone'
