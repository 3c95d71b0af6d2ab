#!/usr/bin/env python3
"""What is exported for Prometheus, checked and played by promtool; the dashboard against its rules.  TAP.

usage: export.py PRUSIK
"""
import json
import os
import re
import subprocess
import sys

from tap import DEADLINE_S, check, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
OWN = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "corpus", "interop_cases.json")

DOC = """# Shop

## Deployment

```bash
true
```

## Decision Matrix

| Condition | Verdict |
|---|---|
| Error rate >5% for >5 min | ROLLBACK |
| Error rate 1-5% | INVESTIGATE |
| Response time P95 >5 seconds | ROLLBACK |
"""
YAML = """environment: production
scrape: http://127.0.0.1:1/metrics
sources:
  prom.up: {url: "http://p", query: 'sum(up{job="shop"})'}
  log.app: {path: app.log}
  prom.trend: {url: "http://p", query: "sum(up)", range: 5m}
  file.state: {path: state}
metrics:
  error_rate: 'ratio(http_requests_total{status=~"5.."}, http_requests_total)'
  response_time: http_request_duration_seconds
rules:
"""
RULES = {
    "leak": "rollback when slope(process_resident_memory_bytes[5m]) > 100MB/m",
    "pool": "expect pool_in_use / pool_size < 80% else investigate",
    "gone": "investigate when prom.up < 1 for 1m",
    "latency": "investigate when avg(http_request_duration_seconds)[5m] > 1s",
    "depth": "investigate when avg(queue_depth)[5m] > 10",
    "peak": "rollback when max(max(rate(jobs_failed_total[5m]))) > 2/s",
    "range": "expect queue_depth in [1, 100] else rollback",
    "either": "rollback when queue_depth > 1000 or not queue_depth >= 0",
    "early": "rollback when increase(errors_total[5m]) > 10 within 30m of deploy",
    "bytes": "investigate when max(heap_percent) > 90%",
    "count": "investigate when errors_total[1m] > 3 and abs(skew_seconds) >= 2s",
    "neg": "investigate when -queue_depth < -500",
    "base": "investigate when queue_depth > 2x baseline baseline 20",
    "mirror": "investigate when 5s < p95(response_time)[5m]",
    "label": "investigate when queue_depth{name=\"a b\", kind!~\"x.*\"} > 5000",
    "win": "investigate when max(errors_total[1m]) > 300",
    "both": "investigate when max(queue_depth)[5m] > 5000 and min(queue_depth)[5m] > 4000 or last(queue_depth)[5m] > 9000",
    # what cannot be said there
    "equal": "investigate when p95(response_time)[5m] == 1s",
    "versus": "investigate when p95(response_time)[5m] > 2 * skew_seconds",
    "quoted": "investigate when `queue.depth` > 1",
    "trend": "investigate when prom.trend > 1",
    "file": "investigate when file.state.exists == true",
    "lines": "investigate when matches(log.app, \"ERROR\")[5m] > 10",
    "kofn": "investigate when 3 of 5 (queue_depth > 1)",
    "sure": "investigate when error_rate[1m] > 1% confident 99%",
    "hyst": "investigate when queue_depth > 10 recover 5",
    "blind": "investigate when queue_depth > 10 missing bad",
    "worse": "investigate when error_rate[5m] not worse than baseline",
    "measured": "investigate when queue_depth > baseline + 10%",
    "fine": "ok when queue_depth < 5",
}
LEFT = {"equal", "versus", "quoted", "trend", "file", "lines", "kofn", "sure", "hyst", "blind", "worse", "measured"}


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv], capture_output=True, text=True, env={**os.environ, "CI": "true"},
                          stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False)


def export(kind, *more):
    write("deploy.md", DOC)
    write("prusik.yaml", YAML + "".join(f"  {k}: '{v}'\n" for k, v in RULES.items()) + "watch: {until: T+1h}\n")
    done = prusik("export", kind, "deploy.md", *more)
    same("exit code", (done.returncode, done.stderr), (0, ""))
    return done.stdout


