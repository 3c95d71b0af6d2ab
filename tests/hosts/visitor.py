#!/usr/bin/env python3
"""Somebody who asks all the time, until SIGTERM; then what was answered, as JSON.

usage: visitor.py URL
"""
import json
import signal
import sys
import time
import urllib.request

COUNT = {"asked": 0, "lost": 0, "slowest_ms": 0}
GOES_ON = True


def leave(*_):
    global GOES_ON  # pylint: disable=global-statement
    GOES_ON = False


signal.signal(signal.SIGTERM, leave)
print("here", flush=True)
while GOES_ON:
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=60) as answer:
            answer.read()
    except OSError:
        COUNT["lost"] += 1
    COUNT["asked"] += 1
    COUNT["slowest_ms"] = max(COUNT["slowest_ms"], int((time.monotonic() - begin) * 1000))
    time.sleep(0.01)
print(json.dumps(COUNT))
