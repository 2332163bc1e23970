# shellcheck shell=bash disable=SC2154
# farfault trace: each verb with what is right, and with what is wrong.

samples=$SOURCE/traces/samples
bfs=$samples/bfs.lackey.zst

# text_of FILE: the whole trace as text, on stdout.
text_of() { "$FARFAULT" trace convert "$1" -o - --to text -q; }
# number_of NAME FILE: a figure of `trace info`.
number_of() { "$FARFAULT" trace info "$2" --format csv --no-reuse | sed -n "s/^$1,\([^,]*\),.*/\1/p"; }
files() { find . -mindepth 1 ! -name stdout ! -name stderr | sort; }
# failing STATUS COMMAND...: as expect; stdout is empty, every line of stderr is an error, and no file comes or goes.
failing() {
  local before
  before=$(files)
  expect "$@"
  has stderr 'farfault: error: '
  ! grep -qvE '^(farfault: error: |see: )' stderr || fail "stderr has other lines: $(<stderr)"
  [[ ! -s stdout ]] || fail "an error writes to stdout: ${*:2}"
  [[ $(files) == "$before" ]] || fail "files come or go: ${*:2}"
}

# Round trips: access by access and event by event.
for trace in "$samples"/*.lackey.zst; do
  name=$(basename "$trace" .lackey.zst)
  expect 0 "$FARFAULT" trace convert "$trace" -o "$name.fft"
  [[ ! -s stdout ]] || fail 'convert writes to stdout'
  has stderr "$name.fft: "
  has stderr ' bytes an access'
  if [[ $name == bfs ]]; then  # the other has ten times as many accesses
    text_of "$trace" | sha256sum >wanted
    text_of "$name.fft" | sha256sum >got
    same wanted got
  fi
  expect 0 "$FARFAULT" trace verify "$name.fft"
  has stdout 'all checksums and contents are right, and the index with '
  cp stdout verified
  [[ $(number_of accesses "$name.fft") == "$(number_of accesses "$trace")" ]] || fail 'another number of accesses'
  [[ $(stat -c %s "$name.fft") -lt $((4 * $(number_of accesses "$name.fft"))) ]] || fail "$name.fft is large"
done

# From the text: a line for each access and event.
text_of bfs.fft >bfs.txt
[[ $(grep -cE '^0 [RWMA] 0x[0-9a-f]+ [0-9]+( \+[0-9]+)?$' bfs.txt) == "$(number_of accesses bfs.fft)" ]] ||
  fail 'not every access is a line'
has bfs.txt 'agent 0 cpu_thread "thread 1"'
grep -qE '^0 mmap 0x[0-9a-f]+\+0x[0-9a-f]+ rw- private_anonymous$' bfs.txt || fail 'no mapping in the text'

# Standard input and output, also as CSV, which is a format that can be read.
"$FARFAULT" trace convert - -o - -q <"$bfs" >piped.fft
cmp piped.fft bfs.fft
"$FARFAULT" trace convert - -o - --to text -q <bfs.fft | cmp - bfs.txt
expect 0 "$FARFAULT" trace convert bfs.fft -o bfs.csv --to csv
has stderr 'left out, for CSV has no room for them: '
sed -n 1,2p bfs.csv >top
printf 'agent,op,addr,size\nthread 1,w,0x1fff0006d8,8\n' >wanted
same wanted top
text_of bfs.csv >csv.txt
sed -nE 's/^(0 [RWMA] 0x[0-9a-f]+ [0-9]+).*/\1/p' bfs.txt >wanted
sed -nE 's/^(0 [RWMA] 0x[0-9a-f]+ [0-9]+).*/\1/p' csv.txt >got
same wanted got
expect 0 "$FARFAULT" trace convert "$bfs" -o quiet.fft -q
[[ ! -s stderr ]] || fail 'convert -q writes to stderr'
# A reader of stdout who leaves is no error; a full disk is.
set -o pipefail
"$FARFAULT" trace convert bfs.fft -o - --to text 2>stderr | head -n 1 >stdout
"$FARFAULT" trace convert bfs.fft -o - 2>>stderr | true
"$FARFAULT" trace head bfs.fft -n 100000 2>>stderr | true
[[ ! -s stderr ]] || fail "a closed pipe is reported: $(<stderr)"
got=0
"$FARFAULT" trace convert bfs.fft -o - >/dev/full 2>stderr || got=$?
[[ $got -eq 1 ]] || fail "exit status $got on a full disk"
has stderr 'No space left on device'

