#!/usr/bin/env bash
# Compares the policies of configs/policies on the five workloads of configs/scenarios/policies, and writes what
# docs/policies.md shows:
#
#   docs/figures/policies.sh      about two minutes; needs build/release/farfault (./run.sh version builds it), or
#                                 FARFAULT, and gnuplot (gnuplot-nox)
#
# policies.csv has the numbers, policies.svg their picture, ../policies-figures.md their tables.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
root=$(cd ../.. && pwd)
farfault=${FARFAULT:-$root/build/release/farfault}
[[ -x $farfault ]] || { echo "policies.sh: build first: ./run.sh version" >&2; exit 1; }
command -v gnuplot >/dev/null || { echo "policies.sh: install gnuplot: apt-get install gnuplot-nox" >&2; exit 1; }
export FARFAULT_CONFIGS=${FARFAULT_CONFIGS:-$root/configs}

workloads=(passes stencil bfs zipf training)
figures=time.total,faults.device.serviced,bytes.link.pcie.to_device,bytes.link.pcie.to_host,accesses.device.remote
long=$(mktemp)
trap 'rm -f "$long"' EXIT
for workload in "${workloads[@]}"; do
  "$farfault" compare "policies/$workload" --figures "$figures" --format csv -q | tail -n +2 >>"$long"
done

# A row for each policy, in the order of the scenarios' columns; a column for each workload.
table() {
  awk -F, -v figure="$1" -v column="$2" -v factor="$3" -v names="${workloads[*]}" '
    BEGIN { n = split(names, workload, " "); printf "policy"; for (i = 1; i <= n; ++i) printf ",%s", workload[i]; print "" }
    $3 == figure {
      sub("policies/", "", $1)
      if (!($5 in seen)) { seen[$5] = 1; order[++rows] = $5 }
      value[$5, $1] = $column * factor
    }
    END {
      for (r = 1; r <= rows; ++r) {
        printf "%s", order[r]
        for (i = 1; i <= n; ++i) printf ",%.4g", value[order[r], workload[i]]
        print ""
      }
    }' "$long"
}

markdown() {
  awk -F, '{
    line = "|"
    for (i = 1; i <= NF; ++i) line = line " " $i " |"
    print line
    if (NR == 1) { line = "| --- |"; for (i = 2; i <= NF; ++i) line = line " ---: |"; print line }
  }'
}

table time.total 7 1 >policies.csv
{
  cat <<'HEAD'
# Policies on five workloads: the numbers

Written by `docs/figures/policies.sh`; what they mean, and what they rest on, is in [policies.md](policies.md). The device
has memory for 75 % of each workload's footprint. `oracle`, `plain-lru` and `isca19-tree` run without root chunks
(`platform.driver.root_chunks=false`), since they push out less than 2 MiB at once.

## Time, as a multiple of the production driver's

HEAD
  markdown <policies.csv
  printf '\n## Time, ms\n\n'
  table time.total 6 1e-9 | markdown
  printf '\n## Pages that faults brought, or mapped\n\n'
  table faults.device.serviced 6 1 | markdown
  printf '\n## MB over the link to the device\n\n'
  table bytes.link.pcie.to_device 6 1e-6 | markdown
  printf '\n## MB over the link to the host\n\n'
  table bytes.link.pcie.to_host 6 1e-6 | markdown
  printf '\n## Accesses over the link, thousands\n\n'
  table accesses.device.remote 6 1e-3 | markdown
} >../policies-figures.md

gnuplot <<'PLOT'
set terminal svg size 860,520 font "Helvetica,14" background rgb "white"
set output "policies.svg"
set datafile separator ","
set title "Time with each policy; memory for 75 % of the footprint"
set xlabel "time by that of uvm-default (log scale; left is faster)"
set logscale x
set xrange [0.008:10]
set xtics ("0.01" 0.01, "0.03" 0.03, "0.1" 0.1, "0.3" 0.3, "1" 1, "3" 3, "10" 10)
set yrange [*:*] reverse
set offsets 0, 0, 0.6, 0.6
set grid x y lc rgb "#dddddd"
set border 1
set tics nomirror scale 0
set lmargin 22
set bmargin 7
set key outside bottom center horizontal
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb "#555555" lw 1
plot "policies.csv" skip 1 using 2:0:ytic(1) title "passes" pt 7 ps 1.1 lc rgb "#0b6fa4", \
     "" skip 1 using 3:0 title "stencil" pt 5 ps 1.1 lc rgb "#d55e00", \
     "" skip 1 using 4:0 title "bfs" pt 9 ps 1.2 lc rgb "#009e73", \
     "" skip 1 using 5:0 title "zipf" pt 13 ps 1.3 lc rgb "#7a3e9d", \
     "" skip 1 using 6:0 title "training" pt 11 ps 1.2 lc rgb "#7a7a7a"
PLOT
