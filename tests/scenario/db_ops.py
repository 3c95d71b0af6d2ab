#!/usr/bin/env python3
"""The example migrations forth and back, and runs that are killed, on PostgreSQL and SQLite.  TAP on stdout.

usage: db_ops.py PRUSIK FOLDER_OF_MIGRATIONS [MOMENTS TEST]
MOMENTS: at how many runs forth and back are killed on each database, or their server, or backups and restores; 6, 2 and 2 unless
said.  TEST: this one only.  PRUSIK_SEED chooses the moments, and is printed.
"""
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from tap import DEADLINE_S, await_, check, run_tests, same, write

sys.argv, ARGS = sys.argv[:2], [os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), *sys.argv[3:]]
PRUSIK, TREES = ARGS[0], ARGS[1]
MOMENTS, FEW = (int(ARGS[2]), int(ARGS[2])) if len(ARGS) > 2 else (4, 2)
SEED = int(os.environ.get("PRUSIK_SEED", random.randrange(1 << 32)))


class Lite:
    def __init__(self):
        self.url = "sqlite:" + os.path.realpath("test.db")
        self.kind = "sqlite"

    def sql(self, text):
        with sqlite3.connect("test.db") as db:
            if ";" in text:
                db.executescript(text)
                return ""
            rows = db.execute(text).fetchall()
        return "\n".join("|".join("" if v is None else str(v) for v in row) for row in rows)

    def anew(self):
        for name in ("test.db", "test.db-journal", "test.db-wal"):
            if os.path.exists(name):
                os.unlink(name)
        sqlite3.connect("test.db").execute("VACUUM")

    def dump(self):
        schema = self.sql("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'prusik_%' AND name NOT LIKE"
                          " 'sqlite_%' ORDER BY 1, 2")
        tables = self.sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'prusik_%'"
                          " AND name NOT LIKE 'sqlite_%' ORDER BY 1").split("\n")
        return schema + "".join(f"\n-- {t}\n" + self.sql(f"SELECT * FROM \"{t}\" ORDER BY 1") for t in tables if t)

    def crash(self, moment):
        raise NotImplementedError("it has no server")

    def end(self):
        pass


class Postgres:
    def __init__(self, server):
        self.server, self.url, self.kind = server, server.url, "postgres"

    def sql(self, text):
        return self.server.sql(text)

    def anew(self):
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                 " AND application_name LIKE 'prusik%'")
        self.sql("DROP SCHEMA IF EXISTS public, prusik, migration CASCADE; CREATE SCHEMA public")

    def dump(self):
        done = subprocess.run([os.path.join(self.server.bin, "pg_dump"), "--no-owner", "--exclude-schema=prusik",
                               "--restrict-key=x", "-d", self.url], capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr)
        # rows lie in the order in which they were written last, which is not what is compared
        lines = done.stdout.split("\n")
        out, rows = [], None
        for line in lines:
            if rows is None:
                out.append(line)
                rows = [] if line.startswith("COPY ") else None
            elif line == "\\.":
                out += sorted(rows) + [line]
                rows = None
            else:
                rows.append(line)
        return "\n".join(out)

    def crash(self, moment):
        """At once, with or without time for its processes to go; and it runs again."""
        self.server.kill(signal.SIGKILL if moment % 2 else signal.SIGQUIT)
        self.server.run()

    def end(self):
        self.server.end()


class Shared:
    """One server for all tests, as making one takes longer than most of them; in a folder of its own."""

    def __init__(self):
        self.folder, self.postgres = tempfile.mkdtemp(), None

    def get(self):
        import db  # the server of its scenarios
        if not self.postgres:
            here = os.getcwd()
            os.chdir(self.folder)
            self.postgres = Postgres(db.Server())
            os.chdir(here)
        self.postgres.anew()
        return self.postgres

    def end(self):
        if self.postgres:
            self.postgres.end()
        shutil.rmtree(self.folder)


def on_both(test, shared):
    def go():
        test(Lite())
        shutil.rmtree("m", ignore_errors=True)
        test(shared.get())
    go.__name__ = test.__name__
    return go


