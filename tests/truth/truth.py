"""Ground truth: what a person says is in a document, to hold the program's reading against.

A document is one of the five seeds (seed0 .. seed4, where PRUSIK_SHARED names their folder) or a file
of tests/truth/documents.  What is true of document NAME stands in tests/truth/NAME.KIND.tsv: a header
row, then a row for each fact; '#' begins a comment line, '-' is an empty cell.
"""
import csv
import glob
import os

HERE = os.path.dirname(os.path.realpath(__file__))


def documents():
    """(name, path) of each document that is there."""
    found = []
    shared = os.environ.get("PRUSIK_SHARED") or os.path.join(HERE, "..", "..", "..", "shared")
    for path in sorted(glob.glob(os.path.join(shared, "seeds", "*.txt"))):
        found.append(("seed%d" % int(os.path.basename(path).split("_")[0]), os.path.realpath(path)))
    for path in sorted(glob.glob(os.path.join(HERE, "documents", "*.md"))):
        found.append((os.path.splitext(os.path.basename(path))[0], path))
    return found


def facts(name, kind):
    """The rows of NAME.KIND.tsv as dicts; None when nobody has written it."""
    path = os.path.join(HERE, f"{name}.{kind}.tsv")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8", newline="") as f:
        lines = [line for line in f if line.strip() and not line.startswith("#")]
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    return [{k: "" if v == "-" else v for k, v in row.items()} for row in rows]


class Score:
    """Facts found, missed, and findings that are no facts."""

    def __init__(self, what):
        self.what, self.right, self.missed, self.wrong = what, 0, [], []

    def recall(self):
        return self.right / max(self.right + len(self.missed), 1)

    def precision(self):
        return self.right / max(self.right + len(self.wrong), 1)

    def row(self):
        n = self.right + len(self.missed)
        return (f"{self.what:<44} {self.right:>5} of {n:<5} recall {100 * self.recall():6.2f} %   "
                f"wrong {len(self.wrong):>4}   precision {100 * self.precision():6.2f} %")
