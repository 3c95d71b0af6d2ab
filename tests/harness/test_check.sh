#!/bin/sh
# What make check counts: tools/check.sh with a meson, builders and linters played by small programs.
# usage: test_check.sh ROOT
set -u
root=$(realpath "$1")
# shellcheck source=tests/harness/tap.sh
. "$root/tests/harness/tap.sh"

play() { # FILE, body on standard input
  { printf '#!/bin/sh\n' && cat; } > "$1"
  chmod +x "$1"
}

# A project whose three tests are in ./log (as meson writes it) and end with ./status.
project() {
  mkdir bin tests
  cp -r "$root/tools" tools
  : > tools/one.sh
  for script in tools/setup.sh tools/build.sh tools/lint/format.sh tools/lint/tidy.py bin/shellcheck bin/ninja; do
    play "$script" < /dev/null
  done
  play bin/meson << 'EOF'
while [ "$1" != -C ]; do shift; done
mkdir -p "$2/meson-logs"
[ ! -f log ] || cp log "$2/meson-logs/testlog-check.json"
echo 'what meson prints'
exit "$(cat status)"
EOF
  echo 0 > status
  mkdir build-cov
  cat > log << 'EOF'
{"name": "p:unit / a", "stdout": "1..2\nok 1 - one\nok 2 - two\n", "result": "OK"}
{"name": "p:fuzz / b", "stdout": "whatever\n", "result": "OK"}
EOF
}
check() { PATH=$dir/bin:$PATH run tools/check.sh "$@"; }
last_is() { [ "$(tail -n 1 out)" = "$1" ] || fail "the last line should be '$1'"; }

single_tests_are_counted_once_however_often_they_ran() {
  project
  check gcc asan
  status_is 0
  last_is '5 passed, 0 failed' # two subtests, a program, two builds
}

every_stage_runs_and_counts() {
  project
  check
  status_is 0
  last_is '10 passed, 0 failed'
  for stage in format shell gcc asan tidy coverage; do
    grep -qE "^$stage +[0-9]+ s +[0-9]+ passed +0 failed" out || fail "no line for $stage"
  done
}

a_failed_subtest_fails_everything_and_is_named() {
  project
  sed -i 's/ok 2 - two/not ok 2 - two/; s/OK/FAIL/' log
  echo 1 > status
  check gcc
  status_is 1
  output_has 'what meson prints'
  output_has 'failed: p:unit / a: 2 two'
  last_is '2 passed, 2 failed' # the other program is FAIL as well
}

a_test_that_fails_in_one_build_only_has_failed() {
  project
  play bin/meson << 'EOF'
while [ "$1" != -C ]; do shift; done
mkdir -p "$2/meson-logs"
[ "$2" != build ] || { cp log "$2/meson-logs/testlog.json" && exit 0; }
sed 's/"OK"/"FAIL"/' log > "$2/meson-logs/testlog.json"
exit 1
EOF
  check gcc asan
  status_is 1
  last_is '4 passed, 2 failed' # and the program a
}

a_program_that_dies_with_all_subtests_passed_is_a_failure() {
  project
  sed -i '1s/"OK"/"ERROR"/' log
  echo 1 > status
  check gcc
  status_is 1
  last_is '4 passed, 1 failed'
}

a_skipped_test_is_a_failure() {
  project
  sed -i 's/ok 1 - one/ok 1 - one # SKIP no server/' log
  check gcc
  status_is 1
  last_is '3 passed, 1 failed'
}

a_run_without_a_test_is_a_failure() {
  project
  rm log
  check gcc
  status_is 1
  last_is '1 passed, 1 failed'
}

a_meson_that_fails_without_a_failed_test_is_a_failure() {
  project
  echo 1 > status
  check gcc
  status_is 1
  output_has 'failed: meson test in build'
}

what_does_not_build_is_a_failure_and_the_rest_goes_on() {
  project
  play tools/build.sh << 'EOF'
[ "$CC" = clang ] || exit 1
EOF
  check gcc tidy
  status_is 1
  output_has 'failed: gcc builds it without a warning'
  last_is '2 passed, 1 failed'
}

a_linter_that_finds_something_is_a_failure() {
  project
  for script in tools/lint/format.sh tools/lint/tidy.py bin/shellcheck bin/ninja; do
    echo exit 1 >> "$script"
  done
  check format shell tidy analyze coverage
  status_is 1
  last_is '5 passed, 5 failed'
}

an_unknown_stage_is_told() {
  project
  check nonsense
  status_is 2
}

# Fails beside others, and alone until as many tries are over as FILE says.
fails_beside_others() {
  play bin/meson << 'EOF'
while [ "$1" != -C ]; do shift; done
mkdir -p "$2/meson-logs"
echo "$*" >> tries
if [ "$(wc -l < tries)" -gt "$(cat good_after)" ]; then
  grep '/ a"' log > "$2/meson-logs/testlog.json"
  exit 0
fi
sed 's/ok 2 - two/not ok 2 - two/; 1s/"OK"/"FAIL"/' log > "$2/meson-logs/testlog.json"
exit 1
EOF
}

what_fails_beside_others_is_run_again_alone_and_that_is_said() {
  project
  fails_beside_others
  for tries in 1 2; do
    echo "$tries" > good_after
    rm -f tries
    check gcc
    status_is 0
    [ "$(tail -n 1 tries)" = "$(head -n 1 tries | sed 's/--num-processes [0-9]*/--num-processes 1/') a" ] || fail "$(cat tries)"
    output_has 'run again, alone: a'
    last_is '4 passed, 0 failed'
  done
}

what_fails_alone_as_well_has_failed() {
  project
  fails_beside_others
  echo 3 > good_after
  check gcc
  status_is 1
  output_has 'failed: p:unit / a: 2 two'
  last_is '3 passed, 1 failed'
}

where_many_fail_nothing_is_run_again() {
  project
  for name in c d e f g h i j k l m n; do
    printf '{"name": "p:fuzz / %s", "stdout": "", "result": "OK"}\n' "$name" >> log
  done
  sed -i 's/"OK"/"FAIL"/; s/ok 2 - two/not ok 2 - two/' log
  echo 1 > status
  check gcc
  status_is 1
  ! grep -q 'run again' out || fail 'run again'
  last_is '2 passed, 14 failed'
}

what_took_long_is_not_run_again() {
  project
  fails_beside_others
  echo 1 > good_after
  sed -i '1s/"result"/"duration": 901.5, "result"/' log
  check gcc
  status_is 1
  ! grep -q 'run again' out || fail 'run again'
  last_is '3 passed, 1 failed'
}

tap single_tests_are_counted_once_however_often_they_ran \
  every_stage_runs_and_counts \
  a_failed_subtest_fails_everything_and_is_named \
  a_test_that_fails_in_one_build_only_has_failed \
  a_program_that_dies_with_all_subtests_passed_is_a_failure \
  what_fails_beside_others_is_run_again_alone_and_that_is_said \
  what_fails_alone_as_well_has_failed \
  where_many_fail_nothing_is_run_again \
  what_took_long_is_not_run_again \
  a_skipped_test_is_a_failure \
  a_run_without_a_test_is_a_failure \
  a_meson_that_fails_without_a_failed_test_is_a_failure \
  what_does_not_build_is_a_failure_and_the_rest_goes_on \
  a_linter_that_finds_something_is_a_failure \
  an_unknown_stage_is_told
