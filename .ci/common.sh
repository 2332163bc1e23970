# shellcheck shell=bash
# What run.sh, test.sh and the commands in .ci have in common: packages, configuring, building. Sourced, never run; the
# caller has `set -euo pipefail`. Everything said here goes to stderr.
#
# FARFAULT_SKIP_PACKAGES=1  installs and checks no packages: builds with what the machine has
# FARFAULT_JOBS=N           compiler processes at a time (default: one a processor)

farfault_name=$(basename "$0")
farfault_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
farfault_jobs=${FARFAULT_JOBS:-$(nproc)}

say() { printf '%s: %s\n' "$farfault_name" "$*" >&2; }

# die PROBLEM [REMEDY]...: one line each.
die() {
  say "error: $1"
  shift
  local remedy
  for remedy in "$@"; do printf '  %s\n' "$remedy" >&2; done
  exit 1
}

# The packages of some groups of packages.txt, one a line.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$farfault_root/.ci/packages.txt"
  done
}

# Those of the given packages that are not installed, and of whose name there is no command either, one a line.
missing_of() {
  { dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true; } |
    awk -v wanted="$*" '
      $1 == "installed" { have[$2] = 1 }
      END { n = split(wanted, names, " "); for (i = 1; i <= n; i++) if (!(names[i] in have)) print names[i] }' |
    while read -r package; do command -v -- "$package" >/dev/null || printf '%s\n' "$package"; done
}

# need_packages GROUP...: installs what is missing of them, asking nothing.
need_packages() {
  [[ ${FARFAULT_SKIP_PACKAGES:-} != 1 ]] || return 0
  local wanted missing
  mapfile -t wanted < <(packages_of "$@")
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "this is not a Debian-like system (no apt-get and dpkg), so nothing can be installed from here" \
      "install what these Debian packages hold, then call this again with FARFAULT_SKIP_PACKAGES=1:" "${wanted[*]}"
  fi
  mapfile -t missing < <(missing_of "${wanted[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local by_hand="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      die "packages are missing, and installing them needs root (sudo without a password does not work here)" \
        "run this as root, then call this again:" "$by_hand"
    fi
  fi

  say "installing ${#missing[@]} Debian package(s): ${missing[*]}"
  local log
  log=$(mktemp "${TMPDIR:-/tmp}/farfault-apt.XXXXXX")
  # sudo drops the environment; env brings back what apt-get needs of it.
  local apt=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive LC_ALL=C) proxy
  for proxy in http_proxy https_proxy; do [[ -z ${!proxy:-} ]] || apt+=("$proxy=${!proxy}"); done
  apt+=(apt-get -q -o DPkg::Lock::Timeout=300)
  # The package lists are fetched only if the install does not work with those that are here.
  if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null; then
    say "fetching the package lists (apt-get update)"
    "${apt[@]}" update >>"$log" 2>&1 </dev/null || true
    printf '%s\n' '--- after apt-get update' >>"$log"
    if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
      tail -n 15 "$log" | sed 's/^/  | /' >&2
      local why="see the lines above (whole log: $log)"
      if grep -qE 'Failed to fetch|Could not (resolve|connect)|Temporary failure|unreachable' "$log"; then
        why="the package servers could not be reached: check the network, or apt's proxy (whole log: $log)"
      elif grep -qE 'Unable to locate package|no installation candidate' "$log"; then
        why="this release lacks some of them: Debian 12 or newer is needed (whole log: $log)"
      fi
      die "apt-get could not install the packages" "$why" "then call this again, or run as root:" "$by_hand"
    fi
  fi
  rm -f "$log"
}

