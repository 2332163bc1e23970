# shellcheck shell=bash disable=SC2154,SC2016,SC2094
# Recordings of real programs: what is in them, how they end, and that the program does not notice.

command -v valgrind >/dev/null || skip 'needs valgrind'

# shown FILE: the trace as text, in the file text; told FILE: what is known of it, in the file told.
shown() { "$FARFAULT" trace convert "$1" --to text -q -o - >text || fail "$1 cannot be read"; }
told() { "$FARFAULT" trace info "$1" --format json >told || fail "$1 cannot be read"; }
# matches FILE REGEX
matches() {
  grep -qE -e "$2" -- "$1" || {
    grep -vE '^[0-9]+ [RWM] ' -- "$1" | head -n 40 >&2
    fail "$1 has no line like: $2"
  }
}
count() { grep -cE -e "$2" -- "$1" || true; }

# For awk, which may not read hexadecimal numbers.
hex='function hex(s, n, i) {
  sub(/^0x/, "", s)
  for (i = 1; i <= length(s); ++i) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
  return n + 0
}'

# ---- one program

expect 0 "$FARFAULT" record -- ls -d /
[[ $(<stdout) == / ]] || fail "ls prints $(<stdout)"
matches stderr '^recorded: ls.fft  [0-9,]+ accesses, [0-9,]+ instructions, '
shown ls.fft
told ls.fft
has told 'farfault'
has told 'record, valgrind-'
has told '"ls -d /"'
matches told '"exit_status": 0'
lacks told 'first map'
lacks told 'thread of an access'
# What the process begins with comes first; then the heap; and the C library by its name.
head -n 40 text >top
for pattern in 'r-x executable ".*/ls"' 'rw- file ".*/ls"' 'r-x executable ".*/ld-.*"' 'rw- stack "\[stack\]"'; do
  matches top "^0 mmap 0x[0-9a-f]+\\+0x[0-9a-f]+ $pattern$"
done
matches text '^0 brk 0x[0-9a-f]+\+0x[1-9a-f][0-9a-f]*$'
matches text '^0 mmap .* r-x executable ".*/libc\.so'
lacks text 'lackey'
matches text '^0 exit status=0$'

# Every access lies in a mapping, as the events tell them.
awk "$hex"'
  function range(s) { split(s, part, /\+?0x/); low = hex(part[2]); high = low + hex(part[3]) }
  $2 == "mmap" || $2 == "brk" { range($3); for (p = int(low / 4096); p < high / 4096; ++p) mapped[p] = 1 }
  $2 == "munmap" { range($3); for (p = int(low / 4096); p < high / 4096; ++p) delete mapped[p] }
  $2 ~ /^[RWM]$/ && !(int(hex($3) / 4096) in mapped) { ++lost; if (lost < 5) print }
  END { exit lost != 0 }' text >lost || fail "accesses in no mapping: $(<lost)"

# The same accesses as in valgrind's own words, one for one.
cat >plain.c <<'C'
static volatile int numbers[5000];
int main(void) {
  for (int i = 0; i < 5000; ++i) numbers[i] = i;
  return 0;
}
C
gcc -O1 -static -o plain plain.c
expect 0 env -i PATH="$PATH" "$FARFAULT" record -o plain.fft -- ./plain
shown plain.fft
lackey=$(command -v valgrind.bin valgrind | head -n 1)
env -i PATH="$PATH" "$lackey" -q --tool=lackey --basic-counts=no --trace-mem=yes --log-file=plain.lackey ./plain
awk '$1 ~ /^[LSM]$/ { split($2, part, ","); sub(/^0+/, "", part[1])
       print ($1 == "L" ? "R" : $1 == "S" ? "W" : "M"), "0x" part[1], part[2] }' plain.lackey >expected
