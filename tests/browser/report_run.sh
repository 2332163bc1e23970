# shellcheck shell=bash disable=SC2154
# The page of a run in Chromium: drawn, measured, printed, in both themes and on a phone; with names that are meant to
# break it.
[[ $(cat "$BROWSER/ready" 2>/dev/null) == yes ]] || skip 'Node and the packages of tests/browser are needed'
command -v chromium >/dev/null || skip 'chromium is needed'
timeout 60 chromium --headless --no-sandbox --dump-dom about:blank >/dev/null 2>&1 || skip 'chromium does not start here'
[[ -s $(dirname "$FARFAULT")/report-web/report.js ]] || skip 'this farfault was built without charts'
# Themes, tables, axe-core and printing take half a minute a page: with FARFAULT_BROWSER_ALL=1.
quick=(--quick)
[[ ${FARFAULT_BROWSER_ALL:-} != 1 ]] || quick=()

expect 0 "$FARFAULT" run quickstart -q -o run
expect 0 "$FARFAULT" report run -q -o run.html
cat >charts.json <<'JSON'
{"charts": ["time-breakdown", "components", "latency-accesses", "bandwidth-0", "faults", "moves", "residency",
            "heat-accesses-device", "heat-resident-device", "sizes-batch-faults", "metadata-setup"],
 "texts": ["took 24.9 ms of simulated time", "values that nobody measured"]}
JSON
expect 0 node "$BROWSER/check_page.mjs" run.html "$SHOTS/run" --expect charts.json ${quick[@]+"${quick[@]}"}

cat >bad.json <<'JSON'
{"name": "</script><script>alert(1)</script> \"quoted\" 'single' <b>bold</b> \u202E\u2067rtl \uD83D\uDE00 {{datum.x}} ]]>",
 "description": "<img src=x onerror=alert(2)> & co",
 "workload": {"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 20000}},
 "memory": {"device_capacity": "50 % of footprint"}}
JSON
expect 0 "$FARFAULT" run bad.json -q -o bad --no-timeline
expect 0 "$FARFAULT" report run bad -q -o bad.html
echo '{"absent": ["[object Object]", "undefined", "NaN"]}' >bad-texts.json
expect 0 node "$BROWSER/check_page.mjs" bad.html "$SHOTS/names" --expect bad-texts.json ${quick[@]+"${quick[@]}"}
