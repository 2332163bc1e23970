# shellcheck shell=bash disable=SC2154
# The page of a sweep of 5,000 points in Chromium.
# Half a minute; test.sh has fifteen for everything.
[[ ${FARFAULT_BROWSER_ALL:-} == 1 ]] || skip 'the page of a sweep is looked at with FARFAULT_BROWSER_ALL=1'
[[ $(cat "$BROWSER/ready" 2>/dev/null) == yes ]] || skip 'Node and the packages of tests/browser are needed'
command -v chromium >/dev/null || skip 'chromium is needed'
timeout 60 chromium --headless --no-sandbox --dump-dom about:blank >/dev/null 2>&1 || skip 'chromium does not start here'
[[ -s $(dirname "$FARFAULT")/report-web/report.js ]] || skip 'this farfault was built without charts'

expect 0 "$SWEEP_FIXTURE" sweep.sqlite 5000
expect 0 "$FARFAULT" report sweep.sqlite -q -o sweep.html
[[ $(stat -c %s sweep.html) -lt 5000000 ]] || fail 'the page is too heavy'
echo '{"charts": ["sweep-parallel", "sweep-heat-map-1"], "untitled": ["sweep-parallel"], "absent": ["undefined", "NaN"]}' >charts.json
expect 0 node "$BROWSER/check_page.mjs" sweep.html "$SHOTS/sweep" --expect charts.json
