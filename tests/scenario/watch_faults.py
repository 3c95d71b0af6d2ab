#!/usr/bin/env python3
"""A watch whose targets hang, flood, talk nonsense, hang up, change their types and begin anew: it says that it does not
know, of them alone, and goes on judging the rest.  TAP.

usage: watch_faults.py PRUSIK
"""
import json
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from program import prusik, start
from tap import DEADLINE_S, await_, check, run_tests, same, write

DOC = "# Shop\n\n## Deployment\n\n```bash\necho never > done.txt\n```\n"
GIGABYTE = 1 << 30
TARGETS = ("hang", "flood", "garbage", "cut", "type", "anew")


class Target(BaseHTTPRequestHandler):
    polls = 0
    queue = 7
    flooded = 0
    changed = False  # the types
    hits = 1000
    over = threading.Event()

    def log_message(self, *_):
        pass

    def say(self, text, length=None):
        body = text.encode("latin-1")
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        try:
            getattr(self, "do_" + self.path.strip("/"))()
        except OSError:
            pass  # the other side has had enough

    def do_ok(self):
        Target.polls += 1
        self.say(f"queue_ok {Target.queue}\n")

    def do_names(self):
        self.say("job:errors 3\nmin 4\nplain 5\n")

    def do_units(self):
        self.say("app_mem 640000\napp_load 85\nwait_bucket{le=\"100\"} 3\nwait_bucket{le=\"+Inf\"} 4\nwait_sum 2500\nwait_count 4\n")

    def do_between(self):
        Target.hits += 100
        self.say("".join(f'wait_seconds_bucket{{le="{le}"}} {Target.hits * part}\n' for le, part in (("1", 0.5), ("2.5", 1), ("+Inf", 1))) +
                 f"wait_seconds_sum {Target.hits}\nwait_seconds_count {Target.hits}\n")

    def do_hang(self):
        Target.over.wait(DEADLINE_S)

    def do_flood(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(GIGABYTE))
        self.end_headers()
        block = b"queue_flood 1\n" * 4096
        while Target.flooded < 64 * GIGABYTE:
            self.wfile.write(block)
            Target.flooded += len(block)

    def do_garbage(self):
        self.say("queue_garbage 1\n\x00\xff<html>\x1b[2J}{\n")

    def do_cut(self):
        self.say("queue_cut 1\nqueue_cut_too 2", 5000)
        self.close_connection = True

    def do_type(self):
        kind = "gauge" if Target.changed else "counter"
        self.say(f"# TYPE calls_type_total {kind}\ncalls_type_total {3 if Target.changed else 5000}\n")

    def do_anew(self):
        Target.hits += 1
        self.say(f"# TYPE hits_anew_total counter\nhits_anew_total {Target.hits}\n")


def state(now, rule):
    return now.get(rule, {}).get("state")


def what_is_wrong_with_one_target_is_not_wrong_with_another():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    write("deploy.md", DOC)
    write("prusik.yaml", f"environment: test\nscrape: {url}/ok\nsources:\n"
          + "".join(f"  scrape.{t}: {{url: {url}/{t}}}\n" for t in TARGETS)
          + "rules:\n  ok: 'investigate when max(queue_ok) > 100'\n"
          + "".join(f"  {t}: 'rollback when max(queue_{t}) > 100'\n" for t in ("hang", "flood", "garbage", "cut"))
          + "  type: 'rollback when increase(calls_type_total[1m]) > 1000'\n"
          "  anew: 'rollback when increase(hits_anew_total[1m]) > 1000'\nwatch: {interval: 200ms}\n")
    p = start("watch", "deploy.md", "--for", "1h", "--json")
    now, verdicts, rounds = {}, [], [0]

    def read():
        for line in p.stdout:
            e = json.loads(line)
            if e["event"] == "watch":
                rounds[0] += 1
                now.update({r["rule"]: r for r in e["data"]["rules"]})
            if e["event"] == "verdict":
                verdicts.append(e["data"]["verdict"])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        await_("a value of the good one", lambda: state(now, "ok") == "good")
        await_("INVESTIGATE, as four of them say nothing", lambda: "INVESTIGATE" in verdicts)
        first = rounds[0]
        await_("rounds", lambda: rounds[0] >= first + 3)  # in each it reads 64 MiB of the flood
        for t in ("hang", "flood", "garbage", "cut"):
            check(state(now, t) in ("nodata", "error"), f"{t}: {now[t]}")
        await_("the good ones", lambda: [state(now, t) for t in ("ok", "type", "anew")] == ["good"] * 3)
        with open(f"/proc/{p.pid}/status", encoding="ascii") as f:
            kib = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
        check(kib < 400 << 10, f"it took {kib >> 10} MiB")
        check(Target.flooded > 1 << 20, "it was not flooded")
        Target.changed = True  # the counter of 5,000 is a gauge of 3 now, and ...
        Target.hits = 2  # ... the other began anew
        Target.queue = 500
        await_("the good one to be bad", lambda: state(now, "ok") == "fired")
        more = rounds[0] + 2
        await_("rounds", lambda: rounds[0] >= more)
        same("of the others", [state(now, t) for t in ("type", "anew")], ["good"] * 2)
        check("ROLLBACK" not in verdicts, f"verdicts: {verdicts}")
    finally:
        Target.over.set()
        p.send_signal(signal.SIGTERM)
        reader.join(DEADLINE_S)
        p.stdout.close()
        p.wait(DEADLINE_S)
        server.shutdown()


