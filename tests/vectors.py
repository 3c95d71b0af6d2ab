#!/usr/bin/env python3
"""How many vectors there are, and how many hold: ours, and those of the folder that PRUSIK_SHARED names.  TAP.

usage: vectors.py BUILD PRUSIK

The tests that run vectors say so ("# vectors FILE LIST: N own"); here they are run and their lines summed up.
"""
import json
import os
import re
import subprocess
import sys

BUILD, PRUSIK = (os.path.realpath(p) for p in sys.argv[1:3])
HERE = os.path.dirname(os.path.realpath(__file__))
UNITS = ["alerts", "rule_vectors", "exposition", "compare", "audit", "flagset", "import", "source_prom"]
# What Alertmanager's API said of bodies: nothing of ours reads them, tests/scenario/watch_serve.py tells a real one.  Ours
# of that name are what it pushes to us.
NOT_READ = {("interop.json", "alertmanager_push")}


def lines():
    for argv in [[os.path.join(BUILD, "tests", "test_" + u)] for u in UNITS] + [[os.path.join(HERE, "scenario", "export.py"), PRUSIK]]:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env={**os.environ, "CI": "true"})
        if done.returncode:
            print(f"# {argv[0]} ended with {done.returncode}")
        yield from done.stdout.splitlines()


def wanted(shared):
    """{(file, list): cases} of the folder."""
    want = {}
    for name in sorted(os.listdir(shared)):
        if name.endswith(".json"):
            with open(os.path.join(shared, name), encoding="utf-8") as f:
                tree = json.load(f)
            want.update({(name, k): len(v) for k, v in tree.items() if isinstance(v, list) and v and isinstance(v[0], dict)})
    return want


def main():
    print("1..2")
    held = {}
    for text in lines():
        m = re.match(r"# vectors (\S+) (\S+): (\d+) (own|shared)$", text)
        if m:
            counts = held.setdefault((m[1], m[2]), {"own": 0, "shared": 0})
            counts[m[4]] += int(m[3])
    folder = os.environ.get("PRUSIK_SHARED")
    want = wanted(os.path.join(folder, "vectors")) if folder else {}
    print(f"# {'file':22} {'list':24} {'own':>5} {'shared':>7} {'of':>5}")
    missing, short, own, shared = [], [], 0, 0
    for key in sorted(held.keys() | want.keys()):
        counts = held.get(key, {"own": 0, "shared": 0})
        print(f"# {key[0]:22} {key[1]:24} {counts['own']:5} {counts['shared']:7} {want.get(key, 0):5}")
        own, shared = own + counts["own"], shared + counts["shared"]
        if counts["shared"] < want.get(key, 0) and key not in NOT_READ:
            missing.append(key)
        if counts["own"] < want.get(key, 0):
            short.append(key)
    print(f"# all of them: {own} own and {shared} shared hold; of {sum(want.values())} shared")
    print(f"{'ok' if held and not missing else 'not ok'} 1 - every vector holds {missing or ''}")
    print(f"{'not ok' if short else 'ok'} 2 - ours are at least as many as those that came, in each list {short or ''}")
    return 0 if held and not missing and not short else 1


sys.exit(main())
