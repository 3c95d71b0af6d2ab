#!/usr/bin/env python3
"""Hold what prusik reads against the ground truth.  TAP on stdout.

usage: measure.py BUILD [--missed] [PART ...]

Each part is a module measure_PART.py with `measure(build, documents)`, which gives a list of
(Score, least recall, least precision).  --missed lists what is missed and what is wrong.
"""
import glob
import importlib
import os
import sys

import truth


def main(argv):
    options = [a for a in argv if a.startswith("--")]
    build, *parts = [a for a in argv if not a.startswith("--")]
    modules = sorted(os.path.basename(p)[len("measure_"):-len(".py")]
                     for p in glob.glob(os.path.join(truth.HERE, "measure_*.py")))
    documents, n, bad = truth.documents(), 0, 0
    for part in parts or modules:
        scores = importlib.import_module(f"measure_{part}").measure(build, documents)
        for score, recall, precision in scores:
            good = score.recall() >= recall and score.precision() >= precision
            n, bad = n + 1, bad + (not good)
            if "--missed" in options or not good:
                for text in score.missed:
                    print(f"#   missed: {text}")
                for text in score.wrong:
                    print(f"#   wrong:  {text}")
            print(f"# {score.row()}")
            print(f"{'ok' if good else 'not ok'} {n} - {part}: {score.what}", flush=True)
    print(f"1..{n}")
    return 1 if bad else 0


sys.exit(main(sys.argv[1:]))
