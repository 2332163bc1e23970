# shellcheck shell=bash disable=SC2154
# The scenarios of the design review: all run, each is documented, and what they show by structure holds.

review=$SOURCE/configs/scenarios/design-review
for file in "$review"/*.json; do
  name=$(basename "$file" .json)
  expect 0 "$FARFAULT" validate "design-review/$name"
  has "$SOURCE/docs/design-review.md" "farfault compare design-review/$name"
  has "$SOURCE/docs/design-review-figures.md" "## $name"
done

# What follows from structure shows in a part of each run as well.
expect 0 timeout 200 "$FARFAULT" compare design-review -o review --no-timeline --format csv --set workload.max_accesses=200000
[[ $(find review -name compare.json | wc -l) -eq $(($(find "$review" -name '*.json' | wc -l) + 1)) ]] ||
  fail 'a scenario has no comparison'
! grep -h '"failure": "' -r review --include=compare.json || fail 'a column failed'

# value SCENARIO FIGURE COLUMN: exact, in base units. No name of these has a comma.
cp stdout all.csv
value() { awk -F , -v key="design-review/$1,,$2," -v column="$3" 'index($0, key) == 1 && $5 == column { print $6 }' all.csv; }
equal() {
  local got
  got=$(value "$1" "$2" "$3")
  [[ $got == "$4" ]] || fail "$1: $2 of $3 is '$got', not $4"
}
holds() { awk "BEGIN { exit !($1) }" || fail "$2: $1"; }

# Where the tree is changes no time of the run; only get_user_pages on pmem walks it.
run=$(value 2017-1-shared-or-separate time.total 'shared radix')
for column in 'own radix' xarray 'shared cold caches' 'own cold caches'; do
  equal 2017-1-shared-or-separate time.total "$column" "$run"
done
equal 2017-1-shared-or-separate metadata.tree_height 'shared radix' 4
equal 2017-3-address-bits metadata.tree_height 'shared 52 bits' 5
equal 2017-3-address-bits metadata.tree_height 'off-PFN 52 bits' 1

# 80 GiB: 64 bytes a page, and 8 bytes for each entry of a linear map with the tables above.
equal 2017-2-linear-map metadata.struct_page_bytes 'no map' $((1280 << 20))
equal 2017-2-linear-map metadata.linear_map_bytes '2 MiB' $((324 << 10))
equal 2017-2-linear-map metadata.linear_map_bytes '1 GiB' $((4 << 10))
equal 2017-2-linear-map metadata.exposed 'no map' 0
equal 2017-2-linear-map metadata.exposed '1 GiB' $((80 << 30))

# Set-up grows with size, and struct pages are nearly all of it.
for design in shared today; do
  before=0
  for size in '16 GiB' '80 GiB' '1 TiB'; do
    setup=$(value 2017-4-memory-size metadata.setup_time "$design $size")
    memmap=$(value 2017-4-memory-size metadata.setup_time.memmap "$design $size")
    holds "$setup > $before && $memmap > 0.99 * $setup" "set-up of $design $size"
    before=$setup
  done
done

# Designs that make struct pages under the hotplug lock set up one device after the other.
one=$(value 2017-5-several-gpus metadata.setup_time.parallel 'today x1')
eight=$(value 2017-5-several-gpus metadata.setup_time.parallel 'today x8')
holds "$eight < 1.1 * $one" 'today, eight devices are set up side by side'
one=$(value 2017-5-several-gpus metadata.setup_time.parallel 'shared x1')
eight=$(value 2017-5-several-gpus metadata.setup_time.parallel 'shared x8')
holds "$eight > 5 * $one" 'on the shared path they queue'

# All designs with struct pages run alike, whoever wants the pages.
for scenario in 2017-6-gup-heavy 2017-7-gup-free; do
  run=$(value $scenario time.total 'shared radix')
  equal $scenario time.total 'own radix' "$run"
  equal $scenario time.total xarray "$run"
done

# The measured fault of 966 us, from the sum of its steps.
fault=$(value 2026-0-xe-fault latency.fault.device.p50 '4 KiB pages')
holds "$fault > 0.98 * 966e6 && $fault < 1.02 * 966e6" 'the fault of Xe SVM, ps'
