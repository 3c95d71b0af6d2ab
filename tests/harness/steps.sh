# shellcheck shell=bash
# TAP for a script whose steps build on each other; sourced by those that run on a host of their own.
#
#   ok 'the release is up' says 'done'     # the command decides; on failure the file `out` is shown
#   exit "$bad"

n=0 bad=0
ok() { # NAME COMMAND...
  local name=$1
  shift
  n=$((n + 1))
  if "$@"; then
    echo "ok $n - $name"
  else
    sed 's/^/# /' out
    echo "not ok $n - $name"
    # shellcheck disable=SC2034 # whoever sources this ends with it
    bad=1
  fi
}
