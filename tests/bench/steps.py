#!/usr/bin/env python3
"""Trivial steps, one after the other, by prusik and by what else people run them with, in the same run.

usage: steps.py PRUSIK [STEPS [ROUNDS]]

Each step is the command /bin/true.  Rounds alternate; the time of a step is (time of STEPS steps - time of one step) /
(STEPS - 1), so that what it takes to begin counts nowhere; the medians are shown.  Slow peers get fewer steps.  prusik keeps
a durable journal; exit 1 when a peer that keeps a record of each step is faster.  make and bash keep none: they are shown.
"""
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scenario"))
# pylint: disable=wrong-import-position
from tap import write  # noqa: E402

PRUSIK = os.path.realpath(sys.argv[1])
STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
FEW = 20


def quiet(argv):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, env={**os.environ, "CI": "true", "NO_COLOR": "1"})
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# Each writes what it runs for n steps, and returns the command.


def by_prusik(n):
    shutil.rmtree(".prusik", ignore_errors=True)
    write("steps.md", "# Steps\n\n## Deployment\n\n```bash\n" + "/bin/true\n" * n + "```\n")
    write("prusik.yaml", "environment: test\nsteps: {deployment: {undo: nothing}}\n")
    return [PRUSIK, "run", "steps.md", "--operator", "ann", "--quiet"]


def by_bash(n):
    write("steps.sh", "set -e\n" + "/bin/true\n" * n)
    return ["bash", "steps.sh"]


def by_bash_each(n):
    write("each.sh", "set -e\n" + "bash -c /bin/true\n" * n)
    return ["bash", "each.sh"]


def by_make(n):
    write("Makefile", f"SHELL = /bin/bash\nall: s{n - 1}\ns0:\n\t@true;\n" +
          "".join(f"s{i}: s{i - 1}\n\t@/bin/true;\n" for i in range(1, n)))
    return ["make", "-s"]


def by_bats(n):
    write("steps.bats", "".join(f"@test \"step {i}\" {{\n  /bin/true\n}}\n" for i in range(n)))
    return ["bats", "steps.bats"]


def by_cram(n):
    write("steps.t", "  $ /bin/true\n" * n)
    return ["cram3", "-q", "steps.t"]


def by_ansible(n):
    write("steps.yml", "- hosts: localhost\n  connection: local\n  gather_facts: false\n  tasks:\n" +
          "    - command: /bin/true\n" * n)
    return ["ansible-playbook", "-i", "localhost,", "steps.yml"]


PEERS = {"prusik": (by_prusik, PRUSIK, STEPS), "make, bash as its shell": (by_make, "make", STEPS),
         "bash, one script": (by_bash, "bash", STEPS), "bash, one for each step": (by_bash_each, "bash", STEPS),
         "cram": (by_cram, "cram3", STEPS), "bats": (by_bats, "bats", 10 * FEW),
         "ansible-playbook": (by_ansible, "ansible-playbook", FEW)}
KEEP_A_RECORD = ["bats", "ansible-playbook"]  # of each step; make and bash keep none


def measure():
    found = {}
    for _ in range(ROUNDS):
        for name, (make, program, n) in PEERS.items():
            if not shutil.which(program):
                continue
            one, many = quiet(make(1)), quiet(make(n))
            found.setdefault(name, []).append([(b - a) / (n - 1) * 1e6 for a, b in zip(one, many)])
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in found.items()}


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        found = measure()
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    own = found["prusik"][0]
    print(f"{'':26}{'µs a step':>12}{'CPU µs':>10}{'ratio':>8}")
    for name, (wall, cpu) in sorted(found.items(), key=lambda row: row[1][0]):
        print(f"{name:26}{wall:12.0f}{cpu:10.0f}{wall / own:8.2f}")
    for name in PEERS.keys() - found.keys():
        print(f"{name:26}  not installed")
    slower = [name for name in KEEP_A_RECORD if name in found and found[name][0] < own]
    for name in slower:
        print(f"missed: {name} is faster")
    return 1 if slower else 0


sys.exit(main())
