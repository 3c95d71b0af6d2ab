"""Facts that dump_runbook prints of a document, as tuples."""
import json
import os
import subprocess


def facts(build, path):
    """(kind of fact, line, members) of each line of the program's output."""
    program = os.path.join(build, "tests", "dump_runbook")
    out = subprocess.run([program, path], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
    return [json.loads(line) for line in out.splitlines()]
