#!/usr/bin/env python3
"""prusik db on a PostgreSQL of the test's own: applied, held, stopped, killed, gone on with.  TAP on stdout.

usage: db.py PRUSIK [MEGABYTES]
"""
import glob
import json
import os
import pwd
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys

from tap import DEADLINE_S, await_, check, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 30  # of the large file
SLOW = "-- prusik:up\nCREATE TABLE slow (id integer);\nSELECT pg_sleep(30);\n-- prusik:down\nDROP TABLE slow;\n"
FIRST = "-- prusik:up\nCREATE TABLE deals (id integer PRIMARY KEY);\n-- prusik:down\nDROP TABLE deals;\n"


class Server:
    """In ./pg, reached by a socket in it; as the user postgres where root asks, whom the server refuses."""

    def __init__(self, *options):
        self.file_bytes = resource.RLIM_INFINITY  # the most that a file of the next start has
        self.bin = os.path.dirname(sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))[-1])
        self.dir = os.path.realpath("pg")
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        os.chmod(".", 0o711)
        os.mkdir(self.dir, 0o700)
        if self.user:
            os.chown(self.dir, self.user.pw_uid, self.user.pw_gid)
        self.start("initdb", "-D", self.dir, "-U", "tester", "-A", "trust", "--no-sync", "--no-instructions",
                   "-E", "UTF8", "--locale=C.UTF-8").wait()
        self.url = f"postgresql://tester@/postgres?host={self.dir}"
        self.options = options
        self.run()

    def run(self):
        """Also again: what was killed may still have the memory for a moment, and is refused until then."""
        def answers():
            if self.process.poll() is not None:
                self.process = self.start(*postgres)
            return self.sql("SELECT 1", quiet=True) == "1"
        postgres = ("postgres", "-D", self.dir, "-c", "listen_addresses=", "-c", "unix_socket_directories=.", "-c", "fsync=off",
                    "-c", "dynamic_shared_memory_type=mmap", *self.options)
        self.process = self.start(*postgres)
        await_("the server", answers)

    def kill(self, sig):
        self.process.send_signal(sig)
        self.process.wait()

    def start(self, name, *args):
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        return subprocess.Popen([os.path.join(self.bin, name), *args], stdin=subprocess.DEVNULL,
                                stdout=open("pg.log", "a", encoding="utf-8"), stderr=subprocess.STDOUT, cwd=self.dir,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_bytes, resource.RLIM_INFINITY)), **who)

    def again(self, file_bytes):
        self.kill(signal.SIGINT)
        self.file_bytes = file_bytes
        self.run()

    def sql(self, text, quiet=False):
        done = subprocess.run(["psql", "-X", "-A", "-t", "-d", self.url, "-c", text], capture_output=True, text=True,
                              check=False)
        check(quiet or done.returncode == 0, done.stderr)
        return done.stdout.strip()

    def end(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()


def prusik(server, *args):
    done = subprocess.run([PRUSIK, "db", *args, "--db", server.url, "--dir", "m"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


def begin(server, *args):
    return subprocess.Popen([PRUSIK, "db", *args, "--db", server.url, "--dir", "m"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)


def sleeps(server):
    return server.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()"
                      " AND state = 'active'") == "1"


def with_server(test):
    def go():
        os.mkdir("m")
        server = Server()
        try:
            test(server)
        finally:
            server.end()
    go.__name__ = test.__name__
    return go


def a_folder_is_applied_and_its_status_is_a_gate(server):
    write("m/1_deals.sql", FIRST)
    same("before", prusik(server, "status", "--check", "--quiet")[0], 4)
    code, out, err = prusik(server, "upgrade")
    same("upgrade", (code, err), (0, ""))
    check("applied  1" in out, out)
    code, out, _ = prusik(server, "status", "--check", "--json")
    status = json.loads(out)
    same("status", (code, status["clean"], status["migrations"][0]["applied_by"]), (0, True, "tester"))
    check("tester@" not in status["database"] or ":" in status["database"], status["database"])
    same("current", prusik(server, "current")[1].split("  ")[:2], ["1", "deals"])
    write("m/2_next.sql", "-- prusik:up\nCREATE INDEX deals_id ON deals (id);\n-- prusik:up\nALTER TABLE nobody ADD x int;\n"
          "-- prusik:down none reason=x\n")
    code, out, _ = prusik(server, "lint", "--json")
    same("what the server adds to lint", (code, [(f["file"], f["id"], f["severity"]) for f in json.loads(out)]),
         (10, [("m/2_next.sql", "PG001", "info"), ("m/2_next.sql", "RUN017", "error")]))
    server.sql("INSERT INTO deals SELECT generate_series(1, 100)")
    write("prusik.yaml", "lint:\n  RUN017: off\n  small_table: {rows: 1, mib: 1}\n")
    code, out, _ = prusik(server, "lint", "--json")
    same("and what prusik.yaml does", (code, [(f["id"], f["severity"]) for f in json.loads(out)]), (10, [("PG001", "error")]))
    os.remove("prusik.yaml")
    os.remove("m/2_next.sql")
    same("back", prusik(server, "downgrade", "--yes")[0], 0)
    same("deals", server.sql("SELECT to_regclass('deals')"), "")


def ctrl_c_ends_the_statement_and_nothing_of_it_stays(server):
    write("m/1_deals.sql", FIRST)
    write("m/2_slow.sql", SLOW)
    with begin(server, "upgrade") as p:
        await_("the slow statement", lambda: sleeps(server))
        p.send_signal(signal.SIGINT)
        same("exit code", p.wait(DEADLINE_S), 130)
        check("stopped" in p.stderr.read(), "it says that it was stopped")
    check(not sleeps(server), "the statement ended at the server")
    same("slow", server.sql("SELECT to_regclass('slow')"), "")
    same("applied", server.sql("SELECT string_agg(version, ',') FROM prusik.migration WHERE state = 'applied'"), "1")


def a_second_run_is_told_who_holds_the_lock(server):
    write("m/1_slow.sql", SLOW)
    with begin(server, "upgrade") as p:
        await_("the slow statement", lambda: sleeps(server))
        code, _, err = prusik(server, "upgrade")
        same("exit code", code, 8)
        check("lock held by pid" in err and "tester@local" in err and '"prusik m-' in err, err)
        same("status", prusik(server, "status")[0], 0)
        p.kill()
        p.wait()
    write("m/1_slow.sql", FIRST)
    same("after a kill", prusik(server, "upgrade", "--wait", "30s")[0], 0)


def a_server_that_goes_away_is_a_clear_failure(server):
    write("m/1_slow.sql", SLOW)
    with begin(server, "upgrade") as p:
        await_("the slow statement", lambda: sleeps(server))
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%'"
                   " AND pid <> pg_backend_pid()")
        same("exit code", p.wait(DEADLINE_S), 4)
        check("m/1_slow.sql:3" in p.stderr.read(), "it says where")
    same("slow", server.sql("SELECT to_regclass('slow')"), "")
    server.sql("ALTER ROLE tester SET default_transaction_read_only = on")
    code, _, err = prusik(server, "upgrade")
    same("read-only", (code, "is read-only" in err), (3, True))


def wrong(server, url, *args):
    done = subprocess.run([PRUSIK, "db", "upgrade", "--db", url, "--dir", "m", *args], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    check("geheim" not in done.stdout + done.stderr, "no password is shown")
    return done.returncode, done.stderr


def an_address_that_leads_nowhere_says_why_and_what_to_try(server):
    write("m/1_deals.sql", FIRST)
    with open("pg/pg_hba.conf", "r+", encoding="utf-8") as f:
        rest = f.read()
        f.seek(0)
        f.write("local all clerk scram-sha-256\n" + rest)
    server.sql("CREATE ROLE clerk LOGIN PASSWORD 'geheim'")
    server.sql("SELECT pg_reload_conf()")
    clerk = server.url.replace("tester@", "clerk:{}@")
    await_("the new rule", lambda: wrong(server, clerk.format("geheimer"))[1].find("password authentication failed") >= 0)
    code, err = wrong(server, clerk.format("geheimer"))
    same("a wrong password", (code, f"hint: psql -h {server.dir} -p 5432 -U clerk -d postgres tries the same" in err), (4, True))
    code, err = wrong(server, clerk.format("geheim"))
    same("no privilege", (code, "permission denied for database postgres (42501)" in err, "hint: GRANT CREATE ON DATABASE" in err),
         (4, True, True))
    code, err = wrong(server, server.url.replace("/postgres?", "/nobody?"))
    same("no database", (code, 'database "nobody" does not exist' in err, "-d nobody tries the same" in err), (4, True, True))
    same("nothing was made", server.sql("SELECT to_regnamespace('prusik'), to_regclass('deals')"), "|")


def what_is_left_of_a_failure_is_said(server):
    write("m/1_deals.sql", "-- prusik:up\nCREATE TABLE deals (id integer, t text);\nINSERT INTO deals VALUES (1, 'x'), (2, 'x');\n"
          "-- prusik:down\nDROP TABLE deals; DROP TABLE nobody;\n")
    write("m/2_next.sql", "-- prusik:up\nCREATE INDEX deals_id ON deals (id);\nALTER TABLE nobody ADD x int;\n")
    code, _, err = prusik(server, "upgrade")
    same("in a transaction", (code, "hint: 2 is not applied, and nothing of it is left; prusik db upgrade goes on with it" in err), (4, True))
    write("m/2_next.sql", "-- prusik:up tx=no\nCREATE INDEX CONCURRENTLY deals_id ON deals (id);\n"
          "CREATE UNIQUE INDEX CONCURRENTLY deals_t ON deals (t);\n")
    code, _, err = prusik(server, "upgrade")
    same("outside of one", (code, "m/2_next.sql:3:1: " in err, "Key (t)=(x) is duplicated" in err,
                            "hint: 2 is half applied; prusik db upgrade goes on with it" in err), (4, True, True, True))
    server.sql("DELETE FROM deals WHERE id = 2")
    same("gone on with", prusik(server, "upgrade")[0], 0)
    same("valid", server.sql("SELECT count(*) FROM pg_index WHERE indrelid = 'deals'::regclass AND indisvalid"), "2")
    write("m/2_next.sql", "-- prusik:up\nSELECT 1;\n")
    server.sql("UPDATE prusik.migration SET state = 'undone' WHERE version = '2'")
    code, _, err = prusik(server, "downgrade", "--yes")
    same("back", (code, "hint: 1 is still applied as a whole; prusik db downgrade --yes goes on with it" in err), (4, True))
    server.sql("ALTER DATABASE postgres SET default_transaction_read_only = on")
    code, _, err = prusik(server, "upgrade")
    same("read-only", (code, "hint: it is made so by default_transaction_read_only" in err), (3, True))


def what_is_left_of_a_failed_backfill_is_said(server):
    write("m/1_deals.sql", "-- prusik:up\nCREATE TABLE deals (id integer PRIMARY KEY, v integer CHECK (v < 500));\n"
          "INSERT INTO deals VALUES (1, 5), (2, 5), (3, 5), (4, 99), (5, 5);\n-- prusik:down\nDROP TABLE deals;\n")
    write("m/2_ten.yaml", "prusik: 1\nup:\n- backfill: {job: ten, table: deals, set: {v: v * 10}, where: v < 50 OR v = 99, batch: 2}\n")
    lite = sqlite3.connect("t.db", isolation_level=None)
    for url, sql in ((server.url, server.sql), ("sqlite:t.db", lambda text: str(lite.execute(text).fetchone()[0]))):
        def go(*args, to=url):
            done = subprocess.run([PRUSIK, "db", *args, "--db", to, "--dir", "m"], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                  check=False)
            return done.returncode, done.stdout, done.stderr
        code, _, err = go("upgrade")
        same("a row that cannot be", (code, "row '4': " in err or "row 4: " in err, "hint: 2 is half applied; prusik db upgrade goes on with it" in err),
             (4, True, True))
        same("those before it are done", sql("SELECT count(*) FROM deals WHERE v = 50"), "3")
        check("partial      2" in go("status")[1], "its status")
        os.rename("m/2_ten.yaml", "2_ten.yaml")  # another branch is checked out
        code, out, _ = go("status", "--check")
        same("without its file", (code, "missing      2  ten  (half done)\n" in out), (4, True))
        same("it is not passed over", go("upgrade")[::2],
             (3, "error: 2 is half done, and its file is not there\nhint: put the file back, or say what became of it: prusik db repair 2"
              " --finish or --forget, --why TEXT\n"))
        same("nor on the way back", (go("downgrade", "--yes")[0], sql("SELECT count(*) FROM deals")), (3, "5"))
        os.rename("2_ten.yaml", "m/2_ten.yaml")
        sql("UPDATE deals SET v = 9 WHERE id = 4") if "post" in url else lite.execute("UPDATE deals SET v = 9 WHERE id = 4")
        same("gone on with", go("upgrade")[0], 0)
        same("once each", sql("SELECT sum(v) FROM deals"), "290")
        write("m/3_more.yaml", "prusik: 1\nup:\n- backfill: {job: more, table: deals, set: {v: v * 5}, where: v = 90 OR v = 50, batch: 1}\n")
        same("another", go("upgrade")[0], 0)
        write("m/4_last.yaml", "prusik: 1\nup:\n- backfill: {job: last, table: deals, set: {v: v + 100}, where: v < 500, batch: 1}\n")
        same("and one that fails", go("upgrade")[0], 4)
        os.remove("m/4_last.yaml")
        same("is forgotten without its file", go("repair", "4", "--forget", "--why", "v stays as it is")[0], 0)
        same("and stops nothing", (go("upgrade")[0], go("status", "--check")[0]), (0, 0))
        os.remove("m/3_more.yaml")


def a_server_whose_disk_is_full_is_told_and_gone_on_with(server):
    """No file of its sessions grows beyond 20 MB; a segment of its log has 16."""
    write("m/1_deals.sql", "-- prusik:up\nCREATE TABLE deals (id integer PRIMARY KEY, t text);\nINSERT INTO deals SELECT n, repeat('x', 1000)"
          " FROM generate_series(1, 12000) n;\n-- prusik:down\nDROP TABLE deals;\n")
    same("while there is room", prusik(server, "upgrade")[0], 0)
    server.again(20 << 20)
    write("m/2_more.sql", "-- prusik:up\nCREATE TABLE more (t text);\nINSERT INTO more SELECT repeat('y', 1000) FROM generate_series(1, 30000) n;\n"
          "-- prusik:down\nDROP TABLE more;\n")
    code, _, err = prusik(server, "upgrade")
    same("in a transaction", (code, "error: m/2_more.sql:3:1: " in err, "could not extend file" in err,
                              "hint: Check free disk space; 2 is not applied, and nothing of it is left" in err), (4, True, True, True))
    os.remove("m/2_more.sql")
    write("m/3_fill.yaml", "prusik: 1\nup:\n- backfill: {job: longer, table: deals, set: {t: \"t || repeat('z', 900)\"}, where: length(t) = 1000, batch: 500}\n")
    code, _, err = prusik(server, "upgrade")
    same(f"in batches: {err}", (code, "error: m/3_fill.yaml:2: backfill longer, row '" in err, "could not extend file" in err,
                        "3 is half applied; prusik db upgrade goes on with it" in err), (4, True, True, True))
    done = int(server.sql("SELECT count(*) FROM deals WHERE length(t) = 1900"))
    check(500 <= done < 12000, done)
    check(f"{done} changed" in prusik(server, "backfill")[1], "how many")
    server.again(resource.RLIM_INFINITY)
    same("with room again", prusik(server, "upgrade")[0], 0)
    same("each row once", server.sql("SELECT min(length(t)), max(length(t)), count(*) FROM deals"), "1900|1900|12000")


def on_lite(*args, limit=None):
    """As a user whom modes of files bind."""
    user = pwd.getpwnam("postgres")
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    done = subprocess.run(["./prusik", "db", *args, "--db", "sqlite:lite/t.db", "--dir", "m"], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, preexec_fn=small if limit else None, **who)
    return done.returncode, done.stderr


def a_file_that_cannot_be_written_is_told_by_its_cause():
    shutil.copy(PRUSIK, "prusik")
    os.chmod(".", 0o711)
    os.mkdir("m", 0o755)
    os.mkdir("lite", 0o777)
    os.chmod("lite", 0o777)
    write("m/1_a.sql", "-- prusik:up\nCREATE TABLE a (t text);\n-- prusik:up\nINSERT INTO a WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
          " SELECT i + 1 FROM n WHERE i < 20000) SELECT printf('%0100d', i) FROM n;\n", 0o644)
    write("lite/t.db", "", 0o666)
    code, err = on_lite("upgrade", limit=200000)
    same("no space", (code, "error: m/1_a.sql:4:1: " in err, "hint: 1 is half applied; prusik db upgrade goes on with it" in err), (4, True, True))
    same("none of it is there", sqlite3.connect("lite/t.db").execute("SELECT count(*) FROM a").fetchall(), [(0,)])
    os.chmod("lite/t.db", 0o444)
    code, err = on_lite("upgrade")
    same("a file that is only read", (code, "lite/t.db is read-only: nothing was changed" in err, "the mode of its file" in err), (3, True, True))
    os.chmod("lite/t.db", 0o666)
    os.chmod("lite", 0o555)
    code, err = on_lite("upgrade")
    same("a folder that is only read", (code, "t.db.prusik-lock': Permission denied" in err, "its folder has to be writable" in err),
         (4, True, True))
    os.chmod("lite", 0o777)
    same("with space", on_lite("upgrade")[0], 0)
    same("all of it", sqlite3.connect("lite/t.db").execute("SELECT count(*) FROM a").fetchall(), [(20000,)])


def alembic(*revisions):
    for name, base in revisions:
        write(f"v/{name}_x.py", f"revision = '{name}'\ndown_revision = {base!r}\n")


def on_file(path, *args):
    done = subprocess.run([PRUSIK, "db", *args, "--db", "sqlite:" + path], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def two_heads_of_alembic_are_named_with_what_joins_them():
    os.mkdir("v")
    os.mkdir("sql")
    alembic(("a1", None), ("b2", "a1"), ("c3", "a1"))
    base = sqlite3.connect("t.db", isolation_level=None)
    base.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
    base.execute("INSERT INTO alembic_version VALUES ('b2')")
    for verb in ("status", "plan", "upgrade", "adopt"):
        same(verb, on_file("t.db", verb, "--dir", "v")[::2],
             (3, "error: 2 heads: nothing is based on b2 (v/b2_x.py), c3 (v/c3_x.py) (FMT021)\n"
              "hint: two branches were merged: alembic merge -m NAME b2 c3 makes the revision that joins them\n"))
    base.execute("INSERT INTO alembic_version VALUES ('c3')")
    same("both are applied", on_file("t.db", "adopt", "--dir", "v")[0], 0)
    same("and stay so", on_file("t.db", "status", "--check", "--dir", "v")[0], 0)
    alembic(("d4", "b2"))
    same("a third that is not", on_file("t.db", "status", "--dir", "v")[0], 3)
    alembic(("d4", ["b2", "c3"]))
    same("joined", on_file("t.db", "status", "--dir", "v")[::2], (0, ""))
    write("sql/all.sql", "".join(f"-- Running upgrade {a} -> {b}\n\nCREATE TABLE {b} (i int);\n\n" for a, b in (("", "a1"), ("a1", "b2"), ("a1", "c3"))))
    code, out, _ = on_file("new.db", "plan", "--dir", "sql")
    same("its SQL", (code, "2 heads: nothing is based on b2 (sql/all.sql), c3 (sql/all.sql) (FMT021)\n" in out), (0, True))


def large_file(path, wrong=0, rows=100):
    """A table and its rows; the statement that begins in line `wrong` names a table that is not there.  Bytes, rows, lines."""
    line, n = 3, 0
    with open(path, "w", encoding="utf-8") as f:
        f.write("-- prusik:up\nCREATE TABLE big (id integer, a text);\n")
        while f.tell() < MEGABYTES * 1000000:
            f.write(f"INSERT INTO {'small' if line == wrong else 'big'} VALUES\n" +
                    ",\n".join(f"  ({n + i}, 'value;{n + i}, as long as one mostly is')" for i in range(rows)) + ";\n")
            n, line = n + rows, line + rows + 1
        f.write("-- prusik:down\nDROP TABLE big;\n")
        return f.tell(), n, line


def most_memory(*args):
    """Exit code, standard error and the most bytes that it had: 0 of one with sanitizers, which take memory of their own."""
    with open(PRUSIK, "rb") as program:
        sanitized = b"__asan_init" in program.read()
    with subprocess.Popen([PRUSIK, "db", *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as p:
        err = p.stderr.read()
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    return p.returncode, err, 0 if sanitized else used.ru_maxrss * 1024


def a_large_file_is_applied_and_its_fault_is_named(server):
    for url in (server.url, "sqlite:t.db"):
        size, rows, lines = large_file("m/1_big.sql")
        wrong = 3 + 101 * (lines // 202)
        large_file("m/1_big.sql", wrong)
        code, err, _ = most_memory("upgrade", "--db", url, "--dir", "m")
        same("one in its middle", (code, f"m/1_big.sql:{wrong}:{13 if 'post' in url else 1}: " in err, "small" in err), (4, True, True))
        check("nothing of it is left" in err, err)
        _, _, little = most_memory("current", "--db", url, "--dir", "m")
        write("m/1_big.sql", "")
        large_file("m/1_big.sql")
        code, err, used = most_memory("upgrade", "--db", url, "--dir", "m")
        same("all of it", (code, err), (0, ""))
        check(used - little < 5 * size, f"{url}: {(used - little) / size:.1f} times the file")
        code, _, used = most_memory("status", "--check", "--db", url, "--dir", "m")
        same("as it was", code, 0)
        check(used - little < 2 * size, f"{url}: status has {(used - little) / size:.1f} times the file")
        code, err, used = most_memory("downgrade", "--yes", "--db", url, "--dir", "m")
        same("back", (code, err), (0, ""))
        check(used - little < 3 * size, f"{url}: downgrade has {(used - little) / size:.1f} times the file")
        with open("m/1_big.sql", "r+", encoding="utf-8") as f:
            text = f.read()
            f.write("-- prusik:up\nSELECT 'never closed;\n")
        code, err, _ = most_memory("status", "--db", url, "--dir", "m")
        same("a string that is not closed", (code, err.split(": ")[1:3]),
             (3, [f"m/1_big.sql:{text.count(chr(10)) + 2}:8", f"string opened at line {text.count(chr(10)) + 2} is not closed (FMT009)\n"]))
    check(rows > 16000 * MEGABYTES, rows)


def progress(run, text):
    for line in run.stdout:
        event = json.loads(line)
        if event["event"] == "stmt-progress" and text in event["message"]:
            return event
    raise AssertionError(f"nothing told '{text}'")


def how_far_an_index_is_and_whom_it_waits_for_is_shown(server):
    server.sql("CREATE FUNCTION slow(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN $1; END';"
               " CREATE TABLE deals (id integer, t text); ALTER TABLE deals ALTER t SET STORAGE PLAIN;"
               " INSERT INTO deals SELECT n, repeat('x', 7000) FROM generate_series(1, 150) n")
    write("m/1_index.sql", "-- prusik:up tx=no\nCREATE INDEX CONCURRENTLY deals_slow ON deals (slow(id));\n-- prusik:up\n"
                           "ALTER TABLE deals ADD COLUMN a integer;\n")
    holder = subprocess.Popen(["psql", "-X", "-q", "-d", server.url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    holder.stdin.write("BEGIN; UPDATE deals SET id = 0 WHERE id = 1;\n")
    holder.stdin.flush()
    await_("the writer", lambda: server.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") == "1")
    pid = server.sql("SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction'")
    with begin(server, "upgrade", "--json") as p:
        event = progress(p, "waiting for writers before build")
        same("where", (event["version"], event["part"], event["statement"]), ("1", "p1", 1))
        check(f"for pid {pid} (tester) idle in transaction for 00:00:0" in event["message"], event)
        holder.communicate("COMMIT;\n")
        text = progress(p, "building index: scanning table, ")["message"]
        check(0 < int(text.split(", ")[1].split(" %")[0]) < 100, text)
        check("about" in progress(p, "building index: scanning table, ")["message"], "how long still")
        p.stdout.read()
        same("exit code", p.wait(DEADLINE_S), 0)
    same("valid", server.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'deals_slow'::regclass"), "t")


def rehearse(server, back):
    """A release that changes a table, in a database of its own, and the way back that its document has for it."""
    psql = 'psql -X -q -v ON_ERROR_STOP=1 "$SHOP_DB" -c'
    write("deploy.md", "# Shop\n\n## Deployment\n\n```bash\n"
          f"{psql} \"ALTER TABLE item ADD COLUMN price int; UPDATE item SET price = 1, name = upper(name)\"\n```\n\n"
          f"## Rollback\n\n```bash\n{psql} \"{back}\"\n```\n")
    url = server.url.replace("/postgres?", "/scratch?")
    write("prusik.yaml", "environment: shop\noperator: ann\nenv: {SHOP_DB: '" + url + "', ADMIN_DB: '" + server.url + "'}\n"
          "rehearse:\n  scratch: a database of this test\n"
          "  prepare: >-\n    psql -X -q \"$ADMIN_DB\" -c 'DROP DATABASE IF EXISTS scratch' -c 'CREATE DATABASE scratch' &&\n"
          "    psql -X -q \"$SHOP_DB\" -c \"CREATE TABLE item (id int PRIMARY KEY, name text); INSERT INTO item VALUES (1, 'tea'), (2, 'milk')\"\n"
          "  compare: {databases: [$SHOP_DB]}\n")
    done = subprocess.run([PRUSIK, "rehearse", "deploy.md", "--unattended"], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          check=False)
    return done.returncode, done.stdout + done.stderr


def a_rehearsal_tells_what_a_way_back_forgets_in_the_database(server):
    code, out = rehearse(server, "ALTER TABLE item DROP COLUMN price; UPDATE item SET name = lower(name)")
    same("forward and back", (code, out if code else ""), (0, ""))
    code, out = rehearse(server, "ALTER TABLE item DROP COLUMN price")
    check(code == 4 and "1 difference" in out and "table public.item" in out and "2 rows, digest" in out, out)
    code, out = rehearse(server, "UPDATE item SET name = lower(name)")
    check(code == 4 and "schema of" in out and "price integer" in out, out)


if __name__ == "__main__":
    sys.exit(run_tests([with_server(t) for t in (
        a_folder_is_applied_and_its_status_is_a_gate,
        ctrl_c_ends_the_statement_and_nothing_of_it_stays,
        a_second_run_is_told_who_holds_the_lock,
        a_server_that_goes_away_is_a_clear_failure,
        an_address_that_leads_nowhere_says_why_and_what_to_try,
        what_is_left_of_a_failure_is_said,
        what_is_left_of_a_failed_backfill_is_said,
        a_server_whose_disk_is_full_is_told_and_gone_on_with,
        how_far_an_index_is_and_whom_it_waits_for_is_shown,
        a_rehearsal_tells_what_a_way_back_forgets_in_the_database,
        a_large_file_is_applied_and_its_fault_is_named,
    )] + [a_file_that_cannot_be_written_is_told_by_its_cause, two_heads_of_alembic_are_named_with_what_joins_them]))
