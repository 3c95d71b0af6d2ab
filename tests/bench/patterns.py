#!/usr/bin/env python3
"""How fast the past of a log becomes patterns, against a search of the same lines: processor time, alternating rounds.

usage: patterns.py PRUSIK [MIB [ROUNDS]]
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

BINDING = """environment: test
watch: {interval: 1s, until: T+6s}
sources:
  logpatterns.app: {path: app.log, history: %d}
rules:
  new: "investigate when count(logpatterns.app[5m] : not (pattern in baseline)) > 0"
"""


def spent(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True) # to /dev/null grep stops at its first hit
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_log(path, size):
    """Every twentieth line tells of an error."""
    with open(path, "w", encoding="utf-8") as out:
        n, i = 0, 0
        while n < size:
            i += 1
            at = f"2026-02-15 02:{i % 60:02}:{i % 59:02},{i % 1000:03}"
            if i % 20 == 0:
                line = f"{at} ERROR [worker-{i % 17}] order {i}: timeout after {i / 7:.1f}s to 10.0.0.{i % 250}:5432\n"
            else:
                line = f"{at} INFO [worker-{i % 17}] order {i} was taken from the queue in {i % 97} ms\n"
            n += out.write(line)
    return n


def main():
    prusik = os.path.realpath(sys.argv[1])
    mib = int(sys.argv[2]) if len(sys.argv) > 2 else 64
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        n = write_log("app.log", mib << 20)
        with open("deploy.md", "w", encoding="utf-8") as out:
            out.write("# Deploy\n\n## Step 1\n\n```bash\necho 1 > x\n```\n")
        with open("prusik.yaml", "w", encoding="utf-8") as out:
            out.write(BINDING % n)
        times = [(spent(prusik, "watch", "deploy.md", "--try"), spent("grep", "-ciwE", "error|fatal|failed", "app.log"))
                 for _ in range(rounds)]
        os.chdir("/")
    ours, grep = (statistics.median(t[k] for t in times) for k in range(2))
    print(f"{mib} MiB: {n / ours / 1e6:.0f} MB/s of processor time ({ours:.2f} s), grep for the words {grep:.2f} s: {ours / grep:.1f} x")


main()
