#!/usr/bin/env python3
"""1,000 migrations linted, against reading the same files with cat, in the same run; squawk too, where it is installed.

usage: sql_lint.py PRUSIK [ROUNDS]

Two folders: files of one statement, and files of some ten.  Rounds alternate; the medians of the wall clock and of the
processor's time are shown.  The budget is for the processor's time of the first folder, as other programs change the clock's:
0.2 s, and the second at most 10 times the first.

SQLite's files make a table each, and twice as many; SQLite itself looks at all definitions for each that is made.  0.5 s, and
twice as many at most 3 times that.  Exit 1: a budget is missed.
"""
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PRUSIK = os.path.realpath(sys.argv[1])
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 7
FILES = 1000
BUDGET_S = 0.2
BUDGET_TEN = 10.0
BUDGET_LITE_S = 0.5
BUDGET_LITE_TWICE = 3.0

ONE = ["ALTER TABLE t{i} ADD COLUMN c{i} int NOT NULL DEFAULT 0;\n",
       "CREATE INDEX t{i}_c ON t{i} (c, d);\n",
       "CREATE TABLE n{i} (id bigserial PRIMARY KEY, name text NOT NULL, at timestamptz DEFAULT now());\n",
       "ALTER TABLE t{i} ADD CONSTRAINT k{i} FOREIGN KEY (a) REFERENCES p (id) NOT VALID;\n",
       "UPDATE t{i} SET a = lower(a) WHERE id BETWEEN 1 AND 1000;\n"]


def write(folder, statements):
    os.mkdir(folder)
    for i in range(FILES):
        with open(f"{folder}/{i:04d}_x.sql", "w", encoding="utf-8") as out:
            for k in range(statements):
                out.write(ONE[(i + k) % len(ONE)].format(i=i))


def write_lite(folder, files):
    os.mkdir(folder)
    for i in range(files):
        with open(f"{folder}/{i:04d}_x.sql", "w", encoding="utf-8") as out:
            out.write(f"CREATE TABLE t{i} (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n")


def cost(argv, good):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in good:
        sys.exit(f"{argv[0]}: exit status {done.returncode}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    home = tempfile.mkdtemp()
    names = [f"{i:04d}_x.sql" for i in range(FILES)]
    jobs = {}
    for folder, statements in (("one", 1), ("ten", 10)):
        write(f"{home}/{folder}", statements)
        files = [f"{home}/{folder}/{name}" for name in names]
        jobs[f"prusik db lint, {folder}"] = ([PRUSIK, "db", "lint", "--json", f"{home}/{folder}"], (10,))
        jobs[f"cat, {folder}"] = (["cat", *files], (0,))
        if shutil.which("squawk"):
            jobs[f"squawk, {folder}"] = (["squawk", *files], (0, 1))
    for folder, files in (("lite", FILES), ("lite, twice", 2 * FILES)):
        write_lite(f"{home}/{folder}", files)
        jobs[f"prusik db lint, {folder}"] = ([PRUSIK, "db", "lint", "--dialect", "sqlite", "--json", f"{home}/{folder}"], (0,))
    costs = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, (argv, good) in jobs.items():
            costs[name].append(cost(argv, good))
    shutil.rmtree(home)
    cpu = {}
    for name, each in costs.items():
        cpu[name] = statistics.median(c for _, c in each)
        print(f"{name:27} wall {statistics.median(w for w, _ in each) * 1000:6.0f} ms, processor {cpu[name] * 1000:6.0f} ms")
    one, ten = cpu["prusik db lint, one"], cpu["prusik db lint, ten"]
    print(f"{one / cpu['cat, one']:.1f} times cat; ten statements a file: {ten / one:.1f} times one (budget {BUDGET_TEN:.0f})")
    lite, twice = cpu["prusik db lint, lite"], cpu["prusik db lint, lite, twice"]
    print(f"SQLite, twice as many files: {twice / lite:.1f} times (budget {BUDGET_LITE_TWICE:.0f})")
    if lite > BUDGET_LITE_S or twice > BUDGET_LITE_TWICE * lite:
        sys.exit(f"budget missed: {lite:.3f} s for {FILES} files of SQLite (budget {BUDGET_LITE_S} s)")
    if one > BUDGET_S or ten > BUDGET_TEN * one:
        sys.exit(f"budget missed: {one:.3f} s for {FILES} files (budget {BUDGET_S} s)")


main()
