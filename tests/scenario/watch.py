#!/usr/bin/env python3
"""A watch that stands alone, with the real program: its schedule, its death, what it counts.  TAP.

usage: watch.py PRUSIK
"""
import json
import os
import signal
import subprocess
import sys
import threading
import time

from program import prusik, start
from tap import DEADLINE_S, await_, check, run_tests, same, write

DOC = """# Shop

## Deployment

```bash
echo never > done.txt
```
"""
YAML = """environment: test
sources:
  cmd.queue: {command: cat queue.txt}
  log.app: {path: app.log}
rules:
  queue: investigate when cmd.queue.json.length > 100
  errors: 'investigate when matches(log.app, "ERROR")[5m] > 1'
watch: {interval: 100ms}
"""


def begin():
    write("deploy.md", DOC)
    write("prusik.yaml", YAML)
    write("queue.txt", '{"length": 7}')
    write("app.log", "")


def say(text):
    with open("app.log", "a", encoding="utf-8") as f:
        f.write(text)



def a_watch_that_was_killed_goes_on_from_its_own_begin():
    begin()
    p = start("watch", "deploy.md", "--for", "10s", "--json")
    mark = None
    rounds = 0
    for line in p.stdout:
        e = json.loads(line)
        if e["event"] == "mark":
            mark = e["data"]["at_us"]
        rounds += e["event"] == "watch"
        if e["event"] == "watch" and e["data"]["at_ms"] > 400 and rounds > 3:  # by then the log has a place
            break
    check(mark, "there is no deploy mark")
    p.send_signal(signal.SIGKILL)
    p.wait(DEADLINE_S)
    p.stdout.close()
    say("ERROR 1\nERROR 2\nERROR 3\n")  # nobody looks, and they count
    p = start("resume", "--json")
    ends = []
    counts = []
    for line in p.stdout:
        e = json.loads(line)
        check(e["event"] != "mark", "it began anew")
        if e["event"] == "watch":
            ends.append((e["data"]["at_ms"], e["data"]["until_ms"]))
            counts += [r["value"] for r in e["data"]["rules"] if r["rule"] == "errors" and "value" in r]
            if len(ends) == 1:
                say("ERROR 4\nERROR 5\n")
    p.stdout.close()
    same("exit code", p.wait(DEADLINE_S), 9)
    same("errors", max(counts), 5)
    same("the end", {until for _, until in ends}, {10000})
    check(ends[0][0] > 400, f"the watch did not go on: {ends[0]}")
    check(time.time() * 1e6 - mark >= 9.9e6, "it ended early")
    same("done", os.path.exists("done.txt"), False)


def an_interrupted_watch_says_how_to_go_on():
    begin()
    p = start("watch", "deploy.md", "--for", "1h", "--json")
    for line in p.stdout:
        if json.loads(line)["event"] == "watch":
            break
    p.send_signal(signal.SIGTERM)
    last = [json.loads(line) for line in p.stdout][-1]
    p.stdout.close()
    same("exit code", p.wait(DEADLINE_S), 130)
    same("event", last["event"], "run-interrupted")
    done = prusik("rollback", "r-0001")
    same("exit code of rollback", done.returncode, 3)
    check("only watches" in done.stderr, done.stderr)


def what_is_counted_is_counted_while_nobody_looks():
    """A process that the kernel kills for want of memory after one watch ended and before it goes on."""
    os.mkdir("group")
    for name, text in (("cgroup.procs", "1\n"), ("memory.current", "1000\n"), ("memory.max", "max\n"),
                       ("cpu.stat", "usage_usec 1\nthrottled_usec 0\n"), ("memory.events", "max 0\noom_kill 3\n")):
        write(f"group/{name}", text)
    write("deploy.md", "# Shop\n\n## Deployment\n\n```bash\ntrue\n```\n")
    write("prusik.yaml", f"environment: test\noperator: ann\nsources: {{cgroup.web: {{group: {os.getcwd()}/group}}}}\n"
          "rules: {oom: 'rollback when cgroup.web.oom_kills[10m] > 0'}\nwatch: {interval: 100ms}\n")
    p = start("watch", "deploy.md", "--for", "10m", "--json")
    for line in p.stdout:
        if json.loads(line)["event"] == "watch":
            break
    time.sleep(0.5)
    p.send_signal(signal.SIGINT)
    p.communicate(timeout=DEADLINE_S)
    same("the first watch", p.returncode, 130)
    write("group/memory.events", "max 0\noom_kill 4\n")
    same("the second", prusik("resume", "r-0001").returncode, 4)


