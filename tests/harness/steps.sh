# shellcheck shell=bash
# TAP for a script whose steps build on each other; sourced by those that run on a host of their own.
#
#   ok 'the release is up' says 'done'     # the command decides; on failure the file `out` is shown
#   timed 'it is well' 'during :' 'says OK' # CONDITION behind COMMAND; what a machine that stood still spoils is done again
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

# It looks whether the machine stands still while we do something, and ends with us.
stillness_begin() {
  python3 "$(dirname "${BASH_SOURCE[0]}")/../scenario/stillness.py" still &
  stillness=$!
  trap 'kill "$stillness"' EXIT
}

# Until it has not stood still for a second; half a minute at most.
settle() {
  for _ in $(seq 30); do
    rm -f still
    sleep 1
    [ -e still ] || break
  done
}

timed() { # NAME COMMAND CONDITION
  local try
  [ -n "${stillness:-}" ] || stillness_begin
  for try in 1 2 3 4; do
    rm -f still
    eval "$2"
    eval "$3" && break
    sleep 0.1 # what stood still with us has looked by then
    if [ ! -e still ] || [ "$try" -eq 4 ]; then break; fi
    echo "# $1: the machine stood still for $(cat still) ms meanwhile: once more"
    settle
  done
  ok "$1" eval "$3"
}
