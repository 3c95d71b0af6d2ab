#!/usr/bin/env python3
"""What prusik db says when it is stopped, or cut off from its server, just where a migration ends: it is so.  TAP on stdout.

usage: db_ends.py PRUSIK
"""
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import db
from tap import DEADLINE_S, await_, check, run_tests, same, write

ROUNDS, ENDS = 24, 250
UNHEARD = (-signal.SIGINT, -signal.SIGTERM)  # before it listened


class Proxy:
    """Between prusik and its server: when the client says `word` for the first time, `act` is asked what becomes of it."""

    def __init__(self, server, word, act):
        self.to = os.path.join(server.dir, ".s.PGSQL.5432")
        self.word, self.act, self.met = word, act, threading.Event()
        self.hold = threading.Event()  # answers go on when it is set
        self.hold.set()
        os.mkdir("proxy")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind("proxy/.s.PGSQL.5432")
        self.listener.listen(8)
        self.url = server.url.replace(server.dir, os.path.realpath("proxy"))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.to)
            except OSError:  # it is down
                client.close()
                continue
            threading.Thread(target=self.forth, args=(client, server), daemon=True).start()
            threading.Thread(target=self.back, args=(client, server), daemon=True).start()

    def forth(self, client, server):
        while data := self.receive(client):
            if self.word in data and not self.met.is_set():
                self.met.set()
                if not self.act(self, client, server, data):
                    break
                continue
            server.sendall(data)
        self.end(client, server)

    def back(self, client, server):
        while data := self.receive(server):
            self.hold.wait(DEADLINE_S)
            try:
                client.sendall(data)
            except OSError:
                break
        self.end(client, server)

    @staticmethod
    def receive(one):
        try:
            return one.recv(1 << 20)
        except OSError:
            return b""

    @staticmethod
    def end(*both):
        for one in both:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def before(proxy, client, server, data):
    """It never comes to the server."""
    return False


def behind(proxy, client, server, data):
    """The server carries it out, and nobody hears of it."""
    proxy.hold.clear()
    server.sendall(data)
    time.sleep(0.5)
    Proxy.end(client)
    proxy.hold.set()
    return False


def held(proxy, client, server, data):
    """The server carries it out, and its answer takes its time."""
    proxy.hold.clear()
    server.sendall(data)
    return True


def files(last="CREATE TABLE two (id integer)"):
    write("m/1_one.sql", "-- prusik:up\nCREATE TABLE one (id integer);\n-- prusik:down\nDROP TABLE one;\n")
    write("m/2_two.sql", f"-- prusik:up\n{last};\n-- prusik:down\nDROP TABLE two;\n")
    write("m/3_three.sql", "-- prusik:up\nCREATE TABLE three (id integer);\n-- prusik:down\nDROP TABLE three;\n")


def applied(server):
    return server.sql("SELECT coalesce(string_agg(version || ' ' || state, ', ' ORDER BY version), '') FROM prusik.migration")