awk '$2 ~ /^[RWM]$/ { print $2, $3, $4 }' text >got
cmp expected got || fail "the accesses are others than valgrind lists"
[[ $(grep -c '^I' plain.lackey) -eq $(awk '{ for (i = 3; i <= NF; ++i) if (sub(/^(\+|instructions=)/, "", $i) &&
  $i !~ /^0x/) n += $i } END { print n }' text) ]] || fail 'instructions are lost'
[[ $(wc -l <got) -gt 5000 ]] || fail 'accesses are missing'
matches text '^0 W 0x[0-9a-f]+ 4( |$)'

# ---- what the program reads and writes is its own

head -c 100000 /dev/urandom >input
cat >both.sh <<'SH'
cat
printf 'to stderr, no line end' >&2
printf '\0\377 to stdout'
SH
sh both.sh <input >plain.out 2>plain.err
"$FARFAULT" record -q -o both.fft -- sh both.sh <input >got.out 2>got.err
cmp plain.out got.out
cmp plain.err got.err
# Nor is its environment, nor what it ignores, nor the number of its next file.
cat >look.sh <<'SH'
env | grep -vE '^(_|LD_PRELOAD|GLIBCPP_FORCE_NEW|GLIBCXX_FORCE_NEW|LD_LIBRARY_PATH)=' | sort
trap
SH
sh look.sh >plain.out
"$FARFAULT" record -q -o look.fft -- sh look.sh >got.out
same plain.out got.out
cat >next.c <<'C'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
int main(void) {
  struct sigaction action;
  sigaction(SIGPIPE, NULL, &action);
  printf("%d %d\n", open("/dev/null", O_RDONLY), action.sa_handler == SIG_IGN);
  return 0;
}
C
gcc -o next next.c
./next >plain.out
"$FARFAULT" record -q -o next.fft -- ./next >got.out
same plain.out got.out

# ---- how it ends

expect 0 "$FARFAULT" record -o status.fft -- sh -c 'exit 3'
has stderr 'the program ended with status 3'
told status.fft
matches told '"exit_status": 3'

cat >segv.c <<'C'
int main(void) { return *(volatile int *)8; }
C
gcc -o segv segv.c
expect 0 "$FARFAULT" record -- ./segv
has stderr 'the program was killed by SIGSEGV'
told segv.fft
matches told '"exit_signal": 11'
matches told '"exit_status": null'
expect 0 "$FARFAULT" record -o killed.fft -- sh -c 'kill -KILL $$'
has stderr 'the program was killed by SIGKILL'

# A program that starts others, and one that becomes another one.
expect 0 "$FARFAULT" record -o child.fft -- sh -c 'ls -d /; echo done'
printf '/\ndone\n' >plain.out
same plain.out stdout
has stderr 'processes that the program started were not recorded'
shown child.fft
[[ $(count text '^0 fork child=') -eq 1 ]] || fail 'no fork'
matches text '^0 exit status=0$'
told child.fft
has told 'accesses of child processes'
expect 0 "$FARFAULT" record -o exec.fft -- sh -c 'exec ls -d /'
[[ $(<stdout) == / ]] || fail 'the program that it became does not run'
has stderr 'called exec'
told exec.fft
has told 'what the program did after it called exec'

# It does not wait for a process that the program leaves behind.
SECONDS=0
expect 0 "$FARFAULT" record -o behind.fft -- sh -c 'sleep 60 & echo $!'
[[ $SECONDS -lt 30 ]] || fail 'it waits for what the program left behind'
kill "$(<stdout)" || fail 'what the program left behind was ended'

# ---- threads

cat >threads.c <<'C'
#include <pthread.h>
static volatile int cells[4][1024];
static void *work(void *cell) {
  for (int i = 0; i < 3000; ++i) ((volatile int *)cell)[i % 1024] = i;
  return NULL;
}
int main(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, work, (void *)cells[i]);
  for (int i = 0; i < 3; ++i) pthread_join(threads[i], NULL);
  work((void *)cells[3]);
  return 0;
}
C
gcc -O1 -pthread -static -o threads threads.c
cells=0x$(nm threads | awk '$3 == "cells" { sub(/^0+/, "", $1); print $1 }')
expect 0 "$FARFAULT" record -- ./threads
shown threads.fft
[[ $(count text '^agent [0-3] cpu_thread "thread [1-4]"$') -eq 4 ]] || fail 'there are not four threads'
[[ $(count text '^agent ') -eq 4 ]] || fail 'there are more agents than threads'
# Each cell is written by one thread alone, 3000 times, and no two by the same.
awk -v cells="$cells" "$hex"'
  $2 == "W" { at = hex($3) - hex(cells); if (at >= 0 && at < 16384) ++writes[int(at / 4096) " " $1] }
  END { for (key in writes) print key, writes[key] }' text | sort >writers
