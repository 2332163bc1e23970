#!/usr/bin/env bash
# Draws the pictures of README.md and docs/design-review.md from shipped scenarios, by `farfault report --figures`: half a
# minute. Needs Node.
#
#   docs/figures/report.sh [PROGRAM]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$here/../..
program=$(readlink -f "${1:-$root/build/release/farfault}")
work=$(mktemp -d "${TMPDIR:-/tmp}/farfault-figures.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$root"

"$program" run quickstart -q -o "$work/run" >/dev/null
"$program" report "$work/run" -q -o "$work/run.html" --figures "$work/run-figures"
cp "$work/run-figures/heat-accesses-device.png" "$here/quickstart-accesses.png"
cp "$work/run-figures/bandwidth-0.png" "$here/quickstart-bandwidth.png"

"$program" compare design-review -q -o "$work/review" >/dev/null
"$program" report "$work/review" -q -o "$work/review.html" --figures "$work/review-figures"
cp "$work/review-figures/scenarios.png" "$here/review-overview.png"
# Sections are numbered as the scenarios are sorted.
cp "$work/review-figures/s6-differences.png" "$here/review-gup-heavy.png"
cp "$work/review-figures/s12-time.png" "$here/review-ping-pong.png"