# What is there is not written over, unless that is asked for.
failing 3 "$FARFAULT" trace convert "$bfs" -o bfs.fft
has stderr 'bfs.fft: exists already; give another path, or --force to replace it'
expect 0 "$FARFAULT" trace convert bfs.fft -o bfs.fft --force
text_of bfs.fft | cmp - bfs.txt
mkdir folder
failing 3 "$FARFAULT" trace convert "$bfs" -o folder --force
failing 3 "$FARFAULT" trace convert "$bfs" -o folder/none/x.fft
failing 3 "$FARFAULT" trace convert "$bfs" -o ''
rmdir folder

# Page runs: far fewer accesses, all instructions, and a mark in the file.
expect 0 "$FARFAULT" trace convert --page-runs stream.fft -o runs.fft
has stderr "page runs: "
[[ $((100 * $(number_of accesses runs.fft))) -lt $(number_of accesses stream.fft) ]] || fail 'page runs merge little'
for name in instructions footprint.pages events.mmap; do
  [[ $(number_of $name runs.fft) == "$(number_of $name stream.fft)" ]] || fail "page runs change $name"
done
expect 0 "$FARFAULT" trace info runs.fft
has stdout 'lossy        order and number of accesses within page runs'

# info, in every format.
for format in table json csv md; do
  expect 0 "$FARFAULT" trace info bfs.fft --format "$format"
  [[ ! -s stderr ]] || fail 'info writes to stderr'
  for text in accesses reads writes instructions footprint executable 'thread 1' lackey BLOK mmap; do
    has stdout "$text"
  done
done
expect 0 "$FARFAULT" trace info bfs.fft
for text in 'format       fft from lackey, ' 'other pages touched since' 'The trace does not tell:'; do has stdout "$text"; done
expect 0 "$FARFAULT" trace info bfs.fft --no-reuse
lacks stdout 'other pages touched since'
if command -v python3 >/dev/null; then
  "$FARFAULT" trace info bfs.fft --format json >info.json
  "$FARFAULT" trace info bfs.fft --format csv >info.csv
  python3 - <<'PYTHON'
import csv, json
info = json.load(open("info.json"))
assert info["accesses"] == info["reads"] + info["writes"] + info["read_modify_writes"]
assert info["accesses"] == sum(a["accesses"] for a in info["agents"])
assert info["accesses"] == sum(m["accesses"] for m in info["mappings"].values())
assert info["footprint"]["pages"] == sum(m["pages"] for m in info["mappings"].values()) == info["reuse"]["first"]
r = info["reuse"]
assert r["touches"] == sum(v for k, v in r.items() if k != "touches")
text = open("bfs.txt").read().splitlines()
for kind, number in info["events"].items():
    assert sum(line.split()[1] == kind for line in text) == number, kind
assert info["instructions"] == sum(int(w.rsplit("+", 1)[1]) for w in text if " +" in w) + sum(
    int(w.split("=")[1]) for w in text if " compute " in w)
rows = list(csv.DictReader(open("info.csv")))
values = {row["name"]: row["value"] for row in rows}
assert values["accesses"] == str(info["accesses"]) and values["agents.0.name"] == "thread 1"
assert all(row["description"] for row in rows if row["name"].split(".")[0] in ("agents", "reuse", "chunks")
           and row["value"].isdigit()), rows
PYTHON
fi

