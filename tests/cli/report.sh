# shellcheck shell=bash disable=SC2154
# farfault report: which page comes of what, what it refuses, what names of users cannot do. How pages look and work is
# in tests/browser.

# A build without npm: pages have texts and tables, and say that charts are missing.
charts=1
[[ -s $(dirname "$FARFAULT")/report-web/report.js ]] || charts=

expect 0 "$FARFAULT" run quickstart -q -o run
[[ -s run/timeline.json ]] || fail 'run writes no timeline.json'
expect 0 "$FARFAULT" report run -o run.html
[[ ! -s stdout ]] || fail 'report writes to stdout'
has stderr 'report: run.html'
for text in '<!doctype html>' 'id="verdict"' 'took 24.9 ms of simulated time' 'assumptions' 'farfault run quickstart' \
  'Content-Security-Policy'; do has run.html "$text"; done
if [[ $charts ]]; then
  for text in 'id="chart-latency-accesses"' '"heat-accesses-device"'; do has run.html "$text"; done
else
  has stderr 'built without npm'
  lacks run.html 'id="chart-latency-accesses"'
fi
# Alone: nothing that is fetched.
# A page without the scripts that are farfault's own.
without_scripts() { sed '/^<script>$/,/^<\/script>$/d' "$1"; }
without_scripts run.html >texts.html
! grep -oE '(src|href)="[^#"][^"]*"' texts.html >links || fail "the page refers to: $(head -n 3 links)"
[[ $(stat -c %s run.html) -lt 5000000 ]] || fail 'the page is too heavy'
# The same bytes again, and on stdout.
expect 0 "$FARFAULT" report run -q -o -
same run.html stdout
[[ ! $charts || ! -s stderr ]] || fail 'report -q says something'

# What is there already stays.
expect 3 "$FARFAULT" report run -o run.html
has stderr 'run.html'
has stderr '--force'
expect 0 "$FARFAULT" report run -q -o run.html --force

# From here on a smaller one.
cat >small.json <<'JSON'
{"name": "small", "workload": {"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 20000}},
 "memory": {"device_capacity": "50 % of footprint"}}
JSON
expect 0 "$FARFAULT" run small.json -q -o small
# Without series the page says what it lacks, and nothing else differs.
expect 0 "$FARFAULT" run small.json -q -o plain --no-timeline
[[ ! -e plain/timeline.json ]] || fail '--no-timeline writes one'
same small/results.json plain/results.json
expect 0 "$FARFAULT" report plain -q -o plain.html
has plain.html '--no-timeline'
lacks plain.html 'id="chart-faults"'

# Several runs are compared; comparisons; a folder of runs is a sweep.
expect 0 "$FARFAULT" run small.json -q -o fifo --set policy.eviction.kind=fifo
expect 0 "$FARFAULT" report small fifo -q -o two.html
[[ ! $charts ]] || has two.html 'id="chart-time"'
expect 0 "$FARFAULT" compare small.json --designs separate_radix,driver_vma -q -o cmp
[[ -s cmp/separate_radix/timeline.json ]] || fail 'compare writes no timeline.json'
expect 0 "$FARFAULT" report cmp -q -o cmp.html
for text in separate_radix driver_vma; do has cmp.html "$text"; done
mkdir -p many
cp -r small fifo many
expect 0 "$FARFAULT" report many -q -o many.html
[[ ! $charts ]] || has many.html 'parallel'
has many.html 'policy'

# Sensitivity belongs to a comparison.
expect 0 "$FARFAULT" compare small.json --designs separate_radix,driver_vma --sensitivity time.total \
  --parameters 'design.to_device.*' --format json
cp stdout sensitivity.json
expect 0 "$FARFAULT" report cmp --sensitivity sensitivity.json -q -o sensitive.html
has sensitive.html 'ensitivity'
expect 2 "$FARFAULT" report run --sensitivity sensitivity.json -o x.html
has stderr '--sensitivity'

# Not results, or no whole ones.
mkdir empty
expect 3 "$FARFAULT" report empty -o x.html
has stderr 'holds no results'
expect 3 "$FARFAULT" report nothing -o x.html
has stderr 'nothing'
expect 2 "$FARFAULT" report run cmp -o x.html
has stderr 'page of its own'
cp -r run cut
head -c 20000 run/timeline.json >cut/timeline.json
expect 3 "$FARFAULT" report cut -o x.html
has stderr 'cut/timeline.json'
cp -r run strange
echo '{"schema": 99}' >strange/timeline.json
expect 3 "$FARFAULT" report strange -o x.html
has stderr 'strange/timeline.json'
has stderr 'schema'
echo '{}' >strange/results.json
expect 3 "$FARFAULT" report strange -o x.html
has stderr 'strange/results.json'
echo 'no database' >broken.sqlite
expect 3 "$FARFAULT" report broken.sqlite -o x.html
has stderr 'broken.sqlite'
expect 3 "$FARFAULT" report run -o missing/folder/x.html
has stderr 'missing/folder'
[[ ! -e x.html ]] || fail 'a page was written though nothing could be read'
[[ -z $(find . -name '*.partial-*') ]] || fail 'a partial file is left'

# Names that are meant to break out: of a scenario, of a link, of columns.
cat >bad.json <<'JSON'
{"name": "</script><script>alert(1)</script> \"quoted\" 'single' <b>bold</b> \u202E\u2067rtl \uD83D\uDE00 {{datum.x}} ]]>",
 "description": "<img src=x onerror=alert(2)> & co",
 "platform": {"base": "generic-pcie3", "links": {"pcie": {"dma": {"engines": 2}}}},
 "workload": {"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 20000}},
 "memory": {"device_capacity": "50 % of footprint"}}
JSON
expect 0 "$FARFAULT" run bad.json -q -o bad
expect 0 "$FARFAULT" report bad -q -o bad.html
without_scripts bad.html >bad.texts
for text in '<script>alert' '<img' '<b>bold' '</script><script>alert'; do lacks bad.texts "$text"; done
has bad.html '&lt;script&gt;alert(1)'
long=$(printf 'x%.0s' {1..4000})
sed "s/^{\"name\": .*/{\"name\": \"$long\",/" bad.json >long.json
expect 0 "$FARFAULT" run long.json -q -o long
expect 0 "$FARFAULT" report long -q -o long.html
[[ $(stat -c %s long.html) -lt 2000000 ]] || fail 'a long name is repeated all over the page'

# Figures, where Node is.
if command -v node >/dev/null && [[ -f $(dirname "$FARFAULT")/report-web/render.mjs ]]; then
  expect 0 "$FARFAULT" report plain -q -o plain.html --force --figures figures
  for file in latency-accesses.svg latency-accesses.png figures.json; do [[ -s figures/$file ]] || fail "no $file"; done
  [[ $(find figures -name '*.svg' | wc -l) == $(find figures -name '*.png' | wc -l) ]] || fail 'not as many SVG as PNG'
  [[ $(head -c 8 figures/latency-accesses.png | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]] || fail 'no PNG'
  has figures/latency-accesses.svg '<svg'
  expect 0 "$FARFAULT" report plain -q -o plain.html --force --figures again
  diff -r figures again >&2 || fail 'figures differ from one time to the next'
  expect 3 "$FARFAULT" report plain -q -o other.html --figures figures
  has stderr 'figures'
fi
PATH=/nonexistent expect 1 "$FARFAULT" report run -q -o none.html --figures none
has stderr 'Node is missing'
[[ ! -e none && ! -e none.html ]] || fail 'something is written though figures cannot be'
