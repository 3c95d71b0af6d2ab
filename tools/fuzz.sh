#!/bin/sh
# Run the fuzz targets of a build folder.  usage: fuzz.sh FOLDER SECONDS [TARGET...]
#
# What widens the coverage joins tests/corpus/TARGET once the target ended well.  An input that breaks it is put
# there as well, as finding-*, so that the tests replay it from now on.
set -eu
cd "$(dirname "$0")/.."
folder=$1
seconds=$2
shift 2
if [ $# -eq 0 ]; then
  for program in "$folder"/tests/fuzz_*; do
    [ ! -x "$program" ] || [ -d "$program" ] || set -- "$@" "${program##*/fuzz_}"
  done
fi
[ $# -gt 0 ] || { echo "error: no fuzz target in $folder" >&2 && exit 1; }
bad=
for target in "$@"; do
  corpus=tests/corpus/$target
  new=$folder/new/$target
  dict=tests/fuzz/fuzz_$target.dict
  [ -f "$dict" ] || dict=/dev/null
  mkdir -p "$corpus" "$new"
  before=$(find "$corpus" -type f | wc -l)
  log=$folder/fuzz_$target.log
  status=0
  "$folder/tests/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -dict="$dict" \
    -artifact_prefix="$corpus/finding-" -print_final_stats=1 "$new" "$corpus" < /dev/null > "$log" 2>&1 || status=$?
  runs=$(awk '/number_of_executed_units/ { print $2 }' "$log")
  if [ $status -ne 0 ]; then
    tail -n 40 "$log"
    bad="$bad $target"
  fi
  # only what reaches something new, and the smallest of each
  "$folder/tests/fuzz_$target" -merge=1 "$corpus" "$new" < /dev/null >> "$log" 2>&1 || status=$?
  rm -rf "$new"
  after=$(find "$corpus" -type f | wc -l)
  echo "fuzz_$target: ${runs:-?} runs in $seconds s, $((after - before)) new inputs$(
    [ $status -eq 0 ] || echo ', FAILED')"
done
[ -z "$bad" ] || { echo "failed:$bad" && exit 1; }
