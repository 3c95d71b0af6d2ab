#!/usr/bin/env python3
"""What makes a backfill wait, and the commands of prusik db backfill: a PostgreSQL with a replica that is held, and SQLite.  TAP on stdout.

usage: db_backfill.py PRUSIK [all]
all: what else makes it wait, too; how that is judged, and how it is asked of a server, tests/unit/test_migrate_brake.c knows.
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys

import db
from tap import DEADLINE_S, await_, check, run_tests, same, write

PRUSIK, ALL = os.path.realpath(sys.argv[1]), sys.argv[2:] == ["all"]
ROWS = 1200
# 20 rows of 1,200 at a time, twenty times a second: long enough to be held in between
YAML = """prusik: 1
up:
- backfill: {job: names, table: deals, set: {name: "name || '!'"}, where: name NOT LIKE '%!', keep: [name], batch: 20, pause: 50ms, MORE}
"""


def migration(more=""):
    write("m/2_names.yaml", YAML.replace(", MORE", ", " + more if more else ""))


def migration_at_once():
    write("m/2_names.yaml", YAML.replace(", batch: 20, pause: 50ms, MORE", ""))


class Run:
    """prusik db upgrade --json, whose events are read as they come."""

    def __init__(self, url, *args):
        self.process = subprocess.Popen([PRUSIK, "db", "upgrade", "--json", "--db", url, "--dir", "m", *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)

    def wait_for(self, kind, text=""):
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == kind and text in event.get("message", ""):
                return event.get("message", "")
        raise AssertionError(f"no {kind} '{text}': {self.process.stderr.read()}")

    def end(self):
        out, err = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, out, err


def command(url, *args):
    done = subprocess.run([PRUSIK, "db", "backfill", *args, "--db", url], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def job(url):
    return json.loads(command(url, "status", "names", "--json")[1])["jobs"][0]


# --- SQLite ---

def lite(text):
    with sqlite3.connect("test.db", timeout=10) as base:
        return base.execute(text).fetchall()


def lite_begin(more=""):
    os.mkdir("m")
    lite("CREATE TABLE deals (id integer PRIMARY KEY, name text)")
    lite(f"WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {ROWS})"
         " INSERT INTO deals SELECT id, 'deal ' || id FROM n")
    migration(more)
    return "sqlite:" + os.path.realpath("test.db")


def a_person_holds_it_lets_it_go_on_and_ends_it():
    url = lite_begin("throttle: 'EXISTS (SELECT 1 FROM hold)'".replace("'EXISTS", "'SELECT EXISTS"))
    lite("CREATE TABLE hold (a)")
    same("no job", command(url)[:2], (0, "there is no backfill\n"))
    run = Run(url)
    run.wait_for("backfill-progress")
    same("pause", command(url, "pause", "names")[:2], (0, "it waits behind the batch that runs\n"))
    run.wait_for("backfill-held", "paused: prusik db backfill resume names")
    state = job(url)
    same("paused", (state["state"], state["keeps"], state["rows_estimate"]), ("paused", True, ROWS))
    check(0 < state["rows_seen"] < ROWS, state)
    code, out, _ = command(url)
    check(code == 0 and out.startswith("paused     names  ") and "changed, " in out and "\n           paused: prusik db" in out, out)
    lite("INSERT INTO hold VALUES (1)")
    same("resume", command(url, "resume", "names")[:2], (0, "it goes on within a second\n"))
    await_("the query", lambda: job(url)["state"] == "throttled")
    check("throttle is true: SELECT EXISTS" in job(url)["reason"], job(url))
    lite("DELETE FROM hold")
    run.wait_for("backfill-resumed")
    same("cancel", command(url, "cancel", "names")[:2], (0, "the run that works on it ends within a second\n"))
    code, _, err = run.end()
    check(code == 4 and "backfill names was cancelled" in err, (code, err))
    same("cancelled", job(url)["state"], "cancelled")
    same("ended", [command(url, c, "names")[0] for c in ("pause", "resume", "cancel")], [3, 3, 3])
    same("kept", lite("SELECT count(*) > 0 FROM prusik_saved_names"), [(1,)])
    migration_at_once()
    same("again", Run(url).end()[0], 0)
    same("all of them once", lite("SELECT count(*) FROM deals WHERE name = 'deal ' || id || '!'"), [(ROWS,)])
    same("done", (job(url)["state"], job(url)["rows_seen"]), ("done", ROWS))
    code, _, err = command(url, "forget", "names")
    check(code == 3 and "has kept the values of name before it" in err and "--yes" in err, err)
    same("forget", command(url, "forget", "names", "--yes")[0], 0)
    same("nothing is left", lite("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%saved%'"), [(0,)])
    kinds = [k for k, in lite("SELECT kind FROM prusik_event WHERE kind LIKE 'backfill%' ORDER BY id")]
    same("events", kinds, ["backfill-pause", "backfill-held", "backfill-resume", "backfill-resumed", "backfill-cancel",
                           "backfill-cancelled", "backfill-forget"])
    same("no way back", subprocess.run([PRUSIK, "db", "downgrade", "--yes", "--db", url, "--dir", "m"], capture_output=True,
                                       check=False).returncode, 3)


def a_file_and_a_full_disk_hold_it_and_a_killed_one_is_stopped():
    url = lite_begin("min_free: 100")
    run = Run(url)
    run.wait_for("backfill-held", "of the disk are free (min_free 100)")
    run.process.send_signal(signal.SIGKILL)
    run.end()
    same("stopped", (job(url)["state"], job(url)["rows_seen"]), ("stopped", 0))
    same("pause", command(url, "pause", "names")[1], "no run works on it; the next one will wait\n")
    same("resume", command(url, "resume", "names")[1], "no run works on it: prusik db upgrade goes on with it\n")
    same("wrong words", [command(url, *w)[0] for w in (("stop",), ("pause",), ("pause", "other"))], [2, 2, 2])
    migration()
    write("prusik.throttle", "")
    run = Run(url)
    run.wait_for("backfill-held", "there is a file prusik.throttle")
    run.process.send_signal(signal.SIGINT)
    same("stopped by hand", run.end()[0], 130)
    os.unlink("prusik.throttle")
    migration_at_once()
    same("cancel", command(url, "cancel", "names")[1], "the next upgrade begins it anew\n")
    same("the rest", Run(url).end()[0], 0)


# --- PostgreSQL ---

class Replica:
    """Of a server, in ./replica."""

    def __init__(self, server):
        self.server, self.dir, self.process = server, os.path.realpath("replica"), None
        os.mkdir(self.dir, 0o700)
        if server.user:
            os.chown(self.dir, server.user.pw_uid, server.user.pw_gid)
        backup = server.start("pg_basebackup", "-D", self.dir, "-h", server.dir, "-U", "tester", "-R", "-c", "fast", "-X", "stream",
                              "--no-sync")
        same("pg_basebackup", backup.wait(), 0)
        os.unlink(os.path.join(self.dir, ".s.PGSQL.5432.lock"))
        self.url = f"postgresql://tester@/postgres?host={self.dir}"
        self.run("-c", "recovery_min_apply_delay=1h")

    def run(self, *options):
        self.process = self.server.start("postgres", "-D", self.dir, "-c", "listen_addresses=", "-c", "unix_socket_directories=" + self.dir,
                                         "-c", "fsync=off", "-c", "dynamic_shared_memory_type=mmap", *options)
        await_("the replica", lambda: self.server.sql("SELECT state FROM pg_stat_replication") == "streaming")

    def sql(self, text):
        return subprocess.run(["psql", "-X", "-A", "-t", "-d", self.url, "-c", text], capture_output=True, text=True,
                              check=True).stdout.strip()

    def receiver(self):
        return int(self.sql("SELECT pid FROM pg_stat_wal_receiver"))

    def end(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()


def a_replica_that_falls_behind_holds_it():
    os.mkdir("m")
    server = db.Server("-c", "archive_mode=on", "-c", "archive_command=false", "-c", "wal_keep_size=200MB")
    server.sql(f"CREATE TABLE deals (id int PRIMARY KEY, name text); INSERT INTO deals SELECT n, 'deal ' || n FROM generate_series(1, {ROWS}) n;"
               " ANALYZE deals; CREATE TABLE noise (t text)")
    replica = Replica(server)
    try:
        migration("max_lag: 300ms")
        run = Run(server.url)
        held = run.wait_for("backfill-held", "a replica is ")
        check(" behind (max_lag " in held, held)
        same("throttled", job(server.url)["state"], "throttled")
        # the delay is a setting of its command line: what it has not replayed it replays when it starts anew
        replica.end()
        run.wait_for("backfill-resumed")
        replica.run()
        receiver = replica.receiver()
        os.kill(receiver, signal.SIGSTOP)
        server.sql("ALTER TABLE noise ALTER t SET STORAGE PLAIN; INSERT INTO noise SELECT repeat('x', 7000) FROM generate_series(1, 10500)")
        run.wait_for("backfill-held", "MB behind (at most 64 MB)")
        os.kill(receiver, signal.SIGCONT)
        run.wait_for("backfill-resumed")
        same("done", run.end()[0], 0)
        same("all of them once", server.sql("SELECT count(*) FROM deals WHERE name = 'deal ' || id || '!'"), str(ROWS))
    finally:
        replica.end()
        server.end()


def sessions_and_an_archive_hold_it():
    os.mkdir("m")
    server = db.Server("-c", "archive_mode=on", "-c", "archive_command=false")
    server.sql(f"CREATE TABLE deals (id int PRIMARY KEY, name text); INSERT INTO deals SELECT n, 'deal ' || n FROM generate_series(1, {ROWS}) n;"
               " ANALYZE deals; SELECT pg_switch_wal()")
    try:
        sleepers = [subprocess.Popen(["psql", "-X", "-q", "-d", server.url, "-c", "SELECT pg_sleep(60)"], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL) for _ in range(2)]
        await_("the sleepers", lambda: server.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'") == "2")
        migration("max_active: 1")
        run = Run(server.url)
        run.wait_for("backfill-held", "2 sessions are active (max_active 1)")
        ready = [os.path.join(server.dir, "pg_wal", "archive_status", f"0000000F00000000000000{n:02X}.ready") for n in range(101)]
        for path in ready:
            write(path, "")
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'")
        for p in sleepers:
            p.wait()
        await_("the archive", lambda: "wait to be archived (at most 100)" in job(server.url).get("reason", ""))
        for path in ready:
            os.unlink(path)
        run.wait_for("backfill-resumed")
        same("done", run.end()[0], 0)
    finally:
        server.end()


if __name__ == "__main__":
    sys.exit(run_tests([a_person_holds_it_lets_it_go_on_and_ends_it,
                        *([a_file_and_a_full_disk_hold_it_and_a_killed_one_is_stopped, a_replica_that_falls_behind_holds_it,
                           sessions_and_an_archive_hold_it] if ALL else [])]))
