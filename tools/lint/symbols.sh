#!/bin/sh
# No two modules define the same name, and none defines one of a library that is linked into the program: the linker takes the
# first one it meets, silently.  usage: symbols.sh BUILD
set -eu
cd "$1"
names() { # ARCHIVE...: those that others can see
  for archive; do nm --defined-only "$archive" 2> /dev/null; done |
    awk 'NF == 3 && $2 ~ /^[TDBRC]$/ && $3 !~ /^__/ { print $3 }' | sort
}

tell() { # NUMBER WHAT NAMES
  if [ -z "$3" ]; then
    echo "ok $1 - $2"
  else
    printf '%s\n' "$3" | sed 's/^/# not so: /'
    echo "not ok $1 - $2"
  fi
}

echo 1..2
own=$(mktemp)
linked=$(mktemp)
trap 'rm -f "$own" "$linked"' EXIT
names src/*/lib*.a > "$own"
[ -s "$own" ] || exit 1
tell 1 'every name is defined once' "$(uniq -d "$own")"
# shellcheck disable=SC2046 # a list
names $(ninja -t commands src/cli/prusik | tail -n 1 | tr ' ' '\n' | grep '^/.*\.a$') > "$linked"
[ -s "$linked" ] || exit 1
tell 2 'no name of ours is one of a library' "$(uniq "$own" | comm -12 - "$linked")"
