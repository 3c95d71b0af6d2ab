#!/usr/bin/env python3
"""One line for each single test of a meson test run: its name, a tab, "ok" or "failed".

usage: tools/results.py FOLDER/meson-logs/testlog.json

A TAP program counts with its subtests.  A program that fails otherwise (no plan, crash, timeout) is one more
failed test, and so is one that was skipped: what `make check` runs, it needs.
"""
import json
import re
import sys


def subtests(stdout):
    """(name, passed) of each TAP line; a skipped one has not passed."""
    for line in stdout.splitlines():
        match = re.match(r"(not )?ok\b *(\d*) *-? *([^#]*)(# *(?i:skip))?", line)
        if match:
            yield f"{match[2]} {match[3].strip()}", not match[1] and not match[4]


def main(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            good = test["result"] in ("OK", "EXPECTEDFAIL")
            rows = list(subtests(test.get("stdout", "")))
            if not rows or (not good and all(passed for _, passed in rows)):
                rows.append(("", good))
            for name, passed in rows:
                print(f"{test['name']}: {name}\t{'ok' if passed else 'failed'}")


main(sys.argv[1])
