#!/bin/sh
# Run the fuzz targets of a build folder.  usage: fuzz.sh FOLDER SECONDS [TARGET...]
#
# An input that breaks a target is put into tests/corpus/TARGET as finding-*, so that the tests replay it from now
# on.  What widens the coverage is kept in FOLDER/corpus/TARGET, where the next run begins; KEEP=1 merges the
# smallest of it into tests/corpus/TARGET.
set -eu
cd "$(dirname "$0")/.."
folder=$1
seconds=$2
shift 2
if [ $# -eq 0 ]; then
  for program in "$folder"/tests/fuzz_*; do
    if [ -f "$program" ] && [ -x "$program" ]; then set -- "$@" "${program##*/fuzz_}"; fi
  done
fi
[ $# -gt 0 ] || { echo "error: no fuzz target in $folder" >&2 && exit 1; }
bad=
for target in "$@"; do
  corpus=tests/corpus/$target
  mine=$folder/corpus/$target
  log=$folder/fuzz_$target.log
  status=0
  mkdir -p "$corpus" "$mine"
  set --
  [ ! -f "tests/fuzz/fuzz_$target.dict" ] || set -- "-dict=tests/fuzz/fuzz_$target.dict"
  "$folder/tests/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 "$@" \
    -artifact_prefix="$corpus/finding-" -print_final_stats=1 "$mine" "$corpus" < /dev/null > "$log" 2>&1 || status=$?
  runs=$(awk '/number_of_executed_units/ { print $2 }' "$log")
  if [ $status -ne 0 ]; then
    tail -n 40 "$log"
    bad="$bad $target"
    echo "fuzz_$target: FAILED after ${runs:-?} runs"
    continue
  fi
  echo "fuzz_$target: ${runs:-?} runs in $seconds s, $(find "$mine" -type f | wc -l) inputs that reach something of their own"
  [ -z "${KEEP:-}" ] || "$folder/tests/fuzz_$target" -merge=1 "$corpus" "$mine" < /dev/null >> "$log" 2>&1
done
[ -z "$bad" ] || { echo "failed:$bad" && exit 1; }
