# shellcheck shell=bash disable=SC2154
# The fast validation cases: all of them run, what parameters were fitted to comes out, and exact counts are exact.

expect 0 "$FARFAULT" validate --fast --format csv --fail-if 'rows.failed > 0' --fail-if 'median.calibration.fit > 10 %' \
  --fail-if 'median.kernel.fit > 15 %' --fail-if 'worst.exact.prediction > 0'
cp stdout fast.csv
[[ $(grep -c ',ok,' fast.csv) -gt 50 ]] || fail 'fewer than 51 rows are within their limits'

# Nothing of the machine or the moment is in the output, whatever runs at once.
grep -E '^(case|xe-fault|gtx1080ti-prefetch),' fast.csv | sort >some.csv
expect 0 "$FARFAULT" validate --case xe-fault --case gtx1080ti-prefetch --format csv -j 1
sort stdout >again.csv
same some.csv again.csv
