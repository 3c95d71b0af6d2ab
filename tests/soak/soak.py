#!/usr/bin/env python3
"""A long run: many steps that print much, stopped and gone on with.  TAP on stdout, figures as comments.

usage: soak.py PRUSIK [STEPS [MEGABYTES]]

The memory of the process must not grow with the steps that are done, a resume must need as much as the run, `status`
must say where the run stands while it runs, and each byte of the store is accounted for: pages of tables and indexes, and
what is free.
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scenario"))
# pylint: disable=wrong-import-position
from tap import check, run_tests, same, write  # noqa: E402

PRUSIK = os.path.realpath(sys.argv[1])
STEPS = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
MEGABYTES = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
GROWTH_KB = 4096  # of the process, between the first tenth of the run and its last
SLOW_MS = 20  # a figure of the design, told and not judged here: other programs share the machine


def say(text):
    print(f"# {text}", flush=True)


def document():
    """Each step prints its share as lines that differ from step to step, so that nothing is kept once for all."""
    lines = max(1, MEGABYTES * 1000000 // STEPS // 9)  # "10000000\\n" has 9 bytes
    steps = "".join(f"```bash\nseq {10000000 + n * 7} {10000000 + n * 7 + lines - 1}\n```\n\n" for n in range(STEPS))
    write("soak.md", f"# Soak\n\n## Steps\n\n{steps}")
    write("prusik.yaml", "environment: soak\n")


def memory_kb(pid, what="VmRSS"):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(what))
    except (OSError, StopIteration):
        return 0


def done_steps():
    db = sqlite3.connect("file:.prusik/store.db?mode=ro", uri=True)
    begun = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'event'").fetchone()[0]
    n = db.execute("SELECT count(DISTINCT step) FROM event WHERE kind = 21 AND data LIKE '%\"state\":\"done\"%'").fetchone()[0] if begun else 0
    db.close()
    return n


def status_ms():
    begun = time.monotonic()
    done = subprocess.run([PRUSIK, "status"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    check("r-0001" in done.stdout, f"status says: {done.stdout}{done.stderr}")
    return (time.monotonic() - begun) * 1000


def go(argv, samples, until=None):
    """Run to the end, or until so many steps are done; then Ctrl-C.  samples: (steps done, KB).  The exit status, and its peak in KB."""
    peak = 0
    with subprocess.Popen([PRUSIK, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as p:
        while p.poll() is None:
            if os.path.exists(".prusik/store.db"):
                n = done_steps()
                samples.append((n, memory_kb(p.pid)))
                peak = max(peak, memory_kb(p.pid, "VmHWM"))
                if until and n >= until:
                    p.send_signal(signal.SIGINT)
                    until = None
            time.sleep(0.1)
        return p.returncode, peak


def accounts():
    """Bytes of the store by what they are for."""
    db = sqlite3.connect("file:.prusik/store.db?mode=ro", uri=True)
    page = db.execute("PRAGMA page_size").fetchone()[0]
    size = page * db.execute("PRAGMA page_count").fetchone()[0]
    free = page * db.execute("PRAGMA freelist_count").fetchone()[0]
    rows = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("event", "blob")}
    kept = db.execute("SELECT sum(length(data)) FROM blob").fetchone()[0] or 0
    told = db.execute("SELECT sum(length(data)) FROM event").fetchone()[0] or 0
    db.close()
    return {"file": size, "free": free, "events": rows["event"], "event bytes": told, "outputs": rows["blob"],
            "output bytes, compressed": kept}


def a_long_run_keeps_its_memory_and_accounts_for_its_store():
    document()
    first, second = [], []
    begun = time.monotonic()
    exit_status, run_peak = go(["run", "soak.md", "--operator", "ann", "--quiet"], first, STEPS // 2)
    same("the exit status of the stopped run", exit_status, 130)
    stopped = done_steps()
    check(STEPS // 2 <= stopped < STEPS, f"{stopped} steps were done when it was stopped")
    quick = min(status_ms() for _ in range(5))
    exit_status, resume_peak = go(["resume", "--quiet"], second)
    same("the exit status of the resumed run", exit_status, 0)
    say(f"{STEPS} steps and {MEGABYTES} MB of output in {time.monotonic() - begun:.0f} s, stopped and resumed once")
    same("the steps done", done_steps(), STEPS)
    for name, samples in (("run", first), ("resume", second)):
        kb = [m for _, m in samples if m]
        tenth = max(1, len(kb) // 10)
        early, late = max(kb[tenth:3 * tenth] or kb), max(kb[-2 * tenth:])
        say(f"{name}: {early} KB in its first tenths, {late} KB in its last")
        check(late <= early + GROWTH_KB, f"the memory of the {name} grew from {early} KB to {late} KB")
    say(f"at most: the run {run_peak} KB, the resume {resume_peak} KB")
    check(resume_peak <= 1.1 * run_peak + GROWTH_KB, f"a resume needs {resume_peak} KB, and the run {run_peak} KB")
    say(f"status: {quick:.1f} ms (the design says {SLOW_MS}), {min(status_ms() for _ in range(5)):.1f} ms at the end")
    found = accounts()
    say("store: " + json.dumps(found))
    known = found["event bytes"] + found["output bytes, compressed"] + found["free"]
    check(found["file"] <= 1.35 * known + 2000000, f"{found['file'] - known} bytes of the store are for nothing")
    done = subprocess.run([PRUSIK, "verify"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    same("verify", done.returncode, 0)


sys.exit(run_tests([a_long_run_keeps_its_memory_and_accounts_for_its_store]))
