"""What is wrong in a document, against what `prusik lint` says of it.

Truth: NAME.defects.tsv (item, line, rule, note).  A fact is found when one of its rules speaks of one of its
lines ("12,20-24"); one with the rule '-' needs knowledge that is not in the text and is counted apart.  A
finding is false when it is a warning or error and no fact has its rule and line.  Findings of severity info are
questions and hints; they are false only where a fact says so ("!RB008").  RB51x compares documents: those are
looked for in one run over all of them.
"""
import json
import os
import subprocess

import truth

LEAST_RECALL = 0.85
MOST_FALSE = 1.0  # of 100 lines


def lines_of(text):
    for piece in text.split(","):
        if piece and piece != "-":
            first, _, last = piece.partition("-")
            yield from range(int(first), int(last or first) + 1)


def lint(build, paths):
    r = subprocess.run([os.path.join(build, "src", "cli", "prusik"), "lint", "--json", "--no-shellcheck", *paths],
                       stdout=subprocess.PIPE, check=False)
    return json.loads(r.stdout)


def crosses(rule):
    return rule.startswith("RB51")


class Noise:
    """False findings of a document as a share of its lines, in the shape of a Score."""

    def __init__(self, what, n_lines, wrong):
        self.what, self.n_lines, self.wrong, self.missed = what, n_lines, wrong, []

    def recall(self):
        return 1.0

    def precision(self):
        return 1 - len(self.wrong) / max(self.n_lines, 1)

    def row(self):
        share = 100 * len(self.wrong) / max(self.n_lines, 1)
        return f"{self.what:<44} {len(self.wrong):>5} in {self.n_lines} lines: {share:.2f} of 100"


def measure(build, documents):
    known = [(name, path, truth.facts(name, "defects")) for name, path in documents]
    known = [(name, path, facts) for name, path, facts in known if facts is not None]
    if not known:
        return []
    together = lint(build, [path for _, path, _ in known]) if len(known) > 1 else []
    total, noise, n_all, result = truth.Score("defects, all documents"), [], 0, []
    beyond = 0
    for name, path, facts in known:
        found = [f for f in lint(build, [path]) if not crosses(f["id"])]
        found += [f for f in together if crosses(f["id"]) and f["file"] == path]
        at = {(f["id"], line) for f in found for line in range(f["line"], f["end_line"] + 1)}
        score, true, never = truth.Score(f"defects, {name}"), set(), set()
        for fact in facts:
            if fact["rule"].startswith("!"):
                never |= {(fact["rule"][1:], line) for line in lines_of(fact["line"])}
                continue
            if not fact["rule"]:
                beyond += 1
                continue
            here = {(rule, line) for rule in fact["rule"].split(",") for line in lines_of(fact["line"])}
            true |= here
            for s in (score, total):
                if here & at:
                    s.right += 1
                else:
                    s.missed.append(f"{name}:{fact['line']} {fact['rule']} {fact['item']} {fact['note']}")
        with open(path, encoding="utf-8", errors="replace") as f:
            n_lines = sum(1 for _ in f)
        wrong = []
        for f in found:
            spans = {(f["id"], line) for line in range(f["line"], f["end_line"] + 1)}
            if spans & never or (f["severity"] != "info" and not spans & true):
                wrong.append(f"{name}:{f['line']} {f['id']} {f['message']}")
        noise, n_all = noise + wrong, n_all + n_lines
        result.append((score, 0.0, 0.0))
        result.append((Noise(f"false findings, {name}", n_lines, wrong), 0.0, 0.0))
    print(f"# {beyond} more need knowledge that is not in the text")
    result.append((total, LEAST_RECALL, 0.0))
    result.append((Noise("false findings, all documents", n_all, noise), 0.0, 1 - MOST_FALSE / 100))
    return result
