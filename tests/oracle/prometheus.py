#!/usr/bin/env python3
"""prusik beside a real Prometheus that scrapes the same target.  TAP on stdout.

usage: prometheus.py PRUSIK READ_EXPOSITION [BODIES [PHASES]]    0 phases: only promtool is asked (a server waits 5 s first)

Bodies: generated expositions, a target each; Prometheus says which it takes and what is in them, promtool what the
format's library takes.  Verdicts: a world with counters, gauges and latencies, whose values change from phase to phase;
`prusik watch` judges rules over it, Prometheus the rules that `prusik export prometheus` makes of them.  In each phase
both must come to fire the same, which is what the world says.  PRUSIK_SEED draws others; the seed is printed.
"""
import concurrent.futures
import json
import math
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRUSIK, READ = (os.path.realpath(p) for p in sys.argv[1:3])
BODIES, PHASES = ([int(a) for a in sys.argv[3:]] + [1000, 20])[:2]
PROMETHEUS, PROMTOOL = os.environ.get("PROMETHEUS", "prometheus"), os.environ.get("PROMTOOL", "promtool")
SEED = int(os.environ.get("PRUSIK_SEED", "20260215"))
DEADLINE_S = 60
INTERVAL_S, WINDOW_S = 0.1, 1
SCRAPE_BODIES_S = max(0.3, BODIES / 200)
TYPES = ("text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0")
# What both read differently on purpose (docs/formats/exposition.md, section 2), by the words of the refusal.
ON_PURPOSE = ("line feed", "NUL", "stands twice", "type")

# --- bodies

NAMES = ["a", "b", "job:x:rate5m", "_c", ":d", "h_bucket", "h_sum", "h_count", "h", "a_total", "q"]
LABELS = ["x", "le", "quantile", "code", "_y"]
VALUES = ["1", "0", "-1", "+5", "1.5", ".5", "5.", "1e3", "1E-3", "+Inf", "-Inf", "NaN", "nan", "Infinity", "INF", "1e400",
          "1e-400", "4.9e-324", "123456789012345678901234567890", "0.1", "-0", "0x10", "1_000", "--1", "1e", ".", "+NaN", "1,5", ""]
TEXTS = ["", "1", "GET /", "\\\\", "\\n", "\\\"", "\\t", "é", "0.5", "+Inf", "a=b,c", "{", "}", "#"]
SPOIL = list(" \t,={}\"#\\.:-+eE0a\r") + ["\n", "  ", "é", "\x7f"]


def blank(rnd):
    return rnd.choices([" ", "  ", "\t", ""], [20, 2, 1, 1])[0]


def labels_of(rnd, om):
    n = rnd.choices([0, 1, 2, 3], [6, 6, 3, 1])[0]
    names = rnd.sample(LABELS, n) if rnd.random() < 0.97 else rnd.choices(LABELS, k=n)
    pairs = [f'{name}="{rnd.choice(TEXTS)}"' for name in names]
    if not pairs and rnd.random() < 0.8:
        return ""
    return "{" + ("," if om else rnd.choice([",", ",", ",", ", ", " ,"])).join(pairs) + rnd.choices(["", ","], [15, 1])[0] + "}"


def sample(rnd, om):
    value = rnd.choices(VALUES, [9] * 14 + [3] * (len(VALUES) - 14))[0]
    stamp = rnd.choices(["", " 1771120860", " -5", " +5", " 1.5", " x"], [40, 4, 1, 1, 1, 1])[0]
    lead = rnd.choices(["", " "], [40, 1])[0]
    return f"{lead}{rnd.choice(NAMES)}{labels_of(rnd, om)}{' ' if om else blank(rnd)}{value}{stamp}"


def line(rnd, om):
    kind = rnd.random()
    name = rnd.choice(NAMES)
    if kind < 0.75:
        return sample(rnd, om)
    if kind < 0.86:
        types = ["counter", "gauge", "histogram", "summary", "untyped", "unknown", "Counter", "", "info", "gaugehistogram"]
        return f"# TYPE {name} {rnd.choices(types, [8, 8, 5, 5, 2, 2, 1, 1, 1, 1])[0]}"
    if kind < 0.93:
        return f"# HELP {name} " + rnd.choice(["Some text", "a \\\\ b", "x \\n y", "", "with \\q"])
    return rnd.choice(["", "# comment", "#text", "# EOF", "  ", f"# UNIT {name} seconds"])


