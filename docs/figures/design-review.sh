#!/usr/bin/env bash
# Runs the design review and writes every number that docs/design-review.md quotes to docs/design-review-figures.md:
#
#   docs/figures/design-review.sh            all scenarios; some twenty minutes, most of them for the sensitivity
#   docs/figures/design-review.sh NAME...    prints what the file has of these scenarios, and writes nothing
#
# NAME is a scenario's, without design-review/. Needs build/release/farfault (./run.sh version builds it), or FARFAULT.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
farfault=${FARFAULT:-$root/build/release/farfault}
[[ -x $farfault ]] || { echo "design-review.sh: build first: ./run.sh version" >&2; exit 1; }
export FARFAULT_CONFIGS=${FARFAULT_CONFIGS:-$root/configs}

structure='metadata.setup_time,metadata.setup_time.*,metadata.hotplug_lock_time,metadata.struct_page_bytes'
structure+=,'metadata.linear_map_bytes,metadata.exposed,metadata.address_space,metadata.tree_*'
lookup='metadata.lookup*,metadata.node_visits'

# compare SCENARIO ARGUMENT...: the command and its tables. Exit status 1, some run failed, is said in the tables.
compare() {
  local status=0 argument line='farfault compare'
  for argument in "design-review/$1" "${@:2}"; do
    [[ $argument =~ ^[A-Za-z0-9_./,=-]+$ ]] || argument="'$argument'"
    line+=" $argument"
  done
  printf '\n    %s\n\n' "$line"
  "$farfault" compare "design-review/$1" "${@:2}" --format md -q 2>/dev/null | sed 's/^## /### /' || status=$?
  [[ $status -le 1 ]] || { echo "design-review.sh: exit status $status of: $line" >&2; return 1; }
}

