#!/usr/bin/env python3
"""Each way in which a run ends or stops, for real, and what exit code, status, report and JSON call it.  TAP.

usage: ends.py PRUSIK
"""
import json
import os
import re
import signal
import subprocess
import sys

from tap import DEADLINE_S, await_, check, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])

DOC = """# Doc

## Deployment

```bash
echo new > app.txt
```

```bash
%s
```

## Rollback

```bash
%s
```
"""


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv, *(["--unattended"] if argv[0] in ("run", "resume", "rollback") else [])],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False,
                          env={**os.environ, "CI": "true", "NO_COLOR": "1", "TZ": "UTC"})


def begin(second="true", back="rm app.txt", yaml=""):
    write("deploy.md", DOC % (second, back))
    write("prusik.yaml", "environment: test\noperator: ann\n" + yaml)


def start(**what):
    begin(**what)
    return prusik("run", "deploy.md").returncode


APPROVE = "gates: {\"2\": {approve: }}\n"


def done():
    return start()


def investigate():
    return start(second="false", yaml="steps: {\"2\": {on_failure: continue}}\n")


def refused():
    same("waits", start(yaml=APPROVE), 7)
    same("reject", prusik("approve", "r-0001", "--as", "bob", "--reject", "--note", "not today").returncode, 0)
    return prusik("resume").returncode


def failed():
    return start(second="false")


def aborted():
    same("fails", start(second="false"), 4)
    return prusik("abort", "--why", "enough").returncode


def rolled_back():
    return start(second="false", yaml="on_failure: rollback\n")


def rollback_failed():
    return start(second="false", back="rm app.txt; false", yaml="on_failure: rollback\n")


def waiting():
    return start(yaml=APPROVE)


def waiting_for_a_time():
    return start(yaml="gates: {\"2\": {wait_until: {time: \"2199-01-01 00:00\", zone: UTC}}}\n")


def interrupted():
    begin(second="touch begun; sleep 600", yaml="")
    run = subprocess.Popen([PRUSIK, "run", "deploy.md", "--unattended"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await_("the step", lambda: os.path.exists("begun"))
    run.send_signal(signal.SIGINT)
    return run.wait(DEADLINE_S)


def crashed():
    begin(second="touch begun; sleep 600", yaml="")
    run = subprocess.Popen([PRUSIK, "run", "deploy.md", "--unattended"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await_("the step", lambda: os.path.exists("begun"))
    run.kill()
    return run.wait(DEADLINE_S)


# what makes it, exit code of the verb, word in JSON, words in the first line of status, exit in JSON, is it over?
TABLE = [
    (done, 0, "done", "finished, done", 0, True),
    (investigate, 9, "investigate", "finished, investigate", 9, True),
    (refused, 3, "refused", "refused", 3, False),
    (failed, 4, "failed", "failed", 4, False),
    (aborted, 0, "aborted", "finished, aborted", 4, True),
    (rolled_back, 5, "rolled-back", "finished, rolled-back", 5, True),
    (rollback_failed, 6, "rollback-failed", "rollback-failed", 6, False),
    (waiting, 7, "waiting", "waiting", 7, False),
    (waiting_for_a_time, 7, "waiting", "waiting", 7, False),
    (interrupted, 130, "interrupted", "interrupted", 130, False),
    (crashed, -9, "crashed", "crashed", None, False),
]


BANNERS = {
    "done": "Done", "investigate": "Done; people should look", "refused": "Refused", "failed": "Failed",
    "aborted": "Aborted", "rolled-back": "Rolled back", "rollback-failed": "The way back failed",
    "waiting": "Waiting", "interrupted": "Interrupted", "crashed": "Crashed",
}


def look_at(row):
    make, code, word, shown, exit_code, over = row

    def test():
        same("the exit code", make(), code)
        text = prusik("status").stdout
        same("status", text.splitlines()[0], f"r-0001  {shown}")
        status = json.loads(prusik("status", "--json").stdout)
        same("status --json", (status["status"], status.get("exit")), (word, exit_code))
        same("what goes on", bool(status.get("next")), not over)
        report = json.loads(prusik("report", "--json").stdout)
        same("report --json", (report["status"], report.get("exit")), (word, exit_code))
        html = prusik("report", "--format", "html", "--output", "r.html")
        same("report", html.returncode, 0)
        page = open("r.html", encoding="utf-8").read()
        same("report", re.search(r'class="banner[^>]*><p><strong>([^<]*)', page).group(1), BANNERS[word])
        same("all runs", prusik("status", "--all").stdout.split()[2].rstrip(","), shown.split()[0].rstrip(","))
        same("the chain", prusik("verify").returncode, 0)

    test.__name__ = make.__name__
    return test


def no_two_are_called_the_same():
    words = [row[2] for row in TABLE if row[0] is not waiting_for_a_time]
    same("words", len(set(words)), len(words))


def each_goes_on_or_is_over():
    """The command that status names does go on; what is over does not."""
    for make, _, _, _, _, over in TABLE:
        for name in (".prusik", "begun", "app.txt"):
            subprocess.run(["rm", "-rf", name], check=True)
        make()
        if over:
            same(f"resume after {make.__name__}", prusik("resume").returncode, 3)
        else:
            check(prusik("abort", "--why", "test").returncode == 0, f"abort after {make.__name__}")


def a_store_that_is_not_ours_is_not_called_missing():
    done()
    os.chmod(".prusik", 0)
    weak = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    look = subprocess.run([*weak, PRUSIK, "status"], capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    os.chmod(".prusik", 0o700)
    same("exit code", look.returncode, 2)
    check("Permission denied" in look.stderr and "it belongs to " in look.stderr, look.stderr)


sys.exit(run_tests([look_at(row) for row in TABLE] + [
    no_two_are_called_the_same, each_goes_on_or_is_over, a_store_that_is_not_ours_is_not_called_missing]))