def body_of(rnd):
    om = rnd.random() < 0.3
    lines = [line(rnd, om) for _ in range(rnd.randint(1, 5))]
    text = "\n".join(lines) + ("\n# EOF\n" if om and rnd.random() < 0.95 else rnd.choices(["\n", ""], [20, 1])[0])
    if rnd.random() < 0.35 and text:
        at = rnd.randrange(len(text))
        text = text[:at] + rnd.choice(SPOIL + [""]) + text[at + rnd.randint(0, 1):]
    return om, text.encode()


# --- the world

class World:
    """What /metrics says: counters grow by rates per second, gauges stand, one climbs."""

    def __init__(self):
        self.lock = threading.Lock()
        self.at = time.monotonic()
        self.counts = {"good": 1000.0, "bad": 0.0, "slow": 0.0, "fast": 0.0}
        self.climbed = 1e6
        self.state = {"good": 500, "bad": 0, "slow": 0, "fast": 500, "climb": 0, "queue": 7, "pool": 5, "size": 10}

    def settle(self):
        now = time.monotonic()
        for k in self.counts:
            self.counts[k] += self.state[k] * (now - self.at)
        self.climbed += self.state["climb"] * (now - self.at)
        self.at = now

    def change(self, state, restart):
        with self.lock:
            self.settle()
            self.state = state
            if restart:  # a new process counts from zero
                self.counts = {k: 0.0 for k in self.counts}

    def text(self):
        with self.lock:
            self.settle()
            c, s = {k: int(v) for k, v in self.counts.items()}, self.state
        n = c["fast"] + c["slow"]
        return (f'# TYPE http_requests_total counter\nhttp_requests_total{{status="200"}} {c["good"]}\n'
                f'http_requests_total{{status="500"}} {c["bad"]}\n# TYPE lat_seconds histogram\n'
                f'lat_seconds_bucket{{le="0.1"}} {c["fast"]}\nlat_seconds_bucket{{le="0.5"}} {c["fast"]}\n'
                f'lat_seconds_bucket{{le="2"}} {n}\nlat_seconds_bucket{{le="+Inf"}} {n}\nlat_seconds_count {n}\n'
                f'lat_seconds_sum {c["fast"] * 0.05 + c["slow"]}\n# TYPE memory_bytes gauge\nmemory_bytes {self.climbed:.0f}\n'
                f'# TYPE queue gauge\nqueue {s["queue"]}\n# TYPE pool_in_use gauge\npool_in_use {s["pool"]}\n'
                f'# TYPE pool_size gauge\npool_size {s["size"]}\n').encode()


def draw_state(rnd):
    good = rnd.choice([200, 400, 800])
    return {"good": good, "bad": rnd.choice([0, 0, good / 100, good / 10, good / 2]), "fast": 500,
            "slow": rnd.choice([0, 0, 5, 50, 500]), "climb": rnd.choice([0, 0, 1e4, 1e6, 1e8]), "queue": rnd.choice([0, 7, 70, 700]),
            "pool": rnd.choice([1, 5, 9]), "size": 10}


def measured(s):
    """What each subject is in a state, once windows are full."""
    return {"error": s["bad"] / (s["good"] + s["bad"]), "hits": s["good"] + s["bad"], "slow": s["slow"] / (s["slow"] + s["fast"]),
            "mean": (s["fast"] * 0.05 + s["slow"]) / (s["fast"] + s["slow"]), "climb": s["climb"], "queue": s["queue"],
            "pool": s["pool"] / s["size"]}


class Rule:
    def __init__(self, text, bad):
        self.text, self.bad = text, bad


def above(name, limit, less=False):
    """None: too near to the limit, where both may still differ (rates are measured between other moments)."""
    def bad(m):
        if limit and 0.6 * limit < m[name] < 1.6 * limit:
            return None
        return m[name] < limit if less else m[name] > limit
    return bad


def either(a, b):
    def bad(m):
        known = (a(m), b(m))
        return True if True in known else None if None in known else False
    return bad


