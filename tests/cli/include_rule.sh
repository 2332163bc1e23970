# shellcheck shell=bash
# Which folder may include which: cli -> analysis, sweep -> replay -> config -> plugins, models, traces -> engine -> core.
#
# Run by tests/run_script.sh; without it, `bash tests/cli/include_rule.sh` checks the checkout that the file lies in.
SOURCE=${SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}

# Prints "file:line: problem" for each include that breaks the rule in the tree at $1; none is the empty output.
broken_includes() (
  cd "$1" || exit
  for folder in sim models traces analysis tests; do
    [[ ! -d $folder ]] || find "$folder" -type f \( -name '*.h' -o -name '*.hpp' -o -name '*.cpp' -o -name '*.cc' \) -print0
  done | sort -z | { xargs -0 -r grep -HnE '^[[:space:]]*#[[:space:]]*include' || true; } | awk '
    BEGIN {
      # A folder and all below it may include from these folders of the repository ...
      may["sim/core"] = "sim/core"
      may["sim/engine"] = "sim/core sim/engine"
      may["models"] = "sim/core sim/engine models"
      may["traces"] = "sim/core traces"
      may["sim/plugins"] = "sim/core models/policies sim/plugins"
      may["sim/config"] = "sim/core models traces sim/plugins sim/config"
      may["sim/replay"] = "sim/core sim/engine models traces sim/plugins sim/config sim/replay"
      may["sim/sweep"] = "sim/core sim/engine models traces sim/plugins sim/config sim/replay sim/sweep"
      may["analysis"] = "sim/core analysis"
      may["sim/cli"] = "sim models traces analysis"
      may["tests"] = "sim models traces analysis tests"
      # ... and these libraries only in these folders.
      only["simgrid"] = only["xbt"] = "sim/engine"
      only["nlohmann"] = only["valijson"] = "sim/config sim/replay sim/sweep sim/cli analysis tests"
      only["CLI"] = "sim/cli"
      only["Eigen"] = "analysis/calibration"
      only["sqlite3"] = "traces/readers analysis/sweep_store tests"
    }
    function within(path, folders,   names, n, i) {
      n = split(folders, names, " ")
      for (i = 1; i <= n; i++) if (index(path, names[i] "/") == 1) return 1
      return 0
    }
    {
      split($0, part, ":")
      file = part[1]; line = part[2]
      what = $0
      sub(/^[^:]*:[^:]*:[[:space:]]*#[[:space:]]*include[[:space:]]*/, "", what)
      quoted = substr(what, 1, 1) == "\""
      path = what
      sub(/^["<]/, "", path); sub(/[">].*$/, "", path)

      folder = ""
      for (f in may) if (within(file, f)) folder = f
      if (folder == "") { print file ":" line ": the include rule does not know this folder"; next }

      library = path
      sub(/[\/.].*$/, "", library)
      if (library in only) {
        if (!within(file, only[library]))
          print file ":" line ": " folder " may not include <" path ">; only " only[library] " may"
      } else if (path ~ /(^|\/)\.\.?\//) {
        print file ":" line ": name \"" path "\" from the root of the repository"
      } else if (within(path, "sim models traces analysis tests")) {
        if (!within(path, may[folder]))
          print file ":" line ": " folder " may not include \"" path "\"; it may include " may[folder]
        else if (!quoted)
          print file ":" line ": write \"" path "\" in quotes"
      } else if (quoted) {
        print file ":" line ": \"" path "\" is not a path from the root of the repository (a library goes in <>)"
      }
    }'
)

# The check itself, on trees where the answer is known: planted FILE INCLUDE is reported, allowed FILE INCLUDE is not.
planted_tree=$(mktemp -d)
report_of() {
  rm -rf "${planted_tree:?}"/*
  mkdir -p "$planted_tree/$(dirname "$1")"
  printf '// %s\n#include %s\n' "$2" "$2" >"$planted_tree/$1"
  broken_includes "$planted_tree"
}
planted() {
  local report
  report=$(report_of "$1" "$2")
  if [[ $report != "$1:2: "* || $report == *$'\n'* ]]; then
    echo "the check missed #include $2 in $1 (it said: ${report:-nothing})" >&2
    exit 1
  fi
}
allowed() {
  local report
  report=$(report_of "$1" "$2")
  if [[ -n $report ]]; then
    echo "the check objects to #include $2 in $1: $report" >&2
    exit 1
  fi
}

planted sim/core/a.h '"sim/engine/engine.h"'
planted sim/core/a.h '"sim/corefoo/a.h"'
planted sim/core/a.h '<simgrid/s4u.hpp>'
planted sim/core/a.h '<nlohmann/json.hpp>'
planted sim/engine/a.cpp '"models/link/link.h"'
planted models/link/a.cpp '"traces/access.h"'
planted models/link/a.cpp '"sim/config/config.h"'
planted models/link/a.cpp '"sim/replay/replay.h"'
planted models/link/a.cpp '"sim/cli/cli.h"'
planted models/link/a.cpp '<xbt/log.h>'
planted models/kernel/designs/a.h '<nlohmann/json_fwd.hpp>'
planted models/link/a.cpp '<CLI/CLI.hpp>'
planted sim/cli/a.cpp '<Eigen/Dense>'
planted traces/readers/a.cpp '"sim/engine/engine.h"'
planted analysis/report/a.cpp '<sqlite3.h>'
planted traces/readers/a.cpp '"models/link/link.h"'
planted sim/plugins/a.cpp '"models/driver/device_driver.h"'
planted sim/plugins/a.cpp '"sim/config/config.h"'
planted models/policies/a.cpp '"sim/plugins/a.h"'
planted sim/config/a.cpp '"sim/engine/engine.h"'
planted sim/config/a.cpp '"sim/replay/replay.h"'
planted sim/replay/a.cpp '"sim/cli/cli.h"'
planted sim/replay/a.cpp '"simgrid/s4u.hpp"'
planted sim/replay/a.cpp '"analysis/compare.h"'
planted sim/sweep/a.cpp '"analysis/compare.h"'
planted analysis/a.cpp '"sim/replay/replay.h"'
planted sim/cli/a.cpp '<simgrid/version.h>'
planted sim/cli/a.cpp '"tests/unit/a.h"'
planted tests/unit/a.cpp '<simgrid/s4u.hpp>'
planted sim/elsewhere/a.h '<vector>'
planted sim/core/a.h '"units.h"'
planted sim/core/a.h '"../core/units.h"'
planted sim/core/a.h '<sim/core/units.h>'
allowed sim/core/a.h '"sim/core/units.h"'
allowed sim/core/a.h '<vector>'
allowed sim/engine/a.cpp '<simgrid/s4u.hpp>'
allowed sim/engine/a.cpp '<xbt/log.h>'
allowed models/link/a.cpp '"sim/engine/engine.h"'
allowed models/link/a.cpp '"models/policies/eviction/lru.h"'
allowed traces/readers/a.cpp '<zstd.h>'
allowed sim/plugins/a.cpp '"models/policies/registry.h"'
allowed sim/config/a.cpp '"sim/plugins/a.h"'
allowed sim/config/a.cpp '<nlohmann/json.hpp>'
allowed sim/replay/a.cpp '"sim/config/config.h"'
allowed sim/replay/a.cpp '"sim/engine/engine.h"'
allowed sim/sweep/a.cpp '"sim/replay/replay.h"'
allowed analysis/a.cpp '<nlohmann/json.hpp>'
allowed sim/cli/a.cpp '<CLI/CLI.hpp>'
allowed analysis/calibration/a.cpp '<Eigen/Dense>'
allowed analysis/sweep_store/a.cpp '<sqlite3.h>'
allowed sim/cli/a.cpp '"analysis/compare.h"'
rm -rf "$planted_tree"

report=$(broken_includes "$SOURCE")
if [[ -n $report ]]; then
  printf '%s\n' "$report" >&2
  echo "the include rule is broken; see the table in tests/cli/include_rule.sh" >&2
  exit 1
fi
