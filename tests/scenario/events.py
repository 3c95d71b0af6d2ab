#!/usr/bin/env python3
"""The events of prusik run --json against their description, docs/formats/events.md, both ways.  TAP on stdout.

usage: events.py PRUSIK EVENTS.md
"""
import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from tap import DEADLINE_S, await_, check, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
PAGE = os.path.realpath(sys.argv[2])
FENCE = "```"
SEEN = {}  # event: the members of each


def sh(code):
    return f"\n{FENCE}bash\n{code}\n{FENCE}\n\n"


def start(*args):
    return subprocess.Popen([PRUSIK, *args, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, "CI": "1"}, start_new_session=True)


def take(process, status):
    out, err = process.communicate(timeout=DEADLINE_S)
    check(process.returncode == status, f"it ends with {process.returncode}: {err.decode()}")
    return [json.loads(line) for line in out.decode().splitlines()]


def prusik(*args, status=0):
    events = take(start(*args), status)
    check_common(events)
    for e in events:
        SEEN.setdefault(e["event"], []).append(e)
    return events


def check_common(events):
    numbers = [e["n"] for e in events if e["n"]]
    same("the numbers", numbers, list(range(numbers[0], numbers[0] + len(numbers))))
    for e in events:
        unknown = set(e) - {"n", "time", "run", "event", "step", "attempt", "data", "bytes"}
        check(not unknown, f"{e['event']} has {unknown}")
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", e["time"]), f"time {e['time']}")
        same(f"the run of {e['event']} {e['n']}", e["run"], "r-0001")


# --- runs

def a_run_that_fails_and_is_taken_back():
    write("deploy.md", "# A\n\n## Pre-checks\n\n- [ ] Notes read\n\n## Deployment\n" + sh("echo a; echo b >&2\ntouch made")
          + "### Clean (if needed)\n" + sh("rm -rf cache") + "### Test\n" + sh('sleep 100 &\necho 19\n# Expected: "20"')
          + "## Rollback\n" + sh("rm made"))
    write("prusik.yaml", "environment: test\noperator: ann\nchoices: {clean: no}\n"
          "answers: {notes-read/1: {answer: yes, by: bo, note: all}}\n")
    prusik("run", "deploy.md", status=4)
    prusik("rollback", "r-0001", "--why", "no", status=5)


class Metrics(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):  # pylint: disable=invalid-name
        Metrics.asked += 1
        body = f"# TYPE bad_total counter\nbad_total {Metrics.asked * 50}\n# TYPE all_total counter\nall_total " \
               f"{Metrics.asked * 100}\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):  # pylint: disable=arguments-differ
        pass


