#!/bin/sh
# Run the console blocks of a Markdown file and compare what they print.
# usage: transcript.sh FOLDER_OF_THE_PROGRAM FILE.md
#
# A block "file NAME" creates a file.  In a block "console" a line "$ command" is run by sh; the lines up to
# the next one are all that it prints (stdout and stderr), and a last line "[N]" is its exit status (0 if absent).
# What differs from run to run is written as DURATION (with the blanks before it as two), DATE, HASH, WORK (the
# folder) and HOST.
set -eu
PATH=$(realpath "$1"):$PATH
doc=$(realpath "$2")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/t" "$dir/work"
awk -v t="$dir/t" -v work="$dir/work" '
  !fence && match($0, /^```+/) { fence = substr($0, 1, RLENGTH); kind = substr($0, RLENGTH + 1)
                                 out = kind ~ /^file / ? work "/" substr(kind, 6) : ""
                                 if (out) printf "" > out
                                 next }
  fence && $0 == fence         { if (out) close(out); fence = ""; out = ""; next }
  kind ~ /^file /              { if (fence) print > out; next }
  fence && kind == "console" && /^\$ / {
      if (out) close(out)
      n++; print substr($0, 3) > (t "/" n ".cmd"); close(t "/" n ".cmd")
      out = t "/" n ".want"; printf "" > out; next }
  fence && kind == "console"   { print > out }
' "$doc"
host=$(uname -n)
same() {
  sed -E "s,$dir/work,WORK,g; s,\\b$host\\b,HOST,g"'
    s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/DATE/g
    s/\b[0-9a-f]{64}\b/HASH/g; s/plan [0-9a-f]{12}\b/plan HASH/g
    s/\b[0-9]+(\.[0-9]+)? (ms|s)\b/DURATION/g; s/ {2,}DURATION/  DURATION/g'
}

n=0 failed=0
while [ -f "$dir/t/$((n + 1)).cmd" ]; do
  n=$((n + 1))
  status=0
  (cd "$dir/work" && sh "$dir/t/$n.cmd") > "$dir/t/raw" 2>&1 < /dev/null || status=$?
  same < "$dir/t/raw" > "$dir/t/$n.got"
  [ $status -eq 0 ] || echo "[$status]" >> "$dir/t/$n.got"
  if diff -u "$dir/t/$n.want" "$dir/t/$n.got" > "$dir/t/diff"; then
    printf 'ok %s - %s\n' $n "$(cat "$dir/t/$n.cmd")"
  else
    printf 'not ok %s - %s\n' $n "$(cat "$dir/t/$n.cmd")"
    sed 's/^/# /' "$dir/t/diff"
    failed=1
  fi
done
echo "1..$n"
[ $n -gt 0 ] && [ $failed -eq 0 ]
