#!/usr/bin/env python3
"""One line for each single test of a meson test run: its name, a tab, "ok" or "failed".

usage: tools/results.py LOG [LATER-LOG...]     FOLDER/meson-logs/testlog.json; a program in a later one counts as there
       tools/results.py --failed LOG...        the programs that failed, by their names for meson, a tab, their seconds

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


def tests(path):
    """Each program's seconds and results: (name of a single test, passed)."""
    programs = {}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            good = test["result"] in ("OK", "EXPECTEDFAIL")
            rows = list(subtests(test.get("stdout", "")))
            if not rows or (not good and all(passed for _, passed in rows)):
                rows.append(("", good))
            programs[test["name"]] = (test.get("duration", 0), rows)
    return programs


def main(args):
    only_failed = args[0] == "--failed"
    programs = {}
    for path in args[only_failed:]:
        programs.update(tests(path))
    for program, (seconds, rows) in programs.items():
        if only_failed and not all(passed for _, passed in rows):
            print(f"{program.split(' / ')[-1]}\t{seconds:.0f}")
        for name, passed in rows if not only_failed else ():
            print(f"{program}: {name}\t{'ok' if passed else 'failed'}")


main(sys.argv[1:])
