"""Real sshds on loopback, as other hosts: keys, ports and configuration of their own."""
import getpass
import os
import shutil
import signal
import socket
import subprocess

from tap import DEADLINE_S, await_, read, write

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children_of(parent):
    found = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        try:
            fields = read(f"/proc/{pid}/stat").rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(pid)
    return found


def command_line(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read().split(b"\0")


def runs(pid):
    """A zombie that nobody has buried does not."""
    try:
        return read(f"/proc/{pid}/stat").rpartition(") ")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Server:
    """An sshd; WHERE=<where> in its sessions tells them from ours and from those of others."""

    def __init__(self, home, where="there", more=""):
        self.home = home
        for name in ("host", "user"):
            if not os.path.exists(f"{home}/{name}"):
                subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{home}/{name}"], check=True)
        self.config = f"{home}/sshd_config.{where}"
        os.makedirs(f"{home}/home", exist_ok=True)  # a login shell reads nothing of this machine's user
        self.port = free_port()
        if os.getuid() == 0:  # the package's own start script makes it
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        write(self.config,
              f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {home}/host\nPidFile none\nUsePAM no\n"
              f"AuthorizedKeysFile {home}/user.pub\nStrictModes no\nPermitRootLogin yes\n"
              f"PasswordAuthentication no\nSetEnv WHERE={where} HOME={home}/home\nLogLevel QUIET\n{more}")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", self.config], stdin=subprocess.DEVNULL)
        await_("sshd", self.answers)

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def client_config(self, names, more=""):
        """What ssh has to know, for its configuration."""
        return (f"Host {names}\n  HostName 127.0.0.1\n  Port {self.port}\n  User {getpass.getuser()}\n"
                f"  IdentityFile {self.home}/user\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n"
                f"  UserKnownHostsFile {self.home}/known_hosts\n{more}")

    def known_host(self):
        return f"[127.0.0.1]:{self.port} {read(self.home + '/host.pub')}"

    def cut(self):
        """End what serves the connections, as a cable that is pulled out does."""
        for pid in children_of(self.process.pid):
            for p in [pid] + [c for c in children_of(pid) if "sshd" in read(f"/proc/{c}/comm")]:
                try:
                    os.kill(p, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def power_off(self):
        self.cut()
        self.process.terminate()
        self.process.wait(DEADLINE_S)

    stop = power_off
