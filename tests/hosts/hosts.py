"""Hosts of their own on this machine: each with its network, processes and files, a systemd and an sshd.

A switch and a place for the operator ("ctl") are network namespaces too; nothing is routed out of them.  A host can be cut off
(its cable is pulled), powered off (all its processes are killed at once) and switched on again, with the files it had.
"""
import os
import shutil
import subprocess
import tempfile

from sshd import children_of
from tap import await_, read, write

INIT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "harness", "systemd_init.sh")
NET = "198.18.7"  # for tests of devices, RFC 2544
NEEDED = ["ip", "unshare", "ssh", "ssh-keygen", "/lib/systemd/systemd", "/usr/sbin/sshd"]

PREPARE = """
cat > etc/systemd/system/there.service << 'UNIT'
[Service]
RuntimeDirectory=sshd
ExecStart=/usr/sbin/sshd -D -h {home}/out/host -o UsePAM=no -o UseDNS=no -o StrictModes=no -o PermitRootLogin=yes \\
  -o AuthorizedKeysFile={home}/out/user.pub -o MaxStartups=200
UNIT
ln -sf ../there.service etc/systemd/system/multi-user.target.wants/
hostname {name}
. {home}/out/more.sh
"""


def sh(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def missing():
    """Why there can be no hosts here, or None."""
    if os.getuid() != 0:
        return "namespaces need root"
    for name in NEEDED:
        if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            return f"there is no {name}"
    if not cgroup_root():
        return "there is no cgroup v2"
    return None


def cgroup_root():
    """Version 2: on a machine with both kinds it is a folder beside them."""
    for root in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
        if os.path.exists(f"{root}/cgroup.procs") and os.path.exists(f"{root}/cgroup.controllers"):
            return root
    return None


class Network:
    """A switch, and the operator's own place on it.  `more` is a script that each new host reads before it begins."""

    def __init__(self, names, more):
        self.home = tempfile.mkdtemp(prefix="prusik-hosts.", dir="/tmp")  # not in /dev/shm: a host has its own
        self.mark = self.home.rpartition(".")[2]
        self.switch, self.ctl = f"sw-{self.mark}", f"ctl-{self.mark}"
        self.hosts = []
        os.mkdir(f"{self.home}/out")
        for name in ("host", "user"):
            sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.home}/out/{name}")
        write(f"{self.home}/out/more.sh", more)
        write(f"{self.home}/known_hosts", "")
        for name in (self.switch, self.ctl):
            sh("ip", "netns", "add", name)
            sh("ip", "-n", name, "link", "set", "lo", "up")
        sh("ip", "-n", self.switch, "link", "add", "br0", "type", "bridge")
        sh("ip", "-n", self.switch, "link", "set", "br0", "up")
        self.plug(self.ctl, "ctl", 1)
        for i, name in enumerate(names):
            self.hosts.append(Host(self, name, i + 11))

    def begin(self):
        """Switch them all on.  Whatever comes of it, close() ends them."""
        for host in self.hosts:
            host.begin()
        for host in self.hosts:
            await_(f"the sshd of {host.name}", host.answers)

    def plug(self, namespace, port, number):
        """A cable between the namespace and a port of the switch."""
        sh("ip", "-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", self.switch)
        sh("ip", "-n", namespace, "addr", "add", f"{NET}.{number}/24", "dev", "eth0")
        sh("ip", "-n", namespace, "link", "set", "eth0", "up")
        sh("ip", "-n", self.switch, "link", "set", port, "master", "br0", "up")

    def here(self, *argv):
        """The words of a command that runs where the operator is."""
        return ["ip", "netns", "exec", self.ctl, *argv]

    def ssh_options(self):
        return ["-i", f"{self.home}/out/user", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes",
                "-o", f"UserKnownHostsFile={self.home}/known_hosts", "-o", "ConnectTimeout=3",
                "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2"]

    def __getitem__(self, name):
        return next(h for h in self.hosts if h.name == name)

    def close(self):
        for host in self.hosts:
            host.end()
        for name in (self.ctl, self.switch):
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.home)


class Host:
    def __init__(self, net, name, number):
        self.net, self.name, self.address = net, name, f"{NET}.{number}"
        self.home = f"{net.home}/{name}"
        self.namespace = f"{name}-{net.mark}"
        self.cgroup = f"{cgroup_root()}/prusik-{self.namespace}"
        self.process = None
        os.makedirs(f"{self.home}/root")
        os.mkdir(f"{self.home}/out")  # what the machine gives it
        for file in os.listdir(f"{net.home}/out"):
            shutil.copy2(f"{net.home}/out/{file}", f"{self.home}/out/{file}")
        write(f"{self.home}/prepare", PREPARE.replace("{home}", self.home).replace("{name}", name))
        with open(f"{net.home}/known_hosts", "a", encoding="utf-8") as f:
            f.write(f"{self.address} {read(net.home + '/out/host.pub')}")
        sh("ip", "netns", "add", self.namespace)
        sh("ip", "-n", self.namespace, "link", "set", "lo", "up")
        net.plug(self.namespace, name, number)
        sh("mount", "-t", "tmpfs", "-o", "size=256m,mode=755", "tmpfs", f"{self.home}/root")  # its disk

    def begin(self):
        """Switch it on.  Its cgroup comes first: it sees that as the root of its own."""
        os.makedirs(self.cgroup, exist_ok=True)
        with open(f"{self.home}/log", "ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", 'echo $$ > "$1/cgroup.procs" && shift && exec setsid "$@"', "sh", self.cgroup,
                 "ip", "netns", "exec", self.namespace,
                 "unshare", "--cgroup", "--pid", "--mount", "--uts", "--ipc", "--fork", "--kill-child",
                 "bash", INIT, self.home, f"{self.home}/out", f"{self.home}/prepare"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ssh(self, command, **more):
        return subprocess.run(self.net.here("ssh", "-o", "BatchMode=yes", *self.net.ssh_options(), f"root@{self.address}",
                                            command), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, **more)

    def answers(self):
        return self.ssh("systemctl is-active multi-user.target").stdout.strip() == "active"

    def path(self, name):
        """A file of its own, from outside: also when nobody can reach it, and while it is off."""
        if self.process:  # its systemd is the child of what made the namespaces
            return f"/proc/{children_of(self.process.pid)[0]}/root/{name}"
        return f"{self.home}/root/upper/{name}"

    def cut(self):
        sh("ip", "-n", self.net.switch, "link", "set", self.name, "down")

    def mend(self):
        sh("ip", "-n", self.net.switch, "link", "set", self.name, "up")

    def power_off(self):
        """Nothing of it gets to say anything."""
        write(f"{self.cgroup}/cgroup.kill", "1", mode=0o644)
        self.process.wait()
        self.process = None

    def power_on(self):
        self.begin()
        await_(f"the sshd of {self.name}", self.answers)

    def end(self):
        if self.process:
            self.power_off()
        await_(f"the end of {self.name}", self.cgroup_is_gone)
        subprocess.run(["ip", "netns", "del", self.namespace], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["umount", "-l", f"{self.home}/root"], check=False, stderr=subprocess.DEVNULL)

    def cgroup_is_gone(self):
        for folder, _, _ in os.walk(self.cgroup, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                return False
        return True