# head: from the front, by number (found by the index, or read up to), and by time.
expect 0 "$FARFAULT" trace head bfs.fft
[[ $(grep -cE '^0 [RWMA] ' stdout) -eq 10 ]] || fail 'head prints other than 10 accesses'
head -n "$(wc -l <stdout)" bfs.txt >wanted
same wanted stdout
for trace in bfs.fft "$bfs"; do
  expect 0 "$FARFAULT" trace head "$trace" --skip 200000 -n 5
  grep -E '^0 [RWMA] ' stdout >got
  grep -E '^0 [RWMA] ' bfs.txt | sed -n 200001,200005p >wanted
  same wanted got
  has stdout ' private_anonymous'
done
expect 0 "$FARFAULT" trace head bfs.fft -n 0
expect 0 "$FARFAULT" trace head bfs.fft --skip 99999999
! grep -qE '^0 [RWMA] ' stdout || fail 'accesses behind the end'
printf 'agent,op,addr,size,time\na,r,4096,8,0\na,r,4104,8,50\na,w,4112,8,90\n' >timed.csv
expect 0 "$FARFAULT" trace convert timed.csv -o timed.fft
for trace in timed.csv timed.fft; do
  expect 0 "$FARFAULT" trace head "$trace" --time 50
  printf 'agent 0 cpu_thread "a"\n0 timestamp time=50\n0 R 0x1008 8\n0 timestamp time=90\n0 W 0x1010 8\n' >wanted
  same wanted stdout
done
text_of timed.fft >wanted
"$FARFAULT" trace convert timed.fft -o - --to csv -q >again.csv
text_of again.csv >got
same wanted got

# A trace by hand, with what the kernel does: docs/traces.md.
cat >pins.csv <<'CSV'
agent,op,addr,size,detail
main,mmap,0x10000000,8192,rw- private_anonymous
main,w,0x10000000,8,
main,w,0x10001000,8,
main,gup,0x10000000,4096,write
main,pin,0x10000000,8192,write long_term
gpu0 stream 7,r,0x10000000,128,
main,unpin,0x10000000,8192,
main,fork,0,0,4711
main,w,0x10001000,8,
CSV
expect 0 "$FARFAULT" trace convert pins.csv -o pins.fft
cat >wanted <<'TEXT'
agent 0 cpu_thread "main"
0 mmap 0x10000000+0x2000 rw- private_anonymous
0 W 0x10000000 8
0 W 0x10001000 8
0 gup 0x10000000+0x1000 write=1
0 pin 0x10000000+0x2000 write=1 long_term=1
agent 1 gpu_stream "gpu0 stream 7"
1 R 0x10000000 128
0 unpin 0x10000000+0x2000
0 fork child=4711
0 W 0x10001000 8
TEXT
text_of pins.fft >got
same wanted got
printf 'agent,op,addr,size,detail\na,pin,0,4096,longterm\n' >wrong.csv
failing 3 "$FARFAULT" trace convert wrong.csv -o wrong.fft
has stderr 'detail is "longterm"'

# generate: reproducible, quantities with units, whatever `run` would take.
expect 0 "$FARFAULT" trace generate zipf --set 'footprint=1 MiB' --set accesses=50000 --seed 7 -o zipf.fft
expect 0 "$FARFAULT" trace generate zipf --set 'footprint=1 MiB' --set accesses=50000 --seed 7 -o again.fft
cmp zipf.fft again.fft
expect 0 "$FARFAULT" trace generate zipf --set 'footprint=1 MiB' --set accesses=50000 --seed 8 -o other.fft
! cmp -s zipf.fft other.fft || fail 'the seed does not matter'
[[ $(number_of accesses zipf.fft) -eq 50000 ]] || fail 'not 50000 accesses'
expect 0 "$FARFAULT" trace info zipf.fft
has stdout 'footprint=1 MiB'
has stdout 'farfault '
failing 2 "$FARFAULT" trace generate zpif -o x.fft
has stderr 'did you mean "zipf"?'
failing 3 "$FARFAULT" trace generate zipf --set footprint=8 --set exponnent=1 --set kind=random --set nonsense -o x.fft
for text in 'without a unit' 'did you mean "exponent"' 'is no parameter' 'is not an assignment'; do has stderr "$text"; done

