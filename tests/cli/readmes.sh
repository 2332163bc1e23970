# shellcheck shell=bash
# Every top-level folder has a README.md, and so has every folder with sources, itself or the folder that it lies in.
#
# Run by tests/run_script.sh; without it, `bash tests/cli/readmes.sh` checks the checkout that the file lies in.
SOURCE=${SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}

# Prints the folders that lack one in the tree at $1. Folders that .gitignore names, and empty ones, are not of the tree.
folders_without_readme() (
  cd "$1" || exit
  for folder in */ .ci/; do
    folder=${folder%/}
    [[ -d $folder ]] || continue
    ! grep -qxF "/$folder/" .gitignore 2>/dev/null || continue
    [[ -n $(find "$folder" -type f -print -quit) ]] || continue
    [[ -f $folder/README.md ]] || echo "$folder"
    find "$folder" -mindepth 2 -type f \( -name '*.h' -o -name '*.cpp' \) -printf '%h\n' | sort -u |
      while IFS= read -r sources; do
        [[ -f $sources/README.md || -f ${sources%/*}/README.md ]] || echo "$sources"
      done
  done
)

planted_tree=$(mktemp -d)
mkdir -p "$planted_tree"/{sim/core/inner/deep,docs,build,empty}
touch "$planted_tree"/sim/{README.md,core/a.h,core/inner/b.cpp,core/inner/deep/c.cpp} "$planted_tree"/docs/a.md
touch "$planted_tree"/build/a.h
echo '/build/' >"$planted_tree/.gitignore"
report=$(folders_without_readme "$planted_tree" | tr '\n' ' ')
rm -rf "$planted_tree"
if [[ $report != "docs sim/core/inner sim/core/inner/deep " ]]; then
  echo "the check is wrong about a tree where the answer is known: $report" >&2
  exit 1
fi

report=$(folders_without_readme "$SOURCE")
if [[ -n $report ]]; then
  printf '%s: has no README.md\n' "${report//$'\n'/$': has no README.md\n'}" >&2
  exit 1
fi
