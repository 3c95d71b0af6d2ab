#!/bin/sh
# What no compiler checks.  usage: tree.sh ROOT CC FOLDER... (folders of src/, lowest first)
set -eu
root=$1 cc=$2
shift 2
cd "$root/src"
bad=0 n=0
check() { # NAME FINDINGS: none is a pass
  n=$((n + 1))
  if [ -z "$2" ]; then
    echo "ok $n - $1"
    return
  fi
  printf '%s\n' "$2" | sed '/^$/d; s/^/# /'
  echo "not ok $n - $1"
  bad=1
}
find_in() { grep -rnE --include='*.[ch]' "$@" || [ $? -eq 1 ]; } # 1 is "none found", more is an error
every() { find . -name "$1" | sed 's,^\./,,' | sort; }
tests_and() { # FOLDER...: those that exist, with the C beside src/
  for folder in "$@" ../tests ../services; do
    [ ! -d "$folder" ] || printf '%s ' "$folder"
  done
}

# --- folders

found='' seen=''
for folder in "$@"; do
  [ -d "$folder" ] || continue
  seen="${seen:+$seen|}$folder"
  found="$found$(find_in '^ *# *include +"[a-z]+/' "$folder" | grep -vE "include +\"($seen)/" || :)"
done
check 'a folder includes itself and what stands before it' "$found"

found=
for folder in */; do
  case " $* " in *" ${folder%/} "*) ;; *) found="$found src/$folder" ;; esac
done
check 'every folder of src has its place in the order' "$found"

found=
for folder in runbook lint plan rule; do
  [ -d "$folder" ] || continue
  found="$found$(find_in 'include +(<(uv|libpq-fe|curl/curl|microhttpd)\.h>|"base/(child|loop)\.h")' "$folder")"
done
check 'parsing, planning and judging do no I/O' "$found"

found=$(find_in '[(,] *std(out|err) *[,)]|STD(OUT|ERR)_FILENO' . | grep -vE '^\./(cli|serve|report)/' || :)
check 'only cli, serve and report print' "$found"

# --- modules

# A header of its own, included first; or it is a part of its folder (it includes an _int.h of it) or of a noun
# (NOUN_PART.c includes NOUN.h); or it is a row: NAME or PREFIX_NAME, "(NAME)" in a .inc list.
found=
for c in $(every '*.c'); do
  folder=${c%/*} stem=${c##*/} stem=${stem%.c}
  if [ -f "$folder/$stem.h" ]; then
    [ "$(grep -m 1 '^ *# *include' "$c" || :)" = "#include \"$folder/$stem.h\"" ] || found="$found
src/$c: the first include is not \"$folder/$stem.h\""
    continue
  fi
  [ "$stem" != main ] || continue
  if grep -qE "\(($stem|${stem#*_})[,)]" "$folder"/*.inc 2> /dev/null; then continue; fi
  if grep -qE "^#include \"$folder/([a-z0-9_]+_int|${stem%_*})\.h\"" "$c"; then continue; fi
  found="$found
src/$c: has no header, is no part of another's, and is in no .inc list"
done
check 'every module has its header and includes it first' "$found"

# shellcheck disable=SC2016 # awk's own
found=$(every '*.h' | xargs awk '
  FNR == 1 { what = ""; if ($0 != "#pragma once") what = "does not begin with #pragma once" }
  FNR == 3 && $0 != "/*" && !what { what = "does not open with a comment" }
  FNR == 4 { stem = FILENAME; sub(/.*\//, "", stem); sub(/\.h$/, "", stem); noun = stem; sub(/_int$/, "", noun)
             if (!what && index($0, " * " stem ": ") != 1 && index($0, " * " noun ": ") != 1)
               what = "does not say what it is (\" * " stem ": ...\")"
             if (what) print "src/" FILENAME ": " what
             open = FNR }
  FNR > 4 && open && / \*\/$/ { open = 0 }
  FNR == 24 && open { print "src/" FILENAME ": its opening comment has more than 20 lines"; open = 0 }')
check 'every header opens with its promise' "$found"

found=
for h in $(every '*.h'); do
  echo "#include \"$h\"" |
    $cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -x c -I. -I"$(pkg-config --variable=includedir libpq)" -include base/banned.h - ||
    found="$found $h"
done
check 'headers compile alone' "$found"

# shellcheck disable=SC2046 # a list
{
  found=$(find $(tests_and .) -name '*.[ch]' -exec awk 'FNR == 1201 {print FILENAME}' {} +)
  check 'no file over 1200 lines' "$found"
  check 'no TODO' "$(find_in '\b(TODO|FIXME|XXX)\b' $(tests_and .))"
  check 'an exemption says why' "$(find_in 'uncovered: *\*/|uncovered *\*/|NOLINT[A-Z]*(\([^)]*\))? *(\*/|$)' \
    $(tests_and .) | grep -v NOLINTEND || :)"
}

# --- text

texts=$(cd .. && tools/files.sh | tools/lint/text.py)
text() { printf '%s\n' "$texts" | sed -n "s/^$1: //p"; }
check 'no white space at the end of a line' "$(text white)"
check 'the last line of a file ends' "$(text newline)"
check 'nothing of this machine' "$(text machine)"
check 'links lead somewhere' "$(text links)"
check 'docs/README.md names every format' "$(text formats)"
echo "1..$n"
exit $bad
