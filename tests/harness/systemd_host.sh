#!/bin/bash
# Run a program on a host of its own where systemd is PID 1, and end the host.  usage: systemd_host.sh PROGRAM [ARG...]
#
# The host is namespaces (processes, mounts, network, names, IPC, cgroups) over this machine's own files: what is
# written there is gone with it.  Folders on other file systems than / are there too when they hold the program or
# this tree.  Needs root; where it cannot be made the one test is skipped (PRUSIK_NO_SKIP: fails).
#
# Environment there: what is ours but TMPDIR, as /dev/shm is another there.  Units: /etc/systemd/system is empty but for
# what is needed.
set -eu

skip() {
  echo 1..1
  if [ -n "${PRUSIK_NO_SKIP:-}" ]; then echo "not ok 1 - $1"; else echo "ok 1 - a host with systemd # SKIP $1"; fi
  exit 0
}

[ "$(id -u)" -eq 0 ] || skip 'namespaces need root'
for program in unshare nsenter ip dbus-daemon /lib/systemd/systemd; do
  command -v "$program" > /dev/null || skip "there is no $program"
done

# The folder that we are in is not the one there.
command=()
for word in "$@"; do
  case $word in */*) [ ! -e "$word" ] || word=$(realpath "$word") ;; esac
  command+=("$word")
done

dir=$(mktemp -d "${TMPDIR:-/tmp}/prusik-host.XXXXXX")
name=${dir##*/}
cgroup=
pid=

finish() {
  status=$?
  trap '' EXIT
  [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null || :
  [ -z "$pid" ] || wait "$pid" 2> /dev/null || :
  [ -z "$cgroup" ] || [ ! -e "$cgroup/cgroup.kill" ] || echo 1 > "$cgroup/cgroup.kill" 2> /dev/null || :
  if [ -n "$cgroup" ]; then
    for _ in $(seq 50); do # until the kernel has let go of what was killed
      find "$cgroup" -depth -type d -exec rmdir {} + 2> /dev/null || :
      [ -d "$cgroup" ] || break
      sleep 0.1
    done
  fi
  rm -rf "$dir"
  exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT

# cgroup v2: on a machine with both kinds it is a folder beside them
for root in /sys/fs/cgroup/unified /sys/fs/cgroup; do
  [ -f "$root/cgroup.procs" ] && [ "$(stat -fc %T "$root")" = cgroup2fs ] && break
  root=
done
[ -n "$root" ] || skip 'there is no cgroup v2'
mkdir "$root/$name" 2> /dev/null || skip 'no cgroup can be made'
cgroup=$root/$name

mkdir "$dir/root"
tree=$(cd "$(dirname "$0")/../.." && pwd)
# The group first: the host sees it as the root of its own.
(
  echo "$BASHPID" > "$cgroup/cgroup.procs"
  exec setsid unshare --cgroup --pid --mount --uts --ipc --net --fork --kill-child \
    bash "${BASH_SOURCE[0]%/*}/systemd_init.sh" "$dir" "$tree" > "$dir/log" 2>&1 < /dev/null
) &
pid=$!

enter() {
  nsenter --target "$init" --all -- "$@"
}

init=
for _ in $(seq 300); do # nothing tells when a bus is there
  kill -0 "$pid" 2> /dev/null || break
  init=$(pgrep -P "$pid" || :)
  if [ -n "$init" ] && [ "$(cat "/proc/$init/comm" 2> /dev/null)" = systemd ] &&
    enter systemctl is-active --quiet multi-user.target 2> /dev/null; then
    enter env -u TMPDIR "${command[@]}" && exit 0 || exit $?
  fi
  sleep 0.1
done
sed 's/^/# /' "$dir/log"
skip 'systemd does not come up here'
