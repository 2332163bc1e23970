# shellcheck shell=bash
# A Slurm cluster of this machine alone: munged, slurmctld and the nodes n1 and n2, all on loopback and in one folder.
# Sourced by the tests beside it, which tests/run_script.sh runs.
#
#   need_slurm          skips the test where the packages or root are missing
#   start_cluster       starts it in ./cluster; exports SLURM_CONF. cleanup() of run_script.sh stops it
#   stop_cluster
#   start_node N, kill_node N    a node's daemon; killing takes its jobs' processes with it, as a power cut does
#   start_controller, stop_controller

# The daemons that were started here, by name.
declare -A cluster_pids=()

need_slurm() {
  local command
  for command in munged slurmctld slurmd sbatch squeue scancel scontrol sinfo; do
    command -v "$command" >/dev/null || skip "Slurm is needed (Debian: slurm-wlm munge): there is no $command"
  done
  [[ $(id -u) -eq 0 ]] || skip 'slurmd runs as root alone, and this is not root'
}

# A port of 127.0.0.1 that nobody listens to.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && [[ " ${cluster_ports:-} " != *" $port "* ]]; then break; fi
  done
  cluster_ports="${cluster_ports:-} $port"
  cluster_port=$port
}

write_slurm_conf() {
  local ports=() i
  for i in 0 1 2; do
    free_port
    ports[i]=$cluster_port
  done
  local host
  host=$(hostname -s)
  cat >"$cluster/slurm.conf" <<CONF
ClusterName=farfault-test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.socket
CommunicationParameters=NoInAddrAny
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool-%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=1000,interval=1
SlurmctldTimeout=10
MessageTimeout=3
TCPTimeout=1
SlurmdTimeout=5
InactiveLimit=0
MinJobAge=10
KillWait=1
ReturnToService=2
MaxArraySize=${MAX_ARRAY_SIZE:-1001}
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=2 RealMemory=1000 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=test Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
}

# start_daemon NAME COMMAND...: in the foreground of a background job, so that its process id is known.
start_daemon() {
  local name=$1
  shift
  "$@" >>"$cluster/$name.out" 2>&1 </dev/null &
  cluster_pids[$name]=$!
}

kill_daemon() {
  local pid=${cluster_pids[$1]:-}
  [[ -n $pid ]] || return 0
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "cluster_pids[$1]"
}

start_controller() { start_daemon slurmctld slurmctld -D -f "$SLURM_CONF"; }
# Asked to end, it saves its state first; killed, it would give ids of jobs anew.
stop_controller() {
  kill -TERM "${cluster_pids[slurmctld]}"
  wait "${cluster_pids[slurmctld]}" || true
  unset "cluster_pids[slurmctld]"
}
start_node() { start_daemon "slurmd-$1" slurmd -D -N "$1" -f "$SLURM_CONF"; }

# The processes of jobs are found by their environment. Their slurmstepd goes first, or it tells how they ended.
kill_node() {
  local pid parent
  kill_daemon "slurmd-$1"
  for pid in $(node_processes "$1"); do
    parent=$(awk '{ print $4 }' "/proc/$pid/stat" 2>/dev/null) || continue
    [[ $(cat "/proc/$parent/comm" 2>/dev/null) != slurmstepd ]] || kill -KILL "$parent" 2>/dev/null || true
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# Process ids of what runs on a node, of this cluster.
node_processes() {
  { grep -lszxF "SLURMD_NODENAME=$1" /proc/[0-9]*/environ || true; } | while read -r environment; do
    if grep -qszxF "SLURM_CONF=$SLURM_CONF" "$environment"; then
      environment=${environment#/proc/}
      echo "${environment%/environ}"
    fi
  done
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local until=$((SECONDS + $1))
  shift
  while ((SECONDS < until)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  return 1
}

nodes_are_idle() { [[ $(sinfo -h -o '%T %D') == 'idle 2' ]]; }

start_cluster() {
  cluster=$PWD/cluster
  mkdir -p "$cluster/state"
  chmod 700 "$cluster"
  export SLURM_CONF=$cluster/slurm.conf
  write_slurm_conf
  dd if=/dev/urandom of="$cluster/munge.key" bs=128 count=1 status=none
  chmod 400 "$cluster/munge.key"
  start_daemon munged munged --foreground --force --num-threads=2 --key-file="$cluster/munge.key" \
    --socket="$cluster/munge.socket" --pid-file="$cluster/munged.pid" --log-file="$cluster/munged.log" \
    --seed-file="$cluster/munged.seed"
  wait_for 10 test -S "$cluster/munge.socket" || fail "munged does not start: $(tail -n 3 "$cluster/munged.log" 2>&1)"
  start_controller
  start_node n1
  start_node n2
  wait_for 20 nodes_are_idle || fail "the nodes do not come up: $(sinfo 2>&1; tail -n 5 "$cluster"/slurm*.log)"
}

cleanup() { stop_cluster; }

stop_cluster() {
  kill_node n1
  kill_node n2
  kill_daemon slurmctld
  kill_daemon munged
}