def draw_rules(rnd):
    w = f"[{WINDOW_S}s]"
    rules = []
    for hold in ("", f" for {rnd.choice([200, 300, 400])}ms"):
        e, q, h, p = rnd.choice([2, 5, 20]), rnd.choice([20, 200]), rnd.choice([300, 600]), rnd.choice([30, 70])
        rules += [
            Rule(f'investigate when ratio(http_requests_total{{status="500"}}, http_requests_total){w} > {e}% min 1 samples{hold}',
                 above("error", e / 100)),
            Rule(f"investigate when queue > {q}{hold}", above("queue", q)),
            Rule(f"investigate when queue < {q}{hold}", above("queue", q, True)),
            Rule(f"investigate when max(queue){w} > {q}{hold}", above("queue", q)),
            Rule(f"investigate when avg(queue){w} > {q}{hold}", above("queue", q)),
            Rule(f"investigate when rate(http_requests_total{w}) > {h}/s{hold}", above("hits", h)),
            Rule(f"investigate when increase(http_requests_total{w}) > {h * WINDOW_S}{hold}", above("hits", h)),
            Rule(f"investigate when rate(http_requests_total{w}) > {h * 60}/m{hold}", above("hits", h)),
            Rule(f"investigate when p95(lat_seconds){w} > 500ms min 1 samples{hold}", above("slow", 0.05)),
            Rule(f"investigate when p50(lat_seconds){w} > 100ms min 1 samples{hold}", above("slow", 0.5)),
            Rule(f"investigate when avg(lat_seconds){w} > 200ms min 1 samples{hold}", above("mean", 0.2)),
            Rule(f"investigate when slope(memory_bytes{w}) > 10MB/m{hold}", above("climb", 1e7 / 60)),
            Rule(f"expect pool_in_use / pool_size < {p}% else investigate" if not hold else
                 f"investigate when pool_in_use / pool_size >= {p}%{hold}", above("pool", p / 100)),
            Rule(f"investigate when queue > {q} or pool_in_use > 7{hold}", either(above("queue", q), above("pool", 0.7))),
        ]
    return {f"r{i}": r for i, r in enumerate(rules)}


# --- what is asked

class Target(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world, bodies = World(), []

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/metrics":
            kind, body = TYPES[0], self.world.text()
        else:
            om, body = self.bodies[int(self.path.rsplit("/", 1)[1])]
            kind = TYPES[om]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass  # the other side has ended


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Prometheus:
    def __init__(self, target):
        self.url = f"http://127.0.0.1:{free_port()}"
        jobs = [{"job_name": "world", "scrape_interval": f"{INTERVAL_S * 1000:.0f}ms", "scrape_timeout": f"{INTERVAL_S * 1000:.0f}ms",
                 "static_configs": [{"targets": [target]}]},
                {"job_name": "bodies", "scrape_interval": f"{SCRAPE_BODIES_S * 1000:.0f}ms", "scrape_timeout": f"{SCRAPE_BODIES_S * 1000:.0f}ms",
                 "honor_timestamps": False,
                 "static_configs": [{"targets": [target], "labels": {"__metrics_path__": f"/body/{i}", "oracle": str(i)}}
                                    for i in range(BODIES)]}]
        with open("prometheus.yml", "w", encoding="utf-8") as f:
            json.dump({"global": {"evaluation_interval": "100ms"}, "rule_files": ["rules.yml"], "scrape_configs": jobs}, f)
        self.log = open("prometheus.log", "w+", encoding="utf-8")
        self.p = subprocess.Popen([PROMETHEUS, "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                                   "--scrape.discovery-reload-interval=100ms",  # else it waits 5 s before it begins
                                   "--web.listen-address=" + self.url[7:]], stdout=self.log, stderr=self.log)

    def ask(self, path, **query):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}", timeout=DEADLINE_S) as r:
            return json.load(r)["data"]

    def bodies(self):
        """What it said of each, once it has looked at all."""
        try:
            got = {t["labels"]["oracle"]: t for t in self.ask("targets", state="active")["activeTargets"] if "oracle" in t["labels"]}
        except OSError:
            return None
        if len(got) < BODIES or any(t["health"] == "unknown" for t in got.values()):
            return None
        return [got[str(i)] for i in range(BODIES)]

    def samples(self):
        """{body: {(name, labels): value}}, without what Prometheus itself adds."""
        all_ = {}
        for s in self.ask("query", query='{oracle!="",__name__!~"up|scrape_.*"}')["result"]:
            m = {k: v for k, v in s["metric"].items() if k not in ("job", "instance")}
            key = m.pop("__name__"), tuple(sorted((k, v) for k, v in m.items() if k != "oracle"))
            all_.setdefault(int(m["oracle"]), {})[key] = float(s["value"][1])
        return all_

    def fired(self):
        return {a["labels"]["alertname"][len("Prusik_"):] for a in self.ask("alerts")["alerts"] if a["state"] == "firing"}

    def end(self):
        self.p.kill()
        self.p.wait(DEADLINE_S)
        self.log.close()


