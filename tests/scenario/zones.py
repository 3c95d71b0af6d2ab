#!/usr/bin/env python3
"""Every zone of the database, read by base/tz and by Python's zoneinfo: the same offsets, gaps and overlaps.  TAP.

usage: zones.py DUMP_ZONE
"""
import datetime as dt
import os
import random
import subprocess
import sys
import zoneinfo

from tap import check, run_tests, same

DUMP = os.path.realpath(sys.argv[1])
UTC = dt.timezone.utc
EPOCH = dt.datetime(1970, 1, 1)
zoneinfo.reset_tzpath(["/usr/share/zoneinfo"])  # the same files, not a package of Python
ZONES = sorted(z for z in zoneinfo.available_timezones() if os.path.exists(f"/usr/share/zoneinfo/{z}"))


def ask(lines):
    done = subprocess.run([DUMP], input="".join(lines), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def offset(zone, s):
    at = dt.datetime.fromtimestamp(s, UTC).astimezone(zone)
    return int(at.utcoffset().total_seconds())


def changes(zone, begin, end):
    """Moments from which another offset holds, found by halving."""
    step, found, s = 7 * 86400, [], begin
    while s < end:
        if offset(zone, s) != offset(zone, s + step):
            lo, hi = s, s + step
            while hi - lo > 1:
                mid = (lo + hi) // 2
                lo, hi = (mid, hi) if offset(zone, mid) == offset(zone, s) else (lo, mid)
            found.append(hi)
        s += step
    return found


def local(zone, s):
    """Kind, first and second moment of a local time, by PEP 495."""
    naive, moments = EPOCH + dt.timedelta(seconds=s), []
    for fold in (0, 1):
        off = naive.replace(tzinfo=zone, fold=fold).utcoffset()
        moments.append(s - int(off.total_seconds()))
    a, b = moments
    return f"{'once' if a == b else 'twice' if a < b else 'never'} {a} {b}"


def compare(cases):
    got = ask(f"{name} {what} {s}\n" for name, what, s in cases)
    same("answers", len(got), len(cases))
    for (name, what, s), answer in zip(cases, got):
        zone = zoneinfo.ZoneInfo(name)
        want = str(offset(zone, s)) if what == "u" else local(zone, s)
        check(answer == want, f"{name} {what} {s}: {answer}, and zoneinfo says {want}")


def moments_of_every_zone():
    rng = random.Random(4711)
    compare([(z, "u", rng.randrange(-2**31, 2**33)) for z in ZONES for _ in range(40)])


def local_times_of_every_zone():
    rng = random.Random(815)
    compare([(z, "l", rng.randrange(0, 2**32)) for z in ZONES for _ in range(20)])


def around_every_change_of_some_zones():
    names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
             "Pacific/Apia", "Africa/Casablanca", "America/Caracas", "Europe/Dublin", "Antarctica/Troll", "Asia/Gaza"]
    cases = []
    for name in names:
        zone = zoneinfo.ZoneInfo(name)
        for at in changes(zone, 1, 2**32 - 14 * 86400):
            before, after = offset(zone, at - 1), offset(zone, at)
            for d in (-1, 0, 1):
                cases.append((name, "u", at + d))
                cases += [(name, "l", at + before + d), (name, "l", at + after + d)]
            cases.append((name, "l", at + (before + after) // 2))  # in the gap, or in the hour that comes twice
    check(len(cases) > 5000, f"only {len(cases)} cases")
    compare(cases)


sys.exit(run_tests([moments_of_every_zone, local_times_of_every_zone, around_every_change_of_some_zones]))