def begin(base, *args):
    return subprocess.Popen([PRUSIK, "db", *args, "--db", base.url, "--dir", "m"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)


def prusik(base, *args):
    with begin(base, *args) as p:
        out, err = p.communicate()
    return p.returncode, out, err


def do(base, *args):
    code, out, err = prusik(base, *args, "--wait", "60s")
    check(code == 0, f"{base.kind}: {' '.join(args)} ended with {code}: {err}{out}")
    return out


def tree(name, *files):
    shutil.rmtree("m", ignore_errors=True)
    os.mkdir("m")
    for f in files or os.listdir(os.path.join(TREES, name)):
        shutil.copy(os.path.join(TREES, name, f), "m")


# --- the examples ---

FACTS = """INSERT INTO deals VALUES (1, 'a', 'carve-out'), (2, 'b', NULL), (3, 'c', 'merger'), (4, 'd', 'divestiture');
INSERT INTO facts VALUES (1, 1, '{"cost_status": "known", "x": 1}', NULL), (2, 1, '{"cost_status": "guess"}', NULL),
 (3, 2, '{}', NULL), (4, 2, '{"cost_status": "unknown"}', NULL);"""


def facts_go_forth_and_back_with_their_values(base):
    if base.kind == "sqlite":
        base.anew()
    tree("facts")
    do(base, "upgrade", "--to", "1")
    base.sql(FACTS)
    before = base.dump()
    do(base, "upgrade")
    same("cost status", base.sql("SELECT cost_status FROM facts ORDER BY id").split("\n"), ["known", "", "", "unknown"])
    same("deal types", base.sql("SELECT deal_type FROM deals ORDER BY id").split("\n"),
         ["carveout", "acquisition", "acquisition", "divestiture"])
    same("facts stay", base.sql("SELECT count(*) FROM facts"), "4")
    same("the gate", prusik(base, "status", "--check", "--quiet")[0], 0)
    base.sql("UPDATE facts SET cost_status = 'estimated' WHERE id = 3")
    do(base, "downgrade", "--yes")
    same("put back", base.sql("SELECT deal_type FROM deals ORDER BY id").split("\n"), ["carve-out", "", "merger", "divestiture"])
    do(base, "downgrade", "--yes")
    same("newer values are in the JSON", base.sql("SELECT details ->> 'cost_status' FROM facts WHERE id = 3"), "estimated")
    base.sql("UPDATE facts SET details = '{}' WHERE id = 3")
    same("as before", base.dump().replace('"', ""), before.replace('"', ""))
    do(base, "upgrade")
    do(base, "downgrade", "--to", "0", "--yes")


def a_unique_key_goes_back_and_values_of_an_enum_do_not(base):
    if base.kind == "sqlite":
        base.anew()
    table = "engagement_architecture_standards" if base.kind == "sqlite" else "migration.engagement_architecture_standards"
    tree("standards")
    do(base, "upgrade", "--to", "93")
    base.sql(f"INSERT INTO {table} VALUES (1, 7, 'a', 'b'), (2, 7, 'a', 'b')")
    code, _, err = prusik(base, "upgrade")
    same("duplicates", (code, "no duplicates" in err), (3, True))
    base.sql(f"DELETE FROM {table} WHERE id = 2")
    do(base, "upgrade", "--to", "94")
    do(base, "downgrade", "--yes")
    do(base, "upgrade")
    base.sql(("INSERT INTO patterns" if base.kind == "sqlite" else "INSERT INTO migration.patterns")
             + " VALUES (1, 'PRODUCT_MATCHING')")
    before = base.dump()
    code, _, err = prusik(base, "downgrade", "--yes")
    same("096 cannot be reverted", (code, "96 has no way back: values of an enum" in err), (3, True))
    code, _, err = prusik(base, "downgrade", "--to", "93", "--yes")
    same("nor what lies below it", (code, "96 has no way back" in err), (3, True))
    same("nothing changed", base.dump(), before)


# --- kills ---

YAML = """prusik: 1
up:
- add_column: {table: deals, column: size, type: integer, null: no, backfill: {set: id * 3}}
- map_values: {table: deals, column: deal_type, map: {carve-out: carveout}, "null": none, other: keep, keep: yes}
- backfill: {job: names, table: deals, set: {name: "name || '!'"}, where: name NOT LIKE '%!', keep: [name], batch: 150}
- set_not_null: {table: deals, column: deal_type}
- add_check: {table: deals, name: deals_size, expr: size > 0}
- create_index: {table: deals, name: deals_by_size, columns: [size]}
- drop_index: {name: deals_by_name}
"""
ROWS = 3000 if len(ARGS) > 2 else 1200


def prepare(base):
    base.anew()
    tree("facts", "001_start.sql")
    do(base, "upgrade")
    kind = "CASE id % 3 WHEN 0 THEN 'carve-out' WHEN 1 THEN 'divestiture' END"
    base.sql(f"WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {ROWS})"
             f" INSERT INTO deals SELECT id, 'deal ' || id, {kind} FROM n;"
             " INSERT INTO facts VALUES (1, 1, '{}', NULL), (2, 30, '{}', NULL);"
             " CREATE INDEX deals_by_name ON deals (name);")
    write("m/2_all.yaml", YAML)


def kill_at(base, seconds, *args):
    """True: it was killed before its end."""
    with begin(base, *args) as p:
        try:
            p.wait(seconds)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL)
        p.communicate()
    return p.returncode == -signal.SIGKILL


