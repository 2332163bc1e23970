# shellcheck shell=bash disable=SC2154
# Plug-ins: installed headers are enough to build one, it runs and results name it, and what is wrong with one is said.

build=$(dirname "$FARFAULT")
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[^=]*=//p' "$build/CMakeCache.txt")
cmake --install "$build" --prefix "$PWD/prefix" >install.log 2>&1 || fail "cmake --install: $(tail -n 5 install.log)"
installed=$PWD/prefix/bin/farfault
# The commands below take the installed program, which has to find its configs by itself.
unset FARFAULT_CONFIGS

# --- the example of docs/add-a-policy.md, out of the tree
example=$SOURCE/docs/examples/plugin-mru
cp -r "$example" example
cat >>example/CMakeLists.txt <<'END'
add_library(faulty MODULE ${FAULTY})
target_link_libraries(faulty PRIVATE farfault::plugin)
file(WRITE empty.cpp "int answer() { return 42; }\n")
add_library(empty MODULE empty.cpp)
file(WRITE lacking.cpp "int missing_function();\nint answer() { return missing_function(); }\n")
add_library(lacking MODULE lacking.cpp)
END
{
  cmake -S example -B built -DCMAKE_PREFIX_PATH="$PWD/prefix" -DCMAKE_CXX_COMPILER="$compiler" \
    -DFAULTY="$SOURCE/tests/cli/plugin/faulty.cpp" -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic -Wshadow -Werror'
  cmake --build built --parallel 2
} >build.log 2>&1 || fail "the plug-ins do not build: $(tail -n 20 build.log)"
lacks build.log "$SOURCE/models"
lacks build.log "$SOURCE/sim"
expect 0 built/mru_test

# Every installed header can be included alone, and needs nothing that is not installed.
while IFS= read -r header; do
  [[ $header == marker.h ]] || echo "#include \"$header\""
done < <(cd prefix/include/farfault && find . -name '*.h' -printf '%P\n' | sort) >includes
[[ $(wc -l <includes) -gt 15 ]] || fail "there are only $(wc -l <includes) headers"
for order in sort 'sort -r'; do
  $order includes >all.cpp
  "$compiler" -std=c++20 -fsyntax-only -Iprefix/include/farfault all.cpp || fail 'installed headers do not compile'
done
if command -v pkg-config >/dev/null; then
  PKG_CONFIG_PATH=$PWD/prefix/lib/pkgconfig pkg-config --cflags farfault >flags
  has flags '-std=c++20'
  has flags '/include/farfault'
fi

mru=$PWD/built/libmru.so
scan=$PWD/example/scan.json
expect 0 "$installed" run "$scan" -o lru
expect 0 "$installed" run "$scan" --plugin "$mru" --set policy.eviction.kind=mru -o mru
has stdout 'plug-in      eviction mru of mru (libmru.so)'
# 1024 pages and room for half of them: LRU has always just thrown away what comes next, MRU lacks half in each round.
has lru/results.json '"faults.device.serviced": {"value":3072,'
has mru/results.json '"faults.device.serviced": {"value":2048,'
has mru/results.json '"eviction mru/1"'
hash=$(sed -nE 's/.*\{"name":"mru","file":"libmru.so","abi":[0-9]+,"xxh3_64":"([0-9a-f]{16})","policies":\["eviction mru"\]\}.*/\1/p' \
  mru/results.json)
[[ -n $hash ]] || fail 'results.json does not name the plug-in'
has mru/config.resolved.json "\"xxh3_64\": \"$hash\""
lacks mru/results.json "$PWD"
lacks mru/config.resolved.json "$PWD"
lacks lru/results.json plugin
lacks lru/config.resolved.json plugin

# A plug-in that is loaded and not chosen leaves no trace; the same run gives the same bytes.
expect 0 "$installed" run "$scan" --plugin "$mru" -o unused
same lru/results.json unused/results.json
same lru/config.resolved.json unused/config.resolved.json
expect 0 "$FARFAULT" run "$scan" --plugin "$mru" --set policy.eviction.kind=mru -o again
same mru/results.json again/results.json

