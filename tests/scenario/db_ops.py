#!/usr/bin/env python3
"""The example migrations forth and back, and runs that are killed, on PostgreSQL and SQLite.  TAP on stdout.

usage: db_ops.py PRUSIK FOLDER_OF_MIGRATIONS [MOMENTS]
MOMENTS: at how many the runs are killed on each database; 6 unless said.
"""
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

from tap import check, run_tests, same, write

sys.argv, ARGS = sys.argv[:2], [os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), *sys.argv[3:]]
PRUSIK, TREES = ARGS[0], ARGS[1]
MOMENTS = int(ARGS[2]) if len(ARGS) > 2 else 6


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

    def end(self):
        self.server.end()


def on_both(test):
    def go():
        import db  # the server of its scenarios
        test(Lite())
        shutil.rmtree("m", ignore_errors=True)
        postgres = Postgres(db.Server())
        try:
            postgres.anew()
            test(postgres)
        finally:
            postgres.end()
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
ROWS = 3000


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


def runs_that_are_killed_end_as_if_they_were_not(base):
    prepare(base)
    untouched = base.dump()
    start = time.monotonic()
    do(base, "upgrade")
    up_s = time.monotonic() - start
    forth = base.dump()
    start = time.monotonic()
    do(base, "downgrade", "--yes")
    down_s = time.monotonic() - start
    back = base.dump()
    same("rows come back", back.split("COPY")[-1] if base.kind == "postgres" else back.split("-- deals")[1],
         untouched.split("COPY")[-1] if base.kind == "postgres" else untouched.split("-- deals")[1])
    killed = 0
    for i in range(MOMENTS):
        prepare(base)
        killed += kill_at(base, up_s * (i + 0.5) / MOMENTS, "upgrade", "--wait", "60s")
        do(base, "upgrade")
        same(f"forth after moment {i}", base.dump(), forth)
        killed += kill_at(base, down_s * (i + 0.5) / MOMENTS, "downgrade", "--yes", "--wait", "60s")
        do(base, "downgrade", "--to", "1", "--yes")
        same(f"back after moment {i}", base.dump(), back)
    print(f"# {base.kind}: {killed} of {2 * MOMENTS} runs were killed, over {up_s:.2f} s and {down_s:.2f} s", flush=True)
    check(killed >= MOMENTS // 2, f"only {killed} were killed before their end")


if __name__ == "__main__":
    sys.exit(run_tests([on_both(t) for t in (
        facts_go_forth_and_back_with_their_values,
        a_unique_key_goes_back_and_values_of_an_enum_do_not,
        runs_that_are_killed_end_as_if_they_were_not,
    )]))
