#!/usr/bin/env python3
"""The program in a root that has nothing but the C library and bash: it starts, and does the main job.  TAP.

usage: one_file.py PRUSIK
"""
import ctypes
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "scenario"))
from tap import DEADLINE_S, check, run_tests, same, write  # noqa: E402  pylint: disable=wrong-import-position

PRUSIK = os.path.realpath(sys.argv[1])
LIBRARIES = ("libc.so.6", "libm.so.6", "libtinfo.so.6")  # the last is bash's
DOCUMENT = """# Release

## Steps

```bash
echo hello > note
```

```bash
read -r said < note; echo "$said"
```

Expected: `hello`
"""


def copy_libraries():
    """From where the dynamic linker finds them, under the names by which it looks for them."""
    for name in LIBRARIES:
        ctypes.CDLL(name)
    with open("/proc/self/maps", encoding="ascii") as f:
        paths = {line.split()[-1] for line in f if "/" in line}
    for path in paths:
        file = os.path.basename(path)
        if file.startswith("ld-linux"):
            shutil.copy(path, f"root/lib64/{file}")
        for name in LIBRARIES:
            if file.startswith(name):
                shutil.copy(path, f"root/lib/{name}")


def bare_root():
    for folder in ("bin", "lib64", "lib", "dev", "proc", "work"):
        os.makedirs(f"root/{folder}")
    copy_libraries()
    shutil.copy(shutil.which("bash"), "root/bin/bash")
    shutil.copy(PRUSIK, "root/bin/prusik")
    write("root/work/doc.md", DOCUMENT)
    write("root/work/prusik.yaml", "environment: test\noperator: ann\naccept_gaps: a test\n")
    os.mkdir("root/work/migrations")
    write("root/work/migrations/1_notes.sql", "-- prusik:up\nCREATE TABLE note (id integer PRIMARY KEY);\n-- prusik:down\nDROP TABLE note;\n")


def inside(*argv):
    enter = "mount --rbind /dev root/dev && mount --rbind /proc root/proc && exec chroot root /bin/bash -c 'cd /work && exec \"$@\"' - \"$@\""
    return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", enter, "sh", "prusik", *argv],
                          env={"PATH": f"/bin:{os.environ['PATH']}", "LD_LIBRARY_PATH": "/lib", "HOME": "/work", "TMPDIR": "/work",
                               "CI": "true", "NO_COLOR": "1"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def done(*argv):
    r = inside(*argv)
    same(f"the exit status of {' '.join(argv)}, which says {r.stdout}{r.stderr}", r.returncode, 0)
    return r.stdout


def it_needs_nothing_but_the_c_library():
    bare_root()
    check("prusik" in done("--version"), "it does not say its version")
    done("lint", "doc.md")
    check("✓" in done("run", "doc.md", "--unattended"), "no step is done")
    check("hello" in done("report", "--format", "markdown"), "the report does not have the output")
    done("verify")
    done("db", "upgrade", "--db", "sqlite:app.db", "--dir", "migrations")
    same("the version", done("db", "current", "--db", "sqlite:app.db", "--dir", "migrations").split()[0], "1")


def what_is_opened_later_is_named_when_it_is_missing():
    bare_root()
    r = inside("db", "current", "--db", "postgresql:///shop", "--dir", "migrations")
    check(r.returncode != 0 and "libpq5" in r.stderr, f"it says {r.stderr}")


sys.exit(run_tests([it_needs_nothing_but_the_c_library, what_is_opened_later_is_named_when_it_is_missing]))
