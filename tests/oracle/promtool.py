#!/usr/bin/env python3
"""The judge against Prometheus: random series, one condition in both languages, the same alerts.  TAP on stdout.

usage: promtool.py JUDGE_STATES

promtool plays each case's series through a rule of Prometheus and is told which alerts the judge has; it says
where Prometheus has others.  docs/reference/rules.md, section 9, says where both differ on purpose: a case is made
so that it lies outside, or expects just that difference.  PRUSIK_SEED draws other cases; the seed is printed.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

JUDGE = os.path.realpath(sys.argv[1])
PROMTOOL = os.environ.get("PROMTOOL", "promtool")
SEED = int(os.environ.get("PRUSIK_SEED", "20260215"))
INTERVAL = 15
TICKS = 48
BATCH = 1
HOLDS = [0, 0, 15, 30, 45, 60, 90, 120]
WINDOWS = [30, 60, 120, 180]


class Case:
    """A condition, as prusik (rule) and Prometheus (expr) say it, over series of one target."""

    def __init__(self, rule, expr, series, hold=0, failed=()):
        self.rule, self.expr, self.hold, self.failed = rule, expr, hold, failed
        self.series = {k: [None if i in failed else v for i, v in enumerate(vs)] for k, vs in series.items()}


def clause(hold):
    return f" for {hold}s" if hold else ""


def gauge(rnd, calm, top=20):
    """A walk that is still for `calm` ticks, so that no window is filling when something happens."""
    values, v = [0] * calm, 0
    while len(values) < TICKS:
        v = max(0, min(top, v + rnd.randint(-6, 6))) if rnd.random() < 0.7 else v
        values.append(v)
    return values


def counter(rnd, calm, step, reset=0.05):
    """Grows by 0..step in spells, and begins anew now and then."""
    values, v, busy = [], 0, False
    for i in range(TICKS):
        busy = not busy if rnd.random() < 0.15 else busy
        if i >= calm and rnd.random() < reset:
            v = 0
        if i >= calm and busy:
            v += rnd.randint(0, step)
        values.append(v)
    return values


def threshold(rnd):
    op, limit, hold = rnd.choice(["<", "<=", ">", ">=", "==", "!="]), rnd.randint(3, 16), rnd.choice(HOLDS)
    return Case(f"investigate when queue {op} {limit}{clause(hold)}", f"max(queue) {op} {limit}",
                {"queue": gauge(rnd, 0)}, hold)


def gauge_with_holes(rnd):
    """A hole of one or two polls: the last value stands in both."""
    values, limit, hold = gauge(rnd, 0), rnd.randint(3, 16), rnd.choice(HOLDS)
    # another series keeps the target there: the gauge alone is missing
    at = 1
    while at < TICKS - 3:
        at += rnd.randint(3, 9)
        for i in range(at, min(at + rnd.randint(1, 2), TICKS)):
            values[i] = None
    return Case(f"investigate when queue > {limit}{clause(hold)}", f"max(queue) > {limit}",
                {"queue": values, "other": [1] * TICKS}, hold)


def increase(rnd):
    w, limit, hold = rnd.choice(WINDOWS), rnd.randint(0, 40), rnd.choice(HOLDS)
    return Case(f"investigate when increase(hits_total[{w}s]) > {limit}{clause(hold)}",
                f"sum(increase(hits_total[{w}s])) > {limit}",
                {"hits_total": counter(rnd, w // INTERVAL + 1, 12)}, hold)


def rate(rnd):
    w, limit, hold = rnd.choice(WINDOWS), rnd.choice([0.1, 0.2, 0.25, 0.5, 1]), rnd.choice(HOLDS)
    return Case(f"investigate when rate(hits_total[{w}s]) > {limit}/s{clause(hold)}",
                f"sum(rate(hits_total[{w}s])) > {limit}",
                {f'hits_total{{instance="{i}"}}': counter(rnd, w // INTERVAL + 1, 8) for i in "ab"}, hold)


def increase_with_holes(rnd):
    """Around a hole nothing grows: what Prometheus extrapolates, and what it leaves out, is then nothing."""
    w, hold, v, holes, busy = rnd.choice(WINDOWS), rnd.choice(HOLDS), 0, set(), False
    values = []
    for i in range(TICKS):
        if i > w // INTERVAL + 3 and not {i - 1, i - 2, i - 3} & holes and rnd.random() < 0.12:
            holes.add(i + 1)
        quiet = i <= w // INTERVAL or {i - 2, i - 1, i, i + 1, i + 2} & holes
        busy = not busy if rnd.random() < 0.3 else busy
        v += 0 if quiet or not busy else rnd.randint(0, 3)
        values.append(None if i in holes else v)
    return Case(f"investigate when increase(hits_total[{w}s]) > 0{clause(hold)}",
                f"sum(increase(hits_total[{w}s])) > 0", {"hits_total": values, "other": [1] * TICKS}, hold)


def ratio(rnd):
    w, limit, hold = rnd.choice(WINDOWS), rnd.choice([5, 10, 20, 25, 50]), rnd.choice(HOLDS)
    good, v = [], 0
    for _ in range(TICKS):
        v += rnd.randint(1, 20)
        good.append(v)
    return Case(f'investigate when ratio(r_total{{code="500"}}, r_total)[{w}s] > {limit}% min 1 samples{clause(hold)}',
                f'sum(increase(r_total{{code="500"}}[{w}s])) / sum(increase(r_total[{w}s])) > {limit / 100}',
                {'r_total{code="200"}': good, 'r_total{code="500"}': counter(rnd, w // INTERVAL + 1, 12, 0)}, hold)


def over_time(rnd):
    """(t-w, t] holds what [t-w+1s, t] does."""
    w, limit, hold = rnd.choice(WINDOWS), rnd.randint(2, 14), rnd.choice(HOLDS)
    f = rnd.choice(["avg", "max", "min", "sum"])
    limit *= w // INTERVAL if f == "sum" else 1
    return Case(f"investigate when {f}(queue)[{w}s] > {limit}{clause(hold)}",
                f"max({f}_over_time(queue[{w - 1}s])) > {limit}", {"queue": gauge(rnd, w // INTERVAL + 1)}, hold)


def percentile(rnd):
    """At a bound the quantile of Prometheus and the share above it agree."""
    w, q, hold = rnd.choice(WINDOWS), rnd.choice([50, 75, 90, 95]), rnd.choice(HOLDS)
    bound = rnd.choice(["0.1", "0.5"])
    counts, series, slow = [0, 0, 0, 0], {}, False
    keys = [f'lat_seconds_bucket{{le="{le}"}}' for le in ("0.1", "0.5", "1", "+Inf")]
    for i in range(TICKS):
        slow = not slow if i > w // INTERVAL and rnd.random() < 0.15 else slow
        for _ in range(rnd.randint(3, 9)):
            at = rnd.randint(0, 3) if slow else 0
            for k in range(at, 4):
                counts[k] += 1
        for key, n in zip(keys, counts):
            series.setdefault(key, []).append(n)
        series.setdefault("lat_seconds_count", []).append(counts[3])
    return Case(f"investigate when p{q}(lat_seconds)[{w}s] > {bound}s min 1 samples{clause(hold)}",
                f"histogram_quantile({q / 100}, sum(increase(lat_seconds_bucket[{w}s])) by (le)) > {bound}",
                series, hold)


def logic(rnd):
    w, n, limit, hold = rnd.choice(WINDOWS), rnd.randint(0, 20), rnd.randint(3, 12), rnd.choice(HOLDS)
    word = rnd.choice(["and", "or"])
    return Case(f"investigate when increase(hits_total[{w}s]) > {n} {word} queue > {limit}{clause(hold)}",
                f"(sum(increase(hits_total[{w}s])) > {n}) {word} (max(queue) > {limit})",
                {"hits_total": counter(rnd, w // INTERVAL + 1, 10), "queue": gauge(rnd, w // INTERVAL + 1)}, hold)


def stale(rnd):
    """A poll that fails: Prometheus has no value, hence no alert; prusik does not know, and what fired stays."""
    failed, at = set(), 2
    while at < TICKS - 10:
        at += rnd.randint(3, 10)
        length = rnd.randint(1, 7)
        failed |= set(range(at, min(at + length, TICKS)))
        at += length
    limit = rnd.randint(3, 16)
    return Case(f"investigate when queue > {limit}", f"max(queue) > {limit}", {"queue": gauge(rnd, 0)}, 0, failed)


KINDS = {threshold: 40, gauge_with_holes: 30, increase: 40, rate: 30, increase_with_holes: 30, ratio: 30, over_time: 30,
         percentile: 30, logic: 20, stale: 30}


def judged(cases, folder):
    path = os.path.join(folder, "cases.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump([{"interval": INTERVAL, "rule": c.rule, "series": c.series} for c in cases], f)
    out = subprocess.run([JUDGE, path], check=True, text=True, capture_output=True).stdout
    return [line.split() for line in out.splitlines()]


def series_text(case, values):
    """promtool's notation: '_' is no sample, 'stale' the mark that a failed scrape leaves."""
    return " ".join("stale" if i in case.failed else "_" if v is None else str(v) for i, v in enumerate(values))


