"""The conditions of the seeds, and the rules that are read from the documents themselves.

conditions.tsv of the folder that PRUSIK_SHARED names says which rule each line becomes.  A rule is found when
the document gives one on that line that is the same in rule_print()'s form: action, operator, limit, unit,
windows, durations, scope and clauses.  What it is measured on is the binding's: the sources of commands, queries
and pages are called "_" on both sides, NAME.bindings.tsv names the others.  Without "else" an expectation of a watch is
INVESTIGATE, so "else investigate" says nothing.  A receiver that no text names is "team" on both sides.
"""
import os
import re
import subprocess
import tempfile

import truth

SHARED = os.environ.get("PRUSIK_SHARED") or os.path.join(truth.HERE, "..", "..", "..", "shared")
LEAST = 156
SOURCES = re.compile(r"\b(sql|cmd|http|unit|disk|file|log|tls|snapshot)\.[A-Za-z_][A-Za-z0-9_]*")
TEXT = re.compile(r'("(?:[^"\\]|\\.)*")')


def outside_texts(rule, change):
    return "".join(p if p[:1] == '"' else change(p) for p in TEXT.split(rule))


def masked(rule):
    rule = outside_texts(rule.replace("`", ""), lambda s: SOURCES.sub(r"\1._", s))
    return re.sub(r" else investigate\b", "", rule)


def bindings(name):
    rows = truth.facts(name, "bindings") or []
    return {(int(r["line"] or 0), r["name"]): r["expression"] for r in rows}


def bound(rule, line, names):
    def one(m):
        return names.get((line, m[0])) or names.get((0, m[0])) or m[0]
    return outside_texts(rule, lambda s: re.sub(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*", one, s))


def canonical(build, rules):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
        f.write("".join(r + "\n" for r in rules))
        f.flush()
        out = subprocess.run([os.path.join(build, "tests", "dump_expects"), "--canonical", f.name],
                             check=True, text=True, capture_output=True).stdout
    return out.splitlines()


def wanted():
    path = os.path.join(SHARED, "conditions.tsv")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f][1:]
    return [("seed%d" % int(r[0]), int(r[1]), r[2], masked(r[3])) for r in rows]


def found(build, name, path):
    out = subprocess.run([os.path.join(build, "tests", "dump_expects"), "--conditions", path], check=True,
                         text=True, capture_output=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    names = bindings(name)
    rules = canonical(build, [masked(bound(r[1], int(r[0]), names)) for r in rows])
    return [(int(r[0]), rule) for r, rule in zip(rows, rules)]


def is_same(want, got):
    unnamed = re.sub(r"\b(alert|info|page) \w+ when", r"\1 team when", want)
    return got in (want, unnamed)


def measure(build, documents):
    rows = wanted()
    if not rows:
        return []
    want = canonical(build, [r[3] for r in rows])
    got = {name: found(build, name, path) for name, path in documents if name.startswith("seed")}
    total, scores = truth.Score("conditions"), []
    for (name, line, text, _), rule in zip(rows, want):
        here = [g for at, g in got.get(name, []) if at == line]
        if any(is_same(rule, g) for g in here):
            total.right += 1
        else:
            total.missed.append(f"{name}:{line} {text[:40]!r}: {rule}; read: {here}")
    for name in got:
        wrong = [g for _, g in got[name] if g.startswith("!")]
        total.wrong += wrong
    scores.append((total, LEAST / len(rows), 1.0))
    return scores
