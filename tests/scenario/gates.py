#!/usr/bin/env python3
"""Gates with the real program: a run that waits at a terminal, words from another one, death and reboot.  TAP.

usage: gates.py PRUSIK
"""
import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

from pseudo import Terminal
from tap import DEADLINE_S, await_, check, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])

DOC = """# Doc

## Deployment

```bash
echo one >> done.txt
```
"""
HEAD = "environment: test\nsteps: {\"1\": {undo: nothing to do}}\n"


def prusik(*argv, user=None, cwd=None):
    env = {**os.environ, "CI": "true", "NO_COLOR": "1"}
    if user:
        env["SUDO_USER"] = user
    return subprocess.run([PRUSIK, *argv], capture_output=True, text=True, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
                          timeout=DEADLINE_S, check=False)


def status(run="r-0001"):
    done = prusik("status", run, "--json")
    return json.loads(done.stdout)


def lines(name):
    return len(open(name, encoding="utf-8").readlines()) if os.path.exists(name) else 0


def utc(seconds):
    return (dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=seconds)).strftime("%H:%M:%S")


def begin(yaml):
    write("deploy.md", DOC)
    write("prusik.yaml", HEAD + yaml)


def approved_from_another_terminal():
    begin("people: {ann: {roles: [op]}, bob: {roles: [dba]}, cyd: {roles: [dba]}}\n"
          "gates: {\"1\": {approve: {roles: [dba], need: 2}}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text("waits for 2 approvals of dba")
    same("refused to the operator", prusik("approve", "r-0001", user="ann").returncode, 3)
    same("state", status()["status"], "running")
    same("what it waits for", status()["waits"]["for"], "2 approvals of dba")
    same("approve", prusik("approve", "r-0001", "--as", "dba", "--note", "read", user="bob").returncode, 0)
    t.await_text("has 1")
    same("approve", prusik("approve", "r-0001", user="cyd").returncode, 0)
    t.await_text("DONE")
    same("exit", t.end(), 0)
    same("done", lines("done.txt"), 1)


def a_word_from_another_terminal_refuses():
    begin("gates: {\"1\": {approve: }}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text("waits for 1 approval")
    same("reject", prusik("approve", "r-0001", "--as", "bob", "--reject", "--note", "no").returncode, 0)
    t.await_text("REFUSED")
    same("exit", t.end(), 3)
    same("status", status()["status"], "refused")


def cpu_s(pid):
    fields = open(f"/proc/{pid}/stat", encoding="utf-8").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def waiting_costs_nothing():
    begin("gates: {\"1\": {approve: }}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", "--quiet")
    await_("the run", lambda: '"waits"' in prusik("status", "r-0001", "--json").stdout)
    before, begun = cpu_s(t.pid), time.monotonic()
    time.sleep(3)  # what is measured is a span of waiting
    used = cpu_s(t.pid) - before
    print(f"# {used * 1000:.0f} ms of CPU in {time.monotonic() - begun:.1f} s of waiting")
    check(used <= 0.03, f"{used} s of CPU in 3 s")
    os.kill(t.pid, signal.SIGINT)
    same("exit", t.end(), 130)


def killed_while_it_waits_and_resumed_after_a_reboot():
    begin("gates: {\"1\": {approve: }}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text("waits for 1 approval")
    since = status()["waits"]["since_us"]
    os.kill(t.pid, signal.SIGKILL)
    t.end()
    db = sqlite3.connect(".prusik/store.db")  # another boot, and the number belongs to a living process now
    db.execute("UPDATE lock SET boot = 'an earlier one', pid = ?, start = 1", (os.getpid(),))
    db.commit()
    db.close()
    same("status", status()["status"], "crashed")
    same("exit", prusik("resume", "r-0001", "--unattended").returncode, 7)
    same("it waits since", status()["waits"]["since_us"], since)
    same("approve", prusik("approve", "r-0001", "--as", "bob").returncode, 0)
    os.mkdir("elsewhere")
    done = prusik("resume", "r-0001", "--unattended", "--store", "../.prusik", cwd="elsewhere")
    same("exit, from another folder", (done.returncode, done.stderr), (0, ""))
    same("done", lines("done.txt"), 1)
    same("verify", prusik("verify", "r-0001").returncode, 0)


def a_window_opens_while_it_waits():
    begin(f"zone: UTC\ngates: {{\"1\": {{window: {{from: \"{utc(3)}\", to: \"{utc(3600)}\"}}}}}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text("waits for its window")
    t.await_text("DONE")
    same("exit", t.end(), 0)


def unattended_it_ends_and_says_when():
    begin(f"zone: UTC\ngates: {{\"1\": {{freeze: {{from: \"{utc(-3600)}\", to: \"{utc(3600)}\", why: year end}}}}}}\n")
    done = prusik("run", "deploy.md", "--operator", "ann", "--unattended", "--quiet")
    same("exit", done.returncode, 7)
    check("(year end)" in done.stderr and "prusik resume r-0001" in done.stderr, done.stderr)
    check("prusik resume r-0001" in status()["next"], status()["next"])
    same("done", lines("done.txt"), 0)


def at_a_terminal_it_ends_when_it_is_told_to():
    begin("gates: {\"1\": {approve: }}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann", "--exit-when-waiting")
    t.await_text("WAITING")
    same("exit", t.end(), 7)


def a_confirmation_wants_its_note():
    begin("gates: {\"1\": {confirm: {note: required, text: all told?}}}\n")
    t = Terminal(PRUSIK, "run", "deploy.md", "--operator", "ann")
    t.await_text(r"all told\? \(a yes needs a note\)")
    t.await_text("may follow")
    t.send("y\r")
    t.await_text("this yes needs a note")
    t.await_text("may follow")
    t.send("y ticket 7\r")
    t.await_text("DONE")
    same("exit", t.end(), 0)
    check("ticket 7" in prusik("report", "r-0001", "--format", "json").stdout, "the note is not in the report")


sys.exit(run_tests([
    approved_from_another_terminal, a_word_from_another_terminal_refuses, waiting_costs_nothing,
    killed_while_it_waits_and_resumed_after_a_reboot, a_window_opens_while_it_waits,
    unattended_it_ends_and_says_when, at_a_terminal_it_ends_when_it_is_told_to, a_confirmation_wants_its_note,
]))
