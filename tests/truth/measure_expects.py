"""What documents say is expected, against the checks that are read from them.

A fact is found when there is a check of its form and value on its line, on its command.  A check by
machine that is no fact is wrong: it would pass a bad output, or fail a good one.
"""
import os
import subprocess

import truth

# The least share of facts that are found.
RECALL = 0.95


def found(build, path):
    out = subprocess.run([os.path.join(build, "tests", "dump_expects"), "--expects", path], check=True, text=True,
                         capture_output=True).stdout
    for line in out.splitlines():
        at, end, form, value, command, command_end = line.split("\t")
        yield {"line": int(at), "end": int(end), "form": form, "value": value.strip(),
               "command": (int(command), int(command_end))}


def value_fits(want, got):
    return want == "" or want == got or (want[:1] == "~" and want[1:] in got)


def same_lines(fact, check):
    first, _, last = fact["line"].partition("-")
    return check["line"] <= int(last or first) and int(first) <= check["end"]


def fits(fact, check):
    commands = [int(c) for c in fact["command_line"].split("|") if c]
    low, high = check["command"]
    return (same_lines(fact, check)
            and check["form"] in fact["form"].split("|") and value_fits(fact["value"], check["value"])
            and (not commands or any(low <= c <= high for c in commands)))


def measure(build, documents):
    scores, machine, total = [], 0, 0
    for name, path in documents:
        facts = truth.facts(name, "expects")
        if facts is None:
            continue
        score, checks = truth.Score(f"expectations of {name}"), list(found(build, path))
        right = set()
        for fact in facts:
            hits = [i for i, c in enumerate(checks) if fits(fact, c)]
            right.update(hits)
            score.right += bool(hits)
            if not hits:
                near = [f"{c['form']} {c['value']} @{c['command'][0]}" for c in checks
                        if same_lines(fact, c)]
                score.missed.append("{line}: {form} {value} @{command_line}".format(**fact)
                                    + f"; read: {near}")
        for i, c in enumerate(checks):
            if c["form"] != "person" and i not in right:
                score.wrong.append(f"{c['line']}: {c['form']} {c['value']} @{c['command'][0]}")
        by_machine = sum(f["form"] != "person" for f in facts)
        print(f"# {name}: {by_machine} of {len(facts)} expectations can be checked by machine "
              f"({100 * by_machine / max(len(facts), 1):.0f} %), "
              f"{sum(c['form'] != 'person' for c in checks)} checks are read")
        scores.append((score, RECALL, 1.0))
    return scores