# cut: parts put together are the whole.
for part in 0..100000 100000..200000 200000..; do
  expect 0 "$FARFAULT" trace cut bfs.fft -o "part.${part%%.*}.fft" --accesses "$part"
  text_of "part.${part%%.*}.fft" | { grep -E '^0 [RWMA] ' || true; }
done >got
grep -E '^0 [RWMA] ' bfs.txt >wanted
same wanted got
"$FARFAULT" trace head part.200000.fft -n 1 | grep -q ' mmap ' || fail 'a cut loses the mappings before it'
expect 0 "$FARFAULT" trace cut bfs.fft -o - --to text --addresses 0x4a00000..0x4b00000
grep -qE '^0 R 0x4a' stdout || fail 'nothing in the range'
! grep -qE '^0 [RWMA] 0x1f' stdout || fail 'something beside the range'
expect 0 "$FARFAULT" trace cut timed.csv -o - --to csv -q --time 50..90
printf 'agent,op,addr,size,time\na,r,0x1008,8,50\n' >wanted
same wanted stdout
expect 0 "$FARFAULT" trace cut timed.csv -o - --to csv -q --agent '?'
[[ $(wc -l <stdout) -eq 4 ]] || fail 'the agent is lost'
failing 3 "$FARFAULT" trace cut bfs.fft -o x.fft --agent 'gpu*'
has stderr 'no agent has a name like "gpu*"; known: thread 1'

# filter-cache: what a small cache of one line lets through can be told by hand.
printf 'agent,op,addr,size\na,r,0,8\na,w,8,8\na,r,64,8\na,r,0,8\n' >small.csv
expect 0 "$FARFAULT" trace filter-cache small.csv -o - --to csv --size '64 B' --ways 1 --line '64 B'
printf 'agent,op,addr,size\na,r,0x0,64\na,r,0x40,64\na,w,0x0,64\na,r,0x0,64\n' >wanted
same wanted stdout
has stderr 'lines read: 0 hits, 3 misses (100.0 %)'
has stderr 'lines written: 1 hits, 0 misses (0.0 %)'
has stderr 'to memory: 3 fills, 1 write-backs, 0 writes past the cache; 0 lines stay dirty'
expect 0 "$FARFAULT" trace filter-cache small.csv -o - --to csv -q --write-through --no-write-allocate
printf 'agent,op,addr,size\na,r,0x0,64\na,w,0x8,8\na,r,0x40,64\n' >wanted
same wanted stdout
expect 0 "$FARFAULT" trace filter-cache bfs.fft -o misses.fft --size '1 MiB' --ways 16
[[ $(number_of instructions misses.fft) == "$(number_of instructions bfs.fft)" ]] || fail 'a cache loses instructions'
failing 3 "$FARFAULT" trace filter-cache bfs.fft -o x.fft --ways 7
has stderr 'must be a multiple of the ways'
failing 2 "$FARFAULT" trace filter-cache bfs.fft -o x.fft --size 32
has stderr '--size: "32" is a number without a unit'
failing 2 "$FARFAULT" trace filter-cache bfs.fft -o x.fft --policy lrru
has stderr 'did you mean "lru"'
failing 2 "$FARFAULT" trace filter-cache bfs.fft -o x.fft --write-back --write-through

# Damage: found, named, and what is before it can be saved.
head -c $(($(stat -c %s bfs.fft) / 2)) bfs.fft >short.fft
cp bfs.fft flipped.fft
printf '\xff' | dd of=flipped.fft bs=1 seek=300000 conv=notrunc status=none
for trace in short.fft flipped.fft; do
  for verb in verify info; do
    failing 3 "$FARFAULT" trace $verb $trace
    grep -qE "^farfault: error: $trace: chunk [0-9]+ \(BLOK\) at byte [0-9]+ " stderr || fail "no place: $(<stderr)"
    has stderr '--salvage'
  done
  failing 3 "$FARFAULT" trace convert $trace -o x.fft
  expect 0 "$FARFAULT" trace convert $trace -o saved.fft --salvage --force
  text_of saved.fft | head -n 1000 >got
  head -n 1000 bfs.txt >wanted
  same wanted got
  expect 0 "$FARFAULT" trace verify saved.fft
  [[ $(number_of accesses saved.fft) -lt $(number_of accesses bfs.fft) ]] || fail 'nothing is missing'
  expect 0 "$FARFAULT" trace info saved.fft
  has stdout 'it is damaged there, and was salvaged'
