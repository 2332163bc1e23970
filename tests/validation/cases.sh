# shellcheck shell=bash disable=SC2154
# The fast validation cases: all of them run, what parameters were fitted to comes out, and exact counts are exact.

expect 0 "$FARFAULT" validate --fast --format csv --fail-if 'rows.failed > 0' --fail-if 'median.calibration.fit > 10 %' \
  --fail-if 'median.kernel.fit > 15 %' --fail-if 'worst.exact.prediction > 0'
cp stdout fast.csv
[[ $(grep -c ',ok,' fast.csv) -gt 50 ]] || fail 'fewer than 51 rows are within their limits'

# Nothing of the machine or the moment is in the output, whatever runs at once.
expect 0 "$FARFAULT" validate --fast --format csv -j 1
same fast.csv stdout
