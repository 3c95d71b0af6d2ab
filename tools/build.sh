#!/bin/sh
# Configure, again from nothing when the options changed, and build.
# usage: [CC=clang] tools/build.sh [--tests | --all | --target=NAME] FOLDER [MESON OPTION...]
#
# --tests: the test programs too; --all: and the benchmarks; --target: what ninja knows by that name too; without, what
# is installed.  JOBS limits the parallel compilers.
set -eu
cd "$(dirname "$0")/.."
targets=program
case $1 in
--tests) targets='all meson-test-prereq' ;;
--all) targets='all meson-test-prereq meson-benchmark-prereq' ;;
--target=*) targets="program ${1#*=}" ;;
esac
case $1 in --*) shift ;; esac
dir=$1
shift
asked="${CC:-cc} $*"

if [ ! -f "$dir/build.ninja" ] || [ "$asked" != "$(cat "$dir/asked-for" 2> /dev/null)" ]; then
  echo "configuring $dir"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if [ -d "$dir" ] && [ ! -d "$dir/meson-private" ]; then
    echo "error: '$dir' exists and is no build folder" >&2 && exit 1
  fi
  rm -rf "$dir"
  meson setup "$dir" "$@" > "$log" 2>&1 || { cat "$log" && exit 1; }
  echo "$asked" > "$dir/asked-for"
fi
if [ -t 1 ]; then quiet=; else quiet=--quiet; fi # a log needs no line per file
# shellcheck disable=SC2086 # lists
ninja -C "$dir" $quiet ${JOBS:+-j "$JOBS"} $targets