def a_target_that_comes_late_and_goes_is_known_while_it_is_there():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    write("deploy.md", DOC)
    write("prusik.yaml", f"environment: test\nscrape: http://127.0.0.1:{port}/ok\n"
          "rules: {ok: 'rollback when max(queue_ok) > 1000'}\nwatch: {interval: 200ms}\n")
    p = start("watch", "deploy.md", "--for", "1h", "--json")
    seen = []

    def read():
        for line in p.stdout:
            e = json.loads(line)
            if e["event"] == "watch" and e["data"]["rules"]:
                seen.append(e["data"]["rules"][0]["state"])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        await_("a round without it", lambda: seen and seen[-1] in ("nodata", "error"))
        server = ThreadingHTTPServer(("127.0.0.1", port), Target)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        await_("its value", lambda: seen[-1] == "good")
        server.shutdown()
        server.server_close()
    finally:
        p.send_signal(signal.SIGTERM)
        reader.join(DEADLINE_S)
        p.stdout.close()
        same("exit code", p.wait(DEADLINE_S), 130)
    check("fired" not in seen, "it fired")


def who_is_called_reads_what_does_not_answer():
    """A target that goes away: its rules are stale, a moment at which they are looked at says so, and both say why."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Target.queue = 7
    write("deploy.md", DOC)
    write("prusik.yaml", f"environment: test\ntime_scale: 0.01\nscrape: http://127.0.0.1:{server.server_port}/ok\nrules:\n"
          "  a: 'expect max(queue_ok) < 100 at T+3m else investigate'\n  b: 'expect min(queue_ok) < 100 at T+3m else investigate'\n"
          "  c: 'checkpoint T+3m: a, b'\nwatch: {interval: 10s}\n")
    p = start("watch", "deploy.md", "--for", "20m", "--json")
    verdicts = []
    for line in p.stdout:
        e = json.loads(line)
        if e["event"] == "watch" and server:
            server.shutdown()
            server.server_close()
            server = None
        if e["event"] == "verdict":
            verdicts.append((e["data"]["verdict"], e["data"].get("text", "")))
            if e["data"]["verdict"] == "INVESTIGATE":
                break
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=DEADLINE_S)
    text = verdicts[-1][1]
    check(text.startswith("checkpoint T+3m: expect max(queue_ok) < 100 at T+3m else investigate (prusik.yaml line 5): no value: "), text)
    check("; source 'scrape': " in text and "127.0.0.1" in text and text.endswith("; and 1 more"), text)


def what_is_tried_is_named_as_rules_name_it():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write("deploy.md", DOC)
    write("batch.pid", str(os.getpid()))
    write("app.log", "")
    write("prusik.yaml", f"environment: test\nscrape: http://127.0.0.1:{server.server_port}/names\n"
          "services: {batch: {manager: process, command: [sleep, '1'], pid_file: batch.pid}}\n"
          "sources:\n  log.app: {path: app.log}\n  file.s: {path: batch.pid}\n"
          "rules:\n  a: 'investigate when `job:errors` > 5 or `min` > 5'\n  b: 'investigate when matches(log.app, \"x\")[5m] > 0'\n"
          "  c: 'investigate when plainn > 9 and plain > 9'\n  e: 'investigate when plainn > 5'\n  d: 'investigate when increase(births_total[1m]) > 9'\n")
    done = prusik("watch", "deploy.md", "--try", "--json")
    text = prusik("watch", "deploy.md", "--try").stdout
    server.shutdown()
    rules = {(t["name"], s["name"]): s.get("rule") for t in json.loads(done.stdout) for s in t["samples"]}
    for key, want in {("scrape", "job:errors"): "`job:errors`", ("scrape", "min"): "`min`", ("scrape", "plain"): "plain",
                      ("unit.batch", "alive"): "unit.batch.active", ("unit.batch", "rss"): "unit.batch.memory",
                      ("unit.batch", "pid"): None, ("log.app", "records"): None, ("log.app", "x"): 'matches(log.app, "x")', ("unit.batch", "cpu"): "unit.batch.cpu",
                      ("file.s", "size"): "file.s.size", ("file.s", "truncated"): None}.items():
        same(f"rule of {key}", rules.get(key, "not there"), want)
    check("    job:errors 3  (in rules: `job:errors`)\n" in text, text)
    check("    plain 5\n" in text, text)
    check("plainn  no target gives it, and it is asked for by investigate when plainn > 9 and plain > 9 (prusik.yaml line 10)\n"
          "    did you mean 'plain'?\n" in text, text)
    check("births_total  no target gives it" in text and "    a counter may come with the first event\n" in text, text)
    same("the exit status", done.returncode, 0)
    same("what is missing", [(t["name"], t["hint"]) for t in json.loads(done.stdout) if t["kind"] == "metric"],
         [("plainn", "did you mean 'plain'?"), ("births_total", "a counter may come with the first event")])
    check('    matches(log.app, "x") 0\n' in text, text)
    check("    not for rules: records 0, bytes 0B, position " in text, text)


def what_a_metric_is_exported_in_counts_where_it_is_bound():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write("deploy.md", DOC)
    write("prusik.yaml", f"environment: test\nscrape: http://127.0.0.1:{server.server_port}/units\n"
          "metrics: {memory: {is: max(app_mem), unit: KB}, app_load: {is: app_load, unit: percent}, waiting: {is: wait, unit: ms}}\n"
          "rules:\n  a: 'rollback when memory > 1GB'\n  b: 'hold when app_load > 80%'\n  c: 'hold when p50(waiting)[1m] > 3s'\n"
          "  d: 'hold when memry > 5'\nwatch: {interval: 100ms}\n")
    tried = prusik("watch", "deploy.md", "--try").stdout
    for line in ("    app_mem 640MB\n", "    app_load 85%\n", "    wait_sum 2.5s\n", "    wait_count 4\n", "memry  no target gives it", "    did you mean 'memory'?\n"):
        check(line in tried, f"{line!r} is not in {tried}")
    units = {s["name"]: s.get("unit") for s in json.loads(prusik("watch", "deploy.md", "--try", "--json").stdout)[0]["samples"]}
    same("units", [units.get(n) for n in ("app_mem", "app_load", "wait_sum", "wait_count")], ["KB", "percent", "ms", None])
    plan = prusik("plan", "deploy.md").stdout
    check("prusik.yaml:8: 'memry' is taken for a metric of the target: did you mean 'memory'?" in plan, plan)
    events = [json.loads(x) for x in prusik("watch", "deploy.md", "--for", "1s", "--json").stdout.splitlines()]
    server.shutdown()
    last = {r["rule"]: r for e in events if e["event"] == "watch" for r in e["data"]["rules"]}
    same("a and b", [(last[r]["value_text"], last[r]["limit_text"], last[r]["state"]) for r in "ab"],
         [("640MB", "> 1GB", "good"), ("85%", "> 80%", "fired")])


def why_it_holds_is_told_again_when_windows_are_full():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write("deploy.md", DOC)
    write("prusik.yaml", f"environment: test\nscrape: http://127.0.0.1:{server.server_port}/between\n"
          "rules:\n  slow: 'rollback when p95(wait_seconds)[1s] > 2s'\nwatch: {interval: 200ms}\n")
    events = [json.loads(x) for x in prusik("watch", "deploy.md", "--for", "4s", "--json").stdout.splitlines()]
    server.shutdown()
    told = [e["data"] for e in events if e["event"] == "verdict"]
    same("verdicts", [(v["verdict"], v.get("quiet", False)) for v in told], [("HOLD", True), ("HOLD", False)])
    check(told[0]["text"].endswith("no value: filling, nodata, HOLD"), told[0]["text"])
    check("0% to 50% of " in told[1]["text"] and told[1]["text"].endswith(" above 2s: between-buckets, nodata, HOLD"), told[1]["text"])
    last = [r for e in events if e["event"] == "watch" for r in e["data"]["rules"]][-1]
    same("shown", (last["value_text"], last["why"]), ("0% to 50% above", "between-buckets"))


def a_watch_that_goes_on_knows_that_windows_were_not_full():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write("deploy.md", DOC)
    write("prusik.yaml", f"environment: test\nscrape: http://127.0.0.1:{server.server_port}/between\n"
          "rules:\n  slow: 'rollback when p95(wait_seconds)[3s] > 2s'\nwatch: {interval: 200ms}\n")
    p = start("watch", "deploy.md", "--for", "9s", "--json")
    while '"event":"verdict"' not in (line := p.stdout.readline()):
        check(line, "no verdict")
    check("filling" in line, line)
    p.kill()
    p.stdout.close()
    p.wait(DEADLINE_S)
    events = [json.loads(x) for x in prusik("resume", "--json").stdout.splitlines()]
    server.shutdown()
    told = [e["data"] for e in events if e["event"] == "verdict"]
    same("verdicts", [(v["verdict"], v.get("quiet", False)) for v in told], [("HOLD", False)])
    check("between-buckets" in told[0]["text"], told[0]["text"])


class Prometheus(BaseHTTPRequestHandler):
    """Answers each query with as many series as its number says, until they are gone."""
    gone = False

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        n = 0 if Prometheus.gone else int(asked["query"][0])
        series = [{"metric": {"i": str(i)}, "value": [time.time(), "3"]} for i in range(n)]
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def series_that_are_gone_from_a_prometheus_are_no_good_news():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Prometheus)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    write("deploy.md", DOC)
    write("prusik.yaml", f"environment: test\nsources:\n  prom.one: {{url: \"{url}\", query: '1'}}\n"
          f"  prom.two: {{url: \"{url}\", query: '2'}}\nrules:\n  above: rollback when prom.one > 5\n"
          "  below: expect prom.one < 5 else rollback\n  many: rollback when prom.two > 5\nwatch: {interval: 100ms}\n")
    p = start("watch", "deploy.md", "--for", "1h", "--json")
    now, verdicts = {}, []

    def read():
        for line in p.stdout:
            e = json.loads(line)
            if e["event"] == "watch":
                now.update({r["rule"]: r for r in e["data"]["rules"]})
            if e["event"] == "verdict":
                verdicts.append(e["data"]["verdict"])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        await_("values", lambda: (state(now, "above"), state(now, "below"), state(now, "many")) == ("good", "good", "error"))
        check("2 series where one number is wanted" in now["many"]["why"], now["many"])
        same("3 meets > 5 and < 5", [now[r].get("meets") for r in ("above", "below", "many")], [False, True, None])
        Prometheus.gone = True
        await_("no data", lambda: all(state(now, r) == "nodata" and now[r]["why"] == "no-series" for r in now))
        Prometheus.gone = False
        await_("values again", lambda: state(now, "above") == "good")
        check("ROLLBACK" not in verdicts, f"verdicts: {verdicts}")
    finally:
        p.send_signal(signal.SIGTERM)
        reader.join(DEADLINE_S)
        p.stdout.close()
        p.wait(DEADLINE_S)
        server.shutdown()


class Pager(BaseHTTPRequestHandler):
    """Takes what it is told, and hangs as long as it is down."""
    down = threading.Event()
    up = threading.Event()
    asked = 0
    told = []

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Pager.asked += 1
        if not Pager.up.is_set():
            Pager.down.set()
            Pager.up.wait(DEADLINE_S)
            return  # it hangs up
        Pager.told += [n["event"] for n in json.loads(body)["prusik"]]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def a_receiver_that_hangs_delays_no_way_back_and_is_told_when_it_is_back():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pager)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write("deploy.md", DOC.replace("never > done.txt", "new > app.txt") + "\n## Rollback\n\n```bash\nrm app.txt\n```\n")
    write("queue.txt", "7")
    write("prusik.yaml", "environment: test\nsources: {cmd.queue: {command: cat queue.txt}}\n"
          "rules: {queue: 'rollback when cmd.queue.out != \"7\"'}\nwatch: {interval: 100ms, until: T+1h}\n"
          f"notify: {{team: {{kind: webhook, url: 'http://127.0.0.1:{server.server_port}/', on: [deploy, verdict, rolled-back]}}}}\n")
    p = start("run", "deploy.md", "--json")
    try:
        events = []
        for line in p.stdout:
            events.append(json.loads(line)["event"])
            if events[-1] == "watch" and Pager.down.is_set():  # somebody waits for it
                write("queue.txt", "8")
            if events[-1] == "rollback-started":
                break
        check(not Pager.told and Pager.asked == 1, f"told {Pager.told}")
        await_("the way back", lambda: not os.path.exists("app.txt"))
        check(Pager.asked == 1, "it was told before")
        Pager.up.set()
        p.stdout.read()
        same("exit code", p.wait(DEADLINE_S), 5)
        await_("all to be told", lambda: prusik("notify").returncode == 0)
        same("told", sorted(set(Pager.told)), ["deploy", "rolled-back", "verdict"])
    finally:
        Pager.up.set()
        p.kill()
        p.wait(DEADLINE_S)
        p.stdout.close()
        server.shutdown()


def what_hangs_in_a_library_holds_up_neither_other_looks_nor_the_way_back():
    """Databases and mail servers that take a connection and say nothing: each of them keeps a thread."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=64)
    port = silent.getsockname()[1]
    write("state.json", '{"n": 1}')
    write("deploy.md", "# Shop\n\n## Deployment\n\n```bash\necho v2 > version.txt\n```\n\n## Rollback\n\n```bash\nrm version.txt\n```\n\n"
          "```sql\nCREATE TABLE back (n INTEGER);\n```\n")
    write("prusik.yaml", "environment: test\noperator: ann\ndatabases: {shop: {url: 'sqlite:shop.db'}}\nsources:\n"
          "  file.state: {path: state.json}\n"
          + "".join(f"  sql.hang{i}: {{database: 'postgresql://u@127.0.0.1:{port}/d', query: SELECT 1}}\n" for i in range(6))
          + "rules:\n  state: 'rollback when file.state.json.n > 5'\n"
          + "".join(f"  hang{i}: 'investigate when sql.hang{i}.value > 1'\n" for i in range(6))
          + "watch: {interval: 500ms, until: T+1m}\nnotify:\n"
          + "".join(f"  mail{i}: {{kind: email, url: 'smtp://127.0.0.1:{port}', from: p@example.org, to: [a@example.org]}}\n" for i in range(6)))
    sqlite3.connect("shop.db").close()
    p = start("run", "deploy.md", "--unattended", "--json")
    good, took, began = [], None, None
    try:
        for line in p.stdout:
            e = json.loads(line)
            if e["event"] == "watch" and state({r["rule"]: r for r in e["data"]["rules"]}, "state") == "good":
                good.append(e["data"]["at_ms"])
                if len(good) == 4:
                    write("state.json", '{"n": 9}')
                    began = time.monotonic()
            if e["event"] == "rollback-started":
                check(began, "it did not look at the file")
                same("seconds to the verdict", time.monotonic() - began < 3, True)
                began = time.monotonic()
            if e["event"] == "run-finished":
                took = time.monotonic() - began
        check(took is not None, "there was no way back")
        check(took < 3, f"the way back took {took:.1f} s")
        check(good[3] < 4000, f"the other source was looked at after {good} ms")
    finally:
        silent.close()
        p.kill()
        p.stdout.close()
        p.wait(DEADLINE_S)


sys.exit(run_tests([what_is_wrong_with_one_target_is_not_wrong_with_another,
                    a_target_that_comes_late_and_goes_is_known_while_it_is_there,
                    what_is_tried_is_named_as_rules_name_it, what_a_metric_is_exported_in_counts_where_it_is_bound,
                    why_it_holds_is_told_again_when_windows_are_full,
                    a_watch_that_goes_on_knows_that_windows_were_not_full, who_is_called_reads_what_does_not_answer,
                    series_that_are_gone_from_a_prometheus_are_no_good_news,
                    a_receiver_that_hangs_delays_no_way_back_and_is_told_when_it_is_back,
                    what_hangs_in_a_library_holds_up_neither_other_looks_nor_the_way_back]))
