#!/usr/bin/env python3
"""Counting five patterns in a log, against ripgrep on the same file in the same run.

usage: logs.py LOG_COUNTS [MEGABYTES]

Each pattern of a rule has a count of its own.  ripgrep counts one set of patterns a run, so the baseline is five runs of
`rg -j1 --no-mmap -c` (budget: as fast as they are together); one run with all five, which says less (their union), is shown beside
it.  Rounds alternate, the median counts, and the counts are compared.  Exit 1: a budget is missed.
"""
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

COUNT = os.path.realpath(sys.argv[1])
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 256
ROUNDS = 5
BUDGET, BUDGET_KIB = 1.0, 32 << 10
PATTERNS = ["ERROR|FATAL", "connection (refused|timeout|reset)", r"status=5\d\d", "(?i)deadlock detected",
            r"took [0-9]{4,}ms"]


def make(path):
    rnd = random.Random(20260215)
    words = ["handled", "fetched", "deal", "queue", "agent", "batch", "cache", "user", "session", "report", "synergy"]
    levels = ["INFO"] * 60 + ["DEBUG"] * 30 + ["WARN"] * 8 + ["ERROR", "FATAL"]
    rare = ["connection refused by 10.0.0.7", "connection timeout", "Deadlock detected", "connection reset by peer"]
    block = []
    for i in range(40000):
        text = " ".join(rnd.choice(words) for _ in range(rnd.randint(4, 12)))
        if rnd.random() < 0.004:
            text += " " + rnd.choice(rare)
        status = rnd.choice([200] * 200 + [301, 404, 500, 503])
        block.append(f"2026-02-15T02:{i // 1000 % 60:02}:{i // 17 % 60:02}.{i % 1000:03}Z {rnd.choice(levels)} [worker-{i % 16}] "
                     f"{text} status={status} took {int(rnd.expovariate(1 / 120))}ms id={rnd.getrandbits(64):016x}\n")
    data = "".join(block).encode()
    with open(path, "wb") as f:
        while f.tell() < MEGABYTES << 20:
            f.write(data)


def timed(*argv):
    """(seconds of the processor, words): each has one thread, and the machine may do other things."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


def main():
    if not shutil.which("rg"):
        print("ripgrep is not installed")
        return 1
    with tempfile.TemporaryDirectory(dir=os.getcwd()) as folder:
        path = os.path.join(folder, "app.log")
        make(path)
        size = os.path.getsize(path) / 1e6
        ours, five, one = [], [], []
        for _ in range(ROUNDS):
            took, out = timed(COUNT, path, *PATTERNS)
            ours.append(took)
            counts, kib = out[:-1], int(out[-1])
            runs = [timed("rg", "-j1", "--no-mmap", "-c", "-e", p, path) for p in PATTERNS]
            five.append(sum(r[0] for r in runs))
            if counts != [r[1][0] for r in runs]:
                print(f"the counts differ: {counts}, ripgrep {[r[1][0] for r in runs]}")
                return 1
            one.append(timed("rg", "-j1", "--no-mmap", "-c", *[a for p in PATTERNS for a in ("-e", p)], path)[0])
    mine = statistics.median(ours)
    ratio, union = statistics.median(five) / mine, statistics.median(one) / mine
    spread = (max(ours) - min(ours)) / mine
    print(f"{size:.0f} MB, five patterns: {size / mine:.0f} MB/s (spread {spread:.0%}), {kib / 1024:.0f} MiB; "
          f"{ratio:.2f} times as fast as ripgrep five times (budget {BUDGET}), {union:.2f} times as ripgrep once for their union")
    good = ratio >= BUDGET and kib <= BUDGET_KIB
    print("within its budget" if good else "over its budget")
    return 0 if good else 1


sys.exit(main())
