#!/usr/bin/env python3
"""One trivial step on many hosts, against bare parallel ssh and what else is installed, in the same run.

usage: many_hosts.py PRUSIK [HOSTS [ROUNDS]]

Each host is a name of one sshd on loopback with a master connection of its own that is open already (ControlMaster), for
all of them alike.  Rounds alternate.  The ratio of the medians must not pass the budget of 1.1 (design, section 14).
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scenario"))
# pylint: disable=wrong-import-position
from sshd import Server  # noqa: E402
from tap import write  # noqa: E402

PRUSIK = os.path.realpath(sys.argv[1])
HOSTS = int(sys.argv[2]) if len(sys.argv) > 2 else 50
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 9
BUDGET = 1.1
HOME = tempfile.mkdtemp()
CONFIG = f"{HOME}/ssh_config"
NAMES = [f"h{i}" for i in range(HOSTS)]


def quiet(argv, **more):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def begin_masters():
    for name in NAMES:
        quiet(["ssh", "-F", CONFIG, "-o", "ControlMaster=yes", "-o", "ControlPersist=600", "-fN", name])


def end_masters():
    for name in NAMES:
        subprocess.run(["ssh", "-F", CONFIG, "-O", "exit", name], stderr=subprocess.DEVNULL, check=False)


def prusik_ready():
    shutil.rmtree(f"{HOME}/.prusik", ignore_errors=True)


def prusik_run():
    quiet([PRUSIK, "run", f"{HOME}/many.md", "--operator", "ann"])


def prusik_check():
    """Every host did it, once."""
    report = json.loads(quiet([PRUSIK, "report", "--store", f"{HOME}/.prusik", "--json"]))
    hosts = report["steps"][0]["attempts"][0]["hosts"]
    if len(hosts) != HOSTS or any(h["state"] != "done" for h in hosts):
        sys.exit(f"not every host has done it: {hosts}")


def ssh_run():
    subprocess.run(["xargs", f"-P{HOSTS}", "-I{}", "ssh", "-F", CONFIG, "{}", "true"], input="\n".join(NAMES), text=True,
                   check=True)


def pssh_run():
    tool = shutil.which("parallel-ssh") or shutil.which("pssh")
    quiet([tool, "-h", f"{HOME}/hosts", "-p", str(HOSTS), "-x", f"-F {CONFIG}", "true"])


def ansible_run():
    quiet(["ansible", "all", "-i", f"{HOME}/hosts", "-f", str(HOSTS), "-m", "raw", "-a", "true",
           "--ssh-common-args", f"-F {CONFIG}"])


WAYS = {"parallel ssh (xargs -P)": (ssh_run, "ssh"), "prusik": (prusik_run, PRUSIK),
        "pssh": (pssh_run, "parallel-ssh"), "ansible": (ansible_run, "ansible")}


def measure():
    times = {name: [] for name, (_, tool) in WAYS.items() if shutil.which(tool)}
    for n in range(ROUNDS + 1):
        for name in times:
            prusik_ready()
            begun = time.monotonic()
            WAYS[name][0]()
            took = time.monotonic() - begun
            if n:  # the first round warms
                times[name].append(took)
            if name == "prusik":
                prusik_check()
    return times


def prepare(server):
    write(f"{HOME}/known_hosts", server.known_host())
    write(CONFIG, server.client_config(" ".join(NAMES), f"  ControlPath {HOME}/cm-%n\n  LogLevel QUIET\n"))
    write(f"{HOME}/hosts", "".join(f"{name}\n" for name in NAMES))
    write(f"{HOME}/many.md", "# Many\n\n## Steps\n\n```bash\nssh all\ntrue\n```\n")
    write(f"{HOME}/prusik.yaml", f"environment: test\nhosts:\n  '*': {{ssh: [-F, {CONFIG}]}}\n"
          f"  all: {{group: [{', '.join(NAMES)}], batch: 100%}}\n")


def main():
    server = Server(HOME, more="MaxStartups 500\nMaxSessions 500\n")
    try:
        prepare(server)
        begin_masters()
        times = measure()
        base = statistics.median(times["parallel ssh (xargs -P)"])
        print(f"one step on {HOSTS} hosts, {ROUNDS} rounds, master connections open")
        for name in WAYS:
            if name not in times:
                print(f"{name:26} not installed")
                continue
            t = times[name]
            print(f"{name:26} median {statistics.median(t) * 1000:7.0f} ms  min {min(t) * 1000:7.0f} ms  "
                  f"max {max(t) * 1000:7.0f} ms  ratio {statistics.median(t) / base:.2f}")
        ratio = statistics.median(times["prusik"]) / base
        print(f"prusik / parallel ssh {ratio:.2f}, budget {BUDGET}")
        return 0 if ratio <= BUDGET else 1
    finally:
        end_masters()
        server.stop()
        shutil.rmtree(HOME)


sys.exit(main())