awk '$3 == 3000' writers | awk '{ print $1 }' | sort -u | wc -l >cells
[[ $(wc -l <writers) -eq 4 && $(<cells) -eq 4 ]] || fail "not one writer a cell: $(<writers)"
[[ $(awk '{ print $2 }' writers | sort -u | wc -l) -eq 4 ]] || fail "one writer of several cells: $(<writers)"
matches writers '^3 0 3000$'

# ---- marks

mkdir -p include/farfault
cp "$SOURCE/traces/recorder/farfault_marker.h" include/farfault/marker.h
cat >marks.c <<'C'
#include <farfault/marker.h>
int main(void) {
  farfault_mark("first phase");
  farfault_mark("\"second\"\n\t%s \\");
  return 0;
}
C
for compiler in 'gcc -std=c99' 'g++ -std=c++20 -x c++'; do
  $compiler -Wall -Wextra -Wpedantic -Werror -Iinclude -o marks marks.c
  ./marks || fail 'a program with marks does not run by itself'
  expect 0 "$FARFAULT" record --force -- ./marks
  shown marks.fft
  if [[ -e /usr/include/valgrind/valgrind.h ]]; then
    grep '^0 marker' text >markers
    printf '%s\n' '0 marker "first phase"' '0 marker "\"second\"??%s \\"' >expected
    same expected markers
  fi
  $compiler -Wall -Wextra -Wpedantic -Werror -DFARFAULT_NO_MARKERS -Iinclude -o none marks.c
  if nm -C none | grep -q 'VALGRIND'; then fail 'marks that are turned off leave something'; fi
done

# ---- a part

shown plain.fft
cp text whole
expect 0 env -i PATH="$PATH" "$FARFAULT" record -o part.fft --skip 1000 --max-accesses 2000 -- ./plain
has stderr 'the program was ended after these accesses'
matches stderr ' 2,000 accesses'
shown part.fft
grep -E '^[0-9]+ [RWM] ' whole | sed -n '1001,3000p' >expected
grep -E '^[0-9]+ [RWM] ' text >got
cmp expected got || fail "the accesses are others than valgrind lists"
# The mappings of before are there.
grep -qE '^0 mmap .* executable ".*/plain"$' text || fail 'the mappings are lost'
matches text '^0 mmap .* stack '
told part.fft
has told 'all but a cut, accesses 1000..3000'
matches told '"exit_status": null'
SECONDS=0
expect 0 "$FARFAULT" record -o sleep.fft --max-accesses 1000 -- sleep 60
[[ $SECONDS -lt 30 ]] || fail 'the program is not ended'
# A program that goes on in spite of SIGTERM is ended all the same.
expect 0 "$FARFAULT" record -o stubborn.fft --max-accesses 100000 -- sh -c 'trap "" TERM; while :; do :; done'
[[ $SECONDS -lt 60 ]] || fail 'a program that does not listen is not ended'
expect 1 "$FARFAULT" record -o beyond.fft --skip 1000000000 -- true
has stderr 'no more than'
[[ ! -e beyond.fft ]] || fail 'there is a trace of nothing'

