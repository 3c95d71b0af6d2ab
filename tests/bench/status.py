#!/usr/bin/env python3
"""A look at a run of many steps, against one at a run of few, and against counting its events with sqlite3, in the same run.

usage: status.py PRUSIK [STEPS [ROUNDS]]

Each step but the last, which fails, is the command /bin/true: there is a step to be shown.  Rounds alternate; medians are shown.
`prusik status` reads what the run has kept beside its last event, so it must not grow with the run: exit 1 when the ratio to the
run of few steps passes 1.5, or when counting the events is faster.  "all events" is the same run without what it has kept.
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
STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 21
FEW = 20
BLOCK = 100  # lines of a block
BUDGET_FEW = 1.5
BUDGET_COUNT = 1.0


def quiet(argv, status=0):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, env={**os.environ, "CI": "true", "NO_COLOR": "1"})
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != status:
        sys.exit(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout[-2000:]}")
    return done.stdout, wall * 1e3, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def make(name, n):
    """A store with one run of n steps, which stands at the last."""
    lines = ["/bin/true\n"] * (n - 1) + ["/bin/false\n"]
    blocks = ["```bash\n" + "".join(lines[i:i + BLOCK]) + "```\n" for i in range(0, n, BLOCK)]
    write("steps.md", "# Steps\n\n## Deployment\n\n" + "\n".join(blocks))
    write("prusik.yaml", "environment: test\nsteps: {deployment: {undo: nothing}}\n")
    quiet([PRUSIK, "run", "steps.md", "--operator", "ann", "--quiet", "--store", name], 4)


def measure(looks):
    found = {name: [] for name in looks}
    for _ in range(ROUNDS):
        for name, argv in looks.items():
            found[name].append(quiet(argv)[1:])
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in found.items()}


def look(store):
    return [PRUSIK, "status", "--store", store]


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        make("few", FEW)
        make("many", STEPS)
        shutil.copytree("many", "plain")
        quiet(["sqlite3", "plain/store.db", "DELETE FROM summary"])
        if quiet(look("many"))[0] != quiet(look("plain"))[0]:
            sys.exit("status shows something else without what the run has kept")
        found = measure({f"status, {FEW} steps": look("few"), f"status, {STEPS} steps": look("many"),
                         f"status, {STEPS} steps, all events": look("plain"),
                         "sqlite3, the events counted": ["sqlite3", "many/store.db", "SELECT count(*) FROM event"]})
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    few, many, _, count = [row[0] for row in found.values()]
    print(f"{'':40}{'ms':>10}{'CPU ms':>10}{'ratio':>8}")
    for name, (wall, cpu) in found.items():
        print(f"{name:40}{wall:10.1f}{cpu:10.1f}{wall / many:8.2f}")
    missed = [text for text, value, budget in ((f"{FEW} steps", many / few, BUDGET_FEW), ("sqlite3", many / count, BUDGET_COUNT))
              if value > budget]
    for text in missed:
        print(f"missed: against {text}")
    return 1 if missed else 0


sys.exit(main())
