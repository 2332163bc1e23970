# shellcheck shell=bash disable=SC2154
# A sweep that is killed again and again against one that is left alone. POINTS and KILLS are of the environment.
points=${POINTS:-10000}
kills=${KILLS:-20}

cat >soak.json <<END
{"name": "soak", "axes": {"seed": {"from": 1, "to": $points, "steps": $points}},
 "base": {"workload": {"generator": {"kind": "zipf", "footprint": "2 MiB", "accesses": 1000}},
          "memory": {"device_capacity": "50 % of footprint"}, "policy": {"base": "uvm-default", "prefetch": "none"}}}
END

start=$(date +%s.%N)
"$FARFAULT" sweep soak.json -o calm -j 2 -q </dev/null
took=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')
printf 'undisturbed: %s s for %s points\n' "$took" "$points"

killed=0
while [[ $killed -lt $kills ]]; do
  "$FARFAULT" sweep soak.json -o killed -j 2 -q </dev/null 2>/dev/null &
  pid=$!
  # Anywhere in the time that the work between two kills takes, planning included.
  sleep "$(awk -v t="$took" -v k="$kills" -v r=$RANDOM 'BEGIN { print t / k * 1.6 * r / 32767 }')"
  if [[ $((RANDOM % 4)) -eq 0 ]]; then
    # A worker: its point fails, and runs again in the next round.
    worker=$(pgrep -P $pid | head -n 1) || true
    [[ -z $worker ]] || kill -KILL "$worker" 2>/dev/null || true
    sleep 0.2
  fi
  kill -KILL $pid 2>/dev/null || { printf 'the sweep ended before kill %s\n' "$killed"; break; }
  wait $pid 2>/dev/null || true
  killed=$((killed + 1))
  [[ -z $(pgrep -f "sweep soak.json -o killed" || true) ]] || sleep 0.5
  left=$(pgrep -f "sweep soak.json -o killed" || true)
  [[ -z $left ]] || fail "processes are left of a sweep that was killed: $left"
done
printf 'killed %s times\n' "$killed"
expect 0 "$FARFAULT" sweep soak.json -o killed -j 2

expect 0 "$FARFAULT" sweep export calm --format csv
cp stdout calm.csv
expect 0 "$FARFAULT" sweep export killed --format csv
cmp calm.csv stdout || fail 'the stores differ'
[[ $(wc -l <calm.csv) -eq $((points + 1)) ]] || fail 'points are missing or there twice'
printf '%s points, the same rows\n' "$points"