# A resolved config says what it needs, and is as good as the scenario.
expect 3 "$installed" run mru/config.resolved.json
has stderr '/plugins/mru: the plug-in is not loaded; give it with --plugin libmru.so'
expect 0 "$installed" run mru/config.resolved.json --plugin "$mru" -o resolved
same mru/results.json resolved/results.json
same mru/config.resolved.json resolved/config.resolved.json

# Wherever policies are chosen or shown.
expect 0 "$installed" list eviction --names --plugin "$mru"
grep -qx mru stdout || fail 'list does not show mru'
grep -qx lru stdout || fail 'list does not show lru'
expect 0 "$installed" describe mru --plugin "$mru"
has stdout 'version mru/1'
has stdout "plug-in mru (libmru.so, xxh3_64 $hash)"
has stdout granularity
expect 0 "$installed" describe eviction/mru --format json --plugin "$mru"
has stdout "\"plugin\": \"mru (libmru.so, xxh3_64 $hash)\""
expect 2 "$installed" describe mru
expect 0 "$installed" validate "$scan" --plugin "$mru" --set policy.eviction.kind=mru
expect 3 "$installed" validate "$scan" --set policy.eviction.kind=mru
has stderr 'unknown eviction policy "mru"'
sed '2i "compare": {"LRU": {"set": []}, "MRU": {"set": ["policy.eviction.kind=mru"]}},' "$scan" >columns.json
expect 0 "$installed" compare columns.json --plugin "$mru" -o columns
has columns/LRU/results.json '"faults.device.serviced": {"value":3072,'
has columns/MRU/results.json '"faults.device.serviced": {"value":2048,'
has columns/MRU/results.json "$hash"
lacks columns/LRU/results.json "$hash"

# Without a slash it is of this folder, and of no other.
cp built/libmru.so built/libfaulty.so .
expect 0 "$installed" list eviction --plugin libmru.so --plugin libfaulty.so
has stdout mru
has stdout faulty
expect 3 env LD_LIBRARY_PATH="$PWD/built" "$installed" list --plugin libempty.so
has stderr 'libempty.so: cannot be loaded: No such file or directory; a path without a slash is of this folder'

# --- files that are no plug-ins
refused() {
  local file=$1 text=$2
  expect 3 "$installed" run "$scan" --plugin "$file" -o refused
  has stderr "$file: $text"
  [[ ! -e refused ]] || fail "$file leaves results"
}
mkdir folder.so
mkfifo pipe.so
: >nothing.so
echo 'no shared object, but longer than the head of one: 0123456789012345678901234567890123456789' >text.so
size=$(stat -c %s libmru.so)
for part in 20 100 1000 $((size / 2)) $((size - 1)); do
  head -c "$part" libmru.so >"cut-$part.so"
  refused "./cut-$part.so" 'is truncated; build it again'
done
refused ./folder.so 'is a folder; give the shared object in it'
refused ./pipe.so 'is no regular file; give a shared object'
refused ./nothing.so 'is empty'
refused ./text.so 'is no shared object'
refused ./none.so 'cannot be loaded: No such file or directory; check the path'
refused "$installed" 'cannot be loaded: '
refused ./built/libempty.so 'is no plug-in: it exports no farfault_plugin(); docs/add-a-policy.md'
refused ./built/liblacking.so 'cannot be loaded: it lacks the symbol missing_function(); link what it needs'
# The loader would make a path of its own of it.
# shellcheck disable=SC2016
dollar='$ORIGIN.so'
cp libmru.so "$dollar"
refused "./$dollar" 'has a $ in its path'
expect 3 "$installed" list --plugin ''
has stderr '--plugin: names no file'
if [[ $(id -u) -ne 0 ]]; then
  cp libmru.so secret.so && chmod 000 secret.so
  refused ./secret.so 'cannot be read: Permission denied; check its permissions'
fi

