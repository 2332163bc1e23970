# shellcheck shell=bash disable=SC2154
# Help, versions, and what a wrong command line gets: exit code 2, one message, a hint.

expect 0 "$FARFAULT" --help
sed -n 1,3p stdout >top
has top 'Examples:'
[[ $(grep -c '^  farfault ' top) -eq 2 ]] || fail 'help does not start with two examples'
cp stdout help
has help 'Exit codes: 0 ok, 1 the run failed, 2 usage, 3 invalid config or trace, 4 beyond a threshold, 130 interrupted'
[[ ! -s stderr ]] || fail 'help writes to stderr'
for command in run calibrate validate record list describe completion trace version; do
  has help "  $command"
  expect 0 "$FARFAULT" "$command" --help
  sed -n 1,3p stdout >top
  has top 'Examples:'
  grep -q "^  .*farfault $command" top || fail "help of $command does not start with examples"
  [[ $(sed -n '2,3p' top | grep -c '^  [^ ]') -eq 2 ]] || fail "help of $command does not start with two examples"
done

expect 0 "$FARFAULT" --version
grep -qxE 'farfault [0-9]+\.[0-9]+\.[0-9]+' stdout || fail 'no version'
expect 0 "$FARFAULT" version
for text in 'farfault ' 'commit ' 'compiler '; do has stdout "$text"; done

# Usage errors: nothing on stdout, a message and where to look on stderr.
usage() {
  local wanted=$1
  shift
  expect 2 "$FARFAULT" "$@"
  [[ ! -s stdout ]] || fail "a usage error writes to stdout: $*"
  has stderr 'farfault: error: '
  has stderr "$wanted"
}
usage 'no command given'
usage 'did you mean "run"?' rum
usage 'unknown option "--sed"; did you mean "--seed"' run quickstart --sed 3
usage 'did you mean "--format"?' list --fromat=json
usage 'SCENARIO' run
usage 'did you mean "json"' run quickstart --format jsn
usage 'did you mean "eviction"?' list evictoin
usage 'did you mean "bash"?' completion bahs
usage 'SHELL' completion
usage 'unexpected argument "extra"' list eviction extra
usage '--seed' run quickstart --seed
usage '--seed' run quickstart --seed -1
usage '--seed' run quickstart --seed many
usage '--seed' run quickstart --seed 1e3
usage '--seed' run quickstart --seed 99999999999999999999
usage 'behind --' record
usage 'behind --' record ls
usage '--skip' record --skip many -- ls
usage '0 leaves nothing' record --max-accesses 0 -- ls
usage '--quiet' run quickstart -q -v
usage 'did you mean "lru"' describe lruu
usage 'farfault list' describe zzzzzzzz
usage '\x1B' run quickstart $'\e[31m'
lacks stderr $'\e'

# A reader who has had enough is no error; a disk that is full is one.
set -o pipefail
"$FARFAULT" list 2>stderr | head -n 1 >stdout
"$FARFAULT" describe generic-pcie3 --format json 2>stderr | true
[[ ! -s stderr ]] || fail "a closed pipe is reported: $(<stderr)"
got=0
"$FARFAULT" list >/dev/full 2>stderr || got=$?
[[ $got -eq 1 ]] || fail "exit status $got on a full disk"
has stderr 'cannot write to standard output: No space left on device'
got=0
"$FARFAULT" list >&- 2>stderr || got=$?
[[ $got -eq 1 ]] || fail "exit status $got with stdout closed"
has stderr 'Bad file descriptor'
got=0
"$FARFAULT" nonsense 2>&- || got=$?
[[ $got -eq 2 ]] || fail "exit status $got with stderr closed"

# A program whose configs are not there says so.
FARFAULT_CONFIGS=$PWD/nowhere expect 3 "$FARFAULT" list
has stderr 'FARFAULT_CONFIGS'
