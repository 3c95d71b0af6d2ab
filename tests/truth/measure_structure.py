"""What a document's parts are: NAME.structure.tsv has line, what and value.

what      value
role      of a heading: what its section is for
number    of a heading, step title or item
task      open or ticked
joined    line of the procedure that a checklist item stands for
optional, condition   of a part or a command
one-of    line of the first of the parts or commands of which one is carried out
micro     number of the comment that a command belongs to ("# 3. Stop the service")
manual, approval      a person acts here
remark    what must not be done
made      of a command: line of the one that makes the file with a date in its name
command   a command that stands in a text or table
endless, interactive, fails   a command that never ends, asks at a terminal, or must fail
due       when a part is carried out, after the deployment
sign      who signs on the line
message, checkpoint, file, meta, placeholder   as their names say
"""
import collections

import dump
import truth

LEAST = 0.98


def measure(build, documents):
    scores = {}
    for name, path in documents:
        rows = truth.facts(name, "structure")
        if rows is None:
            continue
        wanted = collections.Counter((int(r["line"]), r["what"], (r["value"] or "-").lower())
                                     for r in rows)
        found = collections.Counter((f["line"], f["what"], f["value"].lower())
                                    for f in dump.facts(build, path) if f["what"] != "block")
        for what in {key[1] for key in wanted | found}:
            score = scores.setdefault(what, truth.Score(f"structure: {what}"))
            for key in [k for k in wanted | found if k[1] == what]:
                score.right += min(wanted[key], found[key])
                text = f"{name}:{key[0]}: {what} {key[2]}"
                score.missed += [text] * (wanted[key] - found[key])
                score.wrong += [text] * (found[key] - wanted[key])
    return [(scores[what], LEAST, LEAST) for what in sorted(scores)]
