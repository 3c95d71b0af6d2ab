"""What the scenarios in Python share: checks, files, and tests told as TAP."""
import os
import shutil
import sys
import tempfile
import threading
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


def say(text):
    """Comments of TAP."""
    print("".join(f"# {line}\n" for line in text.splitlines()), end="", flush=True)


class Stillness:
    """How long the machine stood still, or had time for others only, while a test ran (as tests/harness/t.h)."""
    TICK_S, LIMIT_S, TRIES = 0.02, 0.1, 4

    def __init__(self):
        self.longest_s = 0
        threading.Thread(target=self.look, daemon=True).start()

    def begin(self):
        self.longest_s = 0

    def spoils(self):
        """It stood still since begin(), so that a failure says nothing."""
        time.sleep(2 * self.TICK_S)  # what stood still with us has looked by then
        return self.longest_s >= self.LIMIT_S

    def settle(self):
        """Wait until it has not stood still for a second; half a minute at most."""
        for _ in range(30):
            self.begin()
            time.sleep(1)
            if self.longest_s < self.LIMIT_S / 2:
                break

    def __str__(self):
        return f"the machine stood still for {self.longest_s * 1000:.0f} ms meanwhile: once more"

    def look(self):
        while True:
            begun = time.monotonic()
            time.sleep(self.TICK_S)
            self.longest_s = max(self.longest_s, time.monotonic() - begun - self.TICK_S)


def failure(test):
    """Run it in a folder of its own: why it fails, or None."""
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    try:
        test()
        return None
    except Skipped:
        raise
    except Exception as e:  # pylint: disable=broad-except
        return str(e) if isinstance(e, Failed) else repr(e)
    finally:
        os.chdir("/")
        shutil.rmtree(folder)


def failure_in_fair_time(test, stillness):
    """A failure while the machine stood still is no evidence against anybody: the test is run once more."""
    for tries in range(stillness.TRIES):
        stillness.begin()
        why = failure(test)
        if why is None or tries == stillness.TRIES - 1 or not stillness.spoils():
            break
        say(f"{why}\n{test.__name__}: {stillness}")
        stillness.settle()
    return why


def run_tests(tests):
    """Tell what becomes of each; the exit status."""
    bad = 0
    stillness = Stillness()
    print(f"1..{len(tests)}")
    for n, test in enumerate(tests, 1):
        try:
            why = failure_in_fair_time(test, stillness)
        except Skipped as e:
            print(f"ok {n} - {test.__name__} # SKIP {e}", flush=True)
            continue
        if why is not None:
            bad += 1
            say(why)
        print(f"{'ok' if why is None else 'not ok'} {n} - {test.__name__}", flush=True)
    sys.stdout.flush()
    return 1 if bad else 0