class Watch:
    """The last states that it told."""

    def __init__(self):
        self.fired, self.rounds = set(), 0
        self.p = subprocess.Popen([PRUSIK, "watch", "deploy.md", "--for", "1h", "--json"], stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env={**os.environ, "CI": "true"})
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for text in self.p.stdout:
            e = json.loads(text)
            if e["event"] == "watch":
                self.fired = {r["rule"] for r in e["data"]["rules"] if r["state"] == "fired"}
                self.rounds += 1

    def end(self):
        self.p.kill()
        self.p.wait(DEADLINE_S)


def awaited(what):
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


# --- the two tests

def library_takes(body):
    """The format's library, as promtool has it; 3: it takes the body, and does not like its style."""
    return subprocess.run([PROMTOOL, "check", "metrics"], input=body, capture_output=True, check=False).returncode in (0, 3)


def ours(bodies):
    with open("bodies.json", "w", encoding="utf-8") as f:
        json.dump([{"hex": b.hex(), "openmetrics": om} for om, b in bodies], f)
    out = subprocess.run([READ, "bodies.json"], check=True, capture_output=True, text=True).stdout
    return [json.loads(text) for text in out.splitlines()]


def same_samples(got, want):
    mine = {}
    for name, labels, value in got:
        mine.setdefault((name, tuple(sorted(labels.items()))), float.fromhex(value) if value not in ("nan", "-nan") else math.nan)
    return mine.keys() == want.keys() and all(v == want[k] or (v != v and want[k] != want[k]) for k, v in mine.items())


def of_the_library(asked):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(asked, pool.map(lambda i: library_takes(Target.bodies[i][1]), asked)))


def compare_library():
    """What the library takes is taken, and what is taken strictly the library takes."""
    mine = ours(Target.bodies)
    library = of_the_library([i for i, (om, _) in enumerate(Target.bodies) if not om])
    bad = [(Target.bodies[i][1], mine[i].get("why", "")) for i, lib in library.items()
           if (lib and not mine[i]["lenient"] and not any(w in mine[i].get("why", "") for w in ON_PURPOSE)) or (mine[i]["strict"] and not lib)]
    for text in bad[:10]:
        print(f"#   {text}")
    return not bad and 0 < sum(library.values()) < len(library), f"{len(library)} bodies, {sum(library.values())} taken, {len(bad)} differ"


def compare_bodies(prometheus):
    targets = awaited(prometheus.bodies)
    if not targets:
        return False, "Prometheus did not look at all bodies"
    samples, mine = prometheus.samples(), ours(Target.bodies)
    server = [t["health"] == "up" for t in targets]
    ask = [i for i, (om, _) in enumerate(Target.bodies) if not om]
    library = of_the_library(ask)
    bad, purpose, taken = [], 0, 0
    for i, (om, body) in enumerate(Target.bodies):
        m, lib = mine[i], library.get(i, server[i])
        lenient, strict = (server[i], m["strict"] and server[i]) if om else (server[i] or lib, server[i] and lib)
        taken += m["lenient"]
        if (m["lenient"], m["strict"]) != (lenient, strict):
            if lenient and not m["lenient"] and any(w in m.get("why", "") for w in ON_PURPOSE):
                purpose += 1
            else:
                bad.append(f"{body!r}: lenient {m['lenient']} strict {m['strict']}, server {server[i]} library {lib}: "
                           f"{m.get('why', '')} | {targets[i]['lastError'][-100:]}")
        elif server[i] and m["lenient"] and not same_samples(m["samples"], samples.get(i, {})):
            bad.append(f"{body!r}: {m['samples']} and not {samples.get(i)}")
    for text in bad[:10]:
        print(f"#   {text}")
    note = f"{BODIES} bodies, {taken} taken, {sum(server)} by the server, {len(ask)} asked of the library, {purpose} differ on purpose, {len(bad)} differ"
    return not bad and purpose * 20 < BODIES and taken > BODIES // 10 and BODIES - taken > BODIES // 10, note