def a_run_that_is_watched_and_rolled_back():
    server = HTTPServer(("127.0.0.1", 0), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write("deploy.md", "# B\n\n## Pre-checks\n\n- [ ] Approval obtained\n\n## Deployment\n\n### 1. Close\n"
          + sh("touch MAINTENANCE") + "### 2. Code\n" + sh("echo <tag> > code") + "### 3. Open\n" + sh("rm MAINTENANCE")
          + "## Rollback\n" + sh("echo old > code") + "## Decision Matrix\n\n| Symptom | Action |\n|---|---|\n"
          "| Error rate >5% for >1 min | ROLLBACK |\n\n## Monitoring Schedule\n\n| Time | Check |\n|---|---|\n"
          "| T+1 min | Error rate |\n\n## Communication\n\nPost to #x when the release is rolled back:\n\n"
          f"{FENCE}\nRolled back: [reason] [name]\n{FENCE}\n")
    write("prusik.yaml", "environment: test\noperator: ann\napprovers: [bo]\ntime_scale: 0.02\n"
          "variables: {tag: {command: echo v4}, name: x}\nmaintenance: {flag: MAINTENANCE}\n"
          f"scrape: http://127.0.0.1:{server.server_port}/metrics\n"
          "metrics: {error_rate: 'ratio(bad_total, all_total)'}\nwatch: {until: T+10m, listen: \"127.0.0.1:0\"}\nflags: {NEW:}\n"
          "rules: {kill: 'flag-off NEW when error_rate[1m] > 5%'}\n")
    write("flags.json", '{"flags":{"NEW":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}}}')
    prusik("run", "deploy.md", status=7)
    subprocess.run([PRUSIK, "approve", "r-0001", "--as", "bo", "--role", "lead", "--note", "go"], check=True,
                   stdout=subprocess.DEVNULL)
    prusik("resume", "r-0001", status=5)
    server.shutdown()


def a_watch_that_goes_on_behind_its_end():
    write("deploy.md", "# F\n\n## Deployment\n" + sh("true"))
    write("prusik.yaml", "environment: test\noperator: ann\nwatch: {interval: 100ms}\n"
          "sources: {cmd.queue: {command: echo 7}}\nrules: {queue: 'investigate when cmd.queue.elapsed >= 0s for 2s', "
          "slower: 'investigate when cmd.queue.elapsed > 2x baseline and cmd.queue.exit == 0'}\n")
    prusik("watch", "deploy.md", "--for", "1s", status=9)


def a_watch_that_is_told_something():
    write("deploy.md", "# G\n\n## Deployment\n" + sh("true"))
    write("prusik.yaml", "environment: test\noperator: ann\nwatch: {interval: 100ms}\n"
          "rules: {incidents: 'investigate when events.incident[1h] >= 0'}\n")
    process = start("watch", "deploy.md", "--for", "3s")
    await_("the watch", lambda: subprocess.run([PRUSIK, "event", "incident", "--note", "down"], check=False,
                                               capture_output=True).returncode == 0)
    events = take(process, 9)
    check_common(events)
    SEEN.setdefault("reported", []).extend(e for e in events if e["event"] == "reported")


def a_run_that_waits_for_what_was_before():
    write("deploy.md", "# E\n\n## Deployment\n" + sh("touch made") + "## Rollback\n" + sh("rm made"))
    write("prusik.yaml", "environment: test\noperator: ann\nwatch: {interval: 100ms, until: T+300ms}\n"
          "sources: {cmd.queue: {command: echo 7}}\nrules: {slower: 'investigate when cmd.queue.elapsed > 999x baseline'}\n")
    events = [e["event"] for e in prusik("run", "deploy.md")]
    check(events.index("baseline-wait") < events.index("step-intent"), "a step begins before what was before is known")
    check("no-baseline" not in events, "what was before is not known")


def a_run_that_is_interrupted_and_in_doubt():
    write("deploy.md", "# C\n\n## Deployment\n" + sh("./deploy.sh") + "## Rollback\n" + sh("rm begun"))
    write("deploy.sh", "#!/bin/sh\ntouch begun\nexec sleep 100\n", 0o700)
    write("prusik.yaml", "environment: test\noperator: ann\nsteps: {deployment/1: {in_doubt: done, undo: none}}\n")
    process = start("run", "deploy.md")
    await_("the step", lambda: os.path.exists("begun"))
    process.send_signal(signal.SIGINT)
    events = take(process, 130)
    check_common(events)
    same("the last event", events[-1]["event"], "run-interrupted")
    SEEN.setdefault("run-interrupted", []).append(events[-1])
    events = prusik("resume", "r-0001")
    check("step-doubt" in [e["event"] for e in events], "no step was in doubt")


def a_run_with_gates_and_failures():
    write("deploy.md", "# D\n\n## Deployment\n" + sh("false\ntouch made") + "## Rollback\n" + sh("rm made"))
    write("prusik.yaml", "environment: test\noperator: ann\n"
          "steps:\n  deployment/1: {undo: none, retries: {times: 1, wait: 10ms}, on_failure: continue}\n"
          "gates: {deployment/2: {approve: {of: [bo]}}}\n")
    prusik("run", "deploy.md", status=7)
    subprocess.run([PRUSIK, "approve", "r-0001", "--as", "bo", "--reject", "--note", "not today"], check=True,
                   stdout=subprocess.DEVNULL)
    prusik("resume", "r-0001", status=3)


def a_run_on_several_hosts():
    write("deploy.md", "# E\n\n## Deployment\n" + sh("ssh web\necho here\ntouch made")
          + "## Rollback\n" + sh("ssh web\nrm made"))
    write("prusik.yaml", "environment: test\noperator: ann\n"
          "hosts: {web: {group: [a, b], batch: 2}, a: local, b: local}\n")
    events = prusik("run", "deploy.md")
    same("the hosts", sorted(e["data"]["host"] for e in events if e["event"] == "host-outcome"), ["a", "a", "b", "b"])
    same("who printed", sorted(e["data"]["host"] for e in events if e["event"] == "output"), ["a", "b"])


# --- against the description

def described():
    """From the table: event: (members that are always there, others)."""
    rows = {}
    with open(PAGE, encoding="utf-8") as f:
        for line in f:
            row = re.fullmatch(r"\| `([a-z-]+)` \|([^|]*)\|[^|]*\|\n", line)
            if row:
                names = re.findall(r"`([a-z0-9_]+)`(\?)?", row.group(2))
                rows[row.group(1)] = ({n for n, may in names if not may}, {n for n, may in names if may})
    return rows


def what_is_emitted_is_described():
    rows = described()
    bad = []
    for event, seen in sorted(SEEN.items()):
        if event not in rows:
            bad.append(f"{event} is not described: {sorted(set().union(*(e.get('data', {}) for e in seen)))}")
            continue
        always, may = rows[event]
        for e in seen:
            data = set(e.get("data", {}))
            if data - always - may:
                bad.append(f"{event}: not described: {sorted(data - always - may)}")
            if always - data:
                bad.append(f"{event}: described and not there: {sorted(always - data)}")
    same("what differs", "\n".join(sorted(set(bad))), "")


def what_is_described_is_emitted():
    rows = described()
    check(len(rows) > 20, f"only {len(rows)} are described")
    same("events that no run had", sorted(set(rows) - set(SEEN)), [])
    for event, (_, may) in sorted(rows.items()):
        for e in SEEN[event]:
            may = may - set(e.get("data", {}))
        print(f"# {event}: no run had {sorted(may)}" if may else f"# {event}: all seen")


if __name__ == "__main__":
    sys.exit(run_tests([
        a_run_that_fails_and_is_taken_back,
        a_run_that_is_watched_and_rolled_back,
        a_watch_that_goes_on_behind_its_end,
        a_watch_that_is_told_something,
        a_run_that_waits_for_what_was_before,
        a_run_that_is_interrupted_and_in_doubt,
        a_run_with_gates_and_failures,
        a_run_on_several_hosts,
        what_is_emitted_is_described,
        what_is_described_is_emitted,
    ]))
