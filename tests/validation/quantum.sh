# shellcheck shell=bash disable=SC2154
# Halving the quantum from its default changes time.total by less than 1 % on every shipped scenario (docs/replay.md).

time_of() { # SCENARIO QUANTUM QUANTUM_TIME
  expect 0 "$FARFAULT" run "$1" -q -o - --set "replay.quantum=$2" --set "replay.quantum_time=$3"
  grep -o '"time.total": *{"value": *[0-9]*' stdout | grep -o '[0-9]*$'
}

for file in "$SOURCE"/configs/scenarios/*.json; do
  whole=$(time_of "$file" 10000 '10 us')
  half=$(time_of "$file" 5000 '5 us')
  echo "$(basename "$file" .json): $whole ps, with half the quantum $half ps"
  awk -v a="$whole" -v b="$half" 'BEGIN { d = b / a - 1; exit !(a > 0 && d > -0.01 && d < 0.01) }' ||
    fail "$(basename "$file" .json): half the quantum changes time.total by more than 1 %"
done
