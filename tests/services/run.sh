#!/bin/bash
# The reference service botctl and its load generator, built from services/ and run for real.
# TAP on stdout.  usage: run.sh [ROOT OF THE SOURCE]
#
# Environment: CC, SANITIZE=1 (both as for make), ONLY=TEXT (tests whose name has it), KEEP=1 (leave the
# folder), PROMTOOL, CHROMIUM (paths), PRUSIK_NO_SKIP=1 (what is missing is a failure).
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "${1:-$here/../..}" && pwd)
unset "${!BOTCTL_@}" DATABASE_URL "${!PG@}" "${!GIT_@}" MAKEFLAGS MAKELEVEL http_proxy HTTP_PROXY
export LC_ALL=C.UTF-8 NO_PROXY='*'

for tool in bash make curl jq git sqlite3 awk; do
  command -v $tool > /dev/null || { echo "Bail out! $tool is missing"; exit 1; }
done
work=$(mktemp -d "${TMPDIR:-/tmp}/botctl-test.XXXXXX") || exit 1
chmod 755 "$work" # PostgreSQL's user walks through it

# shellcheck source=lib.sh
. "$here/lib.sh"
# shellcheck source=databases.sh
. "$here/databases.sh"
for file in "$here"/cases_*.sh; do
  # shellcheck source=/dev/null
  . "$file"
done

# shellcheck disable=SC2317 # called by the trap
clean_up() {
  local file
  for file in "$work"/test*/pids; do
    end_processes "$file"
  done
  pg_stop_all
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The three releases out of the repository, as a runbook would build them.
build_all() {
  "$root/services/botctl/make-repo.sh" "$work/repo" &&
    for release in v1 v2 v3; do
      git clone -q "$work/repo/origin.git" "$work/$release" &&
        git -C "$work/$release" checkout -q "$release" &&
        make -s -j2 -C "$work/$release" || return 1
    done
  # shellcheck disable=SC2034 # for the cases
  mkdir "$work/services" && cp -R "$root/services/botctl" "$root/services/loadgen" "$work/services" &&
    rm -rf "$work/services/loadgen/"{bin,build} && make -s -j2 -C "$work/services/loadgen" &&
    botload=$work/services/loadgen/bin/botload
}

export CC=${CC:-cc} SANITIZE=${SANITIZE:-}
if ! build_all > "$work/build.log" 2>&1; then
  echo 'Bail out! the build failed'
  cat "$work/build.log" >&2
  exit 1
fi

cases_repository
cases_without_database
missing=$(pg_missing)
if [ -z "$missing" ]; then
  pg_start
fi
for kind in sqlite postgresql; do
  if [ "$kind" = postgresql ] && [ -n "$missing" ]; then
    skip_test 'everything again on PostgreSQL' "$missing"
    continue
  fi
  cases_schema "$kind"
  cases_service "$kind"
  cases_shutdown "$kind"
  cases_load "$kind"
  cases_release3 "$kind"
done
# shellcheck disable=SC2154 # set by lib.sh
echo "1..$test_number"
exit "$test_failed"