done
head -c 20000 "$bfs" >short.lackey.zst
failing 3 "$FARFAULT" trace verify short.lackey.zst
has stderr 'short.lackey.zst'
for verb in convert info head cut filter-cache verify; do
  case $verb in convert | cut | filter-cache) out=(-o x.fft) ;; *) out=() ;; esac
  failing 3 "$FARFAULT" trace $verb missing.fft "${out[@]}"
  has stderr 'missing.fft: cannot be opened: No such file or directory'
  : >empty.fft
  failing 3 "$FARFAULT" trace $verb empty.fft "${out[@]}"
  failing 3 "$FARFAULT" trace $verb . "${out[@]}"
  failing 2 "$FARFAULT" trace $verb
  has stderr 'TRACE'
  failing 2 "$FARFAULT" trace $verb bfs.fft "${out[@]}" --nonsense
  has stderr 'unknown option "--nonsense"'
  has stderr "see: farfault trace $verb --help"
  failing 2 "$FARFAULT" trace $verb bfs.fft "${out[@]}" --from lakey
  has stderr 'did you mean "lackey"'
  failing 3 "$FARFAULT" trace $verb bfs.fft "${out[@]}" --from lackey
done
failing 2 "$FARFAULT" trace
has stderr 'no command given'
failing 2 "$FARFAULT" trace cnvert
has stderr 'unknown command "cnvert"; did you mean "convert"?'
failing 2 "$FARFAULT" trace convert bfs.fft
has stderr '--output'
failing 2 "$FARFAULT" trace convert bfs.fft extra -o x.fft
has stderr 'unexpected argument "extra"'
failing 2 "$FARFAULT" trace convert bfs.fft -o x.fft --to xml
failing 2 "$FARFAULT" trace head bfs.fft -n many
failing 2 "$FARFAULT" trace head bfs.fft --skip 1 --time 1
for interval in 5 a..b 9..5 5..5 -1..5 1...5 0x..5; do
  failing 2 "$FARFAULT" trace cut bfs.fft -o x.fft --accesses "$interval"
  has stderr '--accesses'
done

# Help of every verb begins with two examples.
expect 0 "$FARFAULT" trace --help
cp stdout help
for verb in convert info head generate cut filter-cache verify; do
  has help "  $verb"
  expect 0 "$FARFAULT" trace "$verb" --help
  [[ $(sed -n '2,3p' stdout | grep -c "farfault trace $verb") -eq 2 || $verb == convert || $verb == generate ]] ||
    fail "help of trace $verb does not start with two examples"
  [[ $(sed -n '1p' stdout) == Examples: ]] || fail "help of trace $verb does not start with examples"
done

# Ctrl-C and SIGTERM: exit code 130, no file, whatever the command waits for.
stop() {
  local signal=$1 i
  shift
  env --default-signal=INT,TERM "$@" >stdout 2>stderr <fifo &
  local pid=$!
  exec 3>fifo
  for ((i = 0; i < 300; i++)); do
    [[ -z $(find . -name 'stopped.fft.partial-*') ]] || break
    sleep 0.05
  done
  [[ -n $(find . -name 'stopped.fft.partial-*') ]] || fail "no file is begun: $*"
  kill -s "$signal" "$pid"
  got=0
  wait "$pid" || got=$?
  exec 3>&-
  [[ $got -eq 130 ]] || fail "exit status $got after $signal: $(<stderr)"
  has stderr 'farfault: error: interrupted'
  [[ -z $(find . -name 'stopped*') ]] || fail "an interrupted conversion leaves $(find . -name 'stopped*')"
}
mkfifo fifo
for signal in INT TERM; do
  stop $signal "$FARFAULT" trace convert - -o stopped.fft
  stop $signal "$FARFAULT" trace generate random --set 'footprint=1 GiB' --set accesses=1000000000000 -o stopped.fft
done
