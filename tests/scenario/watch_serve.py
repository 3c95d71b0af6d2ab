#!/usr/bin/env python3
"""What a watch serves: its own metrics, and a place where an Alertmanager tells its alerts.  TAP.

usage: watch_serve.py PRUSIK
"""
import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from program import prusik, start
from tap import DEADLINE_S, await_, check, read, run_tests, same, write

DOC = "# Shop\n\n## Deployment\n\n```bash\necho never > done.txt\n```\n"
CASES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "corpus", "alerts_cases.json")
PROMTOOL = os.environ.get("PROMTOOL", "promtool")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Watch:
    """A watch that runs; `now` is what it last said of each rule."""

    def __init__(self, port, sources="disk.here: {path: .}\n  alertmanager.alerts: {}", rules="", *argv):
        write("deploy.md", DOC)
        write("prusik.yaml", f"environment: test\nsources:\n  {sources}\nrules:\n"
              "  full: 'investigate when count(alertmanager.alerts where alertname == \"PoolFull\" : status == \"firing\") > 0'\n"
              f"{rules}watch: {{interval: 100ms, listen: \"127.0.0.1:{port}\"}}\n")
        self.url = f"http://127.0.0.1:{port}"
        self.go(*(argv or ("watch", "deploy.md", "--for", "1h", "--json")))

    def go(self, *argv):
        self.now, self.rounds, self.verdict = {}, 0, None
        self.p = start(*argv)
        self.thread = threading.Thread(target=self.read, daemon=True)
        atexit.register(self.p.kill)
        self.thread.start()

    def read(self):
        for line in self.p.stdout:
            e = json.loads(line)
            if e["event"] == "watch":
                self.rounds += 1
                self.now = {r["rule"]: r for r in e["data"]["rules"]}
            if e["event"] == "verdict":
                self.verdict = e["data"]["verdict"]

    def await_state(self, rule, *states):
        await_(f"{rule} {states}", lambda: self.now.get(rule, {}).get("state") in states)

    def await_rounds(self, n):
        want = self.rounds + n
        await_("a round", lambda: self.rounds >= want)

    def end(self, how=signal.SIGTERM):
        self.p.send_signal(how)
        self.thread.join(DEADLINE_S)
        self.p.stdout.close()
        return self.p.wait(DEADLINE_S)


def ask(url, body=None, method=None, token=None):
    """(status, text)"""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = body.encode() if body is not None else None
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def alert(status, name="PoolFull", started="2026-02-15T02:03:00Z"):
    ended = "0001-01-01T00:00:00Z" if status == "firing" else "2026-02-15T02:09:00Z"
    return {"status": status, "labels": {"alertname": name, "service": "web"}, "annotations": {}, "startsAt": started,
            "endsAt": ended, "generatorURL": "", "fingerprint": f"{name}-1"}


def message(*alerts, **more):
    return json.dumps({"version": "4", "status": "firing", "receiver": "prusik", "groupKey": "{}:{}", "truncatedAlerts": 0,
                       "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alertmanager:9093",
                       "alerts": list(alerts), **more})


