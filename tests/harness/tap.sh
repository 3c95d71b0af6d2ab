# shellcheck shell=sh
# TAP for the tests of the project's scripts.  A test is a function; sourced by tests/harness/test_*.sh:
#
#   a_name_that_says_what_holds() { run something; status_is 0; output_has 'text'; }
#   tap a_name_that_says_what_holds ...
#
# Each runs in a subshell in an empty folder of its own, $dir; what fails there fails the test.

fail() {
  echo "# $1"
  [ ! -f "$dir/out" ] || sed 's/^/#   /' "$dir/out"
  exit 1
}
run() { # COMMAND...: both its outputs go to $dir/out, its exit status to $status
  status=0
  "$@" > "$dir/out" 2>&1 || status=$?
}
status_is() { [ "$status" -eq "$1" ] || fail "the exit status is $status and should be $1"; }
output_has() { grep -qF -- "$1" "$dir/out" || fail "the output has no '$1'"; }
output_is() { [ "$(cat "$dir/out")" = "$1" ] || fail "the output should be '$1' and is:"; }

tap() { # TEST...
  echo "1..$#"
  tap_n=0
  tap_bad=0
  for tap_name in "$@"; do
    tap_n=$((tap_n + 1))
    dir=$(mktemp -d)
    if (cd "$dir" && set -e && "$tap_name"); then
      echo "ok $tap_n - $tap_name"
    else
      echo "not ok $tap_n - $tap_name"
      tap_bad=1
    fi
    rm -rf "$dir"
  done
  exit $tap_bad
}
