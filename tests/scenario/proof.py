#!/usr/bin/env python3
"""Backups that the commands of a document make are read whole before their step counts as done.  TAP.

usage: proof.py PRUSIK
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys

from tap import DEADLINE_S, await_, check, read, run_tests, same, write

PRUSIK = os.path.realpath(sys.argv[1])
DUMP = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.deals (id integer);\n"
END = "--\n-- PostgreSQL database dump complete\n--\n"


def environment():
    return {**os.environ, "CI": "true", "NO_COLOR": "1", "PATH": f"{os.getcwd()}/bin:{os.environ['PATH']}"}


def prusik(*argv):
    return subprocess.run([PRUSIK, *argv], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=DEADLINE_S, check=False, env=environment())


def begin(command, dump=""):
    """`dump`: what a pg_dump prints that ends well."""
    write("deploy.md", f"# Shop\n\n## Deployment\n\n```bash\n{command}\ntouch deployed\n```\n\n## Rollback\n\n```bash\nrm deployed\n```\n")
    write("prusik.yaml", "environment: test\noperator: ann\n")
    os.mkdir("bin")
    write("dump.txt", dump)
    write("bin/pg_dump", f"#!/bin/sh\ncat {os.getcwd()}/dump.txt\n", 0o700)
    with sqlite3.connect("app.db") as db:
        db.execute("CREATE TABLE deals (id INTEGER, name TEXT)")
        db.executemany("INSERT INTO deals VALUES (?, ?)", [(i, "x" * 100) for i in range(2000)])
    db.close()


def outcome(run="r-0001"):
    events = json.loads(prusik("report", run, "--format", "json").stdout)["events"]
    data = [e["data"] for e in events if e["event"] == "step-outcome"][0]
    return data["state"], [c["seen"] for c in data["expectations"] if c["form"] == "proof"]


def succeeds(seen):
    done = prusik("run", "deploy.md")
    same("exit code", (done.returncode, done.stderr), (0, ""))
    state, proofs = outcome()
    same("state", state, "done")
    check(len(proofs) == 1 and proofs[0].endswith(seen), proofs)


def fails(seen):
    done = prusik("run", "deploy.md")
    same("exit code", done.returncode, 4)
    check(seen in done.stderr, done.stderr)
    same("state", outcome()[0], "failed")
    same("deployed", os.path.exists("deployed"), False)


def a_backup_of_sqlite_is_asked_for_its_integrity():
    begin('sqlite3 app.db ".backup app.db.bak"')
    succeeds("app.db.bak: SQLite, sound")


def a_dump_of_sqlite_is_read_to_its_end():
    begin("sqlite3 app.db .dump > app.sql")
    succeeds("app.sql: plain SQL, read whole")


def a_copy_of_a_database_is_asked_too():
    begin("cp app.db 'a b%.bak'")
    succeeds("a b%.bak: SQLite, sound")


def a_copy_that_is_cut_off_fails_the_step():
    begin("cp app.db app.db.bak")
    with open("app.db", "r+b") as f:
        f.truncate(40000)
    fails("app.db.bak: ")


def a_copy_of_anything_else_is_left_alone():
    begin("cp app.conf app.conf.bak")
    write("app.conf", "")
    same("exit code", prusik("run", "deploy.md").returncode, 0)
    same("proofs", outcome(), ("done", []))


def a_copy_of_a_folder_with_nothing_in_it_fails_the_step():
    begin("cp -r app app_backup")
    os.makedirs("app/uploads/2026")
    write("app/uploads/.keep", "")
    fails("app_backup: a folder in which no file has anything in it")


def a_copy_of_a_folder_with_something_in_it_is_one():
    begin("cp -r app app_backup")
    os.makedirs("app/uploads/2026")
    write("app/uploads/2026/a", "a")
    same("exit code", prusik("run", "deploy.md").returncode, 0)
    same("proofs", outcome(), ("done", []))


def what_a_program_dumps_that_nobody_here_can_read_is_left_alone():
    begin("mysqldump shop > all.sql")
    write("bin/mysqldump", "#!/bin/sh\necho '-- a dump'\n", 0o700)
    same("exit code", prusik("run", "deploy.md").returncode, 0)
    same("proofs", outcome()[1], [])


def a_dump_of_postgresql_is_read_to_its_end():
    begin("pg_dump shop > shop.sql", DUMP + END)
    succeeds("shop.sql: plain SQL, read whole")


def a_dump_that_is_cut_off_fails_the_step():
    begin("pg_dump shop > shop.sql", DUMP)
    fails("shop.sql: '")


def a_dump_that_is_empty_fails_the_step():
    begin("pg_dump shop > shop.sql")
    fails("shop.sql: is empty")


def what_is_packed_and_empty_fails_the_step():
    begin("pg_dump shop | gzip > shop.sql.gz")
    fails("there is nothing in it")


def what_is_packed_and_whole_is_read():
    begin("pg_dump shop | gzip -9 > shop.sql.gz", DUMP + END)
    succeeds("plain SQL, gzip, read whole")


def what_nobody_here_can_read_is_said():
    begin("pg_dump shop > shop.bin", "no dump at all\n")
    done = prusik("run", "deploy.md")
    same("exit code", done.returncode, 0)
    check("not verified" in outcome()[1][0], outcome())


def a_long_proof_can_be_interrupted():
    begin("cp app.db app.db.bak\ntest -e go || sleep 1000")
    os.unlink("app.db")
    with sqlite3.connect("app.db") as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
        db.execute("CREATE INDEX i ON t (a)")
        db.executemany("INSERT INTO t (a) VALUES (?)", ((f"{i * 7919 % 1000003}" * 8,) for i in range(400000)))
    db.close()
    p = subprocess.Popen([PRUSIK, "run", "deploy.md", "--quiet"], stdin=subprocess.DEVNULL, env=environment(),
                         stderr=subprocess.DEVNULL)
    size = os.path.getsize("app.db")
    await_("the copy", lambda: os.path.exists("app.db.bak") and os.path.getsize("app.db.bak") == size)
    p.send_signal(signal.SIGINT)
    same("exit code", p.wait(DEADLINE_S), 130)
    write("go", "")
    same("exit code of resume", prusik("resume", "r-0001").returncode, 0)
    same("deployed", read("deployed"), "")


if __name__ == "__main__":
    sys.exit(run_tests([
        a_backup_of_sqlite_is_asked_for_its_integrity,
        a_dump_of_sqlite_is_read_to_its_end,
        a_copy_of_a_database_is_asked_too,
        a_copy_that_is_cut_off_fails_the_step,
        a_copy_of_anything_else_is_left_alone,
        a_copy_of_a_folder_with_nothing_in_it_fails_the_step,
        a_copy_of_a_folder_with_something_in_it_is_one,
        a_dump_of_postgresql_is_read_to_its_end,
        a_dump_that_is_cut_off_fails_the_step,
        a_dump_that_is_empty_fails_the_step,
        what_is_packed_and_empty_fails_the_step,
        what_is_packed_and_whole_is_read,
        what_nobody_here_can_read_is_said,
        what_a_program_dumps_that_nobody_here_can_read_is_left_alone,
        a_long_proof_can_be_interrupted,
    ]))
