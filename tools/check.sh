#!/bin/sh
# Everything that must hold before a change is done, in order; goes on after a failure.
# usage: tools/check.sh [STAGE...]      the stages are the stage_* functions below
#
# A test counts once, however often it ran (gcc, sanitizers, coverage), and fails when it failed in one of them.
# The last line is "N passed, N failed"; the exit status is 0 when nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1
dir=$(mktemp -d) || exit 1
memory=
trap 'rm -rf "$dir" ${memory:+"$memory"}' EXIT
trap '[ -z "${begun:-}" ] || kill "$begun"; exit 130' INT TERM
results=$dir/results # test, tab, "ok" or "failed"
most_again=12        # programs
most_again_s=900     # that all of them took
: > "$results"

note() { # TEST STATUS
  if [ "$2" -eq 0 ]; then printf '%s\tok\n' "$1"; else printf '%s\tfailed\n' "$1"; fi >> "$results"
  return "$2"
}

# The folders of the tests are in memory where there is room: they sync to the disk all the time, and a slow one must
# not decide whether they pass.
tests_tmpdir() {
  [ -z "${TMPDIR:-}" ] && [ "$(stat -fc %T /dev/shm 2> /dev/null)" = tmpfs ] || return 0
  [ "$(df --output=avail -k /dev/shm | tail -n 1)" -ge 4000000 ] || return 0
  memory=$(mktemp -d /dev/shm/prusik-check.XXXXXX) || return 0
  chmod 1777 "$memory"
  printf '#!/bin/sh\n' > "$memory/may-run" && chmod +x "$memory/may-run"
  if "$memory/may-run" 2> /dev/null; then export TMPDIR="$memory"; fi
}

# Tests of a build folder: fills $dir/out, and $dir/log-TRY with what meson says of each.  The limits of time are for a quiet
# machine; a busy one may be five times as slow.
meson_tests() { # TRY FOLDER MESON-TEST-ARGUMENT...
  try=$1
  folder=$2
  shift 2
  rm -f "$folder"/meson-logs/testlog*.json
  meson test -C "$folder" --no-rebuild --print-errorlogs --timeout-multiplier 5 "$@" > "$dir/out" 2>&1 < /dev/null
  status=$?
  : > "$dir/log-$try"
  for log in "$folder"/meson-logs/testlog*.json; do # its name has that of the setup in it
    [ ! -f "$log" ] || cat "$log" > "$dir/log-$try"
  done
  return "$status"
}

# A program of which a test failed is run again with nothing beside it, twice at most, and that is said: what depends on
# time fails when others take it.  Where many fail, or what fails took long, more is wrong than the time.
again() { # FOLDER MESON-TEST-ARGUMENT...
  folder=$1
  shift
  for try in 2 3; do
    tools/results.py --failed "$dir"/log-* > "$dir/took"
    cut -f 1 "$dir/took" > "$dir/failed"
    n=$(wc -l < "$dir/failed")
    took=$(awk -F '\t' '{ s += $2 } END { print s + 0 }' "$dir/took")
    if [ "$n" -eq 0 ] || [ "$n" -gt "$most_again" ] || [ "$took" -gt "$most_again_s" ]; then break; fi
    cat "$dir/out"
    printf 'run again, alone: %s\n' "$(paste -sd ' ' "$dir/failed")"
    # shellcheck disable=SC2046 # a name has no blanks
    meson_tests "$try" "$folder" "$@" --num-processes 1 $(cat "$dir/failed")
    status=$?
    [ -s "$dir/log-$try" ] || break
    cat "$dir/failed" >> "$dir/alone"
  done
  return "$status"
}

# Run the tests of a build folder, more at once than there are processors, as most of them wait most of the time.  A run
# without a failed test that fails all the same is a failure of its own.
tests() { # FOLDER MESON-TEST-ARGUMENT...
  rm -f "$dir"/log-*
  meson_tests 1 "$@" --num-processes $(($(nproc) * 2)) || again "$@"
  status=$?
  tools/results.py "$dir"/log-* > "$dir/tests"
  cat "$dir/tests" >> "$results"
  if [ $status -ne 0 ] || [ ! -s "$dir/tests" ]; then
    cat "$dir/out"
    grep -q 'failed$' "$dir/tests" || note "meson test in $1" 1
    return 1
  fi
}

