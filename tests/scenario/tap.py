"""What the scenarios in Python share: checks, files, and tests told as TAP."""
import os
import shutil
import sys
import tempfile
import time

DEADLINE_S = 300  # of what hangs; a machine that is busy with other things may be ten times as slow as one that is not


class Failed(Exception):
    pass


class Skipped(Exception):
    """What the machine does not permit; says why."""


def check(good, what):
    if not good:
        raise Failed(what)


def same(what, got, want):
    check(got == want, f"{what} is {got!r} and should be {want!r}")


def write(name, text, mode=0o600):
    with open(name, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(name, mode)


def read(name):
    with open(name, encoding="utf-8") as f:
        return f.read()


def await_(what, condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        check(time.monotonic() < end, f"{what} does not come")
        time.sleep(0.02)


def run_tests(tests):
    """Each in a folder of its own; the exit status."""
    bad = 0
    print(f"1..{len(tests)}")
    for n, test in enumerate(tests, 1):
        folder = tempfile.mkdtemp()
        os.chdir(folder)
        try:
            test()
            print(f"ok {n} - {test.__name__}", flush=True)
        except Skipped as e:
            print(f"ok {n} - {test.__name__} # SKIP {e}", flush=True)
        except Exception as e:  # pylint: disable=broad-except
            bad += 1
            text = str(e) if isinstance(e, Failed) else repr(e)
            print("".join(f"# {line}\n" for line in text.splitlines()), end="")
            print(f"not ok {n} - {test.__name__}", flush=True)
        finally:
            os.chdir("/")
            shutil.rmtree(folder)
    sys.stdout.flush()
    return 1 if bad else 0
