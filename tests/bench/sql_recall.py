#!/usr/bin/env python3
"""What prusik db lint and squawk find in labelled files of migrations: met labels and findings beside them, for each rule.

usage: sql_recall.py PRUSIK FOLDER [SQUAWK]

The first line of a file is "-- expect: PG001 RUN005": rules of prusik.  squawk's rules are held against them by the map below;
what it says about style has no place in it and is not counted, neither for nor against it.  Files whose parts are for SQLite are left
out, and files that need a database; of a file with prusik's markers squawk is not asked about lock_timeout, which prusik sets.  A finding is beside the labels when none of the rules that it may mean is one.
"""
import glob
import json
import os
import subprocess
import sys

MEANS = {
    "require-concurrent-index-creation": ["PG001"],
    "require-concurrent-index-deletion": ["PG002"],
    "require-concurrent-reindex": ["PG003"],
    "disallowed-unique-constraint": ["PG004", "PG005", "PG006"],
    "adding-serial-primary-key-field": ["PG005", "PG006", "PG017"],
    "constraint-missing-not-valid": ["PG007", "PG008", "PG009"],
    "adding-foreign-key-constraint": ["PG009", "PG010"],
    "adding-not-nullable-field": ["PG013", "PG014"],
    "adding-required-field": ["PG015"],
    "adding-field-with-default": ["PG016", "PG019"],
    "changing-column-type": ["PG020"],
    "require-concurrent-partition-detach": ["PG026"],
    "require-concurrent-refresh-materialized-view": ["PG024"],
    "ban-alter-domain-with-add-constraint": ["PG031"],
    "ban-concurrent-index-creation-in-transaction": ["RUN001"],
    "require-lock-timeout": ["RUN005"],
    "require-timeout-settings": ["RUN005"],
    "transaction-nesting": ["RUN007"],
    "require-concurrent-index-name": ["RUN009"],
    "require-enum-value-ordering": [],
    "ban-drop-column": ["RUN101"],
    "ban-drop-table": ["RUN102"],
    "ban-drop-database": ["RUN103"],
    "renaming-column": ["RUN104"],
    "renaming-table": ["RUN105"],
    "ban-drop-not-null": ["RUN108"],
    "ban-truncate-cascade": ["PG029", "RUN109"],
    "constraint-missing-validate": [],
    "syntax-error": ["RUN015", "RUN014"],
}


def run(argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    return json.loads(done.stdout or "[]")


def squawk(program, path, text):
    argv = [program, "--reporter", "json"]
    if "prusik:up" in text and "tx=no" not in text:
        argv.append("--assume-in-transaction")
    return {f["rule_name"] for f in run([*argv, path])}


def main():
    prusik, folder = sys.argv[1:3]
    peer = sys.argv[3] if len(sys.argv) > 3 else None
    wanted, met, beside = {}, {"prusik": {}, "squawk": {}}, {"prusik": {}, "squawk": {}}
    files = 0
    for path in sorted(glob.glob(os.path.join(folder, "*.sql"))):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if "db=sqlite" in text or "-- catalog:" in text:
            continue
        files += 1
        labels = set(text.split("\n", 1)[0].replace("-- expect: ", "").split()) - {"nothing"}
        for label in labels:
            wanted[label] = wanted.get(label, 0) + 1
        found = {f["id"] for f in run([prusik, "db", "lint", "--json", path])}
        for rule in found:
            where = met if rule in labels else beside
            where["prusik"][rule] = where["prusik"].get(rule, 0) + 1
        if not peer:
            continue
        said = [MEANS[name] for name in squawk(peer, path, text) if MEANS.get(name)]
        if "prusik:up" in text:  # prusik sets a lock_timeout itself, which squawk cannot know
            said = [means for means in said if means != ["RUN005"]]
        for label in labels:
            if any(label in means for means in said):
                met["squawk"][label] = met["squawk"].get(label, 0) + 1
        for means in said:
            if not labels & set(means):
                beside["squawk"][means[0]] = beside["squawk"].get(means[0], 0) + 1
    known = {rule for means in MEANS.values() for rule in means}
    print(f"{files} files\n")
    print("| rule | files | prusik: met | beside | squawk: met | beside |\n|---|--:|--:|--:|--:|--:|")
    for rule in sorted(known & set(wanted)):
        row = [wanted[rule], met["prusik"].get(rule, 0), beside["prusik"].get(rule, 0),
               met["squawk"].get(rule, 0), beside["squawk"].get(rule, 0)]
        print(f"| {rule} | " + " | ".join(map(str, row)) + " |")
    for name, rules in (("of these", known & set(wanted)), ("of all rules", set(wanted))):
        row = [sum(wanted[r] for r in rules)]
        for who in ("prusik", "squawk"):
            row += [sum(met[who].get(r, 0) for r in rules), sum(beside[who].values())]
        print(f"| {name} | " + " | ".join(map(str, row)) + " |")


main()
