#!/usr/bin/env bash
# Draws the pictures of README and docs from fresh runs of the shipped scenarios:
#
#   docs/figures/make.sh          needs build/release/farfault (./run.sh version builds it) and gnuplot (gnuplot-nox)
#
# The .csv files beside the pictures are the numbers drawn.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
root=$(cd ../.. && pwd)
farfault=$root/build/release/farfault
[[ -x $farfault ]] || { echo "make.sh: build first: ./run.sh version" >&2; exit 1; }
command -v gnuplot >/dev/null || { echo "make.sh: install gnuplot: apt-get install gnuplot-nox" >&2; exit 1; }

# figure SCENARIO STATISTIC [--set ...]: the value of one statistic of a run
figure() {
  local scenario=$1 statistic=$2
  shift 2
  "$farfault" run "$scenario" -q -o - "$@" | sed -n "s/.*\"$statistic\": *{\"value\": *\([0-9.e+-]*\).*/\1/p"
}

capacity_figure() {
  local csv=capacity.csv
  echo "memory_percent,tree_lru64k_ms,tree_fifo2m_ms,none_lru4k_ms,remote_ms" >$csv
  for percent in 30 40 50 60 70 80 90 100 110; do
    local share=(--set "memory.device_capacity=$percent % of footprint")
    local row=$percent
    row+=,$(figure quickstart time.total "${share[@]}")
    row+=,$(figure quickstart time.total "${share[@]}" --set policy.eviction.kind=fifo --set "policy.eviction.granularity=2 MiB")
    row+=,$(figure quickstart time.total "${share[@]}" --set policy.prefetch.kind=none --set "policy.eviction.granularity=4 KiB")
    row+=,$(figure quickstart time.total "${share[@]}" --set policy.placement.kind=remote_map)
    echo "$row" >>$csv
  done
  gnuplot <<'PLOT'
set terminal svg size 800,440 font "Helvetica,14" background rgb "white"
set output "capacity.svg"
set datafile separator ","
set title "STREAM (recorded program, 3.3 MiB): run time by device memory and policy"
set xlabel "device memory, percent of the footprint"
set ylabel "simulated time, ms (log scale)"
set logscale y
set grid ytics lc rgb "#dddddd"
set key outside bottom center horizontal
set border 3
set bmargin 6
set tics nomirror
set style data linespoints
plot "capacity.csv" skip 1 using 1:($2/1e9) title "tree prefetch, LRU 64 KiB" lw 2 pt 7 lc rgb "#0b6fa4", \
     "" skip 1 using 1:($3/1e9) title "tree prefetch, FIFO 2 MiB" lw 2 pt 5 lc rgb "#d55e00", \
     "" skip 1 using 1:($4/1e9) title "no prefetch, LRU 4 KiB" lw 2 pt 9 lc rgb "#009e73", \
     "" skip 1 using 1:($5/1e9) title "remote mapping" lw 2 pt 11 lc rgb "#7a7a7a"
PLOT
}

quantum_figure() {
  local csv=quantum.csv
  echo "quantum,quickstart,bfs,stream,zipf,sequential" >$csv
  declare -A base
  local names=(quickstart bfs stream zipf sequential)
  for name in "${names[@]}"; do base[$name]=$(figure "$name" time.total); done
  for quantum in 300 1000 3000 10000 30000 100000; do
    local row=$quantum
    for name in "${names[@]}"; do
      local time
      time=$(figure "$name" time.total --set "replay.quantum=$quantum" --set "replay.quantum_time=$quantum ns")
      row+=,$(awk -v a="$time" -v b="${base[$name]}" 'BEGIN { printf "%.6f", (a / b - 1) * 100 }')
    done
    echo "$row" >>$csv
  done
  gnuplot <<'PLOT'
set terminal svg size 800,400 font "Helvetica,14" background rgb "white"
set output "quantum.svg"
set datafile separator ","
set title "What the quantum does to the run time"
set xlabel "quantum, accesses and nanoseconds (default 10000; log scale)"
set ylabel "change of time.total, percent"
set logscale x
set yrange [-0.05:0.05]
set grid ytics lc rgb "#dddddd"
set key outside bottom center horizontal
set border 3
set bmargin 6
set tics nomirror
set style data linespoints
plot for [i=2:6] "quantum.csv" using 1:i skip 1 title word("quickstart bfs stream zipf sequential", i-1) lw 2 pt 6+i
PLOT
}

capacity_figure
quantum_figure
