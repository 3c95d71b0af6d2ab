#!/bin/sh
# No two modules define the same name: the linker takes the first one it meets, silently.  usage: symbols.sh BUILD
set -eu
cd "$1"
echo 1..1
# shellcheck disable=SC2016 # awk's own
found=$(for library in src/*/lib*.a; do nm --defined-only "$library" 2> /dev/null; done |
  awk 'NF == 3 && $2 ~ /^[TDBRC]$/ && $3 !~ /^__/ { print $3 }' | sort | uniq -d)
[ -n "$found" ] || [ -n "$(ls src/*/lib*.a)" ] || exit 1
if [ -z "$found" ]; then
  echo 'ok 1 - every name is defined once'
else
  printf '%s\n' "$found" | sed 's/^/# defined twice: /'
  echo 'not ok 1 - every name is defined once'
fi