# ---- Ctrl-C, and worse

# begin NAME: starts a recording that would not end and waits until it is on its way; its process is in $pid.
begin() {
  # bash starts background commands with SIGINT ignored, which farfault respects.
  env --default-signal=INT,TERM "$FARFAULT" record -o "$1.fft" -- sh -c 'echo begun; while :; do :; done' >stdout 2>stderr &
  pid=$!
  local i
  for ((i = 0; i < 300; i++)); do
    [[ ! -s stdout ]] || break
    sleep 0.1
  done
  sleep 1
}
children() { tr -d " " <"/proc/$pid/task/$pid/children"; }
begin stopped
child=$(children)
kill -INT "$pid"
got=0
wait "$pid" || got=$?
[[ $got -eq 130 ]] || fail "exit status $got after SIGINT: $(<stderr)"
has stderr 'interrupted; the trace up to here is kept'
if kill -0 "$child" 2>/dev/null; then fail 'the program goes on after SIGINT'; fi
told stopped.fft
has told 'after the recording was interrupted'
[[ -z $(find . -name '*.partial*') ]] || fail 'a partial file is left'

begin crashed
child=$(children)
sleep 4
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
[[ ! -e crashed.fft ]] || fail 'a trace that was not finished has its name'
partial=$(find . -name 'crashed.fft.partial*')
[[ -s $partial ]] || fail 'nothing is left of a recording that was killed'
"$FARFAULT" trace convert "$partial" --to text -q -o - --salvage >text || fail 'what is left cannot be salvaged'
[[ $(count text '^0 [RWM] ') -gt 1000 ]] || fail 'there is little left'
for ((i = 0; i < 100; i++)); do
  kill -0 "$child" 2>/dev/null || break
  sleep 0.1
done
if kill -0 "$child" 2>/dev/null; then fail 'the program goes on without the recorder'; fi

# ---- what is refused

cp ls.fft saved
expect 3 "$FARFAULT" record -- ls
has stderr 'ls.fft: exists already'
cmp ls.fft saved
[[ ! -s stdout ]] || fail 'the program runs although its trace is refused'
expect 0 "$FARFAULT" record --force -q -- ls -d /
[[ ! -s stderr ]] || fail '-q writes to stderr'
expect 3 "$FARFAULT" record -o - -- ls
has stderr "standard output is the recorded program's"
expect 3 "$FARFAULT" record -o nowhere/x.fft -- ls
has stderr 'nowhere/x.fft: cannot be created'
expect 1 "$FARFAULT" record -- farfault-no-such-program
has stderr 'farfault-no-such-program: cannot be recorded: is not in PATH'
expect 1 "$FARFAULT" record -- ./nowhere
has stderr './nowhere: cannot be recorded: No such file or directory'
expect 1 "$FARFAULT" record -- ./plain.c
has stderr './plain.c: cannot be recorded: is not executable'
PATH=/nowhere expect 1 "$FARFAULT" record -- /bin/ls
has stderr 'apt-get install valgrind'
# One that valgrind does not run.
printf '#!/nowhere/interpreter\n' >broken && chmod +x broken
expect 1 "$FARFAULT" record -- ./broken
has stderr 'valgrind could not run it'
[[ ! -e broken.fft ]] || fail 'there is a trace of a program that did not run'

# ---- names that are no names of files, arguments of any kind

mkdir odd
cp plain 'odd/-x'
expect 0 "$FARFAULT" record -- 'odd/-x'
[[ -s x.fft ]] || fail 'the trace has another name'
expect 0 "$FARFAULT" record -o arguments.fft -- sh -c 'printf "%s|" "$@"' -- -o --force '[a,b]' '' -- "it's"
[[ $(<stdout) == "-o|--force|[a,b]||--|it's|" ]] || fail "arguments become $(<stdout)"