def what_the_deployment_did_is_nothing_that_happened_after_it():
    """The restart, and lines without a time that came before it: also for a watch that was killed right behind the deploy mark."""
    for name in ("app.pid", "app.log"):
        write(name, "")
    first = subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL)
    threading.Thread(target=first.wait, daemon=True).start()  # so that it is gone when it has ended
    write("app.pid", f"{first.pid}\n")
    write("deploy.md", "# Shop\n\n## Deployment\n\n```bash\nsleep 0.6\necho v2 > version.txt\necho ERROR draining >> app.log\n"
          "systemctl restart app\n```\n\n## Rollback\n\n```bash\nrm version.txt\nsystemctl restart app\n```\n")
    write("prusik.yaml", "environment: test\noperator: ann\nservices:\n"
          "  app: {manager: process, command: [/usr/bin/sleep, '1000'], pid_file: app.pid, stable: 300ms}\n"
          "sources: {log.app: {path: app.log}}\n"
          "rules:\n  crashes: 'rollback when unit.app.crashes > 0'\n  errors: 'rollback when matches(log.app, \"ERROR\")[5m] > 0'\n"
          "steps: {deployment/3: {undo: a line of a log}}\nwatch: {interval: 100ms, until: T+3s}\n")
    try:
        p = start("run", "deploy.md", "--unattended", "--json")
        for line in p.stdout:
            e = json.loads(line)
            if e["event"] == "watch" and e["data"]["at_ms"] > 300:
                break
        p.send_signal(signal.SIGKILL)
        p.wait(DEADLINE_S)
        p.stdout.close()
        done = prusik("resume", "--unattended")
        same("exit code of the resume", (done.returncode, done.stdout if done.returncode else ""), (0, ""))
        same("what runs", os.path.exists("version.txt"), True)
    finally:
        with open("app.pid", encoding="ascii") as f:
            os.kill(int(f.read()), signal.SIGKILL)


def it_stands_in_no_deployments_way():
    begin()
    write("run.md", DOC)
    p = start("watch", "deploy.md", "--for", "1h", "--json")
    for line in p.stdout:
        if json.loads(line)["event"] == "watch":
            break
    write("other.yaml", "environment: test\nsteps: {\"1\": {undo: nothing}}\n")
    done = prusik("run", "run.md", "--bind", "other.yaml", "--quiet")
    same("exit code", (done.returncode, done.stderr), (0, ""))
    second = prusik("watch", "deploy.md", "--for", "1s", "--quiet")
    same("exit code of a second watch", second.returncode, 8)
    check("rollback" not in second.stderr, second.stderr)
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=DEADLINE_S)


def a_log_that_is_rotated_is_counted_once():
    begin()
    p = start("watch", "deploy.md", "--for", "3s", "--json")
    seen = 0
    counts = []
    for line in p.stdout:
        e = json.loads(line)
        if e["event"] != "watch":
            continue
        seen += 1
        counts += [r["value"] for r in e["data"]["rules"] if r["rule"] == "errors" and "value" in r]
        if seen == 3:
            say("ERROR 1\nERROR 2")
            os.rename("app.log", "app.log.1")
            write("app.log", "ERROR 3\n")
    p.stdout.close()
    same("exit code", p.wait(DEADLINE_S), 9)
    same("errors", max(counts), 3)
    await_("the end", lambda: prusik("status").stdout.startswith("r-0001  finished, investigate"))


def lines_count_when_they_were_written():
    begin()
    p = start("watch", "deploy.md", "--for", "3s", "--json")
    seen, counts = 0, []
    for line in p.stdout:
        e = json.loads(line)
        if e["event"] != "watch":
            continue
        seen += 1
        counts += [r["value"] for r in e["data"]["rules"] if r["rule"] == "errors" and "value" in r]
        if seen == 3:  # written before the watch began, or long ago: not of this release
            say("2020-01-01T00:00:00Z ERROR old\n2020-01-01T00:00:01Z ERROR older\n")
            say(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)) + " ERROR of a clock that is ahead\n")
            say(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60)) + " ERROR before the mark\n")
    p.stdout.close()
    same("exit code", p.wait(DEADLINE_S), 0)
    same("errors", max(counts), 1)


