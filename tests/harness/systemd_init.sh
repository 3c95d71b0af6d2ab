#!/bin/bash
# What makes a host of namespaces that are new, and becomes its systemd.  usage: systemd_init.sh DIR TREE [PREPARE]
#
# The root is an overlay over this machine's own files, in DIR/root: a file system that is mounted there already, for a host
# that is to be switched on again, or a tmpfs that is gone with the host.  TREE and DIR/out are the machine's own folders.
# PREPARE: a script that is read in the new root before systemd begins; it adds units.
set -eu
dir=$1 tree=$2 prepare=${3:-}
mount --make-rprivate /
mountpoint -q "$dir/root" || mount -t tmpfs -o size=256m,mode=755 tmpfs "$dir/root"
mkdir -p "$dir/root/upper" "$dir/root/work" "$dir/root/all"
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
# shellcheck source=/dev/null
[ -z "$prepare" ] || . "$prepare"
mkdir -p .old
pivot_root . .old
umount -l /.old
rmdir /.old
ip link set lo up
exec env -i container=prusik PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --log-target=journal \
  --show-status=false
