#!/usr/bin/env python3
"""Say in a file, for scripts, that the machine stood still (tap.Stillness): FILE is there as soon as it did, with how long in ms.

usage: stillness.py FILE      until it is ended; who removes the file asks anew
"""
import sys
import time

from tap import Stillness

stillness = Stillness()
while True:
    time.sleep(stillness.TICK_S)
    if stillness.longest_s >= stillness.LIMIT_S:
        with open(sys.argv[1], "w", encoding="utf-8") as f:
            f.write(f"{stillness.longest_s * 1000:.0f}\n")
        stillness.begin()
