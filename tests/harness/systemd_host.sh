#!/bin/bash
# Run a program on a host of its own where systemd is PID 1, and end the host.  usage: systemd_host.sh PROGRAM [ARG...]
#
# The host is namespaces (processes, mounts, network, names, IPC, cgroups) over this machine's own files: what is
# written there is gone with it.  Folders on other file systems than / are there too when they hold the program or
# this tree.  Needs root; where it cannot be made the one test is skipped (PRUSIK_NO_SKIP: fails).
#
# Environment there: what is ours, and HOST_LOG on failure.  Units: /etc/systemd/system is empty but for what is needed.
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

cat > "$dir/init" << 'INIT'
set -eu
dir=$1 tree=$2
mount --make-rprivate /
mount -t tmpfs -o size=256m,mode=755 tmpfs "$dir/root"
mkdir "$dir/root/upper" "$dir/root/work" "$dir/root/all"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/root/upper,workdir=$dir/root/work" "$dir/root/all"
cd "$dir/root/all"
rm -rf etc/systemd/system etc/systemd/user var/lib/systemd var/log/journal
mkdir -p etc/systemd/system/multi-user.target.wants etc/systemd/system/sockets.target.wants "$dir/out"
: > etc/machine-id
: > etc/fstab
for unit in console-getty.service getty@tty1.service systemd-timesyncd.service systemd-networkd.service systemd-resolved.service \
  systemd-logind.service apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service e2scrub_all.timer fstrim.timer \
  dpkg-db-backup.timer man-db.timer logrotate.timer systemd-sysctl.service systemd-modules-load.service \
  systemd-remount-fs.service systemd-udevd.service systemd-udev-trigger.service dev-hugepages.mount dev-mqueue.mount \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount systemd-journal-flush.service \
  systemd-update-utmp.service systemd-binfmt.service systemd-random-seed.service systemd-firstboot.service; do
  ln -sf /dev/null "etc/systemd/system/$unit"
done
ln -sf /lib/systemd/system/multi-user.target etc/systemd/system/default.target
ln -sf /lib/systemd/system/dbus.socket etc/systemd/system/sockets.target.wants/dbus.socket
mount -t proc -o nosuid,noexec,nodev proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro,nosuid,noexec,nodev sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for device in null zero full random urandom tty; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p tmp
mount -t tmpfs -o mode=1777 tmpfs tmp
for folder in "$tree" "$dir/out"; do # they may be on another file system, and what is written to `out` is to stay
  mkdir -p ".$folder"
  mount --bind "$folder" ".$folder"
done
mkdir .old
pivot_root . .old
umount -l /.old
rmdir /.old
ip link set lo up
exec env -i container=prusik PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --log-target=journal \
  --show-status=false
INIT

mkdir "$dir/root"
tree=$(cd "$(dirname "$0")/../.." && pwd)
# The group first: the host sees it as the root of its own.
(
  echo "$BASHPID" > "$cgroup/cgroup.procs"
  exec setsid unshare --cgroup --pid --mount --uts --ipc --net --fork --kill-child \
    bash "$dir/init" "$dir" "$tree" > "$dir/log" 2>&1 < /dev/null
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
    enter "${command[@]}" && exit 0 || exit $?
  fi
  sleep 0.1
done
sed 's/^/# /' "$dir/log"
skip 'systemd does not come up here'
