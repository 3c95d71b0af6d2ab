#!/usr/bin/env python3
"""A wall clock that jumps while a run goes on.  TAP on stdout.

usage: clock.py PRUSIK CLOCK_JUMP_LIBRARY
"""
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from tap import DEADLINE_S, await_, check, run_tests, same, write

PRUSIK, LIBRARY = (os.path.realpath(a) for a in sys.argv[1:3])
HOUR = 3600


def environment():
    return {**os.environ, "LD_PRELOAD": LIBRARY, "PRUSIK_CLOCK_FILE": os.path.realpath("clock"), "CI": "true"}


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=DEADLINE_S, env=environment())


class Run:
    """prusik in the background, told event by event."""

    def __init__(self, *argv):
        self.p = subprocess.Popen([PRUSIK, *argv, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, env=environment())
        self.lines = []
        self.deadline = threading.Timer(DEADLINE_S, self.p.kill)
        self.deadline.daemon = True
        self.deadline.start()

    def until(self, word):
        for line in self.p.stdout:
            self.lines.append(line)
            if word in line:
                return
        check(False, f"{word!r} does not come; there is:\n{''.join(self.lines[-20:])}")

    def end(self):
        self.lines += self.p.stdout.readlines()
        self.deadline.cancel()
        return self.p.wait(DEADLINE_S)


def jump(seconds):
    write("clock", str(seconds))


class Metrics(BaseHTTPRequestHandler):
    served = 0

    def do_GET(self):  # pylint: disable=invalid-name
        Metrics.served += 100
        text = f"# TYPE calls_total counter\ncalls_total{{result=\"ok\"}} {Metrics.served}\ncalls_total{{result=\"error\"}} 0\n"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


WATCHED = """# Doc

## Deployment

```bash
cp new app
```

## Post-Deployment Verification

### 1-Minute Checks

- [ ] **Error rate:** error rate <1%

## Rollback Procedures

```bash
cp old app
```

## Decision Matrix

| Symptom | Action |
|---|---|
| Error rate >50% for >1 min | ROLLBACK |
"""


def begin_watch():
    server = HTTPServer(("127.0.0.1", 0), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("new", "old", "app"):
        write(name, name)
    write("doc.md", WATCHED)
    write("prusik.yaml", f"""environment: test
time_scale: 0.02
scrape: http://127.0.0.1:{server.server_port}/metrics
metrics:
  error_rate: 'ratio(calls_total{{result="error"}}, calls_total)'
watch: {{interval: 5s, until: T+3m}}
""")
    return server


def durations():
    report = json.loads(prusik("report", "--json").stdout)
    return [s["ended_us"] - s["started_us"] for s in report["steps"] if s.get("ended_us")]


def a_watch_is_not_misled(seconds):
    server = begin_watch()
    run = Run("run", "doc.md", "--operator", "ann")
    run.until('"mark"')
    jump(seconds)
    same("the exit status", run.end(), 0)
    check(any('"verdict":"OK"' in line for line in run.lines), "there is no verdict OK")
    server.shutdown()
    same("verify", prusik("verify").returncode, 0)


def a_clock_that_goes_back_does_not_lengthen_a_watch():
    a_watch_is_not_misled(-HOUR)


def a_clock_that_goes_forward_does_not_cut_a_watch_short():
    a_watch_is_not_misled(HOUR)


def a_watch_goes_on_in_another_process_whose_clock_is_behind():
    server = begin_watch()
    run = Run("run", "doc.md", "--operator", "ann")
    run.until('"mark"')
    run.until('"event":"watch"')
    run.p.send_signal(signal.SIGKILL)
    run.end()
    jump(-HOUR)
    run = Run("resume")
    same("the exit status", run.end(), 0)
    server.shutdown()


def a_step_takes_the_time_that_passed():
    write("doc.md", "# Doc\n\n## Steps\n\n```bash\nuntil [ -e go ]; do sleep 0.05; done\necho there\n```\n")
    write("prusik.yaml", "environment: test\n")
    run = Run("run", "doc.md", "--operator", "ann")
    run.until("step-intent")
    jump(-HOUR)
    write("go", "")
    same("the exit status", run.end(), 0)
    check(all(0 <= d < DEADLINE_S * 1000000 for d in durations()), f"the steps took {durations()} us")


def backup_after_correction(off_by, command):
    """The clock is off when the run begins, and is set right before the backup; files are stamped by the kernel's."""
    jump(off_by)
    write("app", "app")
    write("doc.md", "# Doc\n\n## Backup\n\n```bash\nuntil [ -e go ]; do sleep 0.05; done\n```\n\n"
                    f"```bash\n{command}\n# Expected: Backup file created\n```\n")
    write("prusik.yaml", "environment: test\n")
    run = Run("run", "doc.md", "--operator", "ann")
    run.until("step-intent")
    jump(0)
    write("go", "")
    return run, run.end()


def a_file_made_after_the_clock_was_set_back_is_not_taken_for_old():
    run, status = backup_after_correction(HOUR, "cp app app.bak")
    check(status == 0, f"it ends with {status}:\n{''.join(run.lines[-8:])}")


def a_file_from_before_is_not_taken_for_new_after_the_clock_was_set_forward():
    write("app.bak", "old")
    await_("an old file", lambda: time.time() - os.stat("app.bak").st_ctime > 3)
    run, status = backup_after_correction(-HOUR, "cp -n app app.bak")
    same("the exit status", status, 4)
    check(any("is older than this step" in line for line in run.lines), "it is not said why")


def a_gate_that_looks_again_and_again_goes_on_looking():
    write("doc.md", "# Doc\n\n## Steps\n\n```bash\necho there\n```\n")
    write("prusik.yaml", """environment: test
gates:
  steps:
    wait_until: {command: "echo x >> looks; [ -e go ]", every: 100ms, timeout: 10m}
""")
    run = Run("run", "doc.md", "--operator", "ann")
    await_("the first look", lambda: os.path.exists("looks"))
    jump(-HOUR)
    had = os.path.getsize("looks")
    await_("a further look", lambda: os.path.getsize("looks") > had + 4)
    write("go", "")
    same("the exit status", run.end(), 0)


def a_flag_is_switched_in(seconds):
    """A rule switches a flag off, and its program sets the clock meanwhile."""
    write("doc.md", "# Doc\n\n## Deployment\n\n```bash\necho new > app.txt\n```\n\n## Rollback\n\n```bash\nrm app.txt\n```\n")
    write("prusik.yaml", "environment: test\nsources:\n  cmd.queue: {command: cat queue.txt}\n"
          "watch: {interval: 50ms, until: T+2s}\nrules: {queue: 'flag-off NEW_UI when cmd.queue.json.length > 100'}\n"
          "flags: {NEW_UI: {within: 30s}}\n")
    write("prusik.flags.yaml", "flags:\n  NEW_UI:\n    variants: {on: 'true', off: 'false'}\n"
          "    env_file: {path: app.env, name: NEW_UI}\n    apply: [sh, apply.sh]\n")
    write("apply.sh", f"echo {seconds} > clock\nsleep 0.3\n")
    write("app.env", "NEW_UI=true\n")
    write("queue.txt", '{"length": 200}')
    write("flags.json", '{"flags":{"NEW_UI":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}}}')
    done = prusik("run", "doc.md", "--operator", "ann")
    same("the exit status", done.returncode, 9)
    events = json.loads(prusik("report", "--json").stdout)["events"]
    took = [e["data"]["ms"] for e in events if e["event"] == "flag-outcome"]
    check(len(took) == 1 and 300 <= took[0] < DEADLINE_S * 1000, f"the flag was switched in {took} ms")


def a_clock_that_jumps_does_not_change_how_long_a_flag_took():
    a_flag_is_switched_in(HOUR)


def a_clock_that_goes_back_does_not_either():
    a_flag_is_switched_in(-HOUR)


sys.exit(run_tests([
    a_clock_that_jumps_does_not_change_how_long_a_flag_took, a_clock_that_goes_back_does_not_either,
    a_clock_that_goes_back_does_not_lengthen_a_watch, a_clock_that_goes_forward_does_not_cut_a_watch_short,
    a_watch_goes_on_in_another_process_whose_clock_is_behind, a_step_takes_the_time_that_passed,
    a_file_made_after_the_clock_was_set_back_is_not_taken_for_old,
    a_file_from_before_is_not_taken_for_new_after_the_clock_was_set_forward, a_gate_that_looks_again_and_again_goes_on_looking,
]))
