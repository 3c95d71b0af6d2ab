#!/usr/bin/env python3
"""Run a test that is no program in C or Python: once more when it fails while the machine stood still (tap.Stillness).

usage: fairly.py COMMAND [ARG...]      what it prints is shown when it has ended, of its last try
"""
import signal
import subprocess
import sys

from tap import Stillness, say

stillness = Stillness()
for tries in range(stillness.TRIES):
    stillness.begin()
    with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as test:
        signal.signal(signal.SIGTERM, lambda sig, frame, test=test: test.send_signal(sig))
        said = test.communicate()[0].decode(errors="replace")
    if test.returncode == 0 or tries == stillness.TRIES - 1 or not stillness.spoils():
        break
    say(f"{said}\n{stillness}")
    stillness.settle()
print(said, end="")
sys.exit(test.returncode if test.returncode >= 0 else 1)