def counters_rows_and_probes_reach_the_rules():
    begin()
    os.mkdir("group")
    for name, text in {"cgroup.procs": "1\n", "memory.current": "5000000\n", "memory.max": "max\n",
                       "memory.events": "max 0\noom_kill 0\n", "cpu.stat": "usage_usec 0\nthrottled_usec 0\n"}.items():
        write(os.path.join("group", name), text)
    subprocess.run(["sqlite3", "shop.db", "CREATE TABLE deal (id integer); INSERT INTO deal VALUES (7)"], check=True)
    write("prusik.yaml", f"""environment: test
sources:
  cgroup.web: {{group: {os.getcwd()}/group}}
  proc.me: {{pid: {os.getpid()}}}
  tcp.gone: {{port: 1}}
  sql.deals: {{database: "sqlite:shop.db", query: SELECT id FROM deal}}
rules:
  oom: 'investigate when cgroup.web.oom_kills[1h] > 1'
  cpu: 'investigate when cgroup.web.cpu > 50%'
  mem: 'investigate when cgroup.web.memory > 1GB'
  rss: 'investigate when proc.me.rss > 100GB'
  busy: 'investigate when proc.me.cpu > 10000%'
  port: 'investigate when tcp.gone is down'
  rows: 'investigate when count(sql.deals : id > 5) > 0'
watch: {{interval: 100ms}}
""")
    p = start("watch", "deploy.md", "--for", "3s", "--json")
    seen = {}
    rounds = 0
    for line in p.stdout:
        e = json.loads(line)
        if e["event"] != "watch":
            continue
        rounds += 1
        for r in e["data"]["rules"]:
            seen.setdefault(r["rule"], set()).add(r["state"])
        if rounds in (4, 5, 6):
            write("group/memory.events", f"max 0\noom_kill {rounds}\n")
        write("group/cpu.stat", f"usage_usec {rounds * 1000000}\nthrottled_usec 0\n")
    p.stdout.close()
    same("exit code", p.wait(DEADLINE_S), 9)
    for rule in ("oom", "cpu", "port", "rows"):
        check("fired" in seen[rule], f"{rule}: {seen[rule]}")
    for rule in ("mem", "rss", "busy"):
        check("good" in seen[rule] and "fired" not in seen[rule], f"{rule}: {seen[rule]}")


def windows_that_fill_are_told_to_nobody():
    begin()
    write("prusik.yaml", """environment: test
sources: {cmd.queue: {command: cat queue.txt}}
rules:
  trend: 'investigate when slope(cmd.queue.json.length[1s]) > 100/s'
  queue: 'investigate when cmd.queue.json.length > 100 for 1h'
notify: {team: {kind: command, command: 'jq -c ".[] | [.event, .verdict]" >> told.txt', on: [verdict, done]}}
watch: {interval: 100ms}
""")
    p = start("watch", "deploy.md", "--for", "1h", "--json")
    verdicts = []
    for line in p.stdout:
        e = json.loads(line)
        if e["event"] == "verdict":
            verdicts.append((e["data"]["verdict"], e["data"].get("quiet", False)))
            if e["data"]["verdict"] == "OK" and len(verdicts) == 2:
                write("queue.txt", '{"length": 107}')  # pending: the verdict of a rule is said a step lower
            if len(verdicts) == 3:
                p.send_signal(signal.SIGTERM)
    p.stdout.close()
    p.wait(DEADLINE_S)
    same("verdicts", verdicts, [("HOLD", True), ("OK", True), ("HOLD", False)])
    await_("what is told", lambda: prusik("notify").returncode == 0)
    same("told", open("told.txt", encoding="utf-8").read(), '["verdict","HOLD"]\n')