def compare_phases(prometheus, rnd, rules):
    watch = Watch()
    same, fired, skipped, wrong = 0, 0, 0, None
    try:
        if not awaited(lambda: watch.rounds > 2):
            return False, "the watch does not begin"
        for phase in range(PHASES):
            state, restart = draw_state(rnd), phase > 0 and rnd.random() < 0.3
            Target.world.change(state, restart)
            want = {k: r.bad(measured(state)) for k, r in rules.items()}
            known = {k for k, v in want.items() if v is not None}
            expected = {k for k in known if want[k]}

            def settled():
                return watch.fired & known == expected == prometheus.fired() & known
            if not awaited(settled):
                wrong = (f"phase {phase} {state}: prusik not {sorted(expected - watch.fired)} but {sorted(watch.fired & known - expected)}; "
                         f"Prometheus not {sorted(expected - prometheus.fired())} but {sorted(prometheus.fired() & known - expected)}")
                break
            same, fired, skipped = same + len(known), fired + len(expected), skipped + len(rules) - len(known)
    finally:
        watch.end()
    if wrong:
        print(f"#   {wrong}")
        for k, r in rules.items():
            print(f"#   {k}: {r.text}")
    note = f"{PHASES} phases of {len(rules)} rules: {same} verdicts are the same, {fired} of them fired, {skipped} too near to a limit"
    return not wrong and same > fired > 0, note


def told(tests):
    good = True
    for n, (what, test) in enumerate(tests, 1):
        began = time.monotonic()
        ok, note = test()
        good = good and ok
        print(f"# {note}, {time.monotonic() - began:.1f} s\n{'ok' if ok else 'not ok'} {n} - {what}", flush=True)
    return good


def beside_a_server(rnd):
    rules = draw_rules(rnd)
    server = Server(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    with open("deploy.md", "w", encoding="utf-8") as f:
        f.write("# Shop\n\n## Deployment\n\n```bash\ntrue\n```\n")
    with open("prusik.yaml", "w", encoding="utf-8") as f:
        f.write(f"environment: test\nscrape: http://{address}/metrics\nwatch: {{interval: {INTERVAL_S * 1000:.0f}ms}}\nrules:\n"
                + "".join(f"  {k}: '{r.text}'\n" for k, r in rules.items()))
    out = subprocess.run([PRUSIK, "export", "prometheus", "deploy.md", "-o", "rules.yml"], env={**os.environ, "CI": "true"},
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if out.returncode:
        print(f"# {out.stderr}\nnot ok 1 - export\nnot ok 2 - export")
        return False
    prometheus = Prometheus(address)
    try:
        return told([("bodies are taken as Prometheus takes them", lambda: compare_bodies(prometheus)),
                     ("a real Prometheus gives the same verdicts", lambda: compare_phases(prometheus, rnd, rules))])
    finally:
        prometheus.end()
        server.shutdown()


def main():
    if not (shutil.which(PROMETHEUS) and shutil.which(PROMTOOL)):
        print("1..0 # SKIP prometheus is not installed")
        return 1 if os.environ.get("PRUSIK_NO_SKIP") else 0
    rnd = random.Random(SEED)
    Target.bodies = [body_of(rnd) for _ in range(BODIES)]
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        print(f"1..{2 if PHASES else 1}\n# seed {SEED}", flush=True)
        return 0 if (beside_a_server(rnd) if PHASES else told([("bodies are taken as the library takes them", compare_library)])) else 1
    finally:
        os.chdir("/")
        shutil.rmtree(folder)


sys.exit(main())
