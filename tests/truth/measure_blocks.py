"""What each block of a document is: NAME.blocks.tsv has line, kind, host and commands.

host: where its commands run, in the order of the hosts ("-": here); commands: how many there are, a
line `ssh host` and the line that opens a database client among them.
"""
import dump
import truth

COLUMNS = ("kind", "host", "commands")


def measure(build, documents):
    scores = {c: truth.Score(f"blocks: {c}") for c in COLUMNS}
    for name, path in documents:
        wanted = truth.facts(name, "blocks")
        if wanted is None:
            continue
        found = {f["line"]: f for f in dump.facts(build, path) if f["what"] == "block"}
        for row in wanted:
            block = found.pop(int(row["line"]), {})
            for c in COLUMNS:
                got = str(block.get(c, "none"))
                if got == (row[c] or "-"):
                    scores[c].right += 1
                else:
                    scores[c].missed.append(f"{name}:{row['line']}: {c} is {row[c] or '-'}, read {got}")
        for line, block in found.items():
            scores["kind"].wrong.append(f"{name}:{line}: no block, read {block['kind']}")
    return [(s, LEAST, LEAST) for s in scores.values() if s.right or s.missed or s.wrong]


LEAST = 0.98
