# shellcheck shell=bash disable=SC2154
# Sweeps on a real Slurm of two nodes: one goes away in the middle, the collector is killed, jobs are cancelled.
# shellcheck source=tests/slurm/cluster.sh
source "$SOURCE/tests/slurm/cluster.sh"
need_slurm
MAX_ARRAY_SIZE=9 start_cluster

# finished FOLDER COUNT: that many points are collected.
finished() { [[ -e $1/outcomes && $(wc -l <"$1/outcomes") -ge $2 ]]; }
# each_once FOLDER COUNT: every point exactly once, and fine.
each_once() {
  awk '{ print $1 }' "$1/outcomes" | sort -n >got
  seq 0 "$(($2 - 1))" >wanted
  same wanted got
  ! grep -v ' ok ' "$1/outcomes" || fail 'not every point is fine'
}
something_runs() { [[ -n $(node_processes "$1") ]]; }
no_jobs() { [[ -z $(squeue -h -t pending,running,completing) ]]; }
has_jobs() { ! no_jobs; }

# A folder whose name means something to shells and to Slurm.
sweep="$PWD/a %j 'quoted' \$HOME \"b\\n\""
mkdir "$sweep"
expect 0 "$SLURM_DRIVER" run "$sweep" 12 sleep=10 chunk=2
each_once "$sweep" 12
[[ $(awk '{ print $3 }' "$sweep/outcomes" | sort -u | tr '\n' ' ') == 'n1 n2 ' ]] || fail 'not both nodes had points'
[[ -z $(find "$sweep" -mindepth 1 ! -name outcomes) ]] || fail "left behind: $(find "$sweep")"

# A node goes away with what it runs; the collector is killed, and another one goes on.
mkdir lost
touch hold
"$SLURM_DRIVER" run lost 60 sleep=50 chunk=5 "hold=$PWD/hold" >stdout 2>stderr &
collector=$!
# Four tasks run, each at its last point.
wait_for 60 finished lost 16 || fail "no outcomes: $(<stderr)"
kill_node n1
rm hold
expect 0 "$SLURM_DRIVER" status lost
has stdout 'present 1 collecting 1'
has stdout 'points 60'
expect 1 "$SLURM_DRIVER" run lost 60
has stderr 'another farfault collects this sweep'
kill -KILL "$collector"
wait "$collector" 2>/dev/null || true
expect 0 "$SLURM_DRIVER" run lost 60 sleep=50 chunk=5
each_once lost 60
[[ ! -e lost/slurm ]] || fail "left behind: $(find lost/slurm)"
grep -qF "on failed node n1" "$cluster/slurmctld.log" || fail "no task was lost"
start_node n1
wait_for 20 nodes_are_idle || fail "n1 does not come back: $(sinfo)"

# The controller is away for a while, and a task's processes are killed: its points run elsewhere.
mkdir away
touch hold
"$SLURM_DRIVER" run away 24 sleep=10 chunk=4 "hold=$PWD/hold" >stdout 2>stderr &
collector=$!
wait_for 60 finished away 12 || fail "no outcomes: $(<stderr)"
stop_controller
mapfile -t processes < <(node_processes n2)
kill -KILL "${processes[0]}"
sleep 1
start_controller
rm hold
wait "$collector" || fail "the collector ended: $(<stderr)"
each_once away 24

# Cancelled with a collector at work, which does not submit again what ends; then without one. What is there stays.
mkdir cancel
"$SLURM_DRIVER" run cancel 20 sleep=300 chunk=2 >run.out 2>run.err &
collector=$!
wait_for 30 finished cancel 2 || fail "no outcomes: $(<run.err)"
expect 0 "$SLURM_DRIVER" cancel cancel
got=0
wait "$collector" || got=$?
[[ $got -eq 1 ]] || fail "exit status $got after cancel: $(<run.err)"
has run.err 'were cancelled meanwhile'
wait_for 20 no_jobs || fail "jobs go on: $(squeue)"
expect 0 "$SLURM_DRIVER" status cancel
has stdout 'collecting 0 cancelled 1'
env --default-signal=INT "$SLURM_DRIVER" run cancel 20 sleep=300 chunk=2 >run.out 2>run.err &
collector=$!
wait_for 30 has_jobs || fail "no jobs: $(<run.err)"
kill -INT "$collector"
got=0
wait "$collector" || got=$?
[[ $got -eq 130 ]] || fail "exit status $got after SIGINT: $(<run.err)"
has_jobs || fail 'an interrupted collector ends the jobs'
expect 0 "$SLURM_DRIVER" cancel cancel
has stdout ' jobs'
wait_for 20 no_jobs || fail "jobs go on: $(squeue)"
expect 0 "$SLURM_DRIVER" run cancel 20 sleep=10
each_once cancel 20

# A point that ends its task, each time: it alone is lost.
mkdir killer
expect 0 "$SLURM_DRIVER" run killer 12 sleep=1 chunk=6 killer=3 retries=2
grep -v ' ok ' killer/outcomes >failed
[[ $(cut -d ' ' -f 1,2 failed) == '3 lost' ]] || fail "lost: $(<failed)"
has failed 'its task ended as FAILED without its results, the last of 3 times'
[[ $(wc -l <killer/outcomes) -eq 12 ]] || fail 'not every point has an outcome'

# What cannot work says so at once.
mkdir bad
expect 1 "$SLURM_DRIVER" run bad 4 partition=nowhere
has stderr 'sbatch refuses'
expect 1 "$SLURM_DRIVER" run bad 4 'setup=echo no such module >&2; false'
has stderr 'no such module'

# The program itself: a sweep over both nodes, one of which goes away; the store is that of a sweep on this machine.
cat >swept.json <<'END'
{"name": "swept", "axes": {"policy.eviction.kind": ["lru", "fifo"], "seed": {"from": 1, "to": 30, "steps": 30}},
 "base": {"workload": {"generator": {"kind": "zipf", "footprint": "4 MiB", "accesses": 4000}},
          "memory": {"device_capacity": "50 % of footprint"}, "policy": {"base": "uvm-default", "prefetch": "none"}}}
END
expect 0 "$FARFAULT" sweep swept.json -o swept --executor slurm --chunk 5 --detach
has stderr 'farfault sweep collect'
# As soon as both have taken something.
busy() { something_runs n1 && something_runs n2; }
wait_for 20 busy || true
kill_node n1
expect 3 "$FARFAULT" sweep swept.json -o swept
has stderr 'has jobs on a cluster'
expect 0 "$FARFAULT" sweep status swept
has stdout 'on the cluster'
expect 0 "$FARFAULT" sweep collect swept --poll 200ms
has stderr 'sweep: 60 points done'
start_node n1
expect 0 "$FARFAULT" sweep swept.json -o here
expect 0 "$FARFAULT" sweep export here --format csv
cp stdout here.csv
expect 0 "$FARFAULT" sweep export swept --format csv
same here.csv stdout
[[ ! -e swept/slurm ]] || fail "left behind: $(find swept/slurm)"
expect 3 "$FARFAULT" sweep cancel swept
has stderr 'has nothing on a cluster'