def promtool_files(n, case, states, folder):
    """A file with the rule and one with its test, as JSON, which YAML is.  (A test evaluates all rules of its files.)"""
    rule = {"alert": f"case{n}", "expr": case.expr, "for": f"{case.hold}s"}
    test = {"interval": f"{INTERVAL}s",
            "input_series": [{"series": k, "values": series_text(case, v)} for k, v in case.series.items()],
            "alert_rule_test": [
                {"eval_time": f"{i * INTERVAL}s", "alertname": f"case{n}",
                 "exp_alerts": [{"exp_labels": {}}] if state == "fired" and i not in case.failed else []}
                for i, state in enumerate(states)]}
    path = os.path.join(folder, f"rules{n}.json")
    for name, tree in ((path, {"groups": [{"name": "oracle", "rules": [rule]}]}),
                       (path + ".test", {"rule_files": [path], "evaluation_interval": f"{INTERVAL}s", "tests": [test]})):
        with open(name, "w", encoding="utf-8") as f:
            json.dump(tree, f)
    return path + ".test"


def say_case(n, case, states):
    print(f"#   case{n}: {case.rule}")
    print(f"#     {case.expr}")
    for key, values in case.series.items():
        print(f"#     {key}: {series_text(case, values)}")
    print(f"#     {' '.join(states)}")