def promtool(*argv):
    done = subprocess.run(["promtool", *argv], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    check(done.returncode == 0, done.stdout + done.stderr)


def rules_are_what_promtool_takes():
    text = export("prometheus")
    write("rules.yml", text)
    promtool("check", "rules", "rules.yml")
    left = set(re.findall(r"^# left out: ([^:]+): ", text, re.M))
    same("left out", left, LEFT)
    alerts = set(re.findall(r"alert: Prusik_(\S+)", text))
    same("alerts", alerts, {"deploy_md_13", "deploy_md_14", "deploy_md_15"} | set(RULES) - LEFT - {"fine"})
    same("a file", export("prometheus", "--output", "out.yml"), "")
    same("the same", open("out.yml", encoding="utf-8").read(), text)


def the_vectors_are_exported_as_they_say():
    """Ours, and those of the folder that PRUSIK_SHARED names."""
    with open(OWN, encoding="utf-8") as f:
        vectors = json.load(f)["export_rules"]
    own, shared = len(vectors), os.environ.get("PRUSIK_SHARED")
    if shared:
        with open(os.path.join(shared, "vectors", "interop.json"), encoding="utf-8") as f:
            vectors += json.load(f)["export_rules"]
    write("deploy.md", DOC.split("## Decision")[0])
    write("prusik.yaml", YAML + "".join(f'  "{v["alert"][7:]}": \'{v["rule"]}\'\n' for v in vectors) + "watch: {until: T+1h}\n")
    done = prusik("export", "prometheus", "deploy.md", "--output", "rules.yml")
    same("exit code", (done.returncode, done.stderr), (0, ""))
    promtool("check", "rules", "rules.yml")
    got = {}
    for block in open("rules.yml", encoding="utf-8").read().split("  - alert: ")[1:]:
        lines = dict(line.strip().split(": ", 1) for line in block.splitlines()[1:] if ": " in line)
        got[block.split("\n", 1)[0]] = (json.loads(lines["expr"]), lines.get("for"), lines["severity"], lines["prusik_verdict"])
    for v in vectors:
        want = (v["expr"], v["for"], v["labels"]["severity"], v["labels"]["prusik_verdict"])
        same(v["rule"], got.get(v["alert"]), want)
    print(f"# vectors interop.json export_rules: {own} own\n# vectors interop.json export_rules: {len(vectors) - own} shared")


def plays(*cases):
    """Each: series, the minute, and which alerts stand then."""
    write("rules.yml", export("prometheus"))
    tests = []
    for series, minute, alerts in cases:
        inputs = [{"series": k, "values": v} for k, v in series.items()]
        names = set(re.findall(r"alert: (\S+)", open("rules.yml", encoding="utf-8").read()))
        expected = []
        for name in sorted(names):
            if name[len("Prusik_"):] in alerts:
                labels = alerts[name[len("Prusik_"):]]
                expected.append((name, labels))
            else:
                expected.append((name, None))
        tests.append((inputs, minute, expected))
    out = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": []}
    annotated = json.loads(json.dumps(out))
    for inputs, minute, expected in tests:
        rule_tests = []
        for name, labels in expected:
            want = []
            if labels is not None:
                text = open("rules.yml", encoding="utf-8").read()
                block = text[text.index(f"alert: {name}\n"):].split("- alert")[0]
                want = [{"exp_labels": {"severity": re.search(r"severity: (\S+)", block)[1],
                                        "prusik_verdict": re.search(r"prusik_verdict: (\S+)", block)[1], **labels},
                         "exp_annotations": {"summary": json.loads(re.search(r"summary: (.+)", block)[1]),
                                             "prusik_rule": json.loads(re.search(r"prusik_rule: (.+)", block)[1])}}]
            rule_tests.append({"eval_time": f"{minute}m", "alertname": name, "exp_alerts": want})
        annotated["tests"].append({"interval": "15s", "input_series": inputs, "alert_rule_test": rule_tests})
    write("tests.yml", json.dumps(annotated))
    promtool("test", "rules", "tests.yml")


def requests(good, bad):
    return {'http_requests_total{status="200"}': f"0+{good}x120", 'http_requests_total{status="500"}': f"0+{bad}x120"}


def latency(fast, slow):
    n = fast + slow
    return {'http_request_duration_seconds_bucket{le="2.0"}': f"0+{fast}x120",
            'http_request_duration_seconds_bucket{le="5"}': f"0+{fast}x120",
            'http_request_duration_seconds_bucket{le="+Inf"}': f"0+{n}x120",
            "http_request_duration_seconds_count": f"0+{n}x120",
            "http_request_duration_seconds_sum": f"0+{fast * 0.1 + slow * 8}x120"}


def an_error_rate_is_told_after_its_time_and_with_enough_requests():
    plays((requests(90, 10), 4, {}), (requests(90, 10), 8, {"deploy_md_13": {}}),
          (requests(97, 3), 8, {"deploy_md_14": {}}), (requests(1000, 1), 8, {}), (requests(9, 1), 8, {}),
          ({'http_requests_total{status="200"}': "0+100x120"}, 8, {}))


def a_percentile_is_told_by_the_share_above_its_limit():
    plays((latency(97, 3), 8, {}), (latency(90, 10), 8, {"deploy_md_15": {}, "mirror": {}}),
          (latency(80, 20), 8, {"deploy_md_15": {}, "mirror": {}, "latency": {}}))


def gauges_counters_and_queries_are_told():
    plays(({"process_resident_memory_bytes": "0+50000000x120"}, 10, {"leak": {}}),
          ({"process_resident_memory_bytes": "0+10000000x120"}, 10, {}),
          ({"pool_in_use": "9x120", "pool_size": "10x120"}, 5, {"pool": {}}),
          ({"pool_in_use": "7x120", "pool_size": "10x120"}, 5, {}),
          ({'up{job="shop"}': "0x120"}, 5, {"gone": {}}), ({'up{job="shop"}': "1x120"}, 5, {}),
          ({"queue_depth": "50x120"}, 10, {"depth": {}, "base": {}}), ({"queue_depth": "5x120"}, 10, {}),
          ({"queue_depth": "200x120"}, 10, {"depth": {}, "range": {}, "base": {}}),
          ({"queue_depth": "0x120"}, 10, {"range": {}}),
          ({"queue_depth": "2000x120"}, 10, {"depth": {}, "range": {}, "either": {}, "neg": {}, "base": {}}),
          ({"heap_percent": "95x120"}, 10, {"bytes": {}}), ({"heap_percent": "85x120"}, 10, {}),
          ({"errors_total": "0+5x120", "skew_seconds": "-3x120"}, 10, {"count": {}}),
          ({"errors_total": "0+5x120", "prusik_deploy_timestamp_seconds": "0x400"}, 20, {"early": {}}),
          ({"errors_total": "0+5x200", "prusik_deploy_timestamp_seconds": "0x400"}, 40, {}),
          ({'jobs_failed_total{n="1"}': "0+1x120", 'jobs_failed_total{n="2"}': "0+60x120"}, 10, {"peak": {}}))


def a_dashboard_has_a_panel_for_each_thing_that_is_measured():
    d = json.loads(export("grafana"))
    same("uid", d["uid"], "prusik-production")
    same("schema", d["schemaVersion"], 39)
    panels = {p["title"]: p for p in d["panels"]}
    same("ids", [p["id"] for p in d["panels"]], list(range(1, len(panels) + 1)))
    places = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in d["panels"]}
    same("places", len(places), len(panels))
    errors = panels["Error rate >5% for >5 min"]["fieldConfig"]["defaults"]
    same("unit", errors["unit"], "percentunit")
    same("bands", [(s["color"], s["value"]) for s in errors["thresholds"]["steps"]],
         [("green", None), ("yellow", 0.01), ("red", 0.05)])
    check("Error rate 1-5%" not in panels, "the same thing has two panels")
    p95 = panels["Response time P95 >5 seconds"]
    check("histogram_quantile(0.95" in p95["targets"][0]["expr"], p95["targets"][0]["expr"])
    pool = panels[RULES["pool"]]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    same("an expectation", [(s["color"], s["value"]) for s in pool], [("green", None), ("yellow", 0.8)])
    same("left out", {line.split(":")[0] for line in d["description"].splitlines()[1:]}, {"lines", "kofn", "either", "count", "both", "quoted", "trend", "file"})
    queries = [{"record": f"r{i}", "expr": p["targets"][0]["expr"]} for i, p in enumerate(d["panels"])]
    write("panels.yml", json.dumps({"groups": [{"name": "g", "rules": queries}]}))
    promtool("check", "rules", "panels.yml")


sys.exit(run_tests([rules_are_what_promtool_takes, the_vectors_are_exported_as_they_say,
                    an_error_rate_is_told_after_its_time_and_with_enough_requests,
                    a_percentile_is_told_by_the_share_above_its_limit, gauges_counters_and_queries_are_told,
                    a_dashboard_has_a_panel_for_each_thing_that_is_measured]))
