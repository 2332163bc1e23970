# shellcheck shell=bash disable=SC2154
# calibrate: parameters from measurements, a platform that loads, a plot; and what it refuses.

measured=$SOURCE/tests/validation/measured
base=(--platform generic-pcie3)

# Configs of our own, so that a calibrated platform can be named.
cp -r "$SOURCE/configs" configs
export FARFAULT_CONFIGS=$PWD/configs

# The shipped measurements: every copy and group within a tenth, half of all within 4 %.
expect 0 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" -o configs/platforms/mine.json
for text in 'links.pcie.dma.to_device.piece_setup' '95 % interval' 'driver.unmap_time' 'kept from generic-pcie3' \
  'the points themselves: a line misses one by' 'groups of faults: copies + batch_time' 'all fits'; do
  has stdout "$text"
done
lacks stdout nan
lacks stdout $'\e'
has stderr 'platform: configs/platforms/mine.json'
expect 0 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --format csv
awk -F, '$1 == "point" { n++; e = $10 < 0 ? -$10 : $10; if (e > 0.1) bad++; all[n] = e }
  END { if (n < 20 || bad) exit 1; m = asort_median(all, n); exit m > 0.04 }
  function asort_median(a, n,   i, j, t) {
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return a[int((n + 1) / 2)]
  }' stdout || fail 'a point of the GTX 1080 Ti is missed by more than 10 %, or their median by more than 4 %'

# The platform loads under its name and says what it rests on.
expect 0 "$FARFAULT" describe platforms/mine
has stdout 'measured: fit of gtx1080ti.csv ('
expect 0 "$FARFAULT" run sequential --set platform=mine --set workload.max_accesses=20000 -o out -q
has configs/platforms/mine.json '"base": "generic-pcie3"'
has configs/platforms/mine.json 'GTX 1080 Ti'

# The same input gives the same bytes; files are not overwritten unless asked for.
cp configs/platforms/mine.json before.json
expect 3 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" -o configs/platforms/mine.json
same before.json configs/platforms/mine.json
expect 0 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" -o configs/platforms/mine.json --force -q
same before.json configs/platforms/mine.json
[[ ! -s stderr ]] || fail '-q writes to stderr'
expect 0 "$FARFAULT" calibrate "$measured/titanv.csv" "${base[@]}" -o titanv.json --name 'my "Titan"' --date 2021-06-01
has titanv.json '2021-06-01'
has titanv.json 'my \"Titan\"'

# Lower bounds, curves, formats.
expect 0 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --at-least 'driver.batch_time=3 us' --format json
has stdout '"path": "driver.batch_time"'
expect 0 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --curve line --format md
has stdout '| parameter | value |'
lacks stdout 'memcpy.to\_device.points'
expect 2 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --at-least driver.batch_tim=3us
has stderr 'did you mean "driver.batch_time"'
expect 2 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --at-least driver.batch_time=soon
expect 2 "$FARFAULT" calibrate "$measured/titanv.csv" "${base[@]}" --at-least host.minor_fault=1us
has stderr 'do not fit'

# What other programs print; the header of analysis/measure.
cat >nv.txt <<'TXT'
nvbandwidth Version: v0.4

Device 0: Some GPU

Running host_to_device_memcpy_ce.
memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)
           0
 0     12.30

SUM host_to_device_memcpy_ce 12.30
TXT
sed -n 's/^.*std::printf("\(kind,size,value.*\)\\n");$/\1/p' "$SOURCE/analysis/measure/measure.cu" >measure.csv
[[ -s measure.csv ]] || fail 'measure.cu has no header'
printf '%s\n' 'memory_bandwidth,805306368,340.0000,GB/s,339.0000,341.0000,,,,triad' 'launch_latency,0,4.1000,us,4.0000,4.2000,,,,empty kernel' \
  'copy,268435456,22000.0000,us,21900.0000,22100.0000,to_host,pinned,,' 'remote_read,128,11.0000,GB/s,10.9000,11.1000,,,96+32,misaligned' >>measure.csv
expect 0 "$FARFAULT" calibrate nv.txt measure.csv "${base[@]}" -o both.json
for text in '"memcpy"' '"to_host"' '"launch_latency"' 'nv.txt' 'measure.csv'; do has both.json "$text"; done