# The program, optimized, and what the coverage stage does not run: the rest is built by gcc and runs there.  Those tests
# wait most of the time, so what clang is to build afterwards is begun beside them.
stage_gcc() {
  CC=gcc tools/build.sh build && ninja -C build --quiet tests/sample
  note 'gcc builds it without a warning' $? || return
  case " $wanted " in *' asan '* | *' tidy '*)
    clang_to_build > "$dir/clang" 2>&1 &
    begun=$!
    ;;
  esac
  tests build --setup=check --suite=lint --suite=tools --suite=services
}

# clang, as its UBSan sees more: arithmetic on NULL.  Optimized as little as the tests can stand (`hot` in meson.build).
clang_to_build() {
  CC=clang nice tools/build.sh --tests build-asan -Db_sanitize=address,undefined -Db_lundef=false \
    -Doptimization=0 -Ddebug=false -Dc_args=-gline-tables-only < /dev/null
}

build_clang() {
  if [ -n "$begun" ]; then
    wait "$begun"
    status=$?
    begun=
    cat "$dir/clang"
  else
    clang_to_build
    status=$?
  fi
  note 'clang builds it with sanitizers and without a warning' $status
}

# What is freed is kept for 16 MB instead of 256: each process of a test would touch so much memory anew.
stage_asan() {
  export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=16}"
  build_clang && tests build-asan --setup=check --suite=unit --suite=fuzz
}

stage_format() {
  tools/lint/format.sh --check
  note 'every file is formatted' $?
}

stage_tidy() {
  build_clang || return
  tools/lint/tidy.py --quick build-asan
  note 'clang-tidy finds nothing' $?
}

# The analyzer follows every path to its end: four times as long.
stage_analyze() {
  build_clang || return
  tools/lint/tidy.py build-asan
  note 'clang-tidy finds nothing on any path' $?
}

stage_shell() {
  tools/files.sh '*.sh' .ci/run | xargs shellcheck --source-path=SCRIPTDIR
  note 'shellcheck finds nothing' $?
}

# Counts of threads are added one after the other: else lines that ran are said not to have.
stage_coverage() {
  CC=gcc tools/build.sh --all build-cov -Db_coverage=true --buildtype=debug -Dc_args=-fprofile-update=atomic
  note 'gcc builds it for coverage' $? || return
  find build-cov -name '*.gcda' -delete
  tests build-cov --setup=check --no-suite=soak --no-suite=crash --no-suite=lint --no-suite=tools --no-suite=services
  ninja -C build-cov --quiet coverage-gate
  note 'every file is covered' $?
}

stage() { # NAME HEADING
  printf '\n== %s\n' "$2"
  start=$(date +%s)
  before=$(wc -l < "$results")
  "stage_$1"
  [ "$(wc -l < "$results")" -gt "$before" ] || note "$1 ran nothing" 1
  tail -n "+$((before + 1))" "$results" | awk -F '\t' -v s="$(($(date +%s) - start))" -v name="$1" '
    { n[$2]++ }
    END { printf "%-9s %5d s  %5d passed %5d failed\n", name, s, n["ok"], n["failed"] }' |
    tee -a "$dir/summary"
}

run() { # STAGE
  case $1 in
  gcc) stage gcc 'gcc: build, tests of the tree, the tools and the services' ;;
  asan) stage asan 'address and undefined behaviour sanitizer: unit and fuzz corpus tests' ;;
  format) stage format 'clang-format' ;;
  tidy) stage tidy 'clang-tidy, its analyzer bounded' ;;
  analyze) stage analyze 'clang-tidy, its analyzer to the end' ;;
  shell) stage shell 'shellcheck' ;;
  coverage) stage coverage 'every other test, and the line coverage of each file' ;;
  *) echo "error: no stage '$1'" >&2 && exit 2 ;;
  esac
}

tools/setup.sh check || exit 1
tests_tmpdir
[ $# -gt 0 ] || set -- format shell gcc asan tidy coverage
wanted=$*
begun= # a build that goes on beside a stage
for name in "$@"; do
  run "$name"
done

printf '\n== summary\n'
cat "$dir/summary"
[ ! -s "$dir/alone" ] || printf 'run again, alone: %s\n' "$(sort -u "$dir/alone" | paste -sd ' ')"
awk -F '\t' '$2 == "failed" { bad[$1] = 1 } { all[$1] = 1 }
  END { for (t in all) { n++; if (t in bad) { print "failed: " t; f++ } }
        printf "%d passed, %d failed\n", n - f, f; exit f > 0 || n == 0 }' "$results"