def crash_at(base, seconds, moment, *args):
    """The server is killed under it.  True: it noticed."""
    with begin(base, *args) as p:
        try:
            p.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        base.crash(moment)
        out, err = p.communicate(timeout=DEADLINE_S)
    check(p.returncode in (0, 4), f"it ended with {p.returncode}: {err}{out}")
    check(p.returncode == 0 or err.startswith("error: "), err)
    return p.returncode == 4


def job_state(base):
    code, out, err = prusik(base, "backfill", "status", "names", "--json")
    check(code == 0, err)
    return json.loads(out)["jobs"][0]["state"]


class Moments:
    """What a run does when nobody disturbs it, and how long it takes."""

    def __init__(self, base):
        self.base, self.killed = base, 0
        self.random = random.Random(SEED)
        print(f"# PRUSIK_SEED={SEED}", flush=True)
        prepare(base)
        self.untouched = base.dump()
        self.up_s = self.timed("upgrade")
        self.forth = base.dump()
        same("its backfill", job_state(base), "done")
        self.down_s = self.timed("downgrade", "--yes")
        self.back = base.dump()

    def timed(self, *args):
        start = time.monotonic()
        do(self.base, *args)
        return time.monotonic() - start

    def stopped(self, stop, span, i, *args):
        """How long such a run takes now: one that came to its end was quicker than the first was."""
        at = span * self.random.random()
        caught = stop(at, i, *args)
        self.killed += caught
        return span if caught else min(span, max(at, span / 2))

    def go(self, i, stop):
        prepare(self.base)
        self.up_s = self.stopped(stop, self.up_s, i, "upgrade", "--wait", "60s")
        do(self.base, "upgrade")
        same(f"forth after moment {i}", self.base.dump(), self.forth)
        self.down_s = self.stopped(stop, self.down_s, i, "downgrade", "--yes", "--wait", "60s")
        do(self.base, "downgrade", "--to", "1", "--yes")
        same(f"back after moment {i}", self.base.dump(), self.back)

    def end(self, what, n):
        print(f"# {self.base.kind}: {self.killed} of {2 * n} runs {what}, over {self.up_s:.2f} s and {self.down_s:.2f} s", flush=True)
        check(self.killed >= n // 3, f"only {self.killed} before their end")


def runs_that_are_killed_end_as_if_they_were_not(base):
    m = Moments(base)
    same("rows come back", m.back.split("COPY")[-1] if base.kind == "postgres" else m.back.split("-- deals")[1],
         m.untouched.split("COPY")[-1] if base.kind == "postgres" else m.untouched.split("-- deals")[1])
    for i in range(MOMENTS):
        m.go(i, lambda s, _, *args: kill_at(base, s, *args))
    m.end("were killed", MOMENTS)


def runs_whose_server_is_killed_end_as_if_it_were_not(base):
    if base.kind == "sqlite":
        return
    m = Moments(base)
    for i in range(FEW):
        m.go(i, lambda s, i, *args: crash_at(base, s, i, *args))
    m.end("lost their server", FEW)


# --- backups ---

def backup(base, *args):
    return subprocess.Popen([PRUSIK, "backup", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            stdin=subprocess.DEVNULL)


def backup_do(base, *args):
    with backup(base, *args) as p:
        out, err = p.communicate()
    check(p.returncode == 0, f"{base.kind}: backup {' '.join(args)} ended with {p.returncode}: {err}{out}")
    return out


def backup_killed(base, seconds, *args):
    with backup(base, *args) as p:
        try:
            p.wait(seconds)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGKILL)
        p.communicate()
    if base.kind == "postgres":  # the server ends the statement that it was given: the database may get its name behind the kill
        await_("its sessions", lambda: base.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'prusik%'") == "0")
    return p.returncode == -signal.SIGKILL


def scratches(base):
    if base.kind == "postgres":
        return base.sql("SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'prusik%'")
    return " ".join(f for folder in (".", "backups") for f in os.listdir(folder) if f.startswith(".prusik-"))


def restored(base, i):
    """Where to, and how what is there is read."""
    if base.kind == "sqlite":
        path = f"copy{i}.db"
        return path, lambda: sqlite3.connect(path).execute("SELECT count(*), sum(id) FROM deals").fetchall()
    url = base.url.replace("/postgres?", f"/copy{i}?")
    return url, lambda: subprocess.run(["psql", "-X", "-A", "-t", "-d", url, "-c", "SELECT count(*), sum(id) FROM deals"],
                                       capture_output=True, text=True, check=True).stdout


def backups_that_are_killed_leave_nothing_behind_the_next(base):
    prepare(base)
    shutil.rmtree("backups", ignore_errors=True)
    make = ("create", base.url, "--to", "backups", "--json")
    rng, killed = random.Random(SEED), 0
    start = time.monotonic()
    path = next(json.loads(line)["file"] for line in backup_do(base, *make).splitlines() if "backup-created" in line)
    make_s = time.monotonic() - start
    start = time.monotonic()
    backup_do(base, "restore", path, "--to", restored(base, -1)[0])
    back_s = time.monotonic() - start
    left = runs = 0
    while runs < FEW or (killed < FEW // 2 and runs < 10 * FEW):  # one that is quick may be over before its moment
        i, runs = runs, runs + 1
        killed += backup_killed(base, make_s * rng.random(), *make)
        for f in os.listdir("backups"):
            check(f.startswith(".prusik-") or f.endswith(".prbak"), f)
        left += bool(scratches(base))
        place, read = restored(base, i)
        killed += backup_killed(base, back_s * rng.random(), "restore", path, "--to", place)
        left += bool(scratches(base))
        if not (base.sql(f"SELECT 1 FROM pg_database WHERE datname = 'copy{i}'") if base.kind == "postgres" else os.path.exists(place)):
            backup_do(base, "restore", path, "--to", place)
        same(f"restored after moment {i}", read(), restored(base, -1)[1]())
        if base.kind == "postgres":
            base.sql(f"DROP DATABASE copy{i} WITH (FORCE)")
    backup_do(base, *make)
    same("left", scratches(base), "")
    same("whole", backup_do(base, "list", "backups", "--json").count('"whole":true'), len(os.listdir("backups")))
    print(f"# {base.kind}: {killed} of {2 * runs} were killed, over {make_s:.2f} s and {back_s:.2f} s; {left} left something")
    check(killed >= FEW // 2, f"only {killed} were killed before their end")


def what_is_in_an_archive_is_not_counted(base):
    if base.kind != "postgres":
        return
    base.anew()
    base.sql("CREATE TABLE one (n integer); INSERT INTO one SELECT generate_series(1, 10)")
    for name, option, counted in (("plain.sql", "-Fp", True), ("custom.dump", "-Fc", False), ("tar.dump", "-Ft", False)):
        done = subprocess.run([os.path.join(base.server.bin, "pg_dump"), option, "-f", name, "-d", base.url], capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr)
        text = backup_do(base, "verify", name)
        same(f"{name}: rows", ": 1 table, 10 rows" in text, counted)
        report = json.loads(backup_do(base, "verify", name, "--json").split("\n")[-2])
        same(f"{name}: JSON", [report.get(k) for k in ("tables", "rows")], [1, 10] if counted else [None, None])
        os.remove(name)


TESTS = (facts_go_forth_and_back_with_their_values, what_is_in_an_archive_is_not_counted, a_unique_key_goes_back_and_values_of_an_enum_do_not,
         runs_that_are_killed_end_as_if_they_were_not, runs_whose_server_is_killed_end_as_if_it_were_not,
         backups_that_are_killed_leave_nothing_behind_the_next)


def main():
    shared = Shared()
    try:
        return run_tests([on_both(t, shared) for t in TESTS if len(ARGS) < 4 or t.__name__ == ARGS[3]])
    finally:
        shared.end()


if __name__ == "__main__":
    sys.exit(main())
