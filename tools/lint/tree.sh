#!/bin/sh
# What no compiler checks.  usage: tree.sh ROOT CC FOLDER... (folders of src/, lowest first)
set -eu
root=$1 cc=$2
shift 2
cd "$root/src"
bad=0 n=0
check() { # NAME FINDINGS: none is a pass
  n=$((n + 1))
  if [ -z "$2" ]; then echo "ok $n - $1"; return; fi
  printf '%s\n' "$2" | sed 's/^/# /'
  echo "not ok $n - $1"
  bad=1
}
find_in() { grep -rnE --include='*.[ch]' "$@" || [ $? -eq 1 ]; } # 1 is "none found", more is an error

found='' seen=''
for folder in "$@"; do
  [ -d "$folder" ] || continue
  seen="${seen:+$seen|}$folder"
  found="$found$(find_in '^ *# *include +"[a-z]+/' "$folder" | grep -vE "include +\"($seen)/" || :)"
done
check 'a folder includes itself and what stands before it' "$found"

found=
for folder in runbook plan rule; do
  [ -d "$folder" ] || continue
  found="$found$(find_in 'include +(<(uv|libpq-fe|curl/curl|microhttpd)\.h>|"base/(child|loop)\.h")' "$folder")"
done
check 'parsing, planning and judging do no I/O' "$found"

found=$(find_in '[(,] *std(out|err) *[,)]|STD(OUT|ERR)_FILENO' . | grep -vE '^\./(cli|serve|report)/' || :)
check 'only cli, serve and report print' "$found"

found=
for h in $(find . -name '*.h' | sort); do
  echo "#include \"${h#./}\"" |
    $cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -x c -I. -include base/banned.h - ||
    found="$found $h"
done
check 'headers compile alone' "$found"

found=$(find . ../tests -name '*.[ch]' -exec awk 'FNR == 1201 {print FILENAME}' {} +)
check 'no file over 1200 lines' "$found"

check 'no TODO' "$(find_in '\b(TODO|FIXME|XXX)\b' . ../tests)"
echo "1..$n"
exit $bad
