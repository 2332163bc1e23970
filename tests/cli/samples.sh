# shellcheck shell=bash disable=SC2154
# The sample traces are whole, and what their README says of them.

count=0
while IFS='|' read -r _ file _ bytes accesses threads pages _; do
  read -r file <<<"${file//\`/}"
  path=$SOURCE/traces/samples/$file
  [[ $(stat -c %s "$path") -eq ${bytes//,/} ]] || fail "$file has another size than its README says"
  expect 0 "$FARFAULT" trace verify "$path"
  expect 0 "$FARFAULT" trace info "$path" --no-reuse
  has stdout "$(printf 'accesses     %s:' "${accesses// /}")"
  [[ $(grep -c cpu_thread stdout) -eq $threads ]] || fail "$file has another number of threads"
  has stdout "${pages// /} pages of 4 KiB"
  has stdout 'ended with   exit status 0'
  count=$((count + 1))
done < <(grep -E '^\| `[a-z]+\.fft`' "$SOURCE/traces/samples/README.md")
[[ $count -eq $(find "$SOURCE/traces/samples" -name '*.fft' | wc -l) ]] || fail 'a sample is not in the README'

# They replay, threads and all.
printf '{"workload": {"trace": "%s"}}' "$SOURCE/traces/samples/xz.fft" >xz.json
expect 0 "$FARFAULT" run xz.json -o out --check
has stdout '2,641,359 accesses'
has stdout '(3 streams)'
