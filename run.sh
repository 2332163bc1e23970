#!/usr/bin/env bash
# Builds farfault and runs it. Everything needed is installed first (Debian 12 or newer), nothing is asked.
#
#   ./run.sh                 runs the design review, all its scenarios: results in results/design-review, and one page of
#                            them, results/design-review.html
#   ./run.sh ARGUMENT...     runs `farfault ARGUMENT...` in the directory from which run.sh is called
#
# stdout is the program's; what this script has to say goes to stderr.
set -euo pipefail
# shellcheck source=.ci/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.ci/common.sh"

need_packages run
lock_build
[[ -x $farfault_root/build/release/farfault ]] || say "building farfault; the first time takes some minutes"
configure release
build release farfault
unlock_build

if [[ $# -eq 0 ]]; then
  cd "$farfault_root"
  say "farfault compare design-review -o results/design-review --force"
  "$farfault_root/build/release/farfault" compare design-review -o results/design-review --force
  say "farfault report results/design-review -o results/design-review.html --force"
  set -- report results/design-review -o results/design-review.html --force
fi
exec "$farfault_root/build/release/farfault" "$@"