def main():
    if not shutil.which(PROMTOOL):
        print("1..0 # SKIP promtool is not installed")
        return 1 if os.environ.get("PRUSIK_NO_SKIP") else 0
    rnd = random.Random(SEED)
    cases = [kind(rnd) for kind, n in KINDS.items() for _ in range(n)]
    kinds = [kind.__name__ for kind, n in KINDS.items() for _ in range(n)]
    print(f"# seed {SEED}, {len(cases)} cases of {TICKS} ticks")
    with tempfile.TemporaryDirectory() as folder:
        pairs = list(zip(cases, judged(cases, folder)))
        files = [promtool_files(n, case, states, folder) for n, (case, states) in enumerate(pairs)]
        run = subprocess.run([PROMTOOL, "test", "rules", *files], text=True, capture_output=True, check=False)
    said = run.stdout + run.stderr
    wrong = sorted({int(n) for n in re.findall(r"\balertname: ?case(\d+)", said)})
    if run.returncode and not wrong:
        print("".join(f"# {line}\n" for line in said.splitlines()[:20]), end="")
    for n in wrong[:5]:
        say_case(n, *pairs[n])
        print("".join(f"#     {line}\n" for line in said.splitlines() if f"case{n}," in line or f"case{n} " in line), end="")
    print(f"1..{len(KINDS) + 1}")
    for i, kind in enumerate(KINDS, 1):
        bad = sum(kinds[n] == kind.__name__ for n in wrong)
        here = [s for k, (_, states) in zip(kinds, pairs) for s in states if k == kind.__name__]
        fired = sum(s == "fired" for s in here)
        good = not bad and len(here) > fired > 0 and (wrong or run.returncode == 0)
        print(f"{'ok' if good else 'not ok'} {i} - {kind.__name__}: {KINDS[kind]} cases, {bad} differ, "
              f"{fired} of {len(here)} ticks fired")
    good = len(pairs) >= 200 and run.returncode == 0
    print(f"{'ok' if good else 'not ok'} {len(KINDS) + 1} - promtool takes {len(pairs)} cases")
    return 0 if run.returncode == 0 else 1


sys.exit(main())
