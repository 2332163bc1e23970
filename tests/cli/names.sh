# shellcheck shell=bash disable=SC2154
# list, describe and completion: names can be listed and described, in every format (one in ten, for time).

expect 0 "$FARFAULT" list
for text in 'placement' 'migrate_on_fault' 'eviction' 'lru' 'generic-pcie3' 'separate_radix' 'quickstart' 'zipf'; do
  has stdout "$text"
done
[[ ! -s stderr ]] || fail 'list writes to stderr'
expect 0 "$FARFAULT" list eviction --names
printf 'fifo\nlast_migration\nlru\n' >wanted
grep -xF -f wanted stdout >got
same wanted got
for kind in placement prefetch eviction thrashing designs platforms policies scenarios sweeps generators formats; do
  for format in table json csv md; do
    expect 0 "$FARFAULT" list "$kind" --format "$format"
    [[ -s stdout ]] || fail "list $kind --format $format prints nothing"
  done
  expect 0 "$FARFAULT" list "$kind" --names
  [[ -s stdout ]] || fail "there are no $kind"
  cp stdout names
  while IFS= read -r name; do
    expect 0 "$FARFAULT" describe "$kind/$name"
    has stdout "$kind/$name"
  done < <(awk 'NR % 10 == 1' names)
  name=$(sed -n 1p names)
  expect 0 "$FARFAULT" describe "$name"
  has stdout "$kind/$name"
done
# A name in two slots: both are described.
expect 0 "$FARFAULT" describe none
has stdout 'prefetch/none'
has stdout 'thrashing/none'
expect 0 "$FARFAULT" describe lru
for text in 'version lru/' 'granularity' '2 MiB' '4 KiB, 64 KiB, 2 MiB' 'source'; do has stdout "$text"; done
expect 0 "$FARFAULT" describe generic-pcie3
for text in 'host.memory.bandwidth' '48 GB/s' 'are assumptions: nobody measured them'; do has stdout "$text"; done
has stdout '+ '
has stdout 'are measured or derived'
has stdout 'are from data sheets, specifications or drivers, or are choices'
# The marks are those of the sources, and the summary counts them.
expect 0 "$FARFAULT" describe platforms/gtx1080ti-pcie3
grep -qE '^\+ +driver.batch_time' stdout || fail 'a derived value is not marked'
grep -qE '^\* +host.cpus' stdout || fail 'an assumption is not marked'
[[ $(grep -cE '^\+ +[a-z]+\.' stdout) == "$(sed -nE 's/^\+ ([0-9]+) of .*/\1/p' stdout)" ]] || fail 'wrong count of +'
[[ $(grep -cE '^= +[a-z]+\.' stdout) == "$(sed -nE 's/^= ([0-9]+) of .*/\1/p' stdout)" ]] || fail 'wrong count of ='
[[ $(grep -cE '^\* +[a-z]+\.' stdout) == "$(sed -nE 's/^\* ([0-9]+) of .*/\1/p' stdout)" ]] || fail 'wrong count of *'
# Where nothing has a source, there is nothing to mark.
expect 0 "$FARFAULT" describe scenarios/quickstart
lacks stdout 'are assumptions'
for format in json csv md; do
  expect 0 "$FARFAULT" describe generic-pcie3 --format "$format"
  has stdout '48 GB/s'
done

# Names, summaries and sources stay within their fields.
expect 0 "$FARFAULT" list --format csv
sed -n 1p stdout >top
has top 'kind,name,summary'
if command -v python3 >/dev/null; then
  cp stdout list.csv
  "$FARFAULT" list --format json >list.json
  "$FARFAULT" describe generic-pcie3 --format json >describe.json
  "$FARFAULT" describe generic-pcie3 --format csv >describe.csv
  python3 - <<'PYTHON'
import csv, json
rows = list(csv.DictReader(open("list.csv")))
assert rows == json.load(open("list.json")), "csv and json differ"
thing = json.load(open("describe.json"))[0]
rows = list(csv.DictReader(open("describe.csv")))
assert len(rows) == len(thing["parameters"])
assert [r["source"] for r in rows] == [p["source"] for p in thing["parameters"]]
assert sum(r["assumption"] == "yes" for r in rows) == thing["assumptions"] > 0
assert sum(r["rests_on"] in ("measured", "derived") for r in rows) == thing["measured_or_derived"] > 0
assert all((r["rests_on"] == "assumption") == (r["assumption"] == "yes") for r in rows)
assert [r["rests_on"] for r in rows] == [p["rests_on"] for p in thing["parameters"]]
assert all(bool(r["rests_on"]) == bool(r["source"]) for r in rows)
PYTHON
fi

# A config that cannot be read does not hide the others.
cp -r "$SOURCE/configs" configs
chmod -R u+w configs
echo '{"description": ' >configs/platforms/broken.json
FARFAULT_CONFIGS=$PWD/configs expect 0 "$FARFAULT" list platforms
has stdout 'broken'
has stdout 'generic-pcie3'
FARFAULT_CONFIGS=$PWD/configs expect 3 "$FARFAULT" describe broken
has stderr 'broken.json'

# No colors without a terminal, unless asked for.
expect 0 "$FARFAULT" list
lacks stdout $'\e'
expect 0 "$FARFAULT" list --color always
has stdout $'\e[1m'
NO_COLOR=1 expect 0 "$FARFAULT" list --color always
has stdout $'\e[1m'

# Completion scripts are made of the same grammar as the help.
for shell in bash zsh fish; do
  expect 0 "$FARFAULT" completion "$shell"
  for text in run validate describe 'force' 'format' 'json' 'eviction'; do has stdout "$text"; done
  cp stdout "completion.$shell"
  if command -v "$shell" >/dev/null; then "$shell" -n "completion.$shell"; fi
done
# What bash offers for a command line whose last word is being typed.
offers() {
  # shellcheck disable=SC1091,SC2034
  PATH=$(dirname "$FARFAULT"):$PATH bash -c '
    source ./completion.bash
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _farfault
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >offered
}
offers farfault ru
has offered run
offers farfault list ev
has offered eviction
offers farfault run quick
has offered quickstart
offers farfault run quickstart --fo
has offered --format
has offered --force
offers farfault run quickstart --format j
has offered json
offers farfault run quickstart --format = j
has offered json
offers farfault describe generic-p
has offered generic-pcie3
offers farfault tra
has offered trace
offers farfault trace c
has offered convert
has offered cut
lacks offered completion
offers farfault trace convert --pa
has offered --page-runs
offers farfault trace convert x --to t
has offered text
offers farfault trace generate zi
has offered zipf
offers farfault trace generate zipf --fo
has offered --force
touch some.fft
offers farfault trace info so
has offered some.fft