def a_watch_that_is_over_says_why_it_goes_on():
    begin()
    write("queue.txt", '{"length": 107}')
    write("prusik.yaml", """environment: test
sources: {cmd.queue: {command: cat queue.txt}}
rules:
  queue: rollback when cmd.queue.json.length > 100 for 3s
  other: investigate when cmd.queue.json.length > 200
watch: {interval: 100ms}
""")
    p = start("watch", "deploy.md", "--for", "1s", "--json")
    events = []
    for line in p.stdout:
        events.append(json.loads(line))
        if events[-1]["event"] == "watch-state":
            break
    said = events[-1]["data"]
    same("the rules", [(r["rule"], r["state"], r["need_s"]) for r in said["rules"]], [("queue", "pending", 3)])
    check(said["text"].startswith("its 1.0 s are over, pending is rollback when cmd.queue"), said["text"])
    check(said["state"] == "longer" and said["checkpoints"] == [], said)
    p.send_signal(signal.SIGKILL)
    p.wait(DEADLINE_S)
    p.stdout.close()
    done = prusik("resume", "--json")
    same("exit code", done.returncode, 4)
    check("watch-state" not in done.stdout, "it is said twice")
    page = prusik("report", "r-0001", "--format", "html").stdout
    check("the watch goes on</td><td>its 1.0 s are over" in page, "the report does not say it")
    done = prusik("watch", "deploy.md", "--for", "1s")  # for people
    same("exit code", done.returncode, 4)
    check("\n  the watch goes on: its 1.0 s are over, pending is rollback" in done.stdout, done.stdout)
    write("queue.txt", '{"length": 7}')
    done = prusik("watch", "deploy.md", "--for", "1s")
    same("exit code", done.returncode, 0)
    check("the watch goes on" not in done.stdout, done.stdout)


def a_checkpoint_that_waits_for_data_is_a_reason_to_go_on():
    begin()
    write("prusik.yaml", """environment: test
sources: {file.state: {path: state.json}}
rules: {state: expect file.state.json.ready == true at T+1s else investigate}
watch: {interval: 100ms}
""")
    p = start("watch", "deploy.md", "--for", "1s", "--json")
    said = {}
    for line in p.stdout:
        e = json.loads(line)
        if e["event"] == "watch-state":
            said = e["data"]
            write("state.json", '{"ready": true}')
    p.stdout.close()
    same("exit code", p.wait(DEADLINE_S), 0)
    same("the checkpoints", (said["checkpoints"], said["rules"]), (["T+1s"], []))
    same("the text", said["text"], "its 1.0 s are over, not judged is checkpoint T+1s")


def an_alert_that_is_open_at_the_end_is_told_to_be_over():
    begin()
    write("queue.txt", '{"length": 107}')
    write("prusik.yaml", """environment: test
sources: {cmd.queue: {command: cat queue.txt}}
rules: {queue: 'page team when cmd.queue.json.length > 100'}
notify: {team: {kind: command, command: 'jq -c ".[] | [.event, .status, .id, .text]" >> told.txt', on: [done]}}
watch: {interval: 100ms}
""")
    same("exit code", prusik("watch", "deploy.md", "--for", "1s", "--quiet").returncode, 9)
    told = [json.loads(line) for line in open("told.txt", encoding="utf-8")]
    same("what", sorted(t[:2] for t in told), [["alert", "firing"], ["alert", "resolved"], ["done", "told"]])
    ids = [t[2] for t in told if t[0] == "alert"]
    same("the end's id", ids[1], ids[0] + "/end")
    texts = [t[3] for t in told if t[0] == "alert"]
    same("the end's text", texts[1], "no longer watched, the run is over: " + texts[0])
    listed = prusik("notify", "--all").stdout
    check("alert, ended: no longer watched, the run is over: page team when" in listed, listed)


def a_source_whose_secret_has_no_value_is_not_begun():
    begin()
    write("prusik.yaml", "environment: test\nsecrets: [API_TOKEN]\nenv: {API_TOKEN: geheim-123}\nsources:\n"
          "  http.a: {url: \"http://127.0.0.1:1/\", bearer: $API_TOKEN}\n"
          "rules: {a: 'investigate when http.a.status == 500'}\n")
    done = prusik("watch", "deploy.md", "--try", "--json")
    same("exit code", done.returncode, 0)
    up = {s["name"]: s.get("value") for s in json.loads(done.stdout)[0]["samples"]}
    same("up", up["up"], False)
    check("geheim" not in done.stdout + done.stderr, "the secret is shown")


sys.exit(run_tests([counters_rows_and_probes_reach_the_rules, a_source_whose_secret_has_no_value_is_not_begun,
                    a_watch_that_was_killed_goes_on_from_its_own_begin, an_interrupted_watch_says_how_to_go_on,
                    what_is_counted_is_counted_while_nobody_looks,
                    what_the_deployment_did_is_nothing_that_happened_after_it, it_stands_in_no_deployments_way, a_log_that_is_rotated_is_counted_once,
                    a_watch_that_is_over_says_why_it_goes_on,
                    a_checkpoint_that_waits_for_data_is_a_reason_to_go_on, an_alert_that_is_open_at_the_end_is_told_to_be_over,
                    lines_count_when_they_were_written, windows_that_fill_are_told_to_nobody]))
