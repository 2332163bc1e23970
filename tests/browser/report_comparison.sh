# shellcheck shell=bash disable=SC2154
# The page of several compared scenarios in Chromium.
# Half a minute; test.sh has fifteen for everything.
[[ ${FARFAULT_BROWSER_ALL:-} == 1 ]] || skip 'the page of a comparison is looked at with FARFAULT_BROWSER_ALL=1'
[[ $(cat "$BROWSER/ready" 2>/dev/null) == yes ]] || skip 'Node and the packages of tests/browser are needed'
command -v chromium >/dev/null || skip 'chromium is needed'
timeout 60 chromium --headless --no-sandbox --dump-dom about:blank >/dev/null 2>&1 || skip 'chromium does not start here'
[[ -s $(dirname "$FARFAULT")/report-web/report.js ]] || skip 'this farfault was built without charts'

mkdir review
for name in 2017-8-library 2026-3-ping-pong; do cp "$SOURCE/configs/scenarios/design-review/$name.json" review; done
expect 0 "$FARFAULT" compare review -q -o out
expect 0 "$FARFAULT" report out -q -o review.html
echo '{"charts": ["scenarios", "s1-time", "s2-time", "s2-differences"], "absent": ["undefined", "NaN"]}' >charts.json
expect 0 node "$BROWSER/check_page.mjs" review.html "$SHOTS/review" --expect charts.json
