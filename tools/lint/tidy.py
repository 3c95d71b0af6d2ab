#!/usr/bin/env python3
"""clang-tidy over every C file of the project that a build folder of clang compiles.

usage: tools/lint/tidy.py [--quick] FOLDER [FILE...]

--quick bounds the static analyzer to QUICK_NODES states a function (its own bound is 225,000): a fraction of the time.

Tests are looked at without the static analyzer, which takes nine tenths of the time: what it could find there (memory, null
pointers) the same tests show under the sanitizers.

FOLDER/tidy remembers what was clean (a hash of the preprocessed text with its comments, the settings and the
version), so only what changed is looked at again.
"""
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
DROP_WITH_NEXT = ("-o", "-c", "-MF", "-MQ")
QUICK_NODES = 8000


def compiled(folder):
    """Path in the project: (folder to run in, command that preprocesses it)."""
    with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as f:
        entries = json.load(f)
    found = {}
    for entry in entries:
        path = os.path.join(entry["directory"], entry["file"])
        words = iter(shlex.split(entry["command"]))
        kept = [w for w in words if w != "-MD" and not (w in DROP_WITH_NEXT and next(words))]
        found[os.path.relpath(os.path.realpath(path), ROOT)] = (entry["directory"], kept + ["-E", "-C", path])
    return found


def arguments(path, quick):
    """What clang-tidy is told beside the file."""
    if path.startswith("tests/"):
        return ["--checks=-clang-analyzer-*"]
    words = ["-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={QUICK_NODES}"]
    return [f"--extra-arg={word}" for word in words] if quick else []


def look(folder, path, where, command, settings, quick):
    """What clang-tidy says about one file; empty when it is clean."""
    text = subprocess.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    more = arguments(path, quick)
    key = hashlib.sha256(settings + " ".join(command + more).encode() + text.stdout).hexdigest()
    mark = os.path.join(folder, "tidy", key)
    if text.returncode == 0 and os.path.exists(mark):
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", folder, *more, path], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        return done.stdout
    with open(mark, "w", encoding="utf-8"):
        return ""


def main(folder, *wanted, quick=False):
    folder = os.path.realpath(folder)
    os.makedirs(os.path.join(folder, "tidy"), exist_ok=True)
    settings = subprocess.check_output(["clang-tidy", "--version"])
    for path in subprocess.check_output([os.path.join(ROOT, "tools/files.sh"), "*.clang-tidy"], text=True).split():
        with open(os.path.join(ROOT, path), "rb") as f:
            settings += f.read()
    files = wanted or subprocess.check_output([os.path.join(ROOT, "tools/files.sh"), "*.c"], text=True).split()
    commands = compiled(folder)
    jobs = [(path, *commands[path]) for path in files if path in commands]
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", os.cpu_count()))) as pool:
        found = list(pool.map(lambda job: look(folder, *job, settings, quick), jobs))
    print("".join(found), end="")
    print(f"{len(jobs)} files, {sum(1 for f in found if f)} with findings")
    return 0 if jobs and not any(found) else 1


def arguments_of(argv):
    """Of the command line: is it quick, and the folder with its files; ends where it is asked or wrong."""
    quick = argv[:1] == ["--quick"]
    rest = argv[1:] if quick else argv
    if not rest or rest[0].startswith("-"):
        print(__doc__, file=sys.stdout if rest[:1] == ["--help"] else sys.stderr)
        sys.exit(0 if rest[:1] == ["--help"] else 2)
    return quick, rest


QUICK, REST = arguments_of(sys.argv[1:])
sys.exit(main(*REST, quick=QUICK))
