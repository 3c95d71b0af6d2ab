#!/bin/sh
# The harness of the unit tests itself.  usage: test_harness.sh ROOT SAMPLE-PROGRAM
set -u
root=$(realpath "$1")
sample=$(realpath "$2")
# shellcheck source=tests/harness/tap.sh
. "$root/tests/harness/tap.sh"
unset PRUSIK_NO_SKIP

sample() { run env T_DEADLINE_S=1 "$@"; } # COMMAND TEST...
is_ok() { grep -qE "^ok [0-9]+ - $1\$" out || fail "'$1' should be ok"; }
is_not_ok() {
  status_is 1
  grep -qE "^not ok [0-9]+ - $1\$" out || fail "'$1' should not be ok"
}

what_holds_is_ok_and_what_was_not_asked_for_is_skipped() {
  sample "$sample" passes
  status_is 0
  is_ok passes
  output_has '1..18'
  [ "$(grep -c '# SKIP$' out)" -eq 17 ] || fail 'not all others are skipped'
}

each_kind_of_check_fails_and_says_why() {
  while IFS='|' read -r name text; do
    sample "$sample" "$name"
    is_not_ok "$name"
    output_has "$text"
    grep -qE '^# .*[.][ch]:[0-9]+: ' out || fail 'no place'
  done << 'EOF'
fails_at_a_check|not true: t_below(1) == 1
fails_at_a_number|1 + 1 is 2 and should be 3
fails_at_a_double|1.0 is 1 and should be about 2
fails_at_not_a_number|and should be about 2
fails_at_a_string|is 'got' and should be 'want'
fails_at_a_view|is 'got' and should be 'want'
fails_at_an_error|the disk is gone
fails_as_it_does_not_abort|does not abort: (void)0
hangs_in_a_loop|the loop had not done it after 200 ms
forgets_a_handle|uv_loop_close(loop) is
EOF
}

a_crash_and_a_hang_end_one_test() {
  sample "$sample" crashes hangs passes
  is_not_ok crashes
  is_not_ok hangs
  is_ok passes
  output_has 'ended by signal 14: the deadline'
}

a_process_left_running_is_killed_and_fails_the_test() {
  sample "$sample" leaves_a_process
  is_not_ok leaves_a_process
  output_has 'left running, killed:'
  pid=$(sed -n 's/^# left running, killed: \([0-9]*\) .*/\1/p' out | head -n 1)
  [ ! -d "/proc/$pid" ] || fail "$pid is still there"
  sample "$sample" leaves_a_process_that_ends
  status_is 0
}

folders_that_may_not_be_read_are_removed() {
  # root may read all: be someone else where that can be
  mkdir -m 777 tmp
  chmod 755 .
  cp "$sample" sample
  set -- env TMPDIR="$dir/tmp" ./sample leaves_folders_that_may_not_be_read
  if [ "$(id -u)" -eq 0 ]; then set -- setpriv --reuid 54321 --regid 54321 --clear-groups "$@"; fi
  run "$@"
  status_is 0
  [ -z "$(find tmp -mindepth 1)" ] || fail 'something was left'
}

a_skip_is_a_failure_when_nothing_may_be_skipped() {
  sample "$sample" skips
  output_has '# skipped: there is no moon'
  status_is 0
  sample env PRUSIK_NO_SKIP=1 "$sample" skips
  is_not_ok skips
}

a_failure_while_the_machine_stood_still_is_tried_again() {
  sample env T_DEADLINE_S=60 SAMPLE_TRIES="$dir/tries" SAMPLE_GOOD=3 "$sample" fails_while_nothing_moves
  status_is 0
  is_ok fails_while_nothing_moves
  output_has 'fails_while_nothing_moves: the machine stood still for'
  [ "$(cat tries)" = ... ] || fail "it was tried $(wc -c < tries) times"
}

but_not_for_ever() {
  sample env T_DEADLINE_S=60 SAMPLE_TRIES="$dir/tries" SAMPLE_GOOD=5 "$sample" fails_while_nothing_moves
  is_not_ok fails_while_nothing_moves
  [ "$(cat tries)" = .... ] || fail "it was tried $(wc -c < tries) times"
}

scenarios_are_tried_again_as_well() {
  cat > some.py << 'EOF'
import os, signal, subprocess, sys
from tap import check, run_tests
def holds_at_the(n):
    with open(sys.argv[1], "a") as f:
        f.write(".")
        f.flush()
        tries = f.tell()
    subprocess.run(["sh", "-c", f"kill -STOP {os.getpid()}; sleep 0.4; kill -CONT {os.getpid()}"], check=True)
    check(tries == n, f"it is the try {tries}")
def holds_at_the_third(): holds_at_the(3)
def holds_at_the_eighth(): holds_at_the(8)
def fails(): check(False, "it is wrong")
sys.exit(run_tests([holds_at_the_third, holds_at_the_eighth, fails]))
EOF
  run env PYTHONPATH="$root/tests/scenario" python3 some.py "$dir/tries"
  status_is 1
  output_has 'ok 1 - holds_at_the_third'
  output_has 'holds_at_the_third: the machine stood still for'
  output_has 'not ok 2 - holds_at_the_eighth'
  output_has 'not ok 3 - fails'
  [ "$(cat tries)" = ....... ] || fail "they were tried $(wc -c < tries) times"
}

a_seed_repeats_the_random_numbers() {
  sample "$sample" fails_at_a_check
  seed=$(sed -n 's/^# T_SEED=//p' out)
  sample env T_SEED="$seed" "$sample" fails_at_a_check
  output_has "# T_SEED=$seed"
}

a_misspelt_name_is_a_failure() {
  sample "$sample" pases
  status_is 1
}

tap what_holds_is_ok_and_what_was_not_asked_for_is_skipped each_kind_of_check_fails_and_says_why \
  a_crash_and_a_hang_end_one_test a_process_left_running_is_killed_and_fails_the_test \
  folders_that_may_not_be_read_are_removed a_skip_is_a_failure_when_nothing_may_be_skipped \
  a_failure_while_the_machine_stood_still_is_tried_again but_not_for_ever scenarios_are_tried_again_as_well \
  a_seed_repeats_the_random_numbers a_misspelt_name_is_a_failure
