#!/usr/bin/env python3
"""Long work on records: what it says of itself, where, and how it is stopped.  TAP on stdout.

usage: progress.py PRUSIK

The records come through a pipe that keeps them back, so that the work takes as long as a test wants.
"""
import glob
import os
import pty
import signal
import subprocess
import sys
import time

from tap import DEADLINE_S, await_, check, read, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
MANY = 3000  # records: some times PACE_RECORDS


class Job:
    """prusik with a terminal or a pipe as standard error, and rows.csv as a pipe."""

    def __init__(self, *argv, terminal):
        os.mkfifo("rows.csv")
        self.master = None
        if terminal:
            self.master, err = pty.openpty()
        else:
            err = os.open("said", os.O_WRONLY | os.O_CREAT, 0o600)
        self.child = subprocess.Popen([PRUSIK, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err, text=True,
                                      env={**os.environ, "TERM": "xterm"})
        os.close(err)
        self.rows = os.fdopen(self.open_rows(), "w", encoding="utf-8")
        self.rows.write("id,total\n")
        self.n = 0
        self.said = ""

    def open_rows(self):
        end = time.monotonic() + DEADLINE_S
        while True:  # until somebody reads it
            check(self.child.poll() is None and time.monotonic() < end, "it does not read the records")
            try:
                fd = os.open("rows.csv", os.O_WRONLY | os.O_NONBLOCK)
                os.set_blocking(fd, True)
                return fd
            except OSError:
                time.sleep(0.01)

    def feed(self, n):
        for _ in range(n):
            self.n += 1
            self.rows.write(f"{self.n},7\n")
        self.rows.flush()

    def end(self):
        """(exit status, standard output)"""
        try:
            self.rows.close()
        except BrokenPipeError:
            pass  # it has ended already
        out = self.child.communicate(timeout=DEADLINE_S)[0]
        if self.master is None:
            self.said = read("said")
        while self.master is not None:
            try:
                got = os.read(self.master, 4096).decode()
            except OSError:
                got = ""
            self.said += got
            if not got:
                os.close(self.master)
                self.master = None
        os.unlink("rows.csv")
        return self.child.returncode, out


def snapshot(*more, terminal, wait_s):
    job = Job("snapshot", "rows.csv", "--key", "id", "--output", "pre.snap", *more, terminal=terminal)
    job.feed(MANY)
    time.sleep(wait_s)
    job.feed(MANY)
    return job


def at_a_terminal_one_line_is_written_over():
    job = snapshot(terminal=True, wait_s=1.5)
    same("the end", job.end(), (0, f"{2 * MANY} records written to pre.snap\n"))
    check("\r\x1b[Kreading rows.csv: " in job.said and " records" in job.said, f"it says {job.said!r}")
    check(job.said.endswith("\r\x1b[K") and "\n" not in job.said, f"the line stays: {job.said!r}")


def short_work_says_nothing():
    job = snapshot(terminal=True, wait_s=0)
    same("the end", job.end(), (0, f"{2 * MANY} records written to pre.snap\n"))
    same("what it says", job.said, "")


def quiet_says_nothing():
    job = snapshot("--quiet", terminal=True, wait_s=1.5)
    same("the end", job.end(), (0, ""))
    same("what it says", job.said, "")


def elsewhere_it_is_a_line_now_and_then():
    job = snapshot("--json", terminal=False, wait_s=10.5)
    code, out = job.end()
    same("the exit status", code, 0)
    check(f'"records": {2 * MANY}' in out and "reading" not in out, f"standard output is {out!r}")
    lines = job.said.splitlines()
    check(lines and all(line.startswith("reading rows.csv: ") for line in lines), f"it says {job.said!r}")
    check("\x1b" not in job.said and len(lines) < 3, f"it says {job.said!r}")


def who_stops_it_finds_nothing_half_done():
    for sig in (signal.SIGINT, signal.SIGTERM):
        job = snapshot(terminal=False, wait_s=0)
        job.child.send_signal(sig)
        time.sleep(0.2)
        try:
            job.feed(MANY)
        except BrokenPipeError:
            pass  # it has ended already
        code, out = job.end()
        same("the exit status", code, 130)
        same("standard output", out, "")
        check("was stopped after" in job.said, f"it says {job.said!r}")
        same("the files", sorted(os.listdir(".")), ["said"])
        os.unlink("said")


def folders_of_comparisons():
    return set(glob.glob(os.path.join(os.environ.get("TMPDIR", "/tmp"), "prusik-compare.*")))


def a_comparison_too():
    """Of two files: what they are turned into is taken away."""
    os.mkdir("tmp")
    write("old.csv", "id,total\n" + "".join(f"{i},7\n" for i in range(MANY)))
    before = folders_of_comparisons()
    job = Job("compare", "old.csv", "rows.csv", "--key", "id", terminal=True)
    job.feed(MANY)
    await_("the folder it works in", lambda: folders_of_comparisons() - before)
    job.child.send_signal(signal.SIGINT)
    time.sleep(0.2)
    job.feed(MANY)
    same("the exit status", job.end()[0], 130)
    same("what is left", folders_of_comparisons() - before, set())


def an_audit_too():
    write("prusik.data.yaml", "file: {rows: {path: rows.csv}}\n"
          "audits: {totals: {rows: file.rows, checks: [{name: known, expr: 'total is not null'}]}}\n")
    job = Job("audit", terminal=True)
    job.feed(MANY)
    time.sleep(1.5)
    job.feed(MANY)
    code, out = job.end()
    same("the exit status", code, 0)
    check("healthy" in out and "reading" not in out, f"standard output is {out!r}")
    check("reading" in job.said, f"it says {job.said!r}")
    job = Job("audit", terminal=True)
    job.feed(MANY)
    job.child.send_signal(signal.SIGINT)
    time.sleep(0.2)
    job.feed(MANY)
    code, out = job.end()
    same("the exit status", code, 130)
    same("standard output", out, "")  # no health of half the rows


run_tests([at_a_terminal_one_line_is_written_over, short_work_says_nothing, quiet_says_nothing,
           elsewhere_it_is_a_line_now_and_then, who_stops_it_finds_nothing_half_done, a_comparison_too, an_audit_too])