# What each scenario is asked: its figures, how its headline moves with what is assumed, and variants of it. Set-up does
# not depend on the workload, so that one access is enough to ask about it.
figures_of() {
  local name=$1
  local one=(--set workload.max_accesses=1)
  local prices='kernel.gup.*,kernel.caches.*'
  local four=(--designs 'memremap_xarray,device_coherent,driver_vma,none')
  local sort=(--set 'workload={"trace":"traces/samples/sort.fft"}')
  local assign='[{"agent":"thread 2","to":"gpu0"},{"to":"host"}]'
  local threads=(--set "workload={\"trace\":\"traces/samples/xz.fft\",\"assign\":$assign}")
  local driver='design.to_*,kernel.*,platform.driver.*'
  case $name in
    2017-1-*)
      compare "$name" --figures "time.total,*pmem_gup*.calls,*pmem_gup.p*,$lookup,$structure"
      compare "$name" --sensitivity latency.kernel.pmem_gup.p50 --parameters "$prices" ;;
    2017-2-*)
      compare "$name" --figures "time.total,$structure"
      compare "$name" --at 80GiB,1TiB --set kernel.physical_bits=52 --figures metadata.linear_map_bytes
      compare "$name" "${one[@]}" --sensitivity metadata.setup_time ;;
    2017-3-*)
      compare "$name" --figures "time.total,*pmem_gup.p*,$lookup,$structure"
      compare "$name" --sensitivity latency.kernel.pmem_gup.p50 --parameters "$prices" ;;
    2017-4-*)
      compare "$name" --figures "time.total,$structure"
      compare "$name" "${one[@]}" --sensitivity metadata.setup_time --parameters 'kernel.*,design.*' ;;
    2017-5-*)
      compare "$name" --figures "time.total,kernel.op.unmap.time,latency.fault.*.p50,$structure"
      compare "$name" "${one[@]}" --sensitivity metadata.setup_time.parallel --parameters 'kernel.*,design.memmap*'
      compare "$name" --sensitivity time.total --parameters 'kernel.notifier.*' ;;
    2017-6-*)
      local gup='time.total,pages.to_*,kernel.op.*gup*.calls,kernel.op.pin.calls,latency.kernel.gup.p50'
      gup+=',latency.kernel.pin.p99,kernel.failed.*,accesses.*.remote,staging.*'
      compare "$name" --figures "$gup"
      for every in 2000 200000; do
        compare "$name" --set "inject.gup.every_accesses=$every" --set "inject.direct_io.every_accesses=$every" \
          --figures 'time.total,pages.to_host.gup,kernel.failed.*'
      done
      compare "$name" "${sort[@]}" --figures "$gup"
      compare "$name" "${four[@]}" --sensitivity time.total ;;
    2017-7-*)
      local free='time.total,faults.device.serviced,pages.to_*,accesses.*.remote,staging.*'
      compare "$name" --figures "$free"
      compare "$name" "${sort[@]}" --figures "$free"
      compare "$name" "${four[@]}" --sensitivity time.total ;;
    2017-8-*)
      local reach='time.total,reach.device.reachable.*,reach.device.migratable.*,reach.adoption.*'
      reach+=',staging.*,accesses.host.remote'
      compare "$name" --figures "$reach"
      local trace
      for trace in bfs.lackey.zst xz.fft gzip.fft sort.fft bc.fft; do
        compare "$name" --set "workload={\"trace\":\"traces/samples/$trace\"}" --figures "$reach"
      done
      compare "$name" "${threads[@]}" --figures "$reach"
      compare "$name" --sensitivity time.total --parameters 'design.library.*,kernel.*,platform.driver.*,design.to_*' ;;
    2026-0-*)
      compare "$name" --figures 'time.total,latency.fault.device.p50,kernel.to_device.*,driver.time.*'
      compare "$name" --sensitivity latency.fault.device.p50 ;;
    2026-1-*)
      compare "$name" --figures "time.total,kernel.op.*.calls,kernel.op.*.time,$lookup,$structure"
      compare "$name" --sensitivity time.total --parameters "$driver" ;;
    2026-2-*)
      compare "$name" --figures 'time.total,driver.time.kernel,kernel.to_*.calls,kernel.op.split.*,kernel.failed.folios'
      compare "$name" --sensitivity time.total --parameters "$driver" ;;
    2026-3-*)
      compare "$name" --figures 'time.total,time.host.stall,faults.cpu.migrate,latency.fault.cpu.*,pages.to_*'
      compare "$name" --set platform.devices.gpu0.parked_accesses=8192 --figures time.total,faults.cpu.migrate
      compare "$name" --sensitivity time.total --parameters "$driver" ;;
    2026-4-coherent)
      compare "$name" --figures "time.total,accesses.*.remote,pages.to_*,kernel.to_*.calls,$structure"
      compare "$name" --sensitivity time.total ;;
    2026-4-threshold)
      compare "$name" --figures 'time.total,pages.to_*,accesses.device.remote,time.device.*'
      compare "$name" --set platform=generic-pcie3 --figures 'time.total'
      compare "$name" --sensitivity time.total ;;
    2026-5-*)
      compare "$name" --figures 'time.total,kernel.op.*.time,kernel.retries.*,latency.fault.device.p*'
      compare "$name" --sensitivity time.total --parameters 'kernel.*' ;;
    2026-6-*)
      compare "$name" --figures 'time.total,faults.device.serviced,faults.device.refaults,pages.to_*,kernel.to_*.calls'
      compare "$name" --seed 2 --figures time.total
      compare "$name" --seed 3 --figures time.total
      compare "$name" --set 'workload.generator={"kind":"random","footprint":"32 MiB","accesses":100000}' \
        --figures 'time.total,faults.device.serviced'
      compare "$name" --sensitivity time.total --parameters 'design.to_*' ;;
    *) echo "design-review.sh: nothing is asked of $name" >&2; return 1 ;;
  esac
}

section() {
  local begin=$SECONDS
  printf '\n## %s\n' "$1"
  figures_of "$1"
  echo "design-review.sh: $1: $((SECONDS - begin)) s" >&2
}

if [[ $# -gt 0 ]]; then
  for name in "$@"; do section "${name%.json}"; done
  exit
fi
out=$root/docs/design-review-figures.md
{
  echo '# Figures of the design review'
  echo
  printf 'Generated by docs/figures/design-review.sh; do not edit. '
  echo 'What they mean is in [design-review.md](design-review.md).'
  for file in "$root"/configs/scenarios/design-review/*.json; do section "$(basename "$file" .json)"; done
} >"$out.new"
mv "$out.new" "$out"