# offer_packages GROUP WHAT: installs a group that only WHAT needs. Where that cannot be, it says so in a line, and the
# caller goes on without. For packages of services: none is started, and on a machine that runs its own, which would start
# them with the next boot, nothing is installed unless FARFAULT_SERVICES=1 says so.
offer_packages() {
  local group=$1 what=$2 wanted missing policy=/usr/sbin/policy-rc.d status=0
  [[ ${FARFAULT_SKIP_PACKAGES:-} != 1 ]] && command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0
  mapfile -t wanted < <(packages_of "$group")
  mapfile -t missing < <(missing_of "${wanted[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  if [[ $(id -u) -ne 0 ]]; then
    say "$what will be skipped: they need root, and ${missing[*]}"
  elif [[ -d /run/systemd/system && ${FARFAULT_SERVICES:-} != 1 ]]; then
    say "$what will be skipped: ${missing[*]} are services; FARFAULT_SERVICES=1 installs them all the same"
  else
    local own_policy=no
    if [[ ! -e $policy ]] && printf '#!/bin/sh\nexit 101\n' >"$policy" 2>/dev/null; then
      own_policy=yes
      chmod 755 "$policy"
    fi
    # In a shell of its own, which need_packages may end.
    (need_packages "$group") || status=$?
    [[ $own_policy == no ]] || rm -f "$policy"
    [[ $status -eq 0 ]] || say "$what will be skipped: their packages cannot be had (see above)"
  fi
}

# Only one build at a time in this checkout. The lock ends with unlock_build, or with the process.
lock_build() {
  if ! mkdir -p "$farfault_root/build" 2>/dev/null || ! { exec 9>"$farfault_root/build/.lock"; } 2>/dev/null; then
    die "cannot write to $farfault_root/build" \
      "it belongs to $(stat -c %U "$farfault_root/build" 2>/dev/null || stat -c %U "$farfault_root"), you are $(id -un 2>/dev/null || id -u):" \
      "work in a checkout of your own, or take this one over as root: chown -R $(id -u) '$farfault_root'"
  fi
  if ! flock -n 9; then
    say "waiting for another build in $farfault_root/build"
    flock 9
  fi
  # ccache cannot work where it cannot keep its cache (a user without a home).
  if [[ -z ${CCACHE_DIR:-} && ! -w ${XDG_CACHE_HOME:-${HOME:-/nonexistent}} ]]; then export CCACHE_DISABLE=1; fi
}
unlock_build() { exec 9>&-; }

# configure PRESET [CMAKE-ARGUMENT]...: if build/PRESET was not configured, or from other presets, arguments or place.
# Everything else that a build depends on makes ninja run CMake again by itself.
configure() {
  local preset=$1 folder="$farfault_root/build/$1" stamp log
  shift
  stamp="$farfault_root|$*|$(cksum <"$farfault_root/CMakePresets.json")"
  if [[ -f $folder/build.ninja && -f $folder/.configured && $(<"$folder/.configured") == "$stamp" ]]; then return 0; fi

  local version
  version=$(cmake --version 2>/dev/null | awk 'NR == 1 { print $3 }') || true
  if [[ -z $version || $(printf '%s\n' 3.25 "$version" | sort -V | head -n 1) != 3.25 ]]; then
    die "CMake 3.25 or newer is needed, this is ${version:-not installed or does not run}" \
      "use Debian 12 or newer, or put a newer cmake first in PATH"
  fi
  say "configuring build/$preset"
  mkdir -p "$folder"
  rm -f "$folder/.configured"
  log="$folder/configure.log"
  local fresh=()
  [[ ! -e $folder/CMakeCache.txt ]] || fresh=(--fresh)
  if ! cmake -S "$farfault_root" --preset "$preset" ${fresh[@]+"${fresh[@]}"} "$@" >"$log" 2>&1 </dev/null; then
    tail -n 25 "$log" | sed 's/^/  | /' >&2
    die "CMake could not configure build/$preset" "the whole log: $log" \
      "if a package is not found, install those of .ci/packages.txt; if the folder is stale, remove it: rm -rf '$folder'"
  fi
  printf '%s\n' "$stamp" >"$folder/.configured"
}

# build PRESET [TARGET]...: quiet if there is nothing to do.
build() {
  local preset=$1
  shift
  if ! ninja -C "$farfault_root/build/$preset" -j "$farfault_jobs" "$@" 2>&1 </dev/null |
    sed -u -e '/^ninja: no work to do\.$/d' -e '/^ninja: Entering directory /d' -e '/Re-checking globbed directories/d' >&2; then
    die "building build/$preset failed" "the compiler's messages are above" \
      "killed or out of memory: call this again with FARFAULT_JOBS=1"
  fi
}
