#!/usr/bin/env python3
"""What holds for the text of every file; prints "CHECK: FINDING" for each finding.

usage: tools/lint/text.py < LIST OF FILES (in the current folder)
"""
import os
import re
import sys
from urllib.parse import unquote

# Bytes that tests depend on (.editorconfig), and texts that are not ours.
AS_THEY_ARE = ("runbooks/", "tests/corpus/", "seeds/", "LICENSE")

# An absolute path of the machine that this was written on, or a host that packages come from.
MACHINE = re.compile(
    r"(?:^|[^\w.})$/-])/(?:work|root)/"
    r"|registry[.](?:npm|yarn)|npmjs[.](?:org|com)|(?:deb|security)[.]debian[.]org"
    r"|pypi[.]org|pythonhosted[.]org|proxy[.]golang[.]org")


def lines_of(path):
    """Lines without their ends; nothing for what is not text."""
    with open(path, "rb") as f:
        data = f.read()
    if b"\0" in data:
        return []
    return data.decode("utf-8", errors="replace").split("\n")


def white(path):
    """White space at the end of a line; in Markdown two blanks are a line break."""
    if path.endswith(".md"):
        return
    for number, line in enumerate(lines_of(path), 1):
        if re.search(r"[ \t\r]$", line):
            yield f"{path}:{number}: white space at the end"


def newline(path):
    """A last line that does not end, or empty lines at the end."""
    lines = lines_of(path)
    if len(lines) > 1 or lines and lines[0]:
        if lines[-1]:
            yield f"{path}: the last line has no end"
        elif len(lines) > 1 and not lines[-2]:
            yield f"{path}: an empty line at the end"


def machine(path):
    """Something of this machine."""
    for number, line in enumerate(lines_of(path), 1):
        found = MACHINE.search(line)
        if found:
            yield f"{path}:{number}: '{found[0].strip()}' is of one machine only"


def prose(path):
    """(number, line) outside of fences, without code spans."""
    fence = ""
    for number, line in enumerate(lines_of(path), 1):
        mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield number, re.sub(r"(`+)(?:.*?[^`])?\1(?!`)", "", line)


def anchors(path):
    """The names that GitHub gives to the headings of a file."""
    seen = {}
    for line in lines_of(path):
        heading = re.match(r" {0,3}#{1,6}\s+(.*?)\s*#*$", line)
        if heading:
            name = re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-")
            count = seen.get(name, 0)
            seen[name] = count + 1
            yield f"{name}-{count}" if count else name


def targets(path):
    """(number, target) of the links of a Markdown file."""
    for number, line in prose(path):
        for target in re.findall(r"\]\(\s*<?([^)>\s]+)", line) + re.findall(r"^ {0,3}\[[^\]]+\]:\s+(\S+)", line):
            yield number, target


def links(path):
    """A link to a file or heading that does not exist."""
    if not path.endswith(".md"):
        return
    for number, target in targets(path):
        if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.I):
            continue
        file, _, anchor = unquote(target).partition("#")
        full = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
        if not os.path.exists(full):
            yield f"{path}:{number}: there is no '{full}'"
        elif anchor and full.endswith(".md") and anchor not in anchors(full):
            yield f"{path}:{number}: '{full}' has no heading '#{anchor}'"


def formats(path):
    """A page of docs/formats that the index does not name."""
    index = "docs/README.md"
    if re.fullmatch(r"docs/formats/[^/]+\.md", path):
        if not os.path.exists(index):
            yield f"{path}: there is no {index} that could name it"
            return
        known = {os.path.normpath("docs/" + target.partition("#")[0]) for _, target in targets(index)}
        if path not in known:
            yield f"{path}: {index} does not link to it"


def main():
    for path in sys.stdin.read().split("\n"):
        if path and not path.startswith(AS_THEY_ARE):
            for check in (white, newline, machine, links, formats):
                for finding in check(path):
                    print(f"{check.__name__}: {finding}")


main()
