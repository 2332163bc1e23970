# shellcheck shell=bash disable=SC2154
# Timelines of runs: by the rules of the trace event format, and in a viewer.
[[ $(cat "$BROWSER/ready" 2>/dev/null) == yes ]] || skip 'Node and the packages of tests/browser are needed'

expect 0 "$FARFAULT" run quickstart -q -o out --perfetto run.json.gz
expect 0 node "$BROWSER/check_trace_format.mjs" run.json.gz
has stdout 'passed'
# Batches, copies, arrows, counters.
expect 0 "$FARFAULT" run policies/zipf -q -o zipf --perfetto zipf.json.gz --perfetto-every 20
expect 0 node "$BROWSER/check_trace_format.mjs" zipf.json.gz
# Bounded: of a window, and by number.
expect 0 "$FARFAULT" run quickstart -q -o part --perfetto part.json --perfetto-from 5ms --perfetto-until 6ms --perfetto-events 200
expect 0 node "$BROWSER/check_trace_format.mjs" part.json
[[ $(grep -o '"ph":"[^M]"' part.json | wc -l) -le 200 ]] || fail 'more events than asked for'

command -v chromium >/dev/null || skip 'chromium is needed for the viewer; the files themselves are well'
timeout 60 chromium --headless --no-sandbox --dump-dom about:blank >/dev/null 2>&1 || skip 'chromium does not start here'
expect 0 node "$BROWSER/check_trace.mjs" run.json.gz "$SHOTS/timeline" \
  --tracks 'driver gpu0,thread 1 on gpu0,pcie to device,pcie to host'