def metrics_of(url):
    status, text = ask(url + "/metrics")
    same("status of /metrics", status, 200)
    return text, dict(line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#")


def metrics_are_those_of_a_well_formed_target():
    if not shutil.which(PROMTOOL):
        check(not os.environ.get("PRUSIK_NO_SKIP"), "promtool is not installed")
        return
    write("queue.txt", '{"length": 7}')
    w = Watch(free_port(), "cmd.queue: {command: cat queue.txt}\n  cmd.gone: {command: 'exit 127'}\n  alertmanager.alerts: {}",
              "  'queue\"1': 'investigate when cmd.queue.json.length > 100'\n")
    w.await_rounds(5)
    text, m = metrics_of(w.url)
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    same("promtool check metrics", (done.returncode, done.stdout + done.stderr), (0, ""))
    run = 'run="r-0001"'
    same("value", m[f'prusik_rule_value{{{run},rule="queue\\"1"}}'], "7")
    same("limit", m[f'prusik_rule_limit{{{run},rule="queue\\"1"}}'], "100")
    same("state", m[f'prusik_rule_state{{{run},rule="queue\\"1"}}'], "0")
    same("of alerts that nobody told", m[f'prusik_rule_state{{{run},rule="full"}}'], "1")
    same("up", [m[f'prusik_source_up{{{run},source="{s}"}}'] for s in ("cmd.queue", "alertmanager.alerts")], ["1", "0"])
    check(abs(float(m[f"prusik_deploy_timestamp_seconds{{{run}}}"]) - time.time()) < DEADLINE_S, "the deploy mark is not now")
    check(float(m[f"prusik_rounds_total{{{run}}}"]) >= 5, "it does not count its rounds")
    check(float(m[f'prusik_source_samples{{{run},source="cmd.queue"}}']) > 3, "it does not count samples")
    check(int(m[f'prusik_source_failures_total{{{run},source="alertmanager.alerts"}}']) >= 5, "it does not count failures")
    status, health = ask(w.url + "/health")
    same("health", (status, json.loads(health)["status"], json.loads(health)["run"]), (200, "pass", "r-0001"))
    w.end()


def an_alert_fires_is_resolved_and_is_told_twice():
    w = Watch(free_port())
    w.await_state("full", "error")
    await_("INVESTIGATE, as nobody tells anything", lambda: w.verdict == "INVESTIGATE")
    hook = w.url + "/hooks/alertmanager"
    same("answer", ask(hook, message(alert("resolved", "Other"))), (200, "taken\n"))
    w.await_state("full", "good")
    await_("OK", lambda: w.verdict == "OK")
    for _ in range(2):
        same("status", ask(hook, message(alert("firing"), alert("firing", "Other")))[0], 200)
    w.await_state("full", "fired")
    same("value", w.now["full"]["value"], 1)
    same("status", ask(hook, message(alert("resolved"), status="resolved"))[0], 200)
    w.await_state("full", "good")
    same("status", ask(hook, message(truncatedAlerts=2))[0], 200)
    w.await_state("alertmanager-truncated", "fired")
    await_("INVESTIGATE", lambda: w.verdict == "INVESTIGATE")
    same("status", ask(hook, message())[0], 200)
    w.await_state("alertmanager-truncated", "good")
    w.end()


def what_was_acknowledged_outlives_the_process():
    port = free_port()
    w = Watch(port)
    w.await_rounds(2)
    same("status", ask(w.url + "/hooks/alertmanager", message(alert("firing")))[0], 200)
    w.end(signal.SIGKILL)
    w.go("resume", "--json")
    w.await_state("full", "fired")
    w.end()


def silence_is_no_good_news():
    w = Watch(free_port(), "alertmanager.alerts: {silence: 1s}")
    w.await_rounds(1)
    same("status", ask(w.url + "/hooks/alertmanager", message(alert("resolved")))[0], 200)
    w.await_state("full", "good")
    w.await_state("full", "error")
    check("no Alertmanager has told anything for" in w.now["full"]["why"], w.now["full"]["why"])
    w.end()


def what_is_no_message_is_refused_and_changes_nothing():
    w = Watch(free_port(), "alertmanager.alerts: {token: s3cret-token}")
    w.await_rounds(1)
    hook, good = w.url + "/hooks/alertmanager", message(alert("firing"))
    same("without a token", ask(hook, good)[0], 401)
    same("with another", ask(hook, good, token="s3cret-tokem")[0], 401)
    same("another version", ask(hook, good.replace('"4"', '"3"'), token="s3cret-token")[0], 400)
    same("no JSON", ask(hook, good[:-1], token="s3cret-token")[0], 400)
    same("too long", ask(hook, good + " " * (1 << 20), token="s3cret-token")[0], 413)
    same("another method", ask(hook, method="GET")[0], 405)
    same("another path", ask(w.url + "/hooks/other", good)[0], 404)
    same("writing metrics", ask(w.url + "/metrics", good)[0], 405)
    w.await_rounds(3)
    same("state", w.now["full"]["state"], "error")
    same("with the token", ask(hook, good, token="s3cret-token")[0], 200)
    w.await_state("full", "fired")
    w.end()


def each_message_of_the_list_is_answered_as_it_says():
    with open(CASES, encoding="utf-8") as f:
        cases = json.load(f)["alertmanager_push"]
    w = Watch(free_port())
    w.await_rounds(1)
    for case in cases:
        for n, one in enumerate(case["told"], 1):
            status, said = ask(w.url + "/hooks/alertmanager", one.get("text", json.dumps(one.get("body"))))
            same(f"{case['name']}: status of message {n}", status, one["status"])
            check(one.get("why", "") in said, f"{case['name']}: {said}")
    w.await_rounds(2)
    w.end()


def what_cannot_be_kept_is_not_acknowledged():
    w = Watch(free_port())
    w.await_rounds(2)
    subprocess.run(["sqlite3", "-cmd", ".timeout 30000", ".prusik/store.db", "CREATE TRIGGER no BEFORE INSERT ON state WHEN new.key = 'alerts' "
                    "BEGIN SELECT raise(ABORT, 'refused by the test'); END"], check=True)
    same("status", ask(w.url + "/hooks/alertmanager", message(alert("firing")))[0], 503)
    w.thread.join(DEADLINE_S)
    w.p.stdout.close()
    same("exit code of a watch that cannot write", w.p.wait(DEADLINE_S), 4)


def without_the_source_nothing_is_heard():
    w = Watch(free_port(), "cmd.queue: {command: 'true'}")
    w.await_rounds(1)
    same("status", ask(w.url + "/hooks/alertmanager", message(alert("firing")))[0], 404)
    w.end()


def of_store(sql):
    return subprocess.run(["sqlite3", "-cmd", ".timeout 30000", ".prusik/store.db", sql], capture_output=True, text=True, check=True).stdout.split()


def an_event_is_told_by_who_has_its_token():
    w = Watch(free_port(), "events.incident: {token: s3cret-token}\n  events.complaint: {help: told by hand}",
              "  incidents: investigate when events.incident[1h] > 1\n  others: investigate when events.complaint[1h] > 0\n")
    w.await_rounds(2)
    hook, token = w.url + "/events/incident", "s3cret-token"
    same("without a token", ask(hook, "")[0], 401)
    same("with another", ask(hook, "", token="s3cret-tokem")[0], 401)
    same("a kind without a token", ask(w.url + "/events/complaint", "", token=token)[0], 404)
    same("a kind that nobody binds", ask(w.url + "/events/deploy", "", token=token)[0], 404)
    same("no kind", ask(w.url + "/events/", "", token=token)[0], 404)
    same("another method", ask(hook, method="GET", token=token)[0], 405)
    for what, status in (("{", 400), ("[]", 400), ('{"note": 1}', 400), ('{"nota": "x"}', 400),
                         (json.dumps({"note": "x" * 2001}), 413), (json.dumps({"by": "x" * 201}), 413)):
        same(what[:20], ask(hook, what, token=token)[0], status)
    same("nothing at all", ask(hook, "", token=token)[0], 200)
    same("with a note", ask(hook, json.dumps({"note": "INC-42", "by": "pager"}), token=token)[0], 200)
    w.await_state("incidents", "fired")
    w.end()
    same("who has told", of_store("SELECT json_extract(data, '$.by') || ':' || coalesce(json_extract(data, '$.note'), '') || ':' ||"
                                  " json_extract(data, '$.from') FROM event WHERE kind = 16 ORDER BY seq"), ["HTTP::HTTP", "pager:INC-42:HTTP"])


def an_event_that_cannot_be_kept_is_not_acknowledged():
    w = Watch(free_port(), "events.incident: {token: s3cret-token}", "  incidents: investigate when events.incident[1h] > 0\n")
    w.await_rounds(2)
    of_store("CREATE TRIGGER no BEFORE INSERT ON report BEGIN SELECT raise(ABORT, 'refused by the test'); END")
    same("status", ask(w.url + "/events/incident", "", token="s3cret-token")[0], 503)
    w.await_rounds(2)
    same("state", w.now["incidents"]["state"], "good")
    w.end()


def clients_that_are_slow_delay_no_verdict():
    port = free_port()
    w = Watch(port)
    w.await_rounds(1)
    same("status", ask(w.url + "/hooks/alertmanager", message(alert("firing")))[0], 200)
    slow = []
    for _ in range(80):  # more than it serves
        s = socket.create_connection(("127.0.0.1", port))
        s.sendall(b"POST /hooks/alertmanager HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{")
        slow.append(s)
    before, began = w.rounds, time.monotonic()
    w.await_rounds(5)
    took = time.monotonic() - began
    check(took < 5 * 0.1 * 5, f"{w.rounds - before} rounds took {took:.1f} s")
    same("state", w.now["full"]["state"], "fired")
    for s in slow:
        s.close()
    same("and it serves again", ask(w.url + "/health")[0], 200)
    w.end()


def listener(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(1)
    return s


def a_run_whose_port_is_taken_is_not_gone_on_with_but_can_be_brought_back():
    port = free_port()
    write("deploy.md", DOC.replace("echo never > done.txt", "echo new > app.txt") + "\n## Rollback\n\n```bash\nrm app.txt\n```\n")
    write("prusik.yaml", "environment: test\nsources: {disk.here: {path: .}}\n"
          "rules: {free: investigate when disk.here.free < 1B}\n"
          f"watch: {{interval: 100ms, until: T+1h, listen: \"127.0.0.1:{port}\"}}\n")
    p = start("run", "deploy.md", "--json")
    for line in p.stdout:
        if json.loads(line)["event"] == "watch":
            break
    p.kill()
    p.communicate(timeout=DEADLINE_S)
    with listener(port):
        done = prusik("resume", "r-0001")
        same("exit code", done.returncode, 3)
        check(f"listen on 127.0.0.1:{port}, where python" in done.stderr, done.stderr)
        check(f"(pid {os.getpid()}) listens: Address already in use" in done.stderr, done.stderr)
        check("end what listens there, then: prusik resume r-0001" in done.stderr, done.stderr)
        events = json.loads(prusik("report", "r-0001", "--format", "json").stdout)["events"]
        check("run-resumed" not in [e["event"] for e in events], "it was begun")
        done = prusik("rollback", "r-0001", "--why", "it is bad", "--quiet")
        same("exit code of the way back", (done.returncode, os.path.exists("app.txt")), (5, False))


def where_it_cannot_listen_it_does_not_begin():
    w = Watch(free_port())
    w.await_rounds(1)
    write("other.yaml", read("prusik.yaml").replace("environment: test", "environment: other")
          .replace("watch: {", "watch: {until: T+1h, ") + "steps: {\"1\": {undo: nothing}}\n")
    for verb in (("watch", "deploy.md", "--for", "1h"), ("run", "deploy.md")):
        done = prusik(*verb, "--bind", "other.yaml")
        same(f"exit code of {verb[0]}", done.returncode, 3)
        check(f"watch: listen: listen on {w.url[7:]}, where" in done.stderr, done.stderr)
        check("Address already in use" in done.stderr, done.stderr)
        check("takes another" in done.stderr, done.stderr)
        check(f"where prusik (pid {w.p.pid}) listens" in done.stderr, done.stderr)
    same("it began", os.path.exists("done.txt"), False)
    same("runs", [r["run"] for r in json.loads(prusik("status", "--all", "--json").stdout)], ["r-0001"])
    w.end()
    for binding, why in (
            ("sources: {alertmanager.alerts: {silence: soon}}\nwatch: {listen: \"127.0.0.1:0\"}\n",
             "source 'alertmanager.alerts': 'silence' is no time such as 5h"),
            ("sources: {log.app: {path: a, record: '('}}\n", "source 'log.app': "),
            ("sources: {prom.x: {url: 'p:9090', query: up}}\n", "source 'prom.x': 'url': the URL does not begin with http://"),
            ("scrape: 'localhost:9090/metrics'\n", "source 'scrape': 'url': the URL does not begin with http://"),
            ("probes: {db: 'http:///health'}\n", "source 'http.db': 'url': the URL names no host"),
            ("notify: {a: {kind: slack, url: hooks.example.org}}\n", "notify 'a': 'url': the URL does not begin with http://"),
            ("notify: {a: {kind: email, url: 'smtp://h', from: a, to: [b@c]}}\n", "notify 'a': 'from' has 'a', which is no address"),
            ("sources: {alertmanager.alerts: {}}\n", "is told by others: watch: {listen: ADDRESS:PORT}"),
            ("sources: {alertmanager.other: {}}\n", "is not alertmanager.alerts"),
            ("watch: {listen: localhost}\n", "which is no ADDRESS:PORT"),
            ("sources: {alertmanager.alerts: {}}\nwatch: {listen: \"0.0.0.0:9107\"}\n", "needs a token")):
        write("prusik.yaml", "environment: test\nrules: {a: 'investigate when step.elapsed > 5m'}\n" + binding)
        done = prusik("watch", "deploy.md", "--for", "1s")
        check(done.returncode != 0 and why in done.stderr, f"{binding}: {done.returncode} {done.stderr}")


def a_real_alertmanager_tells_and_takes_back():
    manager = shutil.which(os.environ.get("ALERTMANAGER", "prometheus-alertmanager"))
    if not manager:
        check(not os.environ.get("PRUSIK_NO_SKIP"), "prometheus-alertmanager is not installed")
        return
    port, own = free_port(), free_port()
    w = Watch(port, "alertmanager.alerts: {token: s3cret-token}",
              f"notify: {{am: {{kind: alertmanager, url: \"http://127.0.0.1:{own}\"}}}}\n")
    write("am.yml", f"""route: {{receiver: prusik, group_wait: 0s, group_interval: 1s, repeat_interval: 1m}}
receivers:
- name: prusik
  webhook_configs:
  - url: http://127.0.0.1:{port}/hooks/alertmanager
    send_resolved: true
    http_config: {{authorization: {{credentials: s3cret-token}}}}
""")
    am = subprocess.Popen([manager, "--config.file=am.yml", "--storage.path=am", f"--web.listen-address=127.0.0.1:{own}",
                           "--cluster.listen-address="], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def post(**times):
        request = urllib.request.Request(
            f"http://127.0.0.1:{own}/api/v2/alerts", headers={"Content-Type": "application/json"},
            data=json.dumps([{"labels": {"alertname": "PoolFull", "service": "web"}, **times}]).encode())
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as r:
                return r.status
        except OSError:
            return 0

    def of_prusik():
        """What it was told of the verdict, and has not ended."""
        alerts = json.loads(ask(f"http://127.0.0.1:{own}/api/v2/alerts?filter=alertname=PrusikVerdict")[1])
        return [(a["labels"]["prusik_run"], a["labels"]["environment"], a["annotations"]["verdict"]) for a in alerts]

    try:
        await_("alertmanager", lambda: post() == 200)
        w.await_state("full", "fired")
        await_("the verdict", lambda: of_prusik() == [("r-0001", "test (watch)", "INVESTIGATE")])
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        same("status", post(endsAt=now), 200)
        w.await_state("full", "good")
        await_("the end of the verdict", lambda: not of_prusik())
    finally:
        am.terminate()
        am.wait(DEADLINE_S)
        w.end()


sys.exit(run_tests([metrics_are_those_of_a_well_formed_target, an_alert_fires_is_resolved_and_is_told_twice,
                    what_was_acknowledged_outlives_the_process, silence_is_no_good_news,
                    what_is_no_message_is_refused_and_changes_nothing, each_message_of_the_list_is_answered_as_it_says,
                    what_cannot_be_kept_is_not_acknowledged,
                    an_event_is_told_by_who_has_its_token, an_event_that_cannot_be_kept_is_not_acknowledged,
                    without_the_source_nothing_is_heard, clients_that_are_slow_delay_no_verdict,
                    where_it_cannot_listen_it_does_not_begin,
                    a_run_whose_port_is_taken_is_not_gone_on_with_but_can_be_brought_back,
                    a_real_alertmanager_tells_and_takes_back]))