# A plot, drawn or left as script and data; names need no shell's leave.
mkdir plots bin
expect 0 env PATH="$PWD/bin" "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --plot plots/fit.svg
has stderr 'gnuplot-nox'
[[ -s plots/fit.csv && -s plots/fit.gnuplot && ! -e plots/fit.svg ]] || fail 'no data and script without gnuplot'
if command -v gnuplot >/dev/null; then
  (cd plots && gnuplot fit.gnuplot) || fail 'the script that is left does not draw'
  has plots/fit.svg '<svg'
  expect 0 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --plot "plots/it's \$(touch pwned).svg"
  has "plots/it's \$(touch pwned).svg" '<svg'
  [[ ! -e pwned && ! -e plots/pwned ]] || fail 'a shell saw the name of a plot'
  expect 3 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --plot plots/fit.svg
fi
printf '#!/bin/sh\necho "no such terminal" >&2\nexit 3\n' >bin/gnuplot
chmod +x bin/gnuplot
expect 1 env PATH="$PWD/bin:$PATH" "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --plot plots/broken.svg
has stderr 'no such terminal'
[[ ! -e plots/broken.svg ]] || fail 'a failed plot leaves a file'
expect 2 "$FARFAULT" calibrate "$measured/gtx1080ti.csv" "${base[@]}" --plot fit.png

# Ctrl-C while gnuplot runs: 130, and nothing is left, in the folder of temporary files either.
mkdir tmp
printf '#!/bin/sh\ntouch "%s/started"\nexec sleep 60\n' "$PWD" >bin/gnuplot
TMPDIR=$PWD/tmp PATH="$PWD/bin:$PATH" setsid env --default-signal=INT,TERM "$FARFAULT" calibrate "$measured/gtx1080ti.csv" \
  "${base[@]}" --plot plots/stopped.svg >stdout 2>stderr &
pid=$!
for ((i = 0; i < 200; i++)); do [[ ! -e started ]] || break; sleep 0.05; done
[[ -e started ]] || fail 'gnuplot was not started'
leader=$(ps -o pgid= -p "$pid" | tr -d ' ')
kill -INT -- "-$leader"
got=0
wait "$pid" || got=$?
[[ $got -eq 130 ]] || fail "exit status $got after Ctrl-C: $(<stderr)"
[[ -z $(ls tmp) && ! -e plots/stopped.svg ]] || fail "an interrupted plot leaves $(ls tmp plots)"

# Bad input: all of it at once, with file and line; nothing is written.
printf 'kind,size,value,unit,direction\ncopy,4096,nan,us,to_device\ncopy,4096,1,furlongs,to_device\n' >bad.csv
expect 3 "$FARFAULT" calibrate bad.csv "$measured/titanv.csv" missing.csv "${base[@]}" -o bad.json
has stderr 'bad.csv:2: value "nan"'
has stderr 'bad.csv:3: unit "furlongs"'
has stderr 'missing.csv: cannot be read'
[[ ! -e bad.json ]] || fail 'bad input leaves a platform'
expect 3 "$FARFAULT" calibrate "$FARFAULT" "${base[@]}"
has stderr 'is no file of measurements that is known'
expect 3 "$FARFAULT" calibrate . "${base[@]}"
has stderr 'it is a folder'
printf 'kind,size,value,unit\nfault_group,64 KiB,30,us\n' >few.csv
expect 3 "$FARFAULT" calibrate few.csv "${base[@]}"
has stderr 'few.csv:2:'
has stderr 'at least 3 are needed'
expect 3 "$FARFAULT" calibrate "$measured/titanv.csv" --platform generic-pci3
has stderr 'did you mean "generic-pcie3"?'
expect 2 "$FARFAULT" calibrate "$measured/titanv.csv" "${base[@]}" --device gpu7
has stderr 'gpu0'
expect 2 "$FARFAULT" calibrate "$measured/titanv.csv" --platform generic-pcie3-x2
has stderr '--device'
expect 2 "$FARFAULT" calibrate "$measured/titanv.csv"
expect 2 "$FARFAULT" calibrate "${base[@]}"
expect 0 "$FARFAULT" calibrate --help
[[ $(head -n 2 stdout | grep -c 'farfault calibrate') -gt 0 ]] || has stdout 'farfault calibrate my-gpu.csv'