def through(proxy, *args):
    done = subprocess.run([db.PRUSIK, "db", *args, "--db", proxy.url, "--dir", "m"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=DEADLINE_S, check=False)
    return done.returncode, done.stdout, done.stderr


def once(server, kind="up-done"):
    """Nothing was done twice, whatever was said of it."""
    same("events", server.sql(f"SELECT string_agg(version || ' ' || n, ', ' ORDER BY version) FROM (SELECT version, count(*) AS n FROM prusik.event"
                              f" WHERE kind = '{kind}' GROUP BY 1) t"), "1 1, 2 1, 3 1")
    same("none is said to have failed", server.sql("SELECT count(*) FROM prusik.event WHERE kind = 'stmt-failed'"), "0")


def a_commit_nobody_heard_of_is_looked_up(server):
    files()
    code, out, err = through(Proxy(server, b"TABLE two", behind), "upgrade")
    same("exit code", code, 4)
    check("applied  2" in out and "2 is applied; behind it: " in err and "2 is applied as a whole; prusik db upgrade goes on behind it" in err,
          out + err)
    same("applied", applied(server), "1 applied, 2 applied")
    same("goes on", db.prusik(server, "upgrade", "--quiet")[0], 0)
    once(server)


def a_commit_that_never_came_is_not_claimed(server):
    files()
    code, out, err = through(Proxy(server, b"TABLE two", before), "upgrade")
    same("exit code", code, 4)
    check("applied  2" not in out and "2 is not applied, and nothing of it is left: it was looked up" in err, out + err)
    same("applied", applied(server), "1 applied")
    same("goes on", db.prusik(server, "upgrade", "--quiet")[0], 0)
    once(server)


def a_server_that_is_gone_is_no_answer(server):
    def gone(proxy, client, wire, data):
        server.kill(signal.SIGQUIT)
        return False
    files()
    code, out, err = through(Proxy(server, b"TABLE two", gone), "upgrade")
    same("exit code", code, 4)
    check("whether 2 was committed is not known yet" in err, out + err)
    os.remove("pg/postmaster.pid") if os.path.exists("pg/postmaster.pid") else None
    server.run()
    same("applied", applied(server), "1 applied")
    same("goes on", db.prusik(server, "upgrade", "--quiet")[0], 0)


def ctrl_c(server, word, *args):
    proxy = Proxy(server, word, held)
    with subprocess.Popen([db.PRUSIK, "db", *args, "--db", proxy.url, "--dir", "m"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, stdin=subprocess.DEVNULL) as p:
        check(proxy.met.wait(DEADLINE_S), "the message was sent")
        time.sleep(0.5)  # the server has carried it out
        p.send_signal(signal.SIGINT)
        time.sleep(0.5)  # and has not heard more
        proxy.hold.set()
        out, err = p.communicate(timeout=DEADLINE_S)
        return p.returncode, out, err


def ctrl_c_behind_a_commit_says_that_it_is_applied(server):
    files()
    code, out, err = ctrl_c(server, b"TABLE two", "upgrade")
    same("exit code", code, 130)
    check("applied  2" in out and "2 is applied as a whole" in err and "not applied" not in err, out + err)
    same("applied", applied(server), "1 applied, 2 applied")
    same("goes on", db.prusik(server, "upgrade", "--quiet")[0], 0)
    once(server)


def so_of_a_way_back_and_of_several_statements(server):
    files("CREATE TABLE two (id integer);\nCREATE TABLE more (id integer)")
    code, out, err = ctrl_c(server, b"COMMIT; RESET ALL", "upgrade", "--to", "2")
    same("exit code", code, 130)  # the first message with it is that of 2: 1 is one statement, whose COMMIT is in its message, too
    check("applied  1" in out and "1 is applied as a whole" in err, out + err)
    same("goes on", db.prusik(server, "upgrade", "--quiet")[0], 0)
    once(server)
    os.rename("proxy", "proxy-before")
    code, out, err = ctrl_c(server, b"COMMIT; RESET ALL", "downgrade", "--count", "2", "--yes")
    same("exit code", code, 130)
    check("undone   3" in out and "2 is still applied as a whole" in err, out + err)
    same("undone", applied(server), "1 applied, 2 applied, 3 undone")
    os.rename("proxy", "proxy-again")
    code, out, err = ctrl_c(server, b"COMMIT; RESET ALL", "downgrade", "--yes")
    same("what came behind all that was wanted", (code, err, "undone   2" in out), (0, "", True))


def parts_that_are_done_stay_done(server):
    """Several parts: the last COMMIT is one of its own, and what is behind it is the session."""
    write("m/1_one.sql", "-- prusik:up\nCREATE TABLE one (id integer);\n-- prusik:up\nCREATE TABLE two (id integer);\n-- prusik:down\nDROP TABLE one, two;\n")
    write("m/3_three.sql", "-- prusik:up\nCREATE TABLE three (id integer);\n-- prusik:down\nDROP TABLE three;\n")
    code, out, err = ctrl_c(server, b"RESET ALL; SET application_name", "upgrade")  # of the start
    same("at the start", (code, applied(server) if server.sql("SELECT to_regclass('prusik.migration')") else ""), (130, ""))
    os.rename("proxy", "proxy-1")
    code, out, err = ctrl_c(server, b"up-done", "upgrade")
    same("exit code", code, 130)
    check("1 is half applied" in err or "1 is applied as a whole" in err, out + err)
    same("what it said", applied(server), "1 partial" if "half applied" in err else "1 applied")
    same("goes on", db.prusik(server, "upgrade", "--quiet")[0], 0)
    same("applied", applied(server), "1 applied, 3 applied")


def an_index_that_was_built_is_not_told_as_failed(server):
    files()
    write("m/3_index.sql", "-- prusik:up tx=no\nCREATE INDEX CONCURRENTLY one_id ON one (id);\n-- prusik:down tx=no\nDROP INDEX CONCURRENTLY one_id;\n")
    os.remove("m/3_three.sql")
    code, out, err = ctrl_c(server, b"INDEX CONCURRENTLY one_id ON one (id)\0", "upgrade")
    same("exit code", code, 130)
    check("3 is half applied" in err, out + err)
    same("it is there", server.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_id'::regclass"), "t")
    code, out, err = db.prusik(server, "upgrade")
    same("goes on", (code, err), (0, ""))
    check("was done already 3 p1\n" in out and "applied  3" in out, out)
    same("not built again", server.sql("SELECT string_agg(kind, ' ' ORDER BY id) FROM prusik.event WHERE version = '3'"),
         "up-start stmt-intent up-start resumed part-done up-done")
    once(server)


def said(err):
    """What it claims of the version that it stopped at: the version, and whether it is applied."""
    found = re.search(r"\b(\d+) is (not applied, and nothing of it is left|applied as a whole)", err)
    return (found[1], found[2] == "applied as a whole") if found else (None, None)


def stopped_anywhere(sql, begin, rounds):
    """Stopped at any moment: what is said of the migration that it stopped at is what the database holds."""
    random.seed(os.environ.get("T_SEED", "1"))
    stops = 0
    for n in range(40):
        write(f"m/{n + 1}_t.sql", f"-- prusik:up\nCREATE TABLE t{n} (id integer);\n-- prusik:down\nDROP TABLE t{n};\n")
    for _ in range(rounds):
        with begin() as p:
            time.sleep(random.random() * 0.12)
            p.send_signal(random.choice((signal.SIGINT, signal.SIGTERM)))
            _, err = p.communicate(timeout=DEADLINE_S)
        check(p.returncode in (0, 130, *UNHEARD), f"{p.returncode} {err}")
        held_there = sql("SELECT count(*) FROM {}migration WHERE state = 'applied'")
        same("what is there and what is known", sql("SELECT count(*) FROM TABLES"), held_there)
        version, is_applied = said(err)
        if version:
            stops += 1
            same(f"of {version}: {err}", sql(f"SELECT count(*) FROM {{}}migration WHERE version = '{version}' AND state = 'applied'"), str(int(is_applied)))
        same("done twice", sql("SELECT count(*) FROM (SELECT version FROM {}event WHERE kind = 'up-done' GROUP BY version HAVING count(*) > 1) t"), "0")
        if held_there == "40":
            break
    print(f"# {stops} of the stops were within a migration")


def stopped_anywhere_on_postgresql(server):
    db.prusik(server, "upgrade", "--quiet")
    names = "pg_tables WHERE tablename ~ '^t[0-9]'"
    stopped_anywhere(lambda text: server.sql(text.replace("{}", "prusik.").replace("TABLES", names)),
                     lambda: db.begin(server, "upgrade", "--count", "4"), ROUNDS)


def stopped_anywhere_on_sqlite():
    def sql(text):
        with sqlite3.connect("run.db") as base:
            return str(base.execute(text.replace("{}", "prusik_").replace("TABLES", "sqlite_schema WHERE type = 'table' AND name GLOB 't[0-9]*'")
                                    ).fetchone()[0])
    os.mkdir("m")
    write("m/100_none.sql", "-- prusik:up\nCREATE TABLE none (id integer);\n-- prusik:down\nDROP TABLE none;\n")
    command = [db.PRUSIK, "db", "upgrade", "--db", "sqlite:run.db", "--dir", "m"]
    subprocess.run([*command, "--quiet"], check=True)
    os.remove("m/100_none.sql")
    with sqlite3.connect("run.db") as base:
        base.execute("DELETE FROM prusik_migration")
        base.execute("DELETE FROM prusik_event")
    stopped_anywhere(sql, lambda: subprocess.Popen([*command, "--count", "4"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                                   stdin=subprocess.DEVNULL), ROUNDS)


def a_stop_at_the_very_end_harms_nothing():
    """Nothing is to be done: most of the time it starts, or is done and lets go of what it has."""
    random.seed(os.environ.get("T_SEED", "1"))
    os.mkdir("m")
    write("m/1_a.sql", "-- prusik:up\nCREATE TABLE a (id integer);\n-- prusik:down\nDROP TABLE a;\n")
    command = [db.PRUSIK, "db", "upgrade", "--quiet", "--db", "sqlite:run.db", "--dir", "m"]
    subprocess.run(command, check=True)
    start = time.monotonic()
    subprocess.run(command, check=True)
    took = time.monotonic() - start
    for _ in range(ENDS):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as p:
            time.sleep(took * (0.4 + random.random()))
            p.send_signal(signal.SIGINT)
            _, err = p.communicate(timeout=DEADLINE_S)
        check(p.returncode in (0, 130, *UNHEARD), f"{p.returncode} {err}")


sys.exit(run_tests([*(db.with_server(t) for t in (
    a_commit_nobody_heard_of_is_looked_up, a_commit_that_never_came_is_not_claimed, a_server_that_is_gone_is_no_answer,
    ctrl_c_behind_a_commit_says_that_it_is_applied, an_index_that_was_built_is_not_told_as_failed, so_of_a_way_back_and_of_several_statements, parts_that_are_done_stay_done,
    stopped_anywhere_on_postgresql)), stopped_anywhere_on_sqlite, a_stop_at_the_very_end_harms_nothing]))
