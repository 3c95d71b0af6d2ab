"""The program that a scenario is about, its first argument: run to its end, or begun, where no terminal is."""
import os
import subprocess
import sys

from tap import DEADLINE_S

PRUSIK = os.path.realpath(sys.argv[1])
ENV = {**os.environ, "CI": "true", "NO_COLOR": "1"}


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv], capture_output=True, text=True, env=ENV, stdin=subprocess.DEVNULL,
                          timeout=DEADLINE_S, check=False)


def start(*argv):
    """What it prints on stdout is the caller's to read."""
    return subprocess.Popen([PRUSIK, *argv], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENV,
                            stdin=subprocess.DEVNULL)