# --- plug-ins that are wrong
faulty() {
  export FAULT=$1
  refused ./libfaulty.so "$2"
  unset FAULT
}
faulty null 'is no plug-in: its farfault_plugin() returns null'
faulty magic 'is no plug-in: what its farfault_plugin() returns does not begin as one'
faulty abi 'is for plug-in ABI '
has stderr '; build it with the headers and the compiler of this farfault'
faulty built 'was built with "G++ '
has stderr '", and this farfault with "g++ '
faulty 'plugin name' 'has a name that no config takes; use 1 to 32 letters, digits, - and _'
faulty 'plugin throws' 'farfault_plugin() threw: out of\x1B luck'
faulty 'no registration' 'has no register_policies'
faulty 'register throws' 'its register_policies threw: out of\x1B luck; mend the plug-in'
faulty 'register throws a number' 'its register_policies threw what is no std::exception'
faulty nothing 'registers no policy'
faulty taken 'registers the policy "lru", which farfault has already (eviction); what is shipped cannot be replaced'
faulty twice 'registers the policy "faulty" twice'
faulty 'no name' 'eviction policy "" has a name that no config takes; use 1 to 64 letters, digits, - and _'
faulty control 'eviction policy "a\x0Ab" has a name that no config takes'
faulty path 'eviction policy "../../evil" has a name that no config takes'
faulty long 'eviction policy "aaaaaaaa'
has stderr 'has a name that no config takes; use 1 to 64 letters'
faulty 'no make' 'eviction policy "faulty" has no factory'
faulty 'no version' 'eviction policy "faulty" has no version'
faulty kind 'eviction policy "faulty" has a parameter "kind", which no config could name'
faulty default 'eviction policy "faulty" has a parameter "much" with a default that may not be'
expect 3 "$installed" list --plugin ./libmru.so --plugin ./built/libmru.so
has stderr './built/libmru.so: is the plug-in "mru", which ./libmru.so is already'

# --- policies that are wrong
fails() {
  local fault=$1 slot=$2 text=$3
  expect 1 env FAULT="$fault" "$installed" run "$scan" --plugin ./libfaulty.so --set "policy.$slot.kind=faulty" -o failed
  has stderr "plug-in ./libfaulty.so: $slot policy \"faulty\" $text"
  lacks stderr 'internal error'
  [[ -z $(find . -maxdepth 1 -name '*failed*') ]] || fail "$fault leaves results"
}
for slot in placement prefetch eviction thrashing; do
  expect 0 "$installed" run "$scan" --plugin ./libfaulty.so --set "policy.$slot.kind=faulty" -o "works-$slot"
  has "works-$slot/results.json" "\"policies\":[\"$slot faulty\"]"
  fails 'make null' "$slot" 'is not made: its factory returned null'
  fails 'make throws' "$slot" 'threw: out of\x1B luck'
done
fails eviction eviction 'threw: no more luck'
fails number eviction 'threw what is no std::exception'
fails placement placement 'threw: out of\x1B luck'
fails prefetch prefetch 'threw: out of\x1B luck'
fails thrashing thrashing 'threw: out of\x1B luck'
fails granularity eviction 'breaks a rule of its interface: a chunk is 4 KiB, 64 KiB or 2 MiB'
fails sampling placement 'breaks a rule of its interface: sampling is every 1st access or rarer'
sed 's/=mru/=faulty/' columns.json >faulty-columns.json
expect 1 env FAULT=eviction "$installed" compare faulty-columns.json --plugin ./libfaulty.so
has stdout 'no more luck'

# --- the document shows the example as it is: each file whole, between fences
document=$SOURCE/docs/add-a-policy.md
for file in "$example"/*; do
  [[ ${file##*/} != README.md ]] || continue
  awk -v folder=blocks 'BEGIN { system("rm -rf " folder " && mkdir " folder) }
    /^```/ { inside = !inside; count += inside; next }
    inside { print > (folder "/" count) }' "$document"
  found=no
  for block in blocks/*; do ! cmp -s "$block" "$file" || found=yes; done
  [[ $found == yes ]] || fail "$document does not show $file as it is"
done
