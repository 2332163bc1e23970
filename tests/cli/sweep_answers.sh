# shellcheck shell=bash disable=SC2154
# The questions of analysis/sweeps: each is asked of a store, and one is answered from points that ran.

command -v sqlite3 >/dev/null || skip 'needs sqlite3'
export FARFAULT
answer=$SOURCE/analysis/sweeps/answer.sh

small=(--set workload.generator.footprint='1 MiB' --set workload.generator.accesses=2000 -q)
expect 0 "$answer" sensitivity "$PWD/changes" "${small[@]}"
has stdout 'What does each change do to the time'
[[ $(grep -c '^|' stdout) -eq 16 ]] || fail "not a head, a line and 14 rows: $(<stdout)"
has stdout '| none, five seeds '
has stdout '| replay.quantum = 1000 '
same stdout changes/answer.md
[[ -s changes/report.html && $(wc -l <changes/points.csv) -eq 19 ]] || fail 'no page, or not all points'

# The mean is what the export says, and the change against it.
mean=$(awk -F , 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "time.total") at = i }
                 NR > 1 && NR < 7 { sum += $at } END { printf "%.3f", sum / 5 / 1e9 }' changes/points.csv)
has stdout "$mean"

# Of another sweep, figures beside the time: struct pages of 64 bytes for each of 4 KiB are 256 MiB for 16 GiB.
expect 0 "$answer" designs-memory "$PWD/designs" --set workload.max_accesses=10000 -q
[[ $(grep -c '^|' stdout) -eq 62 ]] || fail "not a head, a line and 60 rows: $(<stdout)"
grep -qE '^\| 16 GiB +\| none +\| memremap_xarray +\|.*\| 256\.0 +\| [1-9]' stdout || fail "no struct pages: $(<stdout)"
grep -qE '^\| 16 GiB +\| none +\| driver_vma +\|.*\| 0\.0 +\| 0\.0 +\|$' stdout || fail "struct pages: $(<stdout)"

# All others ask what there is to ask: no row of another sweep's axes, but no error either.
for question in "$SOURCE"/analysis/sweeps/*.sql; do
  [[ $question != */views.sql ]] || continue
  name=$(basename "$question" .sql)
  [[ -f $SOURCE/configs/sweeps/$name.json ]] || fail "$name is no sweep that ships"
  expect 0 sqlite3 -readonly -bail -init "$SOURCE/analysis/sweeps/views.sql" changes/sweep.sqlite ".read $question"
done
for sweep in "$SOURCE"/configs/sweeps/*.json; do
  [[ -f $SOURCE/analysis/sweeps/$(basename "$sweep" .json).sql ]] || fail "no question for $sweep"
done

expect 2 "$answer"
has stderr 'no sweep given; one of: designs-memory'
expect 2 "$answer" ../views
has stderr "no question for a sweep named '../views'"
