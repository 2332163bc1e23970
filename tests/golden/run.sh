# shellcheck shell=bash disable=SC2154
# Each shipped scenario gives the bytes of results.json that are pinned in hashes.txt.
#
# After a change that is meant to change results: FARFAULT_UPDATE_GOLDEN=1 ctest -R golden/run, then say in the commit why
# the hashes changed. Set FARFAULT_GOLDEN_KEEP to a folder to keep the results.json files for a comparison.

hashes=$SOURCE/tests/golden/hashes.txt
: >got
for file in "$SOURCE"/configs/scenarios/*.json "$SOURCE"/configs/scenarios/*/*.json; do
  name=${file#"$SOURCE"/configs/scenarios/}
  name=${name%.json}
  mkdir -p "out/$(dirname "$name")"
  expect 0 "$FARFAULT" run "$name" --check -q -o "out/$name"
  printf '%s  %s\n' "$(sha256sum <"out/$name/results.json" | cut -d ' ' -f 1)" "$name" >>got
  # Some again, without checks, series and folder: these must not matter.
  [[ $name != design-review/* ]] || continue
  expect 0 "$FARFAULT" run "$file" -q -o -
  same "out/$name/results.json" stdout
done
if [[ -n ${FARFAULT_GOLDEN_KEEP:-} ]]; then
  mkdir -p "$FARFAULT_GOLDEN_KEEP"
  cp -r out/. "$FARFAULT_GOLDEN_KEEP/"
fi
if [[ ${FARFAULT_UPDATE_GOLDEN:-} == 1 ]]; then
  cp got "$hashes"
  echo "wrote $hashes" >&2
  exit 0
fi
[[ -f $hashes ]] || fail "there is no $hashes yet; FARFAULT_UPDATE_GOLDEN=1 makes it"
same "$hashes" got
