#!/usr/bin/env python3
"""What a document, its binding, a command's output or a person says cannot drive the terminal that shows it.  TAP.

usage: foreign.py PRUSIK
"""
import os
import re
import subprocess
import sys

from tap import DEADLINE_S, check, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
# Clears the line, goes up, hides what follows, sets the title of the window; C1's CSI; what turns the direction of text around.
EVIL = "\x1b[2K\x1b[1A\x1b[8m\x1b]0x\x07\u009b2J\u202e\u2066"
OURS = re.compile(r"\x1b\[[0-9;]*m")

DOC = """# Deploy EVIL it

**Owner**: EVIL ana
**Service**: shop EVIL

## Pre-Deployment Checklist EVIL

- [ ] Somebody EVIL looked at it
- [ ] Disk space is above EVIL 1 GB

## Deployment EVIL

### 1. Back EVIL up

```bash
echo one EVIL | tee out.txt; touch made
```

Expected: "one EVIL"

### 2. On `web1EVIL`

```bash
ssh ops@web1EVIL uptime
curl http://127.0.0.1:1/EVIL
echo <nameEVIL>
```

If it fails EVIL: stop and call EVIL.

### Option A EVIL

```sql
SELECT 'EVIL' AS "aEVIL";
```

### Option B EVIL

```bash
printf 'EVIL\\n' >&2; false
```

| Step | Command | Owner EVIL |
|------|---------|-------|
| EVIL | `echo EVIL` | EVIL |

**Rollback if** error rate EVIL > 5% for EVIL 5 min, or EVIL complaints.

## Sign-off

- [ ] DBA EVIL: ________

## Rollback EVIL

```bash
rm made # EVIL
```

## Messages

> Subject: EVIL down [TIME] EVIL
"""


def prusik(*argv):
    run = subprocess.run([PRUSIK, *argv], capture_output=True, stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False,
                         env={**os.environ, "CI": "true", "TZ": "UTC", "LC_ALL": "C.UTF-8"})
    return run.returncode, run.stdout.decode("utf-8", "surrogateescape"), run.stderr.decode("utf-8", "surrogateescape")


def harmless(what, text, colours=True):
    rest = OURS.sub("", text) if colours else text
    for line in rest.split("\n"):
        bad = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
        check(not bad, f"{what} shows {line!r}")
    check("\x1b[8m" not in text, f"{what} hides what follows")


def shows(*argv, codes):
    code, out, err = prusik(*argv)
    check(code in codes, f"prusik {' '.join(argv)} ends with {code}: {out}{err}")
    harmless("prusik " + " ".join(argv), out)
    harmless("the errors of prusik " + " ".join(argv), err)
    return out


def the_plan_of_a_document_and_its_findings_are_harmless():
    write("deploy.md", DOC.replace("EVIL", EVIL))
    check("Deploy " in shows("plan", "deploy.md", codes=(0, 3)), "there is no title")
    shows("plan", "deploy.md", "--questions", codes=(0, 3))
    shows("plan", "deploy.md", "--graph", codes=(0, 3))
    shows("plan", "deploy.md", "--color", "always", codes=(0, 3))
    shows("lint", "deploy.md", codes=(0, 10))
    shows("run", "deploy.md", "--dry-run", codes=(0, 3))
    shows("run", "deploy.md", "--unattended", codes=(3,))
    shows("init", "deploy.md", codes=(0,))
    write("other.md", DOC.replace("EVIL", "x" + EVIL))
    prusik("plan", "deploy.md", "--json")
    write("old.json", prusik("plan", "deploy.md", "--json")[1])
    shows("plan", "other.md", "--diff", "old.json", codes=(0, 3, 10))
    os.rename("deploy.md", f"a{EVIL}.md")
    shows("lint", f"a{EVIL}.md", codes=(0, 10))
    shows("plan", f"a{EVIL}.md", codes=(0, 3))


RUN = """# Deploy EVIL it

## Deployment EVIL

1. Say EVIL it

```bash
echo EVIL | tee oneEVIL.txt
```

2. Fail EVIL

```bash
printf 'EVIL\\n' >&2; test -f twoEVIL.txt
```

## Rollback EVIL

```bash
rm oneEVIL.txt; echo EVIL
```
"""


def a_run_that_fails_and_goes_back_is_harmless():
    write("deploy.md", RUN.replace("EVIL", EVIL))
    write("prusik.yaml", "environment: test\n")
    who = ["--operator", "ana" + EVIL]
    out = shows("run", "deploy.md", "--unattended", *who, codes=(4,))
    check("Deployment" in out and "Fail" in out, f"the run shows {out!r}")
    shows("status", codes=(0,))
    shows("status", "--all", codes=(0,))
    shows("report", "--format", "junit", codes=(0,))
    shows("resume", "--unattended", *who, codes=(4,))
    shows("status", codes=(0,))
    shows("rollback", "--unattended", "--why", "because " + EVIL, *who, codes=(5,))
    shows("status", "--all", codes=(0,))
    shows("verify", codes=(0,))
    same("the folder has what the way back leaves", os.path.exists(f"one{EVIL}.txt"), False)


def what_a_person_reads_of_errors_is_harmless():
    for argv in (["plan", f"no{EVIL}.md"], ["pl" + EVIL], ["plan", "--" + EVIL], ["status", "r-" + EVIL], ["lint", "--disable", EVIL, "x.md"]):
        shows(*argv, codes=(1, 2, 4, 10))
    write("prusik.yaml", f"environment: test\n{EVIL}: 1\n")
    write("deploy.md", "# A\n\n## Deploy\n\n```bash\ntrue\n```\n")
    shows("plan", "deploy.md", codes=(3,))


if __name__ == "__main__":
    sys.exit(run_tests([the_plan_of_a_document_and_its_findings_are_harmless, a_run_that_fails_and_goes_back_is_harmless,
                        what_a_person_reads_of_errors_is_harmless]))
